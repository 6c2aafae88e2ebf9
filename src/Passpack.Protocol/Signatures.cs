using System.Text;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace Passpack.Protocol;

/// <summary>What a signature says. No signature of one purpose is one of another.</summary>
public enum SignaturePurpose
{
    /// <summary>A manifest.</summary>
    Manifest,

    /// <summary>A push, for the server.</summary>
    Push,

    /// <summary>A key record.</summary>
    KeyRecord,

    /// <summary>An identity's successor, of the next epoch.</summary>
    Succession,

    /// <summary>Another Password.</summary>
    Password,

    /// <summary>The removal of a device.</summary>
    DeviceRemoval,

    /// <summary>The removal of the account.</summary>
    AccountRemoval,

    /// <summary>A removal that is pending is cancelled.</summary>
    RemovalCancelling,

    /// <summary>Earlier versions under old epochs are forgotten.</summary>
    Purge,

    /// <summary>A device's token may be used.</summary>
    Wake,

    /// <summary>A second factor is set up.</summary>
    SecondFactor,

    /// <summary>The second factor is removed.</summary>
    SecondFactorRemoval,

    /// <summary>Somebody is invited to register.</summary>
    Invitation,

    /// <summary>An administrator asks for something of the server.</summary>
    Administration,

    /// <summary>Another Password, by a code of an administrator.</summary>
    PasswordReset,

    /// <summary>The token of a key file may connect machines.</summary>
    KeyFile,

    /// <summary>A statement in the log of a shared vault.</summary>
    Statement,

    /// <summary>An answer to an invitation to a shared vault.</summary>
    InvitationAnswer,
}

/// <summary>
/// Signatures by Ed25519 (RFC 8032, 5.1) over <c>label || 00 || fingerprint of the signer || message</c>. docs/pack-format.md, "Identity".
/// </summary>
public static class Signatures
{
    /// <summary>Bytes of a signature.</summary>
    public const int SignatureBytes = 64;

    /// <summary>Signs a message.</summary>
    /// <param name="seed">The private key, 32 bytes.</param>
    /// <param name="fingerprint">The signer's.</param>
    /// <param name="purpose">What the signature says.</param>
    /// <param name="message">What it says it of.</param>
    public static byte[] Sign(ReadOnlySpan<byte> seed, ReadOnlySpan<byte> fingerprint, SignaturePurpose purpose, ReadOnlySpan<byte> message)
    {
        byte[] signature = new byte[SignatureBytes];
        Ed25519.Sign(seed, Join(fingerprint, purpose, message), signature);
        return signature;
    }

    /// <summary>Whether the signer signed exactly this message for this purpose.</summary>
    public static bool Verify(AccountIdentity signer, SignaturePurpose purpose, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        ArgumentNullException.ThrowIfNull(signer);
        // BouncyCastle's equation has the cofactor. With key and R in the subgroup of prime order it is the one that compares encodings.
        return signature.Length == SignatureBytes && signer.CanVerify && Ed25519.ValidatePublicKeyFull(signature[..32])
            && Ed25519.Verify(signature, signer.SigningKey, Join(signer.Fingerprint, purpose, message));
    }

    private static byte[] Join(ReadOnlySpan<byte> fingerprint, SignaturePurpose purpose, ReadOnlySpan<byte> message) =>
        [.. Encoding.ASCII.GetBytes(Label(purpose)), 0, .. fingerprint, .. message];

    private static string Label(SignaturePurpose purpose) => "passpack/7/sign/" + purpose switch
    {
        SignaturePurpose.Manifest => "manifest",
        SignaturePurpose.Push => "push",
        SignaturePurpose.KeyRecord => "key record",
        SignaturePurpose.Succession => "succession",
        SignaturePurpose.Password => "password",
        SignaturePurpose.DeviceRemoval => "device removal",
        SignaturePurpose.AccountRemoval => "account removal",
        SignaturePurpose.RemovalCancelling => "removal cancelling",
        SignaturePurpose.Purge => "purge",
        SignaturePurpose.Wake => "wake",
        SignaturePurpose.SecondFactor => "second factor",
        SignaturePurpose.SecondFactorRemoval => "second factor removal",
        SignaturePurpose.Invitation => "invitation",
        SignaturePurpose.Administration => "administration",
        SignaturePurpose.PasswordReset => "password reset",
        SignaturePurpose.KeyFile => "key file",
        SignaturePurpose.Statement => "statement",
        SignaturePurpose.InvitationAnswer => "invitation answer",
        _ => throw new ArgumentOutOfRangeException(nameof(purpose)),
    };
}
