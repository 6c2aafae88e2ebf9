using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Mirroring;
using Passpack.Sync.OnlineEditing;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Repair;

/// <summary>
/// Recovers earlier versions that do not open: from the same record in the mirror or in the online account. A version found in neither is removed,
/// because nobody could restore it, and the finding says so.
/// </summary>
internal sealed class VersionRepair
{
    private readonly Dictionary<long, (byte[] Head, byte[]? Tail)> _found = [];

    /// <summary>Why the online account could not be asked. Null if it was asked, or there is none.</summary>
    public string? Refused { get; private set; }

    /// <summary>Looks for the records of findings; changes nothing.</summary>
    public async Task SearchAsync(LocalVault vault, IEnumerable<VaultFinding> findings, CancellationToken cancellationToken)
    {
        var unknown = new List<VaultFinding>();
        using VaultUse use = vault.Use();
        foreach (VaultFinding finding in findings)
        {
            var key = new RecordKey((byte)finding.Stream, finding.Id!.Value);
            if (Mirror.Find(use.Connection, key) is not { Deleted: false, Head: { } head, ContentVersion: { } version } online
                || !TryTake(use, finding, version, head, online.Tail))
                unknown.Add(finding);
        }
        if (unknown.Count == 0 || AccountRow.Load(use.Connection).Server is null)
            return;
        try
        {
            using SyncRun run = SyncRun.OpenReadOnly(vault);
            foreach (IGrouping<RecordKey, VaultFinding> some in unknown.GroupBy(finding => new RecordKey((byte)finding.Stream, finding.Id!.Value)))
            {
                foreach (EarlierVersion earlier in await OnlineVault.ReadVersionsAsync(run, some.Key, long.MaxValue, cancellationToken).ConfigureAwait(false))
                {
                    if (!earlier.Record.Deleted && TryRead(earlier.Record, out byte[] head, out byte[]? tail))
                        _ = some.Count(finding => TryTake(use, finding, earlier.Record.Version, head, tail));
                }
            }
        }
        catch (PasspackException e)
        {
            Refused = e.Message;
        }
    }

    /// <returns>The source of the repair. Null if it has to wait until the online account can be asked.</returns>
    public string? Repair(VaultWriter writer, VaultFinding finding)
    {
        long number = finding.Version!.Value;
        if (_found.TryGetValue(number, out (byte[] Head, byte[]? Tail) sound))
        {
            writer.ReplaceVersion(number, sound.Head, sound.Tail);
            return "the same version, which online has";
        }
        if (Refused is not null)
            return null;
        writer.DropVersion(number);
        return "its removal from the history: it was nowhere else, so this one version is lost";
    }

    private bool TryTake(VaultUse use, VaultFinding finding, long version, byte[] head, byte[]? tail)
    {
        long number = finding.Version!.Value;
        bool isIt = use.Connection.Query("SELECT version, head, tail FROM history WHERE seq = $1",
                row => row.GetInt64(0) == version && (IsSame(row.GetBytesOrNull(1), head) || IsSame(row.GetBytesOrNull(2), tail)), number).FirstOrDefault()
            && VaultTest.Open(use.Keys, new(finding.Stream, finding.Id!.Value, version, head, tail));
        if (isIt)
            _found[number] = (head, tail);
        return isIt;
    }

    // Two versions of one number need not be the same: edits between two syncs are counted alike. Nonces are random, so two texts with the same nonce
    // or the same tag come from one sealing.
    private static bool IsSame(byte[]? damaged, byte[]? sound) =>
        damaged is not null && sound is not null && damaged.Length == sound.Length
        && (damaged.AsSpan(RecordHeader.Size, RecordCipher.NonceBytes).SequenceEqual(sound.AsSpan(RecordHeader.Size, RecordCipher.NonceBytes))
            || damaged.AsSpan()[^RecordCipher.TagBytes..].SequenceEqual(sound.AsSpan()[^RecordCipher.TagBytes..]));

    private static bool TryRead(RecordChange record, out byte[] head, out byte[]? tail)
    {
        (head, tail) = (record.Body, null);
        if (record.Stream != (byte)RecordStream.Data)
            return true;
        if (!RecordBody.TrySplit(record.Body, out ReadOnlySpan<byte> summary, out ReadOnlySpan<byte> secret))
            return false;
        (head, tail) = (summary.ToArray(), secret.ToArray());
        return true;
    }
}
