using Passpack.Packing.Records;
using Passpack.Sync.Client;
using Passpack.Vault.Storage;

namespace Passpack.Sync.Accounts;

/// <summary>An online account by name, the machine that it is used from, and the two secrets that open it. The caller disposes the secrets.</summary>
public sealed class AccountLogin
{
    /// <param name="home">Where this machine's local accounts are.</param>
    /// <param name="server">Where the online account is.</param>
    /// <param name="userId">The User ID of the account.</param>
    /// <param name="password">In UTF-8.</param>
    /// <param name="packingKey">In UTF-8.</param>
    /// <exception cref="ArgumentException">The Password is empty.</exception>
    /// <exception cref="PasspackException"><see cref="Protocol.ErrorCodes.KeyTooWeak"/>: the Password is the Packing Key.</exception>
    public AccountLogin(DataFolder home, OnlineServer server, string userId, SecretBytes password, SecretBytes packingKey)
    {
        ArgumentNullException.ThrowIfNull(home);
        ArgumentNullException.ThrowIfNull(packingKey);
        LoginPassword.Require(password, packingKey);
        Server = server;
        UserId = userId;
        Folder = home.Account(userId);
        Password = password;
        PackingKey = packingKey;
    }

    /// <summary>A code of the account's second factor, or a recovery code, in UTF-8. Null if none is given.</summary>
    public SecretBytes? SecondFactor { get; init; }

    internal OnlineServer Server { get; }

    internal string UserId { get; }

    /// <summary>Of the local account of the same User ID, which may not exist yet.</summary>
    internal AccountFolder Folder { get; }

    internal SecretBytes Password { get; }

    internal SecretBytes PackingKey { get; }
}
