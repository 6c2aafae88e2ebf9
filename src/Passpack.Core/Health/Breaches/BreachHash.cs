namespace Passpack.Health.Breaches;

/// <summary>The hash by which a list of breached passwords is kept.</summary>
public enum BreachHash
{
    /// <summary>SHA-1 of UTF-8: 40 hexadecimal digits.</summary>
    Sha1,

    /// <summary>NTLM, which is MD4 of UTF-16, lower byte first: 32 hexadecimal digits.</summary>
    Ntlm,
}
