using System.Globalization;
using System.Runtime.CompilerServices;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Client;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Backups;
using Passpack.Vault.Entries;
using Passpack.Vault.Files;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Accounts;

/// <summary>A step of a reset that has been taken.</summary>
/// <param name="Step">One of these words, which scripts can rely on: BackedUp, Quarantined, Connected, Synced, Imported, Pushed, Completed.</param>
/// <param name="Path">Where its result lies.</param>
/// <param name="Description">What was done.</param>
public sealed record AccountResetStep(string Step, string? Path, string Description);

/// <summary>
/// Starts a local account again from its online account, without loss: makes a backup, sets the vault aside, connects again, syncs, imports entries
/// that are missing online, and pushes them. The steps taken are recorded beside the vault, so that an interrupted reset is resumed.
/// </summary>
public sealed class AccountReset
{
    private readonly DataFolder _home;
    private readonly AccountFolder _folder;
    private readonly SecretBytes _password;
    private readonly SecretBytes _packingKey;
    private readonly TimeProvider _clock;

    // The code of a second factor is taken once: the login that checks it is the one that connects.
    private SignedIn? _signedIn;

    /// <param name="home">This machine.</param>
    /// <param name="userId">The User ID of the account.</param>
    /// <param name="password">The online account's, in UTF-8.</param>
    /// <param name="packingKey">The online account's, in UTF-8; the local one's too, unless that is unlocked already.</param>
    /// <param name="clock">For tests.</param>
    public AccountReset(DataFolder home, string userId, SecretBytes password, SecretBytes packingKey, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(home);
        _home = home;
        _folder = home.Account(userId);
        _password = password;
        _packingKey = packingKey;
        _clock = clock ?? TimeProvider.System;
    }

    /// <summary>The server. Null if it is the one of the local account or of the interrupted reset.</summary>
    public Uri? Server { get; init; }

    /// <summary>The certificate that it has to show; null: the one that the local account, or the interrupted reset, knows for it.</summary>
    public PinnedCertificate? Certificate { get; init; }

    /// <summary>A code of the account's second factor, or a recovery code, in UTF-8. Null if none is given.</summary>
    public SecretBytes? SecondFactor { get; init; }

    /// <summary>The account, if it is unlocked. Null if the Packing Key has to unlock it.</summary>
    public LocalVault? Unlocked { get; init; }

    /// <summary>Receives the progress of syncs.</summary>
    public IProgress<SyncProgress>? Progress { get; init; }

    /// <summary>For tests.</summary>
    internal KdfParameters Derivation { get; init; } = KdfParameters.Current;

    /// <summary>The account as the reset leaves it, unlocked; from <c>Connected</c> on.</summary>
    public LocalVault? Result { get; private set; }

