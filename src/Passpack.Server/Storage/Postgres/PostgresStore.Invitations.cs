using Passpack.Protocol;

namespace Passpack.Server.Storage.Postgres;

/// <summary>Invitations to register.</summary>
internal sealed partial class PostgresStore
{
    public Task<bool> HasInvitationAsync(byte[] hash, DateTimeOffset now, CancellationToken cancel) => ReadAsync(
        work => work.FirstNowAsync(
            "SELECT EXISTS (SELECT 1 FROM invitation WHERE hash = @hash AND used IS NULL AND expires > @now)", row => row.GetBoolean(0),
            ("hash", hash), ("now", now.ToStored())),
        cancel);

    public Task<ChangeOutcome> AddInvitationAsync(
        NewInvitation invitation, (long Account, ManifestName Head)? by, Act act, CancellationToken cancel) => ChangeAsync(
        async work =>
        {
            LockedAccount? signer = by is { } named ? await LockAsync(work, named.Account, act.Now) : null;
            if (by is { } signed && !signer!.IsHead(signed.Head))
                return ChangeOutcome.HeadMoved;
            if (by is { } owner && !await IsAdministratorAsync(work, owner.Account))
                return ChangeOutcome.NotPermitted;
            work.Run(
                "DELETE FROM invitation WHERE hash IN (SELECT hash FROM invitation WHERE expires <= @now FOR UPDATE SKIP LOCKED)", ("now", act.Now.ToStored()));
            int added = await work.RunNowAsync(
                """
                INSERT INTO invitation (hash, administrator, expires, made_by, quota) VALUES (@hash, @administrator, @expires, @by, @quota)
                ON CONFLICT (hash) DO NOTHING
                """,
                ("hash", invitation.Hash), ("administrator", invitation.Administrator), ("expires", invitation.Expires.ToStored()),
                ("by", by?.Account), ("quota", invitation.Quota));
            if (added > 0 && signer is not null)
                AppendEvent(work, signer.Log, EventType.Invited, act);
            return ChangeOutcome.Done;
        },
        cancel);

    private static Task<bool> IsAdministratorAsync(PostgresWork work, long account) => work.FirstNowAsync(
        "SELECT administrator AND NOT disabled FROM account WHERE id = @account AND user_id IS NOT NULL", row => row.GetBoolean(0), ("account", account));

    /// <summary>Uses an invitation up: whether it makes an administrator, and the account's quota. Null if it does not hold.</summary>
    private static Task<(bool Administrator, long? Quota)?> UseInvitationAsync(PostgresWork work, byte[] hash, DateTimeOffset now) =>
        work.FirstNowAsync<(bool, long?)?>(
            "UPDATE invitation SET used = @now WHERE hash = @hash AND used IS NULL AND expires > @now RETURNING administrator, quota",
            row => (row.GetBoolean(0), row.NumberOrNull(1)), ("hash", hash), ("now", now.ToStored()));
}
