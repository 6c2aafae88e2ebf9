using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Client;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;
using Passpack.Vault.Unlocking;

namespace Passpack.Sync.Session;

/// <summary>
/// The state that the steps of one sync share: the vault, the client, the account's position, and the changes made so far. Holds the account's sync
/// lock, so that two syncs of one local account run one after the other.
/// </summary>
internal sealed class SyncRun : IDisposable
{
    /// <summary>How often a sync starts over because other machines push meanwhile.</summary>
    private const int MostRounds = 12;

    private static readonly TimeSpan s_mostWait = TimeSpan.FromSeconds(5);

    // What each machine ahead takes, and what is surely less than the two seconds for which a place holds.
    private static readonly TimeSpan s_turn = TimeSpan.FromSeconds(0.1), s_mostOfTurn = TimeSpan.FromSeconds(1.5);

    private readonly FileStream? _lock;
    private AccountRow _account;
    private readonly bool _ownsClient;
    private readonly Action<Action> _inTransaction;

    private SyncRun(
        LocalVault vault, VaultUse use, OnlineClient client, bool ownsClient, FileStream? @lock, SyncOptions options, IProgress<SyncProgress>? progress)
    {
        _ownsClient = ownsClient;
        Vault = vault;
        Use = use;
        Client = client;
        _lock = @lock;
        Options = options;
        _inTransaction = options.WhatIf ? action => action() : Write;
        Progress = progress;
        Shared = vault.Owner is null ? null : new SharedRun(vault);
        Account = AccountRow.Load(use.Connection, use.Keys);
    }

    public LocalVault Vault { get; }

    public VaultUse Use { get; }

    public OnlineClient Client { get; }

    public SyncOptions Options { get; }

    public IProgress<SyncProgress>? Progress { get; }

    /// <summary>The account row as it is in the vault; reloaded after every rollback of a transaction.</summary>
    public AccountRow Account
    {
        get => _account;
        [MemberNotNull(nameof(_account))]
        set => _account = Shared is null ? value : value with { DeviceId = SharedRun.CounterKey(Shared.Identity.Fingerprint, Device) };
    }

    /// <summary>Of a shared vault: its log, and who signs. Null of an account's own vault.</summary>
    public SharedRun? Shared { get; }

    /// <summary>This machine, as the server knows it.</summary>
    public Guid Device => (Shared?.Account ?? Account).DeviceId!.Value;

    public SyncReport Report { get; } = new();

    /// <summary>How many machines are ahead of this one in the vault's queue, since its last push came too late. Null: the server did not say.</summary>
    public int? Ahead { get; set; }

    /// <summary>Whether damaged records were already asked for again. After that, -Resolve may overwrite them with this machine's version.</summary>
    public bool SettlesDamaged { get; set; }

    /// <summary>The most bytes of bodies in one push; lowered when a proxy in front of the server refuses a push for its size.</summary>
    public long MostPushBytes { get; set; } = Limits.BatchBodyBytes;

    /// <summary>
    /// Whether the waiting push was refused for its size. If an earlier try was accepted after all, the next pull shows it; otherwise its changes are
    /// sent again in smaller pushes.
    /// </summary>
    public bool IsWaitingTooLarge { get; set; }

    public VaultConnection Connection => Use.Connection;

    public VaultKeys Keys => Use.Keys;

    /// <summary>The online account's identity of the present epoch.</summary>
    public AccountIdentity Identity => Shared?.Identity ?? Account.RequireIdentity(Connection);

    /// <summary>Signs as the online account.</summary>
    public byte[] Sign(SignaturePurpose purpose, byte[] message) => Shared?.Sign(purpose, message) ?? Keys.Sign(Identity, purpose, message);

    public long Now => Use.Now;

    /// <summary>Starts a run against the account's own server, with its device token.</summary>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.NotConnected"/>; <see cref="ErrorCodes.PackMisaligned"/>; <see cref="ErrorCodes.SyncInProgress"/>: another sync of this
    /// account was not over within 30 seconds.
    /// </exception>
    /// <param name="vault">Unlocked.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Receives the progress. Null if nobody listens.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="other">Another authenticated client of the account; the caller disposes it.</param>
    public static async Task<SyncRun> StartAsync(
        LocalVault vault, SyncOptions options, IProgress<SyncProgress>? progress, CancellationToken cancellationToken, OnlineClient? other = null)
    {
        VaultUse use = vault.Use();
        FileStream? syncLock = null;
        OnlineClient? client = other;
        try
        {
            AccountRow account = AccountRow.Load(use.Connection, use.Keys);
            if (!options.IsLeaving)
                PackConversion.RequireAligned(account);
            client ??= Connect(vault, account, use.Keys, options.Timeouts);
            // Favorites of a shared vault are each machine's own.
            if (vault.Owner is not null)
                options = options with { ExcludeFavorites = true, Checkpoint = null };
            syncLock = await LockAsync(vault, options.Timeouts, cancellationToken).ConfigureAwait(false);
            return new SyncRun(vault, use, client, other is null, syncLock, options, progress);
        }
        catch
        {
            syncLock?.Dispose();
            if (other is null)
                client?.Dispose();
            use.Dispose();
            throw;
        }
    }

