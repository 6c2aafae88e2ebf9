using System.Security.Cryptography;

namespace Passpack.Automation.Masking;

/// <summary>
/// Takes the forms of secrets out of one stream of bytes, in whatever pieces it comes: a run of bytes that belong to forms becomes one mask, all other
/// bytes pass as they are. What cannot belong to a form is passed on at once; the rest waits until it is decided, at most two blocks of a form.
/// </summary>
/// <param name="mask">The secrets.</param>
/// <param name="output">Where the rest goes.</param>
public sealed class StreamMask(SecretMask mask, Stream output) : IDisposable
{
    // What waits, and in the second also the bytes after it. The longest form decides how much that can be.
    private readonly byte[] _held = GC.AllocateUninitializedArray<byte>(SecretMask.LongestForm, pinned: true);
    private readonly byte[] _joined = GC.AllocateUninitializedArray<byte>(2 * SecretMask.LongestForm, pinned: true);
    private int _heldCount;

    // How far the bytes that come next belong to a form that has begun. 0 if only the byte before them does, -1 if not even that.
    private int _covered = -1;

    /// <summary>Takes the next bytes.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (_heldCount > 0)
        {
            Span<byte> joined = _joined.AsSpan(0, _heldCount + Math.Min(bytes.Length, SecretMask.LongestForm - 1));
            _held.AsSpan(0, _heldCount).CopyTo(joined);
            bytes[..(joined.Length - _heldCount)].CopyTo(joined[_heldCount..]);
            int decided = Pass(joined, _heldCount, isOver: false);
            if (decided < _heldCount)
            {
                Hold(joined[decided..]); // All bytes there are.
                return;
            }
        }
        Hold(bytes[Pass(bytes, bytes.Length, isOver: false)..]);
    }

    /// <summary>Passes on what waits: no more bytes come.</summary>
    public void Complete()
    {
        Pass(_held.AsSpan(0, _heldCount), _heldCount, isOver: true);
        _heldCount = 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_held);
        CryptographicOperations.ZeroMemory(_joined);
    }

    // Decides the first bytes, and passes on what is no part of a form. Returns how many could be decided.
    private int Pass(ReadOnlySpan<byte> data, int count, bool isOver)
    {
        int covered = _covered, at = 0;
        while ((at = Math.Min(mask.FindCandidate(data, at), count)) < count)
        {
            int length = mask.Match(data[at..], isOver);
            if (length < 0)
                break;
            if (length > 0)
            {
                if (at > covered)
                {
                    PassPlain(data, covered, at);
                    output.Write(mask.Mask);
                }
                covered = Math.Max(covered, at + length);
            }
            at++;
        }
        PassPlain(data, covered, at);
        _covered = covered >= at ? covered - at : -1;
        return at;
    }

    private void PassPlain(ReadOnlySpan<byte> data, int covered, int to)
    {
        int from = Math.Max(covered, 0);
        if (to > from)
            output.Write(data[from..to]);
    }

    private void Hold(ReadOnlySpan<byte> rest)
    {
        rest.CopyTo(_held);
        _heldCount = rest.Length;
    }
}
