using System.Security.Cryptography;
using Passpack.Packing;
using Passpack.Protocol;
using Passpack.Vault;

namespace Passpack.Sync;

/// <summary>
/// What the steps of one sync share: the vault, the server, where the account stands, and what was done so far. Holds the account's
/// sync lock, so that two syncs of one local account go one after the other.
/// </summary>
internal sealed class SyncRun : IDisposable
{
    /// <summary>Tries against an online account that keeps moving.</summary>
    private const int MostRounds = 12;

    private static readonly TimeSpan s_mostWait = TimeSpan.FromSeconds(5);

    private readonly FileStream _lock;
    private bool _pushed;

    private SyncRun(VaultUse use, OnlineClient client, FileStream @lock, SyncOptions options, IProgress<SyncProgress>? progress)
    {
        Use = use;
        Client = client;
        _lock = @lock;
        Options = options;
        Progress = progress;
        Account = AccountRow.Load(use.Connection);
    }

    public VaultUse Use { get; }

    public OnlineClient Client { get; }

    public SyncOptions Options { get; }

    public IProgress<SyncProgress>? Progress { get; }

    /// <summary>As it is in the vault; reloaded whenever a transaction was rolled back.</summary>
    public AccountRow Account { get; set; }

    /// <summary>What is done, and cannot become undone.</summary>
    public List<SyncChange> Done { get; } = [];

    /// <summary>What the next pushes are to do, by entry; a repeated reconciliation plans it anew.</summary>
    public Dictionary<Guid, SyncChange> Planned { get; } = [];

    /// <summary>Notes that something is online now that was not before.</summary>
    public void NotePush() => _pushed = true;

    /// <summary>Whether a conflict was met that the user wants to settle: nothing may be written.</summary>
    public bool MustStop { get; set; }

    public VaultConnection Connection => Use.Connection;

    public VaultKeys Keys => Use.Keys;

    public long Now => Use.Vault.Now;

    /// <summary>Starts a run against the account's own server, with its device token.</summary>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.NotConnected"/>; <see cref="ErrorCodes.SyncInProgress"/>: another sync of this account was not over within 30 seconds.
    /// </exception>
    public static async Task<SyncRun> StartAsync(
        LocalVault vault, SyncOptions options, IProgress<SyncProgress>? progress, CancellationToken cancellationToken)
    {
        VaultUse use = vault.Use();
        FileStream? syncLock = null;
        OnlineClient? client = null;
        try
        {
            AccountRow account = AccountRow.Load(use.Connection);
            client = Connect(account, use.Keys, options.Patience);
            syncLock = await LockAsync(vault, options.Patience, cancellationToken).ConfigureAwait(false);
            return new SyncRun(use, client, syncLock, options, progress);
        }
        catch
        {
            syncLock?.Dispose();
            client?.Dispose();
            use.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Client.Dispose();
        Use.Dispose();
        _lock.Dispose();
    }

    /// <summary>
    /// Before every try, from 0 on, of what an online account that keeps moving makes start over. Before each but the first some time goes
    /// by, longer and longer and of chance, so that machines that meet go one after the other.
    /// </summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.SyncContention"/>: that were tries enough.</exception>
    public Task BeginRoundAsync(int round, CancellationToken cancellationToken)
    {
        if (round >= MostRounds)
        {
            throw new PasspackException(ErrorCodes.SyncContention,
                $"Other machines kept changing the online account of {Account.UserId} during {MostRounds} attempts. What was done stays done; try again in a moment.");
        }
        double most = round == 0 ? 0 : Math.Min(s_mostWait.TotalMilliseconds, Options.Patience.Retry.TotalMilliseconds * (1 << round));
        return Task.Delay(TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32((int)most + 1)), cancellationToken);
    }

    /// <summary>Does something in one transaction of the vault; a plan's is rolled back by its caller, at the end of the run.</summary>
    public void InTransaction(Action action)
    {
        if (Options.WhatIf)
        {
            action();
            return;
        }
        Connection.BeginImmediate();
        try
        {
            action();
            Connection.Commit();
        }
        catch
        {
            Connection.RollBack();
            Account = AccountRow.Load(Connection);
            throw;
        }
    }

