using Passpack.Protocol;
using Passpack.Sharing;

namespace Passpack.Sync.Sharing;

/// <summary>A change of one personal record.</summary>
/// <param name="Key">The record's.</param>
/// <param name="Record">What it is to be. Null: it goes.</param>
internal sealed record PersonalEdit(RecordKey Key, PersonalRecord? Record)
{
    public static PersonalEdit Put(PersonalRecord record) => new(KeyOf(record), record);

    public static PersonalEdit Remove(PersonalRecord record) => new(KeyOf(record), null);

    private static RecordKey KeyOf(PersonalRecord record) => new((byte)record.Stream, record.RecordId);
}
