using Passpack.Vault.Fields;

namespace Passpack.PowerShell;

/// <summary>A one-time code, shown because that is what Get-PasspackTotp is for. The seed that makes it is not here.</summary>
public sealed class TotpCode
{
    internal TotpCode(Entry entry, string field, OneTimeCode code, DateTimeOffset now)
    {
        Name = entry.Name;
        Field = field;
        Issuer = code.Issuer;
        Code = code.CodeAt(now);
        ValidUntil = code.EndAt(now);
        SecondsLeft = (int)Math.Ceiling((ValidUntil - now).TotalSeconds);
        Account = entry.Account;
        Id = entry.Id;
    }

    /// <summary>The Entry Name.</summary>
    public string Name { get; }

    /// <summary>The Extra Field that holds the seed.</summary>
    public string Field { get; }

    /// <summary>Whose codes they are, as the site said. Empty if it did not.</summary>
    public string Issuer { get; }

    /// <summary>The code.</summary>
    public string Code { get; }

    /// <summary>How long it still holds, when it was made.</summary>
    public int SecondsLeft { get; }

    /// <summary>When the next one takes its place.</summary>
    public DateTimeOffset ValidUntil { get; }

    /// <summary>The User ID of the account that the entry lives in.</summary>
    public string Account { get; }

    /// <summary>The entry.</summary>
    public Guid Id { get; }

    /// <summary>The Entry Name: messages show this, and no code.</summary>
    public override string ToString() => Name;
}
