using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync.Mirroring;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Repair;

/// <summary>
/// Recovers earlier versions that do not open from the same record in the mirror. What the online account says are earlier versions is never used: no manifest
/// vouches for it. A version that the mirror has not is removed, because nobody could restore it, and the finding says so.
/// </summary>
internal sealed class VersionRepair
{
    private readonly Dictionary<long, (byte[] Head, byte[]? Tail)> _found = [];

    /// <summary>Looks for the records of findings; changes nothing.</summary>
    public void Search(LocalVault vault, IEnumerable<VaultFinding> findings)
    {
        using VaultUse use = vault.Use();
        foreach (VaultFinding finding in findings)
        {
            var key = new RecordKey((byte)finding.Stream, finding.Id!.Value);
            if (Mirror.Find(use.Connection, key) is { Deleted: false, Head: { } head, ContentVersion: { } version } online)
                TryTake(use, finding, version, head, online.Tail);
        }
    }

    /// <returns>The source of the repair.</returns>
    public string Repair(VaultWriter writer, VaultFinding finding)
    {
        long number = finding.Version!.Value;
        if (_found.TryGetValue(number, out (byte[] Head, byte[]? Tail) sound))
        {
            writer.ReplaceVersion(number, sound.Head, sound.Tail);
            return "the same version, which online has";
        }
        writer.DropVersion(number);
        return "its removal from the history: this machine has it nowhere else, so here this one version is lost";
    }

    private void TryTake(VaultUse use, VaultFinding finding, long version, byte[] head, byte[]? tail)
    {
        long number = finding.Version!.Value;
        bool isIt = use.Connection.Query("SELECT version, head, tail FROM history WHERE seq = $1",
                row => row.GetInt64(0) == version && (IsSame(row.GetBytesOrNull(1), head) || IsSame(row.GetBytesOrNull(2), tail)), number).FirstOrDefault()
            && VaultTest.Open(use.Keys, new(finding.Stream, finding.Id!.Value, version, head, tail));
        if (isIt)
            _found[number] = (head, tail);
    }

    // Two versions of one number need not be the same: edits between two syncs are counted alike. Nonces are random, so two texts with the same nonce
    // or the same tag come from one sealing.
    private static bool IsSame(byte[]? damaged, byte[]? sound) =>
        damaged is not null && sound is not null && damaged.Length == sound.Length
        && (damaged.AsSpan(RecordHeader.Size, RecordCipher.NonceBytes).SequenceEqual(sound.AsSpan(RecordHeader.Size, RecordCipher.NonceBytes))
            || damaged.AsSpan()[^RecordCipher.TagBytes..].SequenceEqual(sound.AsSpan()[^RecordCipher.TagBytes..]));
}
