using System.Security.Cryptography;

namespace Passpack.Server.Hosting;

/// <summary>What keeps a certificate from being used, in one sentence with the settings that help.</summary>
internal static class CertificateFault
{
    private const string Section = "Kestrel:Certificates:Default";

    private const string Ways = $"Give a PEM certificate with --{Section}:Path FILE and its key with --{Section}:KeyPath " +
        $"FILE, or a PFX file with --{Section}:Path FILE and its "
        + "password in the environment variable Kestrel__Certificates__Default__Password; docs/server.md shows both.";

    /// <summary>The sentence; null if the start failed for another reason.</summary>
    public static string? Describe(Exception exception, IConfiguration configuration)
    {
        IConfigurationSection certificate = configuration.GetSection(Section);
        string? path = certificate["Path"], keyPath = certificate["KeyPath"];
        return exception switch
        {
            // Kestrel tells this by these words alone.
            InvalidOperationException { Message: var message } when message.StartsWith("Unable to configure HTTPS endpoint", StringComparison.Ordinal) =>
                $"an https address needs a certificate, and there is none. {Ways}",
            _ when path is null => null,
            FileNotFoundException or DirectoryNotFoundException => $"{exception.Message} Relative paths of certificates start at the program's folder. {Ways}",
            NotSupportedException => $"{path} holds no private key. {Ways}",
            ArgumentException or CryptographicException when keyPath is not null =>
                $"{keyPath} is not the private key of {path}, or its password is wrong. {Ways}",
            CryptographicException => $"{path} cannot be opened: its password is wrong, or it is no certificate. {Ways}",
            _ => null,
        };
    }
}
