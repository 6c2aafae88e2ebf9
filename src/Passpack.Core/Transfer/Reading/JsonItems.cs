using System.Text.Json;

namespace Passpack.Transfer.Reading;

/// <summary>
/// Reads the items of a JSON array one by one, or the single value if it is not an array. (If the JSON is broken, JsonSerializer's streaming loses
/// sound items that are in the same buffer.)
/// </summary>
internal sealed partial class JsonItems(Stream stream)
{
    // Far above the size of any entry.
    private const int MaxItemBytes = 32 << 20;

    private byte[] _buffer = new byte[32 << 10];
    private int _start;
    private int _end;
    private long _line = 1;
    private bool _sourceEnded;
    private bool _started;
    private bool _inArray;

    /// <summary>The line where the last item starts, or where the JSON is broken.</summary>
    public long Line { get; private set; } = 1;

    /// <summary>Reads the next item; false at the end.</summary>
    /// <exception cref="JsonException">The JSON is broken at <see cref="Line"/>; nothing after it can be read.</exception>
    public bool TryRead(out JsonElement item)
    {
        item = default;
        byte? next = NextToken();
        if (!_started)
        {
            _started = true;
            if (_inArray = next == '[')
            {
                _start++;
                next = NextToken();
                if (next != ']')
                    return ReadValue(out item);
            }
            else
            {
                return ReadValue(out item);
            }
        }
        else if (_inArray && next == ',')
        {
            _start++;
            _ = NextToken();
            return ReadValue(out item);
        }
        if (_inArray)
        {
            if (next != ']')
                throw new JsonException();
            _start++;
            _inArray = false;
            next = NextToken();
        }
        return next is null ? false : throw new JsonException();
    }

    private bool ReadValue(out JsonElement item)
    {
        while (true)
        {
            var reader = new Utf8JsonReader(_buffer.AsSpan(_start, _end - _start), _sourceEnded, default);
            try
            {
                if (JsonElement.TryParseValue(ref reader, out JsonElement? value))
                {
                    ReadOnlySpan<byte> consumed = _buffer.AsSpan(_start, (int)reader.BytesConsumed);
                    _line += consumed.Count((byte)'\n');
                    _start += consumed.Length;
                    item = value.Value;
                    return true;
                }
            }
            catch (JsonException e)
            {
                Line += e.LineNumber ?? 0;
                throw;
            }
            Fill();
        }
    }

    /// <summary>Peeks at the next byte that is not white space. Null at the end.</summary>
    private byte? NextToken()
    {
        while (true)
        {
            for (; _start < _end; _start++)
            {
                byte next = _buffer[_start];
                if (next is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n'))
                {
                    Line = _line;
                    return next;
                }
                if (next == '\n')
                    _line++;
            }
            if (_sourceEnded)
            {
                Line = _line;
                return null;
            }
            Fill();
        }
    }

    private void Fill()
    {
        int length = _end - _start;
        if (length > MaxItemBytes)
            throw new JsonException();
        byte[] target = length > _buffer.Length / 2 ? new byte[2 * _buffer.Length] : _buffer;
        _buffer.AsSpan(_start, length).CopyTo(target);
        (_buffer, _start, _end) = (target, 0, length);
        // Fills the whole buffer: an item is parsed from its start after every fill, and a pipe may return a few bytes at a time.
        _end += stream.ReadAtLeast(_buffer.AsSpan(_end), _buffer.Length - _end, throwOnEndOfStream: false);
        _sourceEnded = _end < _buffer.Length;
    }
}
