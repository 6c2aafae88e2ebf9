using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;

namespace Passpack.Sharing;

/// <summary>
/// An invitation to a shared vault: a text that is a key, and goes to the invited person by a way that the server's operator cannot read. With it both
/// sides prove who they are; no word has to be read aloud. The server never sees the secret. docs/pack-format.md, "The invitation".
/// </summary>
public sealed class VaultInvitation : IDisposable
{
    private const string Magic = "passpack-invitation#";
    private const string Version = "1";
    private const int SecretLength = 32;
    private const int ChecksumBytes = 8;
    internal const int MostCharacters = 4096;

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly SecretBytes _secret;

    private VaultInvitation(SecretBytes secret) => _secret = secret;

    /// <summary>The address of the server that both use.</summary>
    public required string Server { get; init; }

    /// <summary>The User ID of who invites.</summary>
    public required string InviterUserId { get; init; }

    /// <summary>The fingerprint of who invites: what the server says of that User ID is held to it.</summary>
    public required Hash256 Inviter { get; init; }

    /// <summary>Until when it may be answered, to the millisecond.</summary>
    public required DateTimeOffset Expires { get; init; }

    /// <summary>By which the server and the log know it. It tells nothing of the secret.</summary>
    public Guid Id
    {
        get
        {
            using SecretBytes id = Derive("invitation id");
            return new Guid(id.Span[..16], bigEndian: true);
        }
    }

    /// <summary>Makes an invitation.</summary>
    /// <param name="server">The address of the server.</param>
    /// <param name="inviter">Who invites.</param>
    /// <param name="expires">Until when; what is below a millisecond is cut off.</param>
    public static VaultInvitation Create(string server, AccountIdentity inviter, DateTimeOffset expires)
    {
        ArgumentNullException.ThrowIfNull(inviter);
        return new VaultInvitation(SecretBytes.Random(SecretLength))
        {
            Server = server,
            InviterUserId = inviter.UserId,
            Inviter = Hash256.Read(inviter.Fingerprint),
            Expires = DateTimeOffset.FromUnixTimeMilliseconds(expires.ToUnixTimeMilliseconds()),
        };
    }

    /// <summary>Whether a text is meant as one: it begins like one.</summary>
    public static bool IsLike(ReadOnlySpan<char> text) => text.TrimStart().StartsWith(Magic, StringComparison.Ordinal);

