using System.Management.Automation;
using System.Security;
using Passpack.Vault.Fields;

namespace Passpack.PowerShell;

/// <summary>A field that a user added to an entry. Its data is often a secret, so a method gives it.</summary>
public sealed class ExtraField
{
    private readonly string _data;

    internal ExtraField(string name, string type, string data)
    {
        Name = name;
        Type = type;
        _data = data;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its type: <c>text</c>, <c>hidden</c>, <c>totp</c>, <c>sshkey</c>, <c>binary</c> and others.</summary>
    public string Type { get; }

    /// <summary>Of type <c>sshkey</c>: the public key, as a line of <c>authorized_keys</c>. Null if it is not known without a passphrase.</summary>
    public string? PublicKey => SshKey?.PublicKey;

    /// <summary>Of type <c>sshkey</c>: the fingerprint of the public key, as <c>ssh-keygen -l</c> shows it. Null likewise.</summary>
    public string? Fingerprint => SshKey?.Fingerprint;

    /// <summary>Its value. <c>ConvertFrom-SecureString -AsPlainText</c> shows it.</summary>
    public SecureString GetData() => SecureStrings.Of(_data);

    /// <summary>Its value as text, also one that is longer than a SecureString.</summary>
    public string GetDataText() => _data;

    /// <summary>The bytes of type <c>binary</c>. Null if it is of another type, or damaged.</summary>
    public byte[]? GetBytes()
    {
        byte[] bytes = new byte[_data.Length / 4 * 3 + 3];
        byte[]? exact = Type == FieldTypes.Binary && Convert.TryFromBase64String(_data, bytes, out int count) ? bytes[..count] : null;
        Array.Clear(bytes);
        return exact;
    }

    /// <summary>The user name and password of type <c>credential</c>. Null likewise.</summary>
    public PSCredential? GetCredential() => Type == FieldTypes.Credential && FieldCredential.Read(_data) is { } read
        ? new PSCredential(read.UserName, SecureStrings.Of(read.Password))
        : null;

    /// <summary>Its name.</summary>
    public override string ToString() => Name;

    private SshPrivateKey? SshKey => Type == FieldTypes.SshKey ? SshPrivateKey.Read(_data, out _) : null;

    internal Vault.Entries.ExtraField ToCore() => new(Name, Type, _data);
}
