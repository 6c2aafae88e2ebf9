using System.Security.Cryptography;
using Passpack.Protocol;
using Passpack.Server.Api;

namespace Passpack.Server.Sync;

/// <summary>
/// Checks of a push that need no store, beyond what its reader requires. The server cannot read bodies, but compares them with their digests: an
/// interrupted or garbled save must never become the newest state of an entry.
/// </summary>
internal static class PushCheck
{
    /// <summary>Why the push is refused. Null if it is not.</summary>
    public static IResult? FindFault(PushRequest push)
    {
        if (push.PushId == Guid.Empty)
            return Problems.Invalid("pushId is empty.");
        if (push.BaseRevision < 0)
            return Problems.Invalid("baseRevision is negative.");
        if (push.Previous is not (null or { Length: RecordMessage.DigestBytes }))
            return Problems.Invalid($"previous is not {RecordMessage.DigestBytes} bytes.");
        if (RequestRules.Manifest(push.Manifest) is { } fault)
            return Problems.Invalid(fault);

        var versions = new Dictionary<(byte, Guid), long>();
        for (int i = 0; i < push.Records.Count; i++)
        {
            RecordChange record = push.Records[i];
            string name = $"records[{i}] ({record.Id} of stream {record.Stream})";
            if (FindFault(record) is { } recordFault)
                return Problems.Invalid($"{name}: {recordFault}");
            // The loser of a conflict is pushed right before the winner, so that it becomes an earlier version.
            if (versions.TryGetValue((record.Stream, record.Id), out long before) && before >= record.Version)
                return Problems.Invalid($"{name} is in the push twice, and not as a newer version.");
            versions[(record.Stream, record.Id)] = record.Version;
        }

        return null;
    }

    private static string? FindFault(RecordChange record)
    {
        if (record.Stream == (byte)RecordStream.None)
            return "0 is not a stream.";
        if (record.Version < 1)
            return "versions start at 1.";
        if (!SHA256.HashData(record.Body).AsSpan().SequenceEqual(record.Digest))
            return "digest is not the SHA-256 of the body.";
        return null;
    }
}
