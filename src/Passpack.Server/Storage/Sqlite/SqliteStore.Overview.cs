using Microsoft.Data.Sqlite;
using Passpack.Protocol;

namespace Passpack.Server.Storage.Sqlite;

/// <summary>What administrators see.</summary>
internal sealed partial class SqliteStore
{
    public Task<IReadOnlyList<ServerAccountSummary>> ListAccountsAsync(
        long after, string? userId, int most, DateTimeOffset now, CancellationToken cancel) => ReadAsync<IReadOnlyList<ServerAccountSummary>>(
        connection => connection.All(
            $"""
            SELECT id, user_id, created, (SELECT max(last_seen) FROM device WHERE account = a.id), disabled, administrator,
                EXISTS (SELECT 1 FROM second_factor WHERE account = a.id), needs_second_factor, (SELECT count(*) FROM device WHERE account = a.id AND {OfPerson}),
                (SELECT count(*) FROM vault WHERE account = a.id),
                (SELECT count(*) FROM record JOIN vault ON vault.id = record.vault WHERE vault.account = a.id),
                (SELECT coalesce(sum(bytes), 0) FROM vault WHERE account = a.id), quota, removal_due, iif(reset_until > $now, reset_until, NULL)
            FROM account a WHERE id > $after AND {(userId is null ? "user_id IS NOT NULL" : "user_id = $user")} ORDER BY id LIMIT $most
            """,
            row => new ServerAccountSummary(
                row.GetInt64(0), row.GetString(1), row.Time(2), TimeOrNull(row, 3), row.GetBoolean(4), row.GetBoolean(5), row.GetBoolean(6),
                row.GetBoolean(7), row.GetInt32(8), row.GetInt32(9), row.GetInt64(10), row.GetInt64(11), NumberOrNull(row, 12), TimeOrNull(row, 13),
                TimeOrNull(row, 14)),
            userId is null
                ? [("$after", after), ("$most", most), ("$now", now.ToStored())]
                : [("$after", after), ("$most", most), ("$now", now.ToStored()), ("$user", userId)]),
        cancel);

    public Task<StoreTotals> GetTotalsAsync(CancellationToken cancel) => SnapshotAsync(
        connection =>
        {
            int schema = connection.First("PRAGMA user_version", row => row.GetInt32(0));
            return connection.First(
                """
                SELECT count(*), coalesce(sum(disabled), 0), coalesce(sum(administrator), 0), (SELECT bytes FROM server) FROM account WHERE user_id IS NOT NULL
                """,
                row => new StoreTotals(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), schema))!;
        },
        cancel);

    public Task<IReadOnlyList<InvitationSummary>> ListInvitationsAsync(byte[] after, int most, DateTimeOffset now, CancellationToken cancel) =>
        ReadAsync<IReadOnlyList<InvitationSummary>>(
            connection => connection.All(
                """
                SELECT hash, expires, invitation.administrator, used, user_id, invitation.quota
                FROM invitation LEFT JOIN account ON account.id = made_by WHERE hash > $after AND expires > $now ORDER BY hash LIMIT $most
                """,
                row => new InvitationSummary(
                    row.Bytes(0), row.Time(1), row.GetBoolean(2), TimeOrNull(row, 3), row.IsDBNull(4) ? null : row.GetString(4), NumberOrNull(row, 5)),
                ("$after", after), ("$now", now.ToStored()), ("$most", most)),
            cancel);

    public Task<IReadOnlyList<(string UserId, bool Disabled)>> ListAdministratorsAsync(int most, CancellationToken cancel) =>
        ReadAsync<IReadOnlyList<(string, bool)>>(
            connection => connection.All(
                "SELECT user_id, disabled FROM account WHERE administrator AND user_id IS NOT NULL ORDER BY id LIMIT $most",
                row => (row.GetString(0), row.GetBoolean(1)), ("$most", most)),
            cancel);

    private static DateTimeOffset? TimeOrNull(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.Time(column);

    private static long? NumberOrNull(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);
}
