using Passpack.Vault.Entries;

namespace Passpack.PowerShell;

/// <summary>A tag and how many entries have it.</summary>
public sealed class Tag
{
    internal Tag(TagCount tag, string account)
    {
        Name = tag.Name;
        Count = tag.Count;
        Account = account;
    }

    /// <summary>The tag.</summary>
    public string Name { get; }

    /// <summary>Entries with it.</summary>
    public int Count { get; }

    /// <summary>The account.</summary>
    public string Account { get; }

    /// <summary>The tag.</summary>
    public override string ToString() => Name;
}