    /// <summary>Writes to the staging tables; a plan's are temporary, and need no transaction of the vault.</summary>
    public void InStaging(Action action) => InTransaction(action);

    public Task<T> GetAsync<T>(string part, string query, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        Client.GetAsync(Routes.OfVault(Account.VaultId, part) + query, type, cancellationToken);

    public SyncResult Result(DateTimeOffset started, TimeSpan duration) => new()
    {
        UserId = Use.Vault.UserId,
        IsPlan = Options.WhatIf,
        Changes = [.. Done, .. Planned.Values],
        BytesSent = Client.BytesSent,
        BytesReceived = Client.BytesReceived,
        Requests = Client.Requests,
        Started = started,
        Duration = duration,
        Checkpoint = Account.Checkpoint,
    };

    /// <summary>What a user gets who wants to settle conflicts: which they are, in the error's target.</summary>
    public PasspackException Stopped()
    {
        List<SyncChange> conflicts = [.. Planned.Values.Where(change => change.Action == SyncAction.Conflict && Options.PolicyOf(change.Id) == ConflictPolicy.Stop)];
        string how = _pushed ? "What was pushed before that stays; the rest was not written." : "Nothing was written on either side.";
        return new PasspackException(ErrorCodes.SyncConflict,
            $"{conflicts.Count} entries of {Use.Vault.UserId} were changed on both sides, the first is \"{conflicts[0].Name}\" ({conflicts[0].Id}). {how} " +
            "Settle them with -Resolve, or choose another -ConflictPolicy.")
        { Target = Result(Use.Vault.Clock.GetUtcNow(), TimeSpan.Zero) with { Changes = conflicts } };
    }

    public PasspackException Tampered(string how) => new(ErrorCodes.ServerTampered,
        $"{Client.Server} answered with something that this account's keys do not vouch for: {how}. Nothing was changed on this machine. " +
        "Compare the checkpoint of Get-PasspackLocalAccount with your other machines before you sync again.") { Target = Client.Server };

    public PasspackException RolledBack(string how) => new(ErrorCodes.ServerRolledBack,
        $"{Client.Server} has gone back behind what this machine saw before: {how}. Nothing was changed on this machine. If the server was restored " +
        "from a backup, ask who runs it; this machine still has everything that it had.") { Target = Client.Server };

    /// <exception cref="PasspackException"><see cref="ErrorCodes.NotConnected"/>.</exception>
    internal static void DemandServer(AccountRow account)
    {
        if (account.Server is null || account.DeviceId is null || account.DeviceToken is null)
        {
            throw new PasspackException(ErrorCodes.NotConnected,
                $"The account {account.UserId} is offline only. Connect it with New-PasspackAccount or Connect-PasspackAccount.") { Target = account.UserId };
        }
    }

    /// <summary>The account's own server, with its device token.</summary>
    internal static OnlineClient Connect(AccountRow account, VaultKeys keys, Patience? patience = null)
    {
        DemandServer(account);
        Guid device = account.DeviceId!.Value;
        if (!keys.TryOpen(RecordStream.None, RecordPart.DeviceToken, device, 1, account.DeviceToken!, out OpenedRecord token))
        {
            throw new PasspackException(ErrorCodes.NotConnected,
                $"The device token of {account.UserId} is damaged. Connect again with Connect-PasspackAccount.") { Target = account.UserId };
        }
        try
        {
            var client = new OnlineClient(new Uri(account.Server!), patience);
            client.Authenticate(token.Span);
            return client;
        }
        finally
        {
            token.Dispose();
        }
    }

    internal static async Task<FileStream> LockAsync(LocalVault vault, Patience patience, CancellationToken cancellationToken)
    {
        long start = vault.Clock.GetTimestamp();
        while (true)
        {
            if (VaultFiles.TryLock(vault.Folder.SyncLockFile, FileShare.None) is { } held)
                return held;
            if (vault.Clock.GetElapsedTime(start) > patience.Lock)
            {
                throw new PasspackException(ErrorCodes.SyncInProgress,
                    $"Another sync of {vault.UserId} is under way on this machine. Let it finish and try again.") { Target = vault.UserId };
            }
            await Task.Delay(TimeSpan.FromMilliseconds(100), vault.Clock, cancellationToken).ConfigureAwait(false);
        }
    }
}