    /// <summary>Takes the steps that are left.</summary>
    /// <returns>Each step, when it has been taken.</returns>
    /// <exception cref="PasspackException">The error of a step. Once its cause is gone, running again resumes the reset.</exception>
    public async IAsyncEnumerable<AccountResetStep> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        try
        {
            await foreach (AccountResetStep step in StepsAsync(cancellationToken).ConfigureAwait(false))
                yield return step;
        }
        finally
        {
            _signedIn?.Dispose();
            _signedIn = null;
        }
    }

    private async IAsyncEnumerable<AccountResetStep> StepsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ResetState? state = ResetState.Load(_folder);
        if (state is not { IsSetAside: true })
        {
            (state, string saved) = await SaveAsync(cancellationToken).ConfigureAwait(false);
            yield return new AccountResetStep("BackedUp", state.Backup, saved);
            VaultQuarantine.SetAside(_folder, state.Quarantine);
            Failpoints.Hit("quarantined");
            yield return new AccountResetStep("Quarantined", Path.Combine(state.Quarantine, VaultFile.FileName),
                "The vault was set aside, still encrypted. It stays there until you delete it.");
        }
        if (state.Stage < ResetStage.Connecting)
            state = Go(state, ResetStage.Connecting);
        bool connected = _folder.Exists;
        // If the user has connected by hand meanwhile, this step is done.
        Result = connected ? OpenAgain() : await ConnectAsync(state, cancellationToken).ConfigureAwait(false);
        if (!connected)
            yield return new AccountResetStep("Connected", _folder.VaultFile, $"This machine is connected to {state.Server} again.");
        if (!connected || state.Stage < ResetStage.Syncing)
            state = Go(state, ResetStage.Syncing);
        if (state.Stage == ResetStage.Syncing)
        {
            SyncResult result = await SyncAsync(cancellationToken).ConfigureAwait(false);
            state = Go(state, ResetStage.Importing);
            yield return new AccountResetStep("Synced", null, $"{Count(result, SyncAction.Pulled)} online change(s) came down.");
        }
        if (state.Stage == ResetStage.Importing)
        {
            string imported = Import(state, cancellationToken);
            state = Go(state, ResetStage.Finishing);
            yield return new AccountResetStep("Imported", state.Backup, imported);
        }
        SyncResult pushed = await SyncAsync(cancellationToken).ConfigureAwait(false);
        yield return new AccountResetStep("Pushed", null, $"{Count(pushed, SyncAction.Pushed)} change(s) went up.");
        File.Delete(_folder.ResetFile);
        Failpoints.Hit("completed");
        yield return new AccountResetStep("Completed", _folder.VaultFile,
            $"The local account is in line with the online account. The backup stays at {state.Backup}, the vault that was there at {state.Quarantine}.");
    }

    // Of a row that somebody altered nothing is used: neither where the online account is, nor which certificate it shows.
    private AccountRow Local(LocalVault vault)
    {
        using VaultUse use = vault.Use();
        AccountRow local = AccountRow.Load(use.Connection);
        if (AccountRow.IsAuthentic(use.Connection, use.Keys))
            return local;
        return Server is null ? throw VaultErrors.Altered(use.Connection.Path) : local with { Server = null, Certificate = null, LoginKdf = null };
    }

    /// <summary>All steps before the vault is set aside. They change nothing that another run would need.</summary>
    private async Task<(ResetState State, string Description)> SaveAsync(CancellationToken cancellationToken)
    {
        if (!_folder.Exists)
            throw VaultErrors.Missing(_folder.VaultFile);
        LocalVault vault = Unlocked is { IsLocked: false } unlocked ? unlocked : LocalVault.Unlock(_home, _folder.UserId, _packingKey, _clock);
        try
        {
            AccountRow local = Local(vault);
            Uri address = Server ?? (local.Server is null ? null : new Uri(local.Server)) ?? throw new PasspackException(ErrorCodes.NotConnected,
                $"The local account {_folder.UserId} is offline, so it is not known which online account to start again from. " +
                "Give -Server.") { Target = _folder.UserId };
            OnlineServer server = new OnlineServer(address, Certificate).KnownTo(local);
            // A wrong Password or Packing Key is found here, before anything is changed.
            _signedIn = await ServerCheck.CheckSecretsAsync(Login(server), local, cancellationToken).ConfigureAwait(false);
            var damaged = new List<PasspackException>();
            string path = VaultCopies.NewSavedFile(_folder, "reset", _clock);
            BackupInfo backup = VaultBackup.Create(vault, path,
                new BackupOptions { PackingKey = _packingKey, Attachments = BackupAttachments.Here, Damaged = damaged.Add, Derivation = Derivation },
                cancellationToken);
            var state = new ResetState
            {
                Stage = ResetStage.Saved,
                Started = _clock.GetUtcNow().ToUnixTimeMilliseconds(),
                Server = address.AbsoluteUri,
                Certificate = server.Certificate?.ToString(),
                Backup = path,
                Quarantine = QuarantinedVaults.NewFolder(_folder, _clock),
                LoginKdf = local.LoginKdf,
            };
            state.Save(_folder);
            BackupFiles.PruneSaved(_folder, _clock);
            string text = string.Create(CultureInfo.InvariantCulture,
                $"{backup.Entries} entries, {backup.Trashed} in the trash and {backup.Versions} earlier version(s) were saved and read back.");
            return (state, damaged.Count == 0 ? text : $"{text} {damaged.Count} record(s) are damaged and could not be: " +
                "they stay in the vault that is set aside.");
        }
        finally
        {
            vault.Dispose(); // The vault is set aside next, so it must not be open.
        }
    }

    private Task<LocalVault> ConnectAsync(ResetState state, CancellationToken cancellationToken)
    {
        AccountLogin login = Login(new OnlineServer(new Uri(state.Server), Certificate ?? PinnedCertificate.Parse(state.Certificate)));
        var options = new ConnectOptions { KnownCost = state.LoginKdf };
        return _signedIn is { SecondFactor: not null } signedIn
            ? Connecting.ConnectAsync(signedIn, login, null, options, cancellationToken)
            : Connecting.ConnectAsync(login, options, cancellationToken);
    }

    private AccountLogin Login(OnlineServer server) => new(_home, server, _folder.UserId, _password, _packingKey) { SecondFactor = SecondFactor };

    private LocalVault OpenAgain() =>
        Unlocked is { IsLocked: false } unlocked ? unlocked : LocalVault.Unlock(_home, _folder.UserId, _packingKey, _clock);

    private Task<SyncResult> SyncAsync(CancellationToken cancellationToken) => VaultSync.RunAsync(Result!, new SyncOptions(), Progress, cancellationToken);

    private string Import(ResetState state, CancellationToken cancellationToken)
    {
        var damaged = new List<PasspackException>();
        using BackupSource source = BackupSource.Open(state.Backup, null, _packingKey, _folder);
        Dictionary<RestoreAction, int> counts = VaultRestore
            .Run(Result!, source, new RestoreOptions { Mode = RestoreMode.Missing, Damaged = damaged.Add }, cancellationToken)
            .GroupBy(result => result.Action).ToDictionary(group => group.Key, group => group.Count());
        if (damaged.Count > 0)
            throw damaged[0];
        string[] told =
        [
            .. new[]
            {
                (RestoreAction.Added, "missing online"), (RestoreAction.Updated, "with later edits here"), (RestoreAction.Trashed, "in the trash"),
                (RestoreAction.Unchanged, "as online or older"), (RestoreAction.Failed, "that could not be read"),
            }
            .Where(one => counts.GetValueOrDefault(one.Item1) > 0)
            .Select(one => string.Create(CultureInfo.InvariantCulture, $"{counts[one.Item1]} {one.Item2}")),
        ];
        return told.Length == 0 ? "There were no entries." : $"Entries: {string.Join(", ", told)}.";
    }

    private ResetState Go(ResetState state, ResetStage stage)
    {
        ResetState next = state with { Stage = stage };
        next.Save(_folder);
        return next;
    }

    private static int Count(SyncResult result, SyncAction action) => result.Changes.Count(change => change.Action == action);
}
