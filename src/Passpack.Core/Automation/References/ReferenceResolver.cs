using Passpack.Packing.Keys;
using Passpack.Protocol;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.Automation.References;

/// <summary>Opens what references stand for, and nothing else: each entry that is named once, by the index of names.</summary>
public static class ReferenceResolver
{
    /// <summary>Resolves references of one account.</summary>
    /// <param name="vault">The account; <see cref="SecretReference.Account"/> is not looked at.</param>
    /// <param name="references">Any number.</param>
    /// <param name="now">When one-time codes are to hold.</param>
    /// <param name="cancellationToken">Checked before each entry.</param>
    /// <returns>A result for each reference, in their order.</returns>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.VaultLocked"/>, errors of the vault's file.</exception>
    public static IReadOnlyList<ReferenceResult> Resolve(
        LocalVault vault, IReadOnlyList<SecretReference> references, DateTimeOffset now, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(vault);
        ArgumentNullException.ThrowIfNull(references);
        var results = new ReferenceResult[references.Count];
        foreach (IGrouping<string, int> entry in Enumerable.Range(0, references.Count).GroupBy(index => KeyOf(references[index])))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var opened = new OpenedEntry(vault, now);
            foreach (int index in entry)
            {
                SecretReference reference = references[index];
                try
                {
                    results[index] = new ReferenceResult(reference, opened.Find(reference), null);
                }
                catch (PasspackException e) when (e.ErrorId is ErrorCodes.ReferenceNotFound or ErrorCodes.ReferenceAmbiguous or ErrorCodes.FieldMissing
                    or ErrorCodes.VaultNotFound or ErrorCodes.RecordDamaged or ErrorCodes.EntryNotFound)
                {
                    results[index] = new ReferenceResult(reference, null, e);
                }
            }
        }
        return results;
    }

    /// <summary>Finds an entry's field as a reference to it would: for whoever makes one.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.FieldMissing"/>, <see cref="ErrorCodes.ReferenceAmbiguous"/>.</exception>
    public static ResolvedSecret Find(SecretReference reference, EntrySummary entry, EntrySecret secret, DateTimeOffset now) =>
        new FieldFinder(reference, entry, () => secret, now).Find();

    // Names that compare as equal are one entry, or several.
    private static string KeyOf(SecretReference reference) =>
        $"{reference.Vault}\0{(reference.EntryId is { } id ? id.ToString() : VaultKeys.Fold(reference.Entry))}";

    private sealed class OpenedEntry(LocalVault vault, DateTimeOffset now)
    {
        private EntrySummary[]? _found;
        private EntrySecret? _secret;

        public ResolvedSecret Find(SecretReference reference)
        {
            if (reference.Vault.Length > 0)
                throw ReferenceErrors.NoSuchVault(reference);
            _found ??= [.. vault.List(reference.EntryId is { } id ? new EntryQuery { Id = id } : new EntryQuery { Name = reference.Entry })];
            return _found switch
            {
                [] => throw ReferenceErrors.NoSuchEntry(reference, vault.UserId),
                [var entry] => new FieldFinder(reference, entry, () => _secret ??= vault.ReadSecret(entry.Id), now).Find(),
                _ => throw ReferenceErrors.Ambiguous(reference, vault.UserId, _found),
            };
        }
    }
}
