namespace Passpack.Vault.Entries;

/// <summary>The command by which this machine's version of an entry goes over the online one, as messages advise it.</summary>
internal static class ResolveAdvice
{
    public static string TakeLocal(Guid id) => $"Sync-PasspackVault -Resolve @{{ '{id}' = 'Local' }}";
}
