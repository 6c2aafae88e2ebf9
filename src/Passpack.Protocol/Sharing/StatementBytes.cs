using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Passpack.Protocol.Sharing;

/// <summary>
/// A statement without its signature: <c>form (1) = 1 || number (8) || previous (32) || author (32) || time (8) || manifest (8 + 32) || act (1) || what belongs to
/// the act</c>. docs/pack-format.md, "The log of a shared vault". There is one way of writing each statement, and the reader takes no other.
/// </summary>
internal static class StatementBytes
{
    private const byte Form = 1;

    private enum Act : byte
    {
        Create = 1,
        Add = 2,
        ChangeRole = 3,
        Remove = 4,
        StartEpoch = 5,
        Revert = 6,
        Close = 7,
        Reopen = 8,
        AcceptRollback = 9,
    }

    public static byte[] Write(Statement statement)
    {
        ArgumentNullException.ThrowIfNull(statement);
        using var bytes = new MemoryStream();
        bytes.WriteByte(Form);
        Put(bytes, statement.Number);
        Put(bytes, statement.Previous);
        Put(bytes, statement.Author);
        Put(bytes, statement.Time.ToUnixTimeMilliseconds());
        Put(bytes, statement.Manifest);
        switch (statement.Act)
        {
            case StatementAct.Create create:
                Put(bytes, Act.Create);
                Put(bytes, create.Random);
                Put(bytes, create.Commitment);
                Put(bytes, create.Founder);
                break;
            case StatementAct.Add add:
                Put(bytes, Act.Add);
                Put(bytes, add.Role);
                bytes.WriteByte(add.Invitation is null ? (byte)0 : (byte)1);
                bytes.Write((add.Invitation ?? Guid.Empty).ToByteArray(bigEndian: true));
                Put(bytes, add.Identity);
                break;
            case StatementAct.ChangeRole change:
                Put(bytes, Act.ChangeRole);
                Put(bytes, change.Member);
                Put(bytes, change.Role);
                break;
            case StatementAct.Remove remove:
                Put(bytes, Act.Remove);
                Put(bytes, remove.Member);
                bytes.WriteByte(remove.Epoch is null ? (byte)0 : (byte)1);
                if (remove.Epoch is not null)
                    Put(bytes, remove.Epoch);
                break;
            case StatementAct.StartEpoch start:
                Put(bytes, Act.StartEpoch);
                Put(bytes, start.Epoch);
                break;
            case StatementAct.Revert revert:
                Put(bytes, Act.Revert);
                Put(bytes, revert.Manifest);
                break;
            case StatementAct.Close:
                Put(bytes, Act.Close);
                break;
            case StatementAct.Reopen:
                Put(bytes, Act.Reopen);
                break;
            case StatementAct.AcceptRollback accept:
                Put(bytes, Act.AcceptRollback);
                Put(bytes, accept.Left);
                Put(bytes, accept.Epoch);
                Put(bytes, accept.Removed.Count);
                foreach (Hash256 removed in accept.Removed)
                    Put(bytes, removed);
                Put(bytes, accept.Demoted.Count);
                foreach ((Hash256 member, VaultRole role) in accept.Demoted)
                {
                    Put(bytes, member);
                    Put(bytes, role);
                }

                break;
            default:
                throw new ArgumentException($"{statement.Act.GetType()} has no bytes.", nameof(statement));
        }

        return bytes.ToArray();
    }

    /// <summary>Reads the bytes that <see cref="Write"/> made.</summary>
    /// <param name="bytes">All of it.</param>
    /// <param name="statement">Null if there is a fault.</param>
    /// <param name="fault">What is wrong with it: the rest of a sentence that begins with it.</param>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out Statement? statement, [NotNullWhen(false)] out string? fault)
    {
        var reader = new Reader(bytes);
        byte form = reader.Byte();
        statement = null;
        if (form != Form)
        {
            fault = $"is of form {form}, which is not known here";
            return false;
        }

        long number = reader.Number();
        Hash256 previous = reader.Hash(), author = reader.Hash();
        long time = reader.Number();
        ChainHead manifest = reader.Head();
        StatementAct? act = ReadAct(ref reader);
        reader.RequireEnd();
        if (number < 0 || manifest.Number < 0)
            reader.Fail("has a number below 0");
        if (time < 0 || time > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())
            reader.Fail("has a time that is none");
        fault = reader.Fault;
        if (fault is not null || act is null)
        {
            fault ??= "has an act that is not known here";
            return false;
        }

        statement = new Statement(number, previous, author, DateTimeOffset.FromUnixTimeMilliseconds(time), manifest, act);
        return true;
    }

