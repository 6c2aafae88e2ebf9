using Passpack.Vault.Entries;

namespace Passpack.Core.Tests.Vault;

public sealed class EqualNamesTests
{
    [Fact]
    public void Extra_fields_of_one_name_are_keyed_by_ordinals_that_no_name_has()
    {
        ExtraField[] fields = [.. "a;a\n2;a;a;a\n2;b;a".Split(';').Select((name, i) => new ExtraField(name, "text", $"{i}"))];

        Dictionary<string, ExtraField> keyed = EntryField.Keyed(fields);

        Assert.Equal(["extra:a", "extra:a\n2", "extra:a\n3", "extra:a\n4", "extra:a\n2\n2", "extra:b", "extra:a\n5"], keyed.Keys);
        Assert.Equal(fields, keyed.Values);
    }

    /// <summary>As many as an entry holds. Counted in bytes: every ordinal that is tried is a text.</summary>
    [Fact]
    public void Extra_fields_of_one_name_are_told_apart_in_linear_time()
    {
        ExtraField[] fields = [.. Enumerable.Range(0, 30_000).Select(i => new ExtraField("", "text", ""))];

        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(fields.Length, EntryField.Keyed(fields).Count);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 50 << 20);
    }
}
