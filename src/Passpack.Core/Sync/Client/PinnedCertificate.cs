using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Passpack.Protocol;

namespace Passpack.Sync.Client;

/// <summary>
/// The one certificate that a server may show, by its SHA-256: whoever signed it, and whatever its names and dates. In the place of what certificate
/// authorities say, so that a server needs none, and no authority can vouch for another one.
/// </summary>
public sealed class PinnedCertificate
{
    private readonly byte[] _hash;

    private PinnedCertificate(byte[] hash) => _hash = hash;

    /// <summary>None: certificate authorities vouch for the server.</summary>
    public static PinnedCertificate None { get; } = new([]);

    /// <summary>Its fingerprint as it is stored; null for <see cref="None"/>.</summary>
    internal byte[]? Stored => _hash.Length == 0 ? null : _hash;

    /// <summary>Reads a fingerprint: SHA-256 in hex, with or without colons; null for null, <see cref="None"/> for an empty text.</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    public static PinnedCertificate? Parse(string? text)
    {
        if (text is null)
            return null;
        string digits = text.Replace(":", "", StringComparison.Ordinal);
        if (digits.Length == 0 && text.Length == 0)
            return None;
        if (digits.Length != 2 * SHA256.HashSizeInBytes || !digits.All(char.IsAsciiHexDigit))
        {
            throw new ArgumentException(
                $"'{PrintableText.Of(text, 100)}' is no fingerprint of a certificate: that is its SHA-256, 64 hexadecimal digits, with or without colons. " +
                "'openssl x509 -in FILE -noout -fingerprint -sha256' shows it.", nameof(text));
        }
        return new PinnedCertificate(Convert.FromHexString(digits));
    }

    /// <summary>Null: none.</summary>
    internal static PinnedCertificate? FromStored(byte[]? hash) => hash is null ? null : new PinnedCertificate(hash);

    /// <summary>64 hexadecimal digits; nothing of <see cref="None"/>.</summary>
    public override string ToString() => Convert.ToHexString(_hash);

    /// <summary>Holds the connections to one server to its certificate.</summary>
    internal sealed class Check
    {
        private readonly Uri _server;
        private readonly PinnedCertificate _expected;
        private volatile string? _shown;

        private Check(Uri server, PinnedCertificate expected)
        {
            _server = server;
            _expected = expected;
        }

        /// <summary>Null: the platform checks the certificate.</summary>
        /// <exception cref="ArgumentException">A certificate is demanded of an address that shows none.</exception>
        public static Check? Of(Uri server, PinnedCertificate? expected)
        {
            if (expected?.Stored is null)
                return null;
            return server.Scheme == Uri.UriSchemeHttps ? new Check(server, expected)
                : throw new ArgumentException($"{server} shows no certificate, so -CertificateFingerprint needs an address " +
                    "that begins with https://.", nameof(server));
        }

        public void Apply(SslClientAuthenticationOptions options) =>
            options.RemoteCertificateValidationCallback = (_, certificate, _, _) => IsExpected(certificate);

        /// <summary>What keeps the server from being spoken to; null: its certificate is the expected one, or it showed none.</summary>
        public PasspackException? Mismatch(Exception inner) => _shown is not { } shown ? null : new(ErrorCodes.CertificateMismatch,
            $"{_server} shows another certificate than the one that is pinned. Expected: {_expected} (SHA-256). Shown: " +
            $"{shown}. Neither Password nor token was sent, and nothing was changed. " +
            "If whoever runs the server says, and not by this connection, that it has a new one: 'Set-PasspackLocalAccount " +
            "-CertificateFingerprint ...' with the fingerprint that they tell; " +
            "for a machine that is not connected yet, give that to the command itself.", inner) { Target = _server };

        private bool IsExpected(X509Certificate? certificate)
        {
            byte[]? hash = certificate is null ? null : SHA256.HashData(certificate.GetRawCertData());
            bool isExpected = hash is not null && hash.AsSpan().SequenceEqual(_expected._hash);
            _shown = isExpected || hash is null ? null : Convert.ToHexString(hash);
            return isExpected;
        }
    }
}
