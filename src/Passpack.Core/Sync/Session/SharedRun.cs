using System.Security.Cryptography;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Logs;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Session;

/// <summary>
/// What the sync of a shared vault has beside that of an account's own: the log, as far as this run has verified it, and the account that signs. What is new of
/// the log is saved with the records that come with it, in one transaction. docs/sharing.md, "On the machine".
/// </summary>
internal sealed class SharedRun : IDisposable
{
    private readonly LocalVault _vault;
    private readonly VaultUse _owner;
    private readonly List<SignedStatement> _new = [];
    private byte[]? _wrappedKey;
    private ChainHead? _refusedAt;

    public SharedRun(LocalVault vault)
    {
        _vault = vault;
        _owner = vault.Owner!.Use();
        try
        {
            Log = vault.Shared!.Log.Copy();
            Account = AccountRow.Load(_owner.Connection, _owner.Keys);
            SyncRun.RequireServer(Account);
        }
        catch
        {
            _owner.Dispose();
            throw;
        }
    }

    /// <summary>The row of the account whose vault it is: its server, device and token.</summary>
    public AccountRow Account { get; }

    /// <summary>The account's use, whose keys open what was wrapped for it.</summary>
    public VaultUse Owner => _owner;

    /// <summary>Up to the last statement that this run has verified.</summary>
    public SharedLog Log { get; private set; }

    public AccountIdentity Identity => _vault.Shared!.Identity;

    public Guid VaultId => _vault.Folder.SharedId!.Value;

    /// <summary>Whether there is something of the log to save.</summary>
    public bool HasNews => _new.Count > 0 || _wrappedKey is not null;

    /// <summary>Whether this account may push.</summary>
    public bool CanWrite => Log.State is { IsClosed: false } state && state.RoleOf(_vault.Shared!.Fingerprint) >= VaultRole.Editor;

    /// <summary>Whether this account is no member any more.</summary>
    public bool IsOut => Log.State.RoleOf(_vault.Shared!.Fingerprint) is null;

    public byte[] Sign(SignaturePurpose purpose, byte[] message) => _owner.Keys.Sign(Identity, purpose, message);

    /// <summary>What the counter of a manifest is kept by: by device alone, one member could use up another's.</summary>
    public static Guid CounterKey(byte[] signer, Guid device) =>
        new(SHA256.HashData([.. signer, .. device.ToByteArray(bigEndian: true)]).AsSpan(..16), bigEndian: true);

    /// <summary>Goes on with a log that was verified.</summary>
    /// <param name="log">Continues the one that there was.</param>
    /// <param name="statements">Those that are new in it.</param>
    /// <param name="wrappedKey">The key of the newest epoch, as served, that opens. Null: it is the one that the file has.</param>
    public void TakeIn(SharedLog log, IReadOnlyList<SignedStatement> statements, byte[]? wrappedKey)
    {
        Log = log;
        _new.AddRange(statements);
        _wrappedKey = wrappedKey ?? _wrappedKey;
    }

    /// <summary>Saves what is new of the log, in the run's transaction. <see cref="Saved"/> once that is committed.</summary>
    public void Save(SyncRun run)
    {
        if (!HasNews)
            return;
        if (SharedState.Save(run.Connection, run.Keys, Log, _new, _wrappedKey))
            EpochChange.Reseal(run.Connection, run.Keys);
        run.Account = AccountRow.Load(run.Connection, run.Keys);
    }

    /// <summary>What was new is in the file.</summary>
    public void Saved(SyncRun run)
    {
        _new.Clear();
        _wrappedKey = null;
        _vault.Shared!.Refresh(run.Connection, run.Keys, _owner.Keys);
    }

    /// <summary>Notes that the server refused a push. It may, once for a log that has moved on; not twice over the same one.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.ServerRefused"/>.</exception>
    public void NoteRefused(PasspackException refusal)
    {
        if (_refusedAt == Log.Head)
            throw Refused(refusal);
        _refusedAt = Log.Head;
    }

    /// <summary>A server that refuses what its own log permits.</summary>
    public PasspackException Refused(PasspackException refusal) => new(ErrorCodes.ServerRefused,
        $"The server refuses what the log of the shared vault {VaultId}, as it serves it, lets this account do. What was changed here stays.", refusal)
        { Target = VaultId };

    public void Dispose() => _owner.Dispose();
}
