using System.Management.Automation;
using System.Security;
using Passpack.Packing.Records;
using Passpack.Sync.Accounts;
using Passpack.Sync.Client;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell;

/// <summary>User ID, Password and Packing Key of an online account as Core takes them, out of PowerShell's types. Disposing zeroes the secrets.</summary>
internal sealed class OnlineCredentials(PSCredential credential, SecureString packingKey, SecureString? secondFactor = null) : IDisposable
{
    public SecretBytes Password { get; } = credential.Password.Read(SecretBytes.FromChars);

    public SecretBytes PackingKey { get; } = packingKey.Read(SecretBytes.FromChars);

    /// <summary>Null if none is given.</summary>
    public SecretBytes? SecondFactor { get; } = secondFactor?.Read(SecretBytes.FromChars);

    /// <summary>The account on a server.</summary>
    public AccountLogin At(OnlineServer server) => new(DataFolder.Current, server, credential.UserName, Password, PackingKey) { SecondFactor = SecondFactor };

    public void Dispose()
    {
        Password.Dispose();
        PackingKey.Dispose();
        SecondFactor?.Dispose();
    }
}
