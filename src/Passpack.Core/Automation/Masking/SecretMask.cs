using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Passpack.Automation.Masking;

/// <summary>
/// All forms of some secrets, made ready to be found in streams of bytes: <see cref="StreamMask"/>. Safe for several threads; the forms are zeroed when
/// it is disposed.
/// </summary>
public sealed class SecretMask : IDisposable
{
    /// <summary>
    /// A longer form is looked for in blocks of so many bytes. A block by itself is masked, too; and never do more bytes wait to be decided.
    /// </summary>
    internal const int LongestForm = 256;

    // By the first four bytes of a form, of which each has so many. A bit for each hash of them tells nearly all places apart where none begins.
    private const int KeyBytes = SecretForms.Least, FilterBits = 16;

    private const int LongestByChance = 64;

    private static readonly string[] s_masks = ["***", "###", "---", "[masked]", "•••", "___", "~~~", "===", "\u001a\u001a\u001a"];

    private readonly ulong[] _filter = new ulong[(1 << FilterBits) / 64];
    private readonly Dictionary<uint, byte[][]> _forms;
    private readonly HashSet<uint> _beginnings = [];
    private readonly byte[] _mask;

    /// <param name="secrets">Secrets in UTF-8, and contents of files. Those of fewer than four characters are left out.</param>
    public SecretMask(IEnumerable<byte[]> secrets)
    {
        ArgumentNullException.ThrowIfNull(secrets);
        var distinct = new HashSet<byte[]>(new SameBytes());
        foreach (byte[] form in secrets.SelectMany(SecretForms.Of))
        {
            foreach (byte[] block in Blocks(form))
            {
                if (!distinct.Add(block))
                    CryptographicOperations.ZeroMemory(block);
            }
        }
        // The longest first, so that the first that fits covers the most.
        _forms = distinct.GroupBy(form => Key(form)).ToDictionary(group => group.Key, group => group.OrderByDescending(form => form.Length).ToArray());
        foreach (byte[] form in distinct)
        {
            uint hash = Hash(Key(form));
            _filter[hash >> 6] |= 1UL << (int)hash;
            for (int length = 1; length < KeyBytes; length++)
                _beginnings.Add(Beginning(form.AsSpan(0, length)));
        }
        _mask = ChooseMask(distinct);
    }

    /// <summary>What stands in place of a secret: <c>***</c>, unless a form could come out of that and what stands beside it.</summary>
    public ReadOnlySpan<byte> Mask => _mask;

    /// <summary>The forms that are looked for.</summary>
    internal IEnumerable<byte[]> Forms => _forms.Values.SelectMany(forms => forms);

    /// <summary>Whether a secret is long enough to be masked.</summary>
    public static bool IsLongEnough(ReadOnlySpan<byte> secret) => SecretForms.IsLongEnough(secret);

    /// <summary>The first place from which on a form may begin: where too few bytes are left to tell, at the latest.</summary>
    internal int FindCandidate(ReadOnlySpan<byte> data, int from)
    {
        ref byte first = ref MemoryMarshal.GetReference(data);
        ref ulong filter = ref MemoryMarshal.GetArrayDataReference(_filter);
        for (int last = data.Length - KeyBytes; from <= last; from++)
        {
            uint hash = Hash(Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref first, from)));
            if ((Unsafe.Add(ref filter, hash >> 6) >> (int)hash & 1) != 0)
                break;
        }
        return from;
    }

    /// <summary>The length of the longest form that begins here. 0 if none does; -1 if that takes more bytes to tell.</summary>
    /// <param name="data">At least one byte.</param>
    /// <param name="isOver">Whether no more bytes will come.</param>
    internal int Match(ReadOnlySpan<byte> data, bool isOver)
    {
        if (data.Length < KeyBytes)
            return !isOver && _beginnings.Contains(Beginning(data)) ? -1 : 0;
        if (!_forms.TryGetValue(Key(data), out byte[][]? forms))
            return 0;
        foreach (byte[] form in forms)
        {
            if (form.Length <= data.Length ? data.StartsWith(form) : !isOver && form.AsSpan().StartsWith(data))
                return form.Length <= data.Length ? form.Length : -1;
        }
        return 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (byte[] form in Forms)
            CryptographicOperations.ZeroMemory(form);
    }

    private static uint Key(ReadOnlySpan<byte> form) => MemoryMarshal.Read<uint>(form);

    private static uint Hash(uint key) => key * 0x9E3779B1 >> (32 - FilterBits);

    private static uint Beginning(ReadOnlySpan<byte> bytes)
    {
        uint key = (uint)bytes.Length;
        foreach (byte one in bytes)
            key = key << 8 | one;
        return key;
    }

    private static IEnumerable<byte[]> Blocks(byte[] form)
    {
        if (form.Length <= LongestForm)
        {
            yield return form;
            yield break;
        }
        for (int at = 0; at < form.Length; at += LongestForm)
        {
            int start = Math.Min(at, form.Length - LongestForm);
            yield return form[start..(start + LongestForm)];
        }
        CryptographicOperations.ZeroMemory(form);
    }

    private static byte[] ChooseMask(IReadOnlyCollection<byte[]> forms)
    {
        // Of a long form all the rest would have to stand beside the mask: no chance brings that about.
        byte[][] masks = [.. s_masks.Select(System.Text.Encoding.UTF8.GetBytes)], byChance = [.. forms.Where(form => form.Length <= LongestByChance)];
        return masks.FirstOrDefault(mask => !byChance.Any(form => CanMake(mask, form))) ?? masks[0];
    }

    // Whether a form could arise from a mask and the bytes beside it.
    private static bool CanMake(byte[] mask, byte[] form)
    {
        if (form.AsSpan().IndexOf(mask) >= 0 || mask.AsSpan().IndexOf(form) >= 0)
            return true;
        for (int length = 1; length < Math.Min(mask.Length, form.Length); length++)
        {
            if (form.AsSpan().StartsWith(mask.AsSpan(mask.Length - length)) || form.AsSpan().EndsWith(mask.AsSpan(0, length)))
                return true;
        }
        return false;
    }

    private sealed class SameBytes : IEqualityComparer<byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] obj)
        {
            var hash = new HashCode();
            hash.AddBytes(obj);
            return hash.ToHashCode();
        }
    }
}
