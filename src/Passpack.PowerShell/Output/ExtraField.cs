using System.Security;

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

    /// <summary>Passpack's type, usually <c>text</c>.</summary>
    public string Type { get; }

    /// <summary>Its value. <c>ConvertFrom-SecureString -AsPlainText</c> shows it.</summary>
    public SecureString GetData() => SecureStrings.Of(_data);

    /// <summary>Its name.</summary>
    public override string ToString() => Name;

    internal Vault.Entries.ExtraField ToCore() => new(Name, Type, _data);
}
