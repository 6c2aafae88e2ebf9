using System.Globalization;
using Passpack.Protocol;

namespace Passpack.Server.Storage;

/// <summary>The newest state of a record, as far as the next one is judged by it.</summary>
/// <param name="Version">Its version.</param>
/// <param name="Deleted">Whether it is a deletion.</param>
/// <param name="Bytes">Of its body.</param>
/// <param name="Epoch">That its body's first header names. Null if it names none.</param>
internal sealed record StoredState(long Version, bool Deleted, long Bytes, int? Epoch)
{
    /// <summary>Bytes of a body that hold its first record's header.</summary>
    public const int FrontBytes = 4 + RecordHeader.Size;

    /// <summary>The state that a change makes.</summary>
    public static StoredState Of(RecordChange change) => new(change.Version, change.Deleted, change.Body.Length, EpochOf(change.Stream, change.Deleted, Front(change)));

    /// <summary>Why a push may not bring a change, given the newest state and the version before the push. Null if it may.</summary>
    /// <param name="found">The newest state, of this push if it changed the record before. Null if there is none.</param>
    /// <param name="before">The version before the push, with which all its changes of the record are compared; 0 for none.</param>
    /// <param name="change">The change.</param>
    public static PushOutcome? Refuse(StoredState? found, long before, RecordChange change)
    {
        if (change.Version - before > Limits.VersionsPerPush)
        {
            return PushOutcome.Refused(PushStatus.VersionTooFar, string.Create(CultureInfo.InvariantCulture,
                $"Record {change.Id} of stream {change.Stream} is at version {before}; a push may bring it to {before + Limits.VersionsPerPush} at most."));
        }

        if (change.Version <= found?.Version)
        {
            return PushOutcome.Refused(PushStatus.RevisionConflict, string.Create(CultureInfo.InvariantCulture,
                $"Record {change.Id} of stream {change.Stream} is at version {found.Version} already."));
        }

        return !change.Resealed || found?.MayBecome(change) is true ? null : PushOutcome.Refused(PushStatus.NotResealable, string.Create(CultureInfo.InvariantCulture,
            $"Record {change.Id} of stream {change.Stream} cannot be sealed anew: its newest state is not of an earlier epoch, or not of the same deletion state."));
    }

    private bool MayBecome(RecordChange resealed) => Deleted == resealed.Deleted && Epoch < EpochOf(resealed.Stream, resealed.Deleted, Front(resealed));

    private static ReadOnlySpan<byte> Front(RecordChange change) => change.Body.AsSpan(0, Math.Min(FrontBytes, change.Body.Length));

    /// <summary>The epoch that a body's first header names. Null if it has none.</summary>
    public static int? EpochOf(byte stream, bool deleted, ReadOnlySpan<byte> front) =>
        RecordHeader.TryRead(stream == (byte)RecordStream.Data && !deleted && front.Length >= 4 ? front[4..] : front, out RecordHeader header) ? header.Epoch : null;
}
