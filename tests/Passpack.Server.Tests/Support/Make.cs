using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Passpack.Protocol;

namespace Passpack.Server.Tests.Support;

/// <summary>Messages that a sound client would send; their contents mean nothing, as to the server.</summary>
internal static class Make
{
    public static byte[] Bytes(int count) => RandomNumberGenerator.GetBytes(count);

    public static KeyRecord Keys(Guid vault, int generation = 1) =>
        new(generation, 7, vault, 1, $"7#17.8.1#envelope-{generation}", Bytes(32));

    public static ManifestLink Manifest(long generation) => new(generation, Encoding.UTF8.GetBytes($"manifest {generation}"));

    public static DeviceDescription Device(string name = "laptop") => new(Guid.NewGuid(), name);

    public static RegisterRequest Registration(string userId = "anna@example.org") =>
        new(userId, Bytes(16), "17.8.1", Bytes(32), Keys(Guid.NewGuid()), Manifest(1), Device(), [], []);

    public static RecordChange Record(Guid id, long version = 1, byte stream = 1, bool deleted = false, byte[]? body = null)
    {
        byte[] content = body ?? Encoding.UTF8.GetBytes($"{stream}/{id}/{version}");
        return new RecordChange(stream, id, version, deleted, SHA256.HashData(content), content);
    }

    public static RecordChange[] Records(int count) => [.. Enumerable.Range(0, count).Select(_ => Record(Guid.NewGuid()))];

    /// <summary>A push whose metadata is any text.</summary>
    public static byte[] PushWith(string metadata, params RecordChange[] records)
    {
        byte[] json = Encoding.UTF8.GetBytes(metadata), sound = Push(0, records).ToMessage().ToArray();
        int start = RecordMessage.Magic.Length, end = start + RecordMessage.FrameBytes + BinaryPrimitives.ReadInt32BigEndian(sound.AsSpan(start + 1));
        byte[] length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, json.Length);
        return [.. sound[..(start + 1)], .. length, .. json, .. sound[end..]];
    }

    /// <summary>A push onto a vault to which nothing but whole pushes ever happened: generation is revision plus one.</summary>
    public static PushRequest Push(long baseRevision, params RecordChange[] records) =>
        new(Guid.NewGuid(), baseRevision, records, Manifest(baseRevision + 2));
}