    /// <summary>Starts a run that only reads: it takes no sync lock and records no sync.</summary>
    /// <param name="vault">Unlocked.</param>
    /// <param name="server">An address to use instead of the account's own. Null if the account's own is meant.</param>
    /// <param name="progress">Receives the progress. Null if nobody listens.</param>
    public static SyncRun OpenReadOnly(LocalVault vault, OnlineServer? server = null, IProgress<SyncProgress>? progress = null)
    {
        VaultUse use = vault.Use();
        try
        {
            OnlineClient client = Connect(vault, AccountRow.Load(use.Connection, use.Keys), use.Keys, null, server);
            return new SyncRun(vault, use, client, true, null, new SyncOptions(), progress);
        }
        catch
        {
            use.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (_ownsClient)
            Client.Dispose();
        Shared?.Dispose();
        Use.Dispose();
        _lock?.Dispose();
    }

    /// <summary>
    /// Waits before a retry: a random time that grows with each round, none before round 0. So machines whose pushes collided do not collide again.
    /// </summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.SyncContention"/>: the last round failed, too.</exception>
    public Task BackOffAsync(int round, CancellationToken cancellationToken)
    {
        if (round >= MostRounds)
        {
            throw new PasspackException(ErrorCodes.SyncContention,
                $"Other machines kept changing the online account of {Account.UserId} during {MostRounds} attempts. " +
                "What was done stays done; try again in a moment.");
        }
        if (round > 0 && Ahead is >= 0 and int ahead)
            return Task.Delay(TurnIn(ahead, round), cancellationToken);
        double most = round == 0 ? 0 : Math.Min(s_mostWait.TotalMilliseconds, Options.Timeouts.Retry.TotalMilliseconds * (1 << round));
        return Task.Delay(TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32((int)most + 1)), cancellationToken);
    }

    /// <summary>
    /// How long a machine waits that has a place in the queue: by how many are ahead, and longer each time, because the first may have gone away, but never
    /// for so long that its place is lost. The first goes on at once.
    /// </summary>
    private static TimeSpan TurnIn(int ahead, int round)
    {
        double wait = Math.Min(s_mostOfTurn.TotalMilliseconds, s_turn.TotalMilliseconds * ahead * round);
        return TimeSpan.FromMilliseconds(wait * (0.75 + (RandomNumberGenerator.GetInt32(250) / 1000.0)));
    }

    /// <summary>Does something in one transaction of the vault. A plan's caller has one open around the whole plan, and rolls it back.</summary>
    public void InTransaction(Action action) => _inTransaction(action);

    private void Write(Action action)
    {
        try
        {
            Connection.InTransaction(() =>
            {
                AccountRow.RequireEpoch(Connection, Keys);
                action();
            });
        }
        catch
        {
            GoBack();
            throw;
        }
    }

    /// <summary>After a transaction that was rolled back: what it changed in memory is as the file has it again.</summary>
    public void GoBack()
    {
        if (Shared is not null)
            Keys.GoTo(AccountRow.Load(Connection).Epoch);
        Account = AccountRow.Load(Connection, Keys);
    }

