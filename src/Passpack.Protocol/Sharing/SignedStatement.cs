using System.Diagnostics.CodeAnalysis;

namespace Passpack.Protocol.Sharing;

/// <summary>A statement as it travels and is stored: its bytes, and the signature over them.</summary>
public sealed class SignedStatement
{
    /// <summary>Bytes of a statement, at most.</summary>
    public const int MostBytes = 64 << 10;

    private readonly byte[] _bytes;

    private SignedStatement(byte[] bytes, Statement content)
    {
        _bytes = bytes;
        Content = content;
        Hash = Hash256.Of(bytes);
    }

    /// <summary>What it says.</summary>
    public Statement Content { get; }

    /// <summary>Names it: SHA-256 of <see cref="Bytes"/>.</summary>
    public Hash256 Hash { get; }

    /// <summary>Its place in the log.</summary>
    public ChainHead Head => new(Content.Number, Hash);

    /// <summary>All of it, the signature last.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    private ReadOnlySpan<byte> Message => _bytes.AsSpan(..^Signatures.SignatureBytes);

    /// <summary>Signs a statement.</summary>
    /// <param name="statement">What it says.</param>
    /// <param name="sign">Signs a message for <see cref="SignaturePurpose.Statement"/> as the statement's author.</param>
    /// <exception cref="ArgumentException">It has more than <see cref="MostBytes"/>.</exception>
    public static SignedStatement Make(Statement statement, Func<byte[], byte[]> sign)
    {
        ArgumentNullException.ThrowIfNull(sign);
        byte[] message = StatementBytes.Write(statement);
        if (message.Length + Signatures.SignatureBytes > MostBytes)
            throw new ArgumentException($"A statement has at most {MostBytes} bytes.", nameof(statement));
        return new SignedStatement([.. message, .. sign(message)], statement);
    }

    /// <summary>Reads a statement. Its signature is verified by <see cref="VaultLog"/>, which knows the author.</summary>
    /// <param name="bytes">All of it.</param>
    /// <param name="statement">Null if there is a fault.</param>
    /// <param name="fault">What is wrong with it: the rest of a sentence that begins with it.</param>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out SignedStatement? statement, [NotNullWhen(false)] out string? fault)
    {
        statement = null;
        if (bytes.Length > MostBytes)
            fault = $"has more than {MostBytes} bytes";
        else if (bytes.Length <= Signatures.SignatureBytes)
            fault = "is cut off";
        else if (StatementBytes.TryRead(bytes[..^Signatures.SignatureBytes], out Statement? content, out fault))
            statement = new SignedStatement(bytes.ToArray(), content);
        return statement is not null;
    }

    /// <summary>Whether an identity signed it.</summary>
    internal bool IsSignedBy(AccountIdentity author) =>
        Signatures.Verify(author, SignaturePurpose.Statement, Message, _bytes.AsSpan(^Signatures.SignatureBytes..));
}
