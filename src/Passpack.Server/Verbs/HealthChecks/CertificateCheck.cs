using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Passpack.Server.Hosting;

namespace Passpack.Server.Verbs.HealthChecks;

/// <summary>Whether strangers on the network are kept out of what clients say, and for how long still.</summary>
internal static class CertificateCheck
{
    public const string Name = "tls";

    private const string Section = "Kestrel:Certificates:Default";
    private static readonly TimeSpan s_early = TimeSpan.FromDays(14);

    public static Finding Run(IConfiguration configuration, DateTimeOffset now)
    {
        string[] addresses = [.. AddressRule.AddressesOf(configuration), .. AddressRule.EndpointsOf(configuration)];
        try
        {
            AddressRule.Require(addresses);
        }
        catch (ServerStartException e)
        {
            return new Finding(Name, e.Message, "Change --urls: the server does not start with this.");
        }
        if (!addresses.Any(address => address.StartsWith("https:", StringComparison.OrdinalIgnoreCase)))
            return new Finding(Name, $"{string.Join(", ", addresses)}: this machine only, so TLS is up to the proxy in front of it.");
        try
        {
            using X509Certificate2? certificate = Load(configuration.GetSection(Section));
            return certificate is null
                ? new Finding(Name, "an https address needs a certificate, and there is none.", "Name it; docs/server.md shows how.")
                : Judge(certificate, now);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return new Finding(Name, CertificateFault.Describe(e, configuration) ?? e.Message, "The server does not start with this certificate.");
        }
    }

    private static Finding Judge(X509Certificate2 certificate, DateTimeOffset now)
    {
        string until = string.Create(
            CultureInfo.InvariantCulture,
            $"the certificate of {certificate.GetNameInfo(X509NameType.DnsName, false)} is valid until {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm} UTC");
        if (!certificate.HasPrivateKey)
            return new Finding(Name, "the certificate comes without its private key.", "Name the key with --Kestrel:Certificates:Default:KeyPath.");
        if (now < certificate.NotBefore)
            return new Finding(Name, $"{until}, but not yet.", "Compare the clocks of this machine and of the CA.");
        return now + s_early < certificate.NotAfter
            ? new Finding(Name, until + ".")
            : new Finding(Name, until + (now < certificate.NotAfter ? ", less than 14 days." : ": clients refuse it."), "Renew it, and restart the server: it reads the files at its start.");
    }

    /// <summary>As Kestrel loads it. Null if none is named.</summary>
    private static X509Certificate2? Load(IConfigurationSection section)
    {
        if (section["Path"] is not { Length: > 0 } path)
            return null;
        path = Path.Combine(AppContext.BaseDirectory, path);
        string? password = section["Password"];
        if (section["KeyPath"] is { Length: > 0 } key)
        {
            key = Path.Combine(AppContext.BaseDirectory, key);
            return password is null ? X509Certificate2.CreateFromPemFile(path, key) : X509Certificate2.CreateFromEncryptedPemFile(path, password, key);
        }
        return X509Certificate2.GetCertContentType(path) == X509ContentType.Cert
            ? X509CertificateLoader.LoadCertificateFromFile(path)
            : X509CertificateLoader.LoadPkcs12FromFile(path, password);
    }
}
