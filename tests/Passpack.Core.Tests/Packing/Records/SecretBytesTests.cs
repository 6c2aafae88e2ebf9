using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using FsCheck.Fluent;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;

namespace Passpack.Core.Tests.Packing;

public sealed class SecretBytesTests
{
    [Fact]
    public void Disposing_zeroes_the_buffer_itself()
    {
        SecretBytes secret = SecretBytes.CopyOf("a secret"u8);
        byte[] buffer = secret.Array;
        Assert.Equal("a secret"u8, buffer);
        secret.Dispose();
        Assert.All(buffer, b => Assert.Equal(0, b));
        secret.Dispose();
    }

    [Fact]
    public void The_buffer_stays_where_it_is()
    {
        using SecretBytes secret = SecretBytes.Random(32);
        nint address = Marshal.UnsafeAddrOfPinnedArrayElement(secret.Array, 0);
        for (int i = 0; i < 3; i++)
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
        Assert.Equal(address, Marshal.UnsafeAddrOfPinnedArrayElement(secret.Array, 0));
    }

    [Fact]
    public void Nothing_is_read_from_a_disposed_secret()
    {
        SecretBytes secret = SecretBytes.Random(32);
        secret.Dispose();
        Assert.Throws<ObjectDisposedException>(() => secret.Length);
        Assert.Throws<ObjectDisposedException>(() => secret.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => KeyDerivation.Subkey(secret, "purpose"));
        Assert.Throws<ObjectDisposedException>(() => new RecordCipher(secret));
    }

    [Fact]
    public void A_copy_is_a_copy()
    {
        byte[] source = RandomNumberGenerator.GetBytes(32);
        using SecretBytes secret = SecretBytes.CopyOf(source);
        source[0] ^= 1;
        Assert.NotEqual(source[0], secret.Span[0]);
    }

    [Fact]
    public void Characters_become_UTF_8_as_they_are()
    {
        Prop.ForAll<string>(text =>
        {
            using SecretBytes secret = SecretBytes.FromChars(text);
            return secret.Span.SequenceEqual(Encoding.UTF8.GetBytes(text ?? ""));
        }).Holds();
        using SecretBytes surrogate = SecretBytes.FromChars(" e\u0301\ud83d ");
        Assert.Equal([0x20, 0x65, 0xCC, 0x81, 0xEF, 0xBF, 0xBD, 0x20], surrogate.Span.ToArray());
    }
}
