using Passpack.Vault.Storage;

namespace Passpack.Sync.Client;

/// <summary>A server: where it is, and the certificate that it has to show there.</summary>
/// <param name="Address">HTTPS, or plain HTTP on this machine.</param>
/// <param name="Certificate">
/// Null: that was not said, so the one that the account has for this address, if any; else one that a certificate authority vouches for.
/// </param>
public sealed record OnlineServer(Uri Address, PinnedCertificate? Certificate = null)
{
    /// <summary>A server of which nothing but the address is said.</summary>
    public static implicit operator OnlineServer(Uri address) => ToOnlineServer(address);

    /// <inheritdoc cref="op_Implicit"/>
    public static OnlineServer ToOnlineServer(Uri address) => new(address);

    /// <summary>The account's own.</summary>
    /// <param name="account">Connected.</param>
    internal static OnlineServer Of(AccountRow account) => new(new Uri(account.Server!), PinnedCertificate.FromStored(account.Certificate));

    /// <summary>
    /// The same, with the certificate that an account has for this address, unless another was said. At another address it vouches for nobody.
    /// </summary>
    internal OnlineServer KnownTo(AccountRow? account) =>
        Certificate is null && account is { Server: { } known, Certificate: not null } && new Uri(known) == ServerAddress.Require(Address)
            ? Of(account) with { Address = Address } : this;
}
