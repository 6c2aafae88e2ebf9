using Passpack.Sharing;
using Passpack.Vault.Entries;

namespace Passpack.Vault.Account;

/// <summary>What the account knows of shared vaults, without asking its server.</summary>
public sealed partial class LocalVault
{
    /// <summary>The accounts whose identities this account has verified.</summary>
    public IReadOnlyList<Contact> Contacts() => Personal(records => records.Contacts());

    /// <summary>Reads personal records.</summary>
    internal T Personal<T>(Func<PersonalMirror, T> read)
    {
        using VaultUse use = Use();
        return read(new PersonalMirror(use.Connection, use.Keys));
    }
}
