using Passpack.Protocol;

namespace Passpack.Server.Storage.Postgres;

/// <summary>What administrators see.</summary>
internal sealed partial class PostgresStore
{
    public Task<IReadOnlyList<ServerAccountSummary>> ListAccountsAsync(
        long after, string? userId, int most, DateTimeOffset now, CancellationToken cancel) => ReadAsync<IReadOnlyList<ServerAccountSummary>>(
        async work => await work.AllNowAsync(
            $"""
            SELECT id, user_id, created, (SELECT max(last_seen) FROM device WHERE account = a.id), disabled, administrator,
                EXISTS (SELECT 1 FROM second_factor WHERE account = a.id), needs_second_factor, (SELECT count(*) FROM device WHERE account = a.id AND {OfPerson}),
                (SELECT count(*) FROM vault WHERE account = a.id),
                (SELECT count(*) FROM record JOIN vault ON vault.id = record.vault WHERE vault.account = a.id),
                (SELECT coalesce(sum(bytes), 0)::bigint FROM vault WHERE account = a.id), quota, removal_due, CASE WHEN reset_until > @now THEN reset_until END
            FROM account a WHERE id > @after AND {(userId is null ? "user_id IS NOT NULL" : "user_id = @user")} ORDER BY id LIMIT @most
            """,
            row => new ServerAccountSummary(
                row.GetInt64(0), row.UserId(1), row.Time(2), row.TimeOrNull(3), row.GetBoolean(4), row.GetBoolean(5), row.GetBoolean(6),
                row.GetBoolean(7), (int)row.GetInt64(8), (int)row.GetInt64(9), row.GetInt64(10), row.GetInt64(11), row.NumberOrNull(12), row.TimeOrNull(13),
                row.TimeOrNull(14)),
            userId is null
                ? [("after", after), ("most", most), ("now", now.ToStored())]
                : [("after", after), ("most", most), ("now", now.ToStored()), ("user", userId.ToStoredUserId())]),
        cancel);

    public async Task<StoreTotals> GetTotalsAsync(CancellationToken cancel) => (await ReadAsync(
        work => work.FirstNowAsync(
            """
            SELECT count(*), count(*) FILTER (WHERE disabled), count(*) FILTER (WHERE administrator), (SELECT sum(bytes)::bigint FROM total),
                (SELECT version FROM passpack_schema)
            FROM account WHERE user_id IS NOT NULL
            """,
            row => new StoreTotals(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt32(4))),
        cancel))!;

    public Task<IReadOnlyList<InvitationSummary>> ListInvitationsAsync(byte[] after, int most, DateTimeOffset now, CancellationToken cancel) =>
        ReadAsync<IReadOnlyList<InvitationSummary>>(
            async work => await work.AllNowAsync(
                """
                SELECT hash, expires, invitation.administrator, used, user_id, invitation.quota
                FROM invitation LEFT JOIN account ON account.id = made_by WHERE hash > @after AND expires > @now ORDER BY hash LIMIT @most
                """,
                row => new InvitationSummary(
                    row.Bytes(0), row.Time(1), row.GetBoolean(2), row.TimeOrNull(3), row.IsDBNull(4) ? null : row.UserId(4), row.NumberOrNull(5)),
                ("after", after), ("now", now.ToStored()), ("most", most)),
            cancel);

    public Task<IReadOnlyList<(string UserId, bool Disabled)>> ListAdministratorsAsync(int most, CancellationToken cancel) =>
        ReadAsync<IReadOnlyList<(string, bool)>>(
            async work => await work.AllNowAsync(
                "SELECT user_id, disabled FROM account WHERE administrator AND user_id IS NOT NULL ORDER BY id LIMIT @most",
                row => (row.UserId(0), row.GetBoolean(1)), ("most", most)),
            cancel);
}