    /// <summary>Reads the text of an invitation; white space around it is none of it.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.InvitationInvalid"/>: it is none, of a later version, cut short or altered.</exception>
    public static VaultInvitation Parse(ReadOnlySpan<char> text)
    {
        text = text.Trim();
        if (!text.StartsWith(Magic, StringComparison.Ordinal))
            throw Invalid("it is none");
        if (text.Length > MostCharacters)
            throw Invalid("it is too long for one");
        ReadOnlySpan<char> rest = text[Magic.Length..];
        int afterVersion = rest.IndexOf('#'), afterContent = rest.LastIndexOf('#');
        if (afterVersion < 0 || afterContent <= afterVersion)
            throw Invalid("it is cut short");
        if (!rest[..afterVersion].SequenceEqual(Version))
            throw Invalid("it is of another version than this module knows, or altered. A later version of the module may know it");
        byte[] all = Encoding.ASCII.GetBytes(text[..(Magic.Length + afterContent + 1)].ToString());
        try
        {
            if (Decode(rest[(afterContent + 1)..]) is not { } checksum || !checksum.AsSpan().SequenceEqual(SHA256.HashData(all).AsSpan(..ChecksumBytes)))
                throw Invalid("it is cut short, or a character of it was changed");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(all);
        }

        byte[]? content = Decode(rest[(afterVersion + 1)..afterContent]);
        try
        {
            return content is null ? throw Invalid("it was altered") : Read(content);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }

    /// <summary>The text: whoever reads it can answer in the invited person's place.</summary>
    public string ToText()
    {
        byte[] server = s_strict.GetBytes(Server), user = s_strict.GetBytes(InviterUserId);
        using var content = new SecretBytes((2 * SizedText.Before) + server.Length + user.Length + Hash256.Length + 8 + SecretLength);
        Span<byte> rest = content.Span;
        rest = rest[SizedText.Put(rest, server)..];
        rest = rest[SizedText.Put(rest, user)..];
        Inviter.ToBytes().CopyTo(rest);
        BinaryPrimitives.WriteInt64BigEndian(rest[Hash256.Length..], Expires.ToUnixTimeMilliseconds());
        _secret.Span.CopyTo(rest[(Hash256.Length + 8)..]);
        string text = $"{Magic}{Version}#{Base64Text.EncodeUrl(content.Span)}#";
        return text + Base64Text.EncodeUrl(SHA256.HashData(Encoding.ASCII.GetBytes(text)).AsSpan(..ChecksumBytes));
    }

    /// <summary>What lets the invited person register an account where registration is closed. The server has its SHA-256.</summary>
    public SecretBytes RegistrationProof() => Derive("invitation registration");

    /// <summary>The registration proof as a text, which a server takes as its own invitation where registration is closed.</summary>
    public string RegistrationText()
    {
        using SecretBytes proof = RegistrationProof();
        return Base64Text.EncodeUrl(proof.Span);
    }

    /// <summary>Answers it.</summary>
    /// <param name="identity">The answerer's.</param>
    /// <param name="sign">Signs a message for <see cref="SignaturePurpose.InvitationAnswer"/> as the answerer.</param>
    public InvitationAnswer Answer(AccountIdentity identity, Func<byte[], byte[]> sign)
    {
        ArgumentNullException.ThrowIfNull(sign);
        byte[] message = InvitationAnswer.Message(Id, Expires, Inviter, identity), mac = Mac(message);
        return new InvitationAnswer(Id, Expires, Inviter, identity, mac, sign([.. message, .. mac]));
    }

    /// <summary>Whether an answer is by the person who was invited.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="userId">Who was invited.</param>
    /// <param name="now">By the inviter's clock.</param>
    public AnswerFault Judge(InvitationAnswer answer, string userId, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(answer);
        if (answer.Invitation != Id || answer.Expires != Expires || answer.Inviter != Inviter)
            return AnswerFault.OtherInvitation;
        if (!CryptographicOperations.FixedTimeEquals(answer.Mac, Mac(answer.Message())))
            return AnswerFault.MacInvalid;
        if (!answer.IsSigned)
            return AnswerFault.SignatureInvalid;
        if (answer.Identity.UserId.Trim().Length is 0 or > UserIds.MaxLength || UserIds.Normalize(answer.Identity.UserId) != UserIds.Normalize(userId))
            return AnswerFault.OtherUser;
        return now > Expires ? AnswerFault.Expired : AnswerFault.None;
    }

    /// <inheritdoc/>
    public void Dispose() => _secret.Dispose();

    private static VaultInvitation Read(ReadOnlySpan<byte> content)
    {
        const int after = Hash256.Length + 8 + SecretLength;
        if (!TryTake(ref content, out string server) || !TryTake(ref content, out string user) || content.Length != after)
            throw Invalid("it was altered");
        long expires = BinaryPrimitives.ReadInt64BigEndian(content[Hash256.Length..]);
        if (expires < 0 || expires > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())
            throw Invalid("it was altered");
        return new VaultInvitation(SecretBytes.CopyOf(content[(Hash256.Length + 8)..]))
        {
            Server = server,
            InviterUserId = user,
            Inviter = Hash256.Read(content),
            Expires = DateTimeOffset.FromUnixTimeMilliseconds(expires),
        };
    }

    private static bool TryTake(ref ReadOnlySpan<byte> rest, out string text)
    {
        text = "";
        if (!SizedText.TryTake(ref rest, out ReadOnlySpan<byte> bytes))
            return false;
        try
        {
            text = s_strict.GetString(bytes);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }

    // As short as can be written: else a text could be changed, and still be read.
    private static byte[]? Decode(ReadOnlySpan<char> text) =>
        Base64Text.DecodeUrl(text.ToString()) is { } bytes && text.SequenceEqual(Base64Text.EncodeUrl(bytes)) ? bytes : null;

    private static PasspackException Invalid(string why) =>
        new(ErrorCodes.InvitationInvalid,
            $"The invitation cannot be used: {why}. It is one line that begins with {Magic}; copy all of it, or ask for another one.");

    private byte[] Mac(byte[] message)
    {
        using SecretBytes key = Derive("invitation answer");
        return HMACSHA256.HashData(key.Span, message);
    }

    private SecretBytes Derive(string purpose) => KeyDerivation.Subkey(_secret, $"passpack/7/{purpose}");
}
