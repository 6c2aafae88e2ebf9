using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Passpack.Protocol;
using Passpack.Server.Storage;

namespace Passpack.Server.Tests.Support;

/// <summary>Messages that a sound client would send, anna's unless another owner is named.</summary>
internal static class Make
{
    /// <summary>Bytes of the headers in the body of an entry's data, and what joins them.</summary>
    public const int HeaderBytes = 4 + (2 * RecordHeader.Size);

    public static Owner Anna { get; } = Owner.Of("anna@example.org");

    public static byte[] Bytes(int count) => RandomNumberGenerator.GetBytes(count);

    public static CheckedKeys Keys(Guid vault, int generation = 1) => new Owner("anna", vault).Checked(generation);

    public static ManifestLink Manifest(long generation, int? bytes = null) => Anna.Manifest(generation, bytes);

    /// <summary>Somebody who does something, by default when the tests begin.</summary>
    public static Act Act(DateTimeOffset? now = null, Guid? device = null, string? address = null) =>
        new(EventActor.Owner, device, address, now ?? new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public static ManifestName Head(long generation) => ManifestName.Of(Manifest(generation));

    public static DeviceDescription Device(string name = "laptop") => new(Guid.NewGuid(), name);

    public static RegisterRequest Registration(string userId = "anna@example.org") => Registration(Owner.Of(userId));

    public static RegisterRequest Registration(Owner owner) =>
        new(owner.UserId, Bytes(16), "17.8.1", Bytes(32), owner.Keys(), owner.Manifest(1), Device(), [], []);

    public static RecordChange Record(Guid id, long version = 1, byte stream = 1, bool deleted = false, byte[]? body = null) =>
        Anna.Record(id, version, stream, deleted, body);

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
    public static PushRequest Push(long baseRevision, params RecordChange[] records) => Anna.Push(baseRevision, records);

    /// <summary>A push that was changed, signed as it is now.</summary>
    public static PushRequest Signed(PushRequest push) => Anna.Signed(push);
}
