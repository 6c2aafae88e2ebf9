using Passpack.Protocol;
using Passpack.Vault.Entries;

namespace Passpack.Automation.References;

/// <summary>The errors of references.</summary>
public static class ReferenceErrors
{
    private const int MostShown = 200;

    /// <summary>A text that is no reference. What does not begin as one is not shown: it may be a secret.</summary>
    public static PasspackException Invalid(string text, ReferenceFault fault)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(fault);
        string shown = !SecretReference.IsLike(text) ? "The text" : text.Length > MostShown ? $"'{text[..MostShown]}...'" : $"'{text}'";
        return new PasspackException(ErrorCodes.ReferenceInvalid,
            $"{shown} is no reference, at character {fault.Position}: {fault.Reason}. " +
            "ConvertTo-PasspackReference makes one of an entry.");
    }

    /// <summary>A vault that is not the personal one.</summary>
    internal static PasspackException NoSuchVault(SecretReference reference) => new(ErrorCodes.VaultNotFound,
        $"{reference}: there is no vault '{reference.Vault}'. The personal one has no name: passpack:///ENTRY/FIELD, with three slashes.")
    { Target = $"{reference}" };

    internal static PasspackException NoSuchEntry(SecretReference reference, string account) => new(ErrorCodes.ReferenceNotFound,
        $"{reference}: there is no entry '{reference.Entry}' in the account {account}, outside the trash. Get-PasspackEntry lists the entries; " +
        "Sync-PasspackVault brings those of other machines.")
    { Target = $"{reference}" };

    internal static PasspackException Ambiguous(SecretReference reference, string account, IEnumerable<EntrySummary> entries) =>
        new(ErrorCodes.ReferenceAmbiguous,
            $"{reference}: several entries of the account {account} are named '{reference.Entry}'. " +
            "Write the id of the one that is meant in place of the name: " +
            string.Join("; ", entries.Select(entry => $"{entry.Id}{(entry.UserId.Length > 0 ? $" for {entry.UserId}" : "")}")) + ".")
        { Target = $"{reference}" };

    internal static PasspackException FieldAmbiguous(SecretReference reference, EntrySummary entry, string what) => new(ErrorCodes.ReferenceAmbiguous,
        $"{reference}: the entry '{entry.Name}' ({entry.Id}) has {what}.") { Target = $"{reference}" };

    internal static PasspackException Missing(SecretReference reference, EntrySummary entry, string what) => new(ErrorCodes.FieldMissing,
        $"{reference}: the entry '{entry.Name}' ({entry.Id}) has {what}.") { Target = $"{reference}" };
}
