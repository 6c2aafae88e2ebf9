using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Math.EC.Rfc8032;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;

namespace Passpack.Core.Tests.Sharing;

/// <summary>Somebody with keys, who writes statements.</summary>
internal sealed class Person
{
    private readonly byte[] _seed;

    private Person(string name)
    {
        Name = name;
        _seed = SHA256.HashData(Encoding.UTF8.GetBytes(name));
        byte[] signing = new byte[AccountIdentity.SigningKeyBytes];
        Ed25519.GeneratePublicKey(_seed, signing);
        Identity = AccountIdentity.Of($"{name}@example.com", signing, XWing.PublicKeyOf(_seed));
        Fingerprint = Hash256.Read(Identity.Fingerprint);
    }

    public static Person Anna { get; } = new("anna");

    public static Person Bob { get; } = new("bob");

    public static Person Carl { get; } = new("carl");

    /// <summary>Never a member.</summary>
    public static Person Dora { get; } = new("dora");

    public static IReadOnlyList<Person> All { get; } = [Anna, Bob, Carl, Dora];

    public string Name { get; }

    /// <summary>Private half of the receiving key; here of the same bytes as the signing key's.</summary>
    public SecretBytes ReceivingSeed => SecretBytes.CopyOf(_seed);

    public AccountIdentity Identity { get; }

    public Hash256 Fingerprint { get; }

    /// <summary>Signs a statement that says it is by somebody, oneself or another.</summary>
    public SignedStatement Sign(Statement statement) => SignedStatement.Make(
        statement, message => Signatures.Sign(_seed, statement.Author.ToBytes(), SignaturePurpose.Statement, message));

    /// <summary>A signature for a purpose, of a message.</summary>
    public byte[] Sign(SignaturePurpose purpose, byte[] message) => Signatures.Sign(_seed, Identity.Fingerprint, purpose, message);

    /// <summary>A signature of another purpose.</summary>
    public SignedStatement SignAs(SignaturePurpose purpose, Statement statement) =>
        SignedStatement.Make(statement, message => Signatures.Sign(_seed, Identity.Fingerprint, purpose, message));

    public SignedStatement Create(byte random = 1) =>
        Sign(new Statement(0, default, Fingerprint, Logs.Time, ChainHead.None, new StatementAct.Create(Identity, Logs.Hash($"random {random}"), Logs.Hash("key 1"))));

    public override string ToString() => Name;
}