    private static StatementAct? ReadAct(ref Reader reader)
    {
        switch ((Act)reader.Byte())
        {
            case Act.Create:
                Hash256 random = reader.Hash(), commitment = reader.Hash();
                return reader.Identity() is { } founder ? new StatementAct.Create(founder, random, commitment) : null;
            case Act.Add:
                VaultRole role = reader.Role();
                bool invited = reader.Flag();
                Guid invitation = reader.Id();
                if (!invited && invitation != Guid.Empty)
                    reader.Fail("has an invitation that it says it has not");
                return reader.Identity() is { } identity ? new StatementAct.Add(identity, role, invited ? invitation : null) : null;
            case Act.ChangeRole:
                return new StatementAct.ChangeRole(reader.Hash(), reader.Role());
            case Act.Remove:
                Hash256 member = reader.Hash();
                return new StatementAct.Remove(member, reader.Flag() ? reader.EpochStart() : null);
            case Act.StartEpoch:
                return new StatementAct.StartEpoch(reader.EpochStart());
            case Act.Revert:
                return new StatementAct.Revert(reader.Head());
            case Act.Close:
                return new StatementAct.Close();
            case Act.Reopen:
                return new StatementAct.Reopen();
            case Act.AcceptRollback:
                ChainHead left = reader.Head();
                EpochStart epoch = reader.EpochStart();
                var removed = new Hash256[reader.Count(Hash256.Length)];
                for (int i = 0; i < removed.Length; i++)
                    removed[i] = reader.Hash();
                var demoted = new KeyValuePair<Hash256, VaultRole>[reader.Count(Hash256.Length + 1)];
                for (int i = 0; i < demoted.Length; i++)
                    demoted[i] = new KeyValuePair<Hash256, VaultRole>(reader.Hash(), reader.Role());
                return new StatementAct.AcceptRollback(left, epoch, removed, demoted);
            default:
                return null;
        }
    }

    private static void Put(MemoryStream bytes, Act act) => bytes.WriteByte((byte)act);

    private static void Put(MemoryStream bytes, VaultRole role) => bytes.WriteByte((byte)role);

    private static void Put(MemoryStream bytes, Hash256 hash) => bytes.Write(hash.ToBytes());

    private static void Put(MemoryStream bytes, long number)
    {
        Span<byte> eight = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(eight, number);
        bytes.Write(eight);
    }

    private static void Put(MemoryStream bytes, int number)
    {
        Span<byte> four = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(four, number);
        bytes.Write(four);
    }

    private static void Put(MemoryStream bytes, ChainHead head)
    {
        Put(bytes, head.Number);
        Put(bytes, head.Hash);
    }

    private static void Put(MemoryStream bytes, AccountIdentity identity)
    {
        Put(bytes, identity.Bytes.Length);
        bytes.Write(identity.Bytes);
    }

    private static void Put(MemoryStream bytes, EpochStart epoch)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(epoch.ChainedKey.Length, EpochStart.ChainedKeyBytes, nameof(epoch));
        Put(bytes, epoch.Epoch);
        Put(bytes, epoch.Commitment);
        Put(bytes, epoch.ChainedEpoch);
        bytes.Write(epoch.ChainedKey);
    }

    /// <summary>Takes what is expected off the front. After the first fault everything reads as zeros.</summary>
    private ref struct Reader(ReadOnlySpan<byte> bytes)
    {
        private ReadOnlySpan<byte> _rest = bytes;

        /// <summary>The first thing that was wrong.</summary>
        public string? Fault { get; private set; }

        public void Fail(string fault) => Fault ??= fault;

        public void RequireEnd()
        {
            if (!_rest.IsEmpty)
                Fail("has bytes after its last");
        }

        public byte Byte() => Take(1)[0];

        public long Number() => BinaryPrimitives.ReadInt64BigEndian(Take(8));

        public Hash256 Hash() => Hash256.Read(Take(Hash256.Length));

        public Guid Id() => new(Take(16), bigEndian: true);

        public ChainHead Head()
        {
            var head = new ChainHead(Number(), Hash());
            if (head.Number < 0)
                Fail("has a number below 0");
            return head;
        }

        public bool Flag()
        {
            byte flag = Byte();
            if (flag > 1)
                Fail("has a flag that is neither 0 nor 1");
            return flag == 1;
        }

        public VaultRole Role()
        {
            var role = (VaultRole)Byte();
            if (!Enum.IsDefined(role))
                Fail("has a role that is not known here");
            return role;
        }

        /// <summary>How many of so many bytes each follow.</summary>
        public int Count(int bytesEach)
        {
            int count = Integer();
            if (count >= 0 && count <= _rest.Length / bytesEach)
                return count;
            Fail("is not as long as it says");
            return 0;
        }

        public EpochStart EpochStart() => new(Integer(), Hash(), Integer(), Take(Sharing.EpochStart.ChainedKeyBytes).ToArray());

        public AccountIdentity? Identity()
        {
            ReadOnlySpan<byte> bytes = Take(Count(bytesEach: 1));
            if (Fault is not null)
                return null;
            if (!AccountIdentity.TryRead(bytes, out AccountIdentity? identity, out string? fault))
                Fail($"has an identity that {fault}");
            return identity;
        }

        private int Integer() => BinaryPrimitives.ReadInt32BigEndian(Take(4));

        private ReadOnlySpan<byte> Take(int length)
        {
            if (Fault is null && length <= _rest.Length)
            {
                ReadOnlySpan<byte> taken = _rest[..length];
                _rest = _rest[length..];
                return taken;
            }

            Fail("is cut off");
            return new byte[length];
        }
    }
}
