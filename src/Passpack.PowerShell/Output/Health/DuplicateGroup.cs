namespace Passpack.PowerShell;

/// <summary>Entries that are for the same.</summary>
public sealed class DuplicateGroup
{
    internal DuplicateGroup(Entry[] entries, bool samePassword, string account)
    {
        Entries = entries;
        SamePassword = samePassword;
        Account = account;
    }

    /// <summary>How many they are.</summary>
    public int Count => Entries.Length;

    /// <summary>Whether all of them have the same password.</summary>
    public bool SamePassword { get; }

    /// <summary>The entries, the one whose data was edited last first.</summary>
    public Entry[] Entries { get; }

    /// <summary>The User ID of the account.</summary>
    public string Account { get; }

    /// <summary>The name of the entry that was edited last.</summary>
    public override string ToString() => Entries[0].Name;
}