    public Task<T> GetAsync<T>(string part, string query, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        Client.GetAsync(Routes.OfVault(Account.VaultId, part) + query, type, cancellationToken);

    public Task<T> GetAsync<T>(string part, string query, ReadRecords<T> answer, CancellationToken cancellationToken) =>
        Client.GetAsync(Routes.OfVault(Account.VaultId, part) + query, answer, cancellationToken);

    public SyncResult Result(DateTimeOffset started, TimeSpan duration) => new()
    {
        UserId = Use.UserId,
        Vault = Vault.SharedName,
        VaultId = Account.VaultId,
        IsPlan = Options.WhatIf,
        Changes = [.. Report.Done, .. Report.Planned.Values],
        Notices = [.. Report.Notices],
        RemovalDue = Report.RemovalDue,
        BytesSent = Client.BytesSent,
        BytesReceived = Client.BytesReceived,
        Requests = Client.Requests,
        Started = started,
        Duration = duration,
        Checkpoint = Account.Checkpoint,
    };

    /// <summary>The error that stops a sync at conflicts. Its target holds the result with these conflicts.</summary>
    public PasspackException Stopped()
    {
        List<SyncChange> conflicts = [.. Report.Planned.Values.Where(
            change => change.Action == SyncAction.Conflict && Options.PolicyOf(change.Id) == ConflictPolicy.Stop)];
        string how = Report.HasPushed ? "What was pushed before that stays; the rest was not written." : "Nothing was written on either side.";
        return new PasspackException(ErrorCodes.SyncConflict,
            $"{(conflicts.Count == 1 ? "One entry" : $"{conflicts.Count} entries")} of {Use.UserId} {(conflicts.Count == 1 ? "was" : "were")} " +
            "changed on both sides" +
            $"{(conflicts.Count == 1 ? ":" : ", the first is")} \"{conflicts[0].Name}\" ({conflicts[0].Id}). " +
            $"{how} Settle {(conflicts.Count == 1 ? "it" : "each of them")} with " +
            $"{ResolveAdvice.TakeLocal(conflicts[0].Id)} (or 'Online'), or choose another -ConflictPolicy.")
        { Target = Result(Use.Clock.GetUtcNow(), TimeSpan.Zero) with { Changes = conflicts } };
    }

    public PasspackException Tampered(string how) => SyncErrors.Tampered(Client.Server, how);

    public PasspackException Diverged(string how) => SyncErrors.Diverged(Client.Server, how);

    public PasspackException RolledBack(string how, bool isAcceptable = true) => SyncErrors.RolledBack(Client.Server, how, isAcceptable);

    /// <exception cref="PasspackException"><see cref="ErrorCodes.NotConnected"/>.</exception>
    internal static void RequireServer(AccountRow account)
    {
        if (account.Server is null || account.DeviceId is null || account.DeviceToken is null)
        {
            throw new PasspackException(ErrorCodes.NotConnected,
                $"The account {account.UserId} is offline only. Connect-PasspackAccount connects it to an online account that is there already; "
                + "New-PasspackAccount registers one.") { Target = account.UserId };
        }
    }

    internal static PasspackException DamagedToken(AccountRow account) => new(ErrorCodes.NotConnected,
        $"The device token of {account.UserId} is damaged, or not for {account.Server}. " +
        "Connect again with Connect-PasspackAccount.") { Target = account.UserId };

    // A shared vault is reached as the account that opened it.
    private static OnlineClient Connect(LocalVault vault, AccountRow account, VaultKeys keys, SyncTimeouts? timeouts, OnlineServer? server = null)
    {
        if (vault.Owner is null)
            return Connect(account, keys, timeouts, server);
        using VaultUse owner = vault.Owner.Use();
        return Connect(AccountRow.Load(owner.Connection, owner.Keys), owner.Keys, timeouts, server);
    }

    /// <summary>The account's own server, with its device token.</summary>
    /// <param name="account">Whose token.</param>
    /// <param name="keys">The keys that the token is sealed under.</param>
    /// <param name="timeouts">How long to wait.</param>
    /// <param name="server">Another address of the same server.</param>
    internal static OnlineClient Connect(AccountRow account, VaultKeys keys, SyncTimeouts? timeouts = null, OnlineServer? server = null)
    {
        RequireServer(account);
        using SecretBytes token = SealedToken.Open(keys, account) ?? throw DamagedToken(account);
        var client = new OnlineClient(server?.KnownTo(account) ?? OnlineServer.Of(account), timeouts);
        client.Authenticate(token.Span);
        return client;
    }

    internal static async Task<FileStream> LockAsync(LocalVault vault, SyncTimeouts timeouts, CancellationToken cancellationToken)
    {
        long start = vault.Clock.GetTimestamp();
        while (true)
        {
            if (VaultLocks.TryLock(vault.Folder.SyncLockFile, FileShare.None) is { } held)
                return held;
            if (vault.Clock.GetElapsedTime(start) > timeouts.Lock)
            {
                throw new PasspackException(ErrorCodes.SyncInProgress,
                    $"Another sync of {vault.UserId} is under way on this machine. Let it finish and try again.") { Target = vault.UserId };
            }
            await Task.Delay(TimeSpan.FromMilliseconds(100), vault.Clock, cancellationToken).ConfigureAwait(false);
        }
    }
}
