using System.Text.Json;

namespace Passpack.Transfer.Reading;

/// <summary>
/// Walking into objects and arrays: <see cref="Enter"/> one, then its names or items until there are no more; a value that was not entered is read or
/// passed over. Not to be mixed with <see cref="TryRead"/>.
/// </summary>
internal sealed partial class JsonItems
{
    private const int MaxDepth = 64;

    private readonly Stack<char> _open = [];
    private bool _first;

    /// <summary>Enters the object or the array that begins here; false if another value does.</summary>
    /// <param name="bracket"><c>{</c> or <c>[</c>.</param>
    /// <exception cref="JsonException">The JSON is broken at <see cref="Line"/>.</exception>
    public bool Enter(char bracket)
    {
        if (NextToken() != bracket)
            return false;
        if (_open.Count == MaxDepth)
            throw new JsonException();
        _start++;
        _open.Push(bracket == '{' ? '}' : ']');
        return _first = true;
    }

    /// <summary>Reads the name of the next member of the object that was entered; false, and out of it, at its end.</summary>
    /// <exception cref="JsonException">The JSON is broken at <see cref="Line"/>.</exception>
    public bool TryReadName(out string name)
    {
        name = "";
        if (!TryReadNext('}', out JsonElement text))
            return false;
        try
        {
            name = text.ValueKind == JsonValueKind.String ? text.GetString()! : throw new JsonException();
        }
        catch (InvalidOperationException e) // Half a surrogate pair.
        {
            throw new JsonException(null, e);
        }
        if (NextToken() != ':')
            throw new JsonException();
        _start++;
        return true;
    }

    /// <summary>Reads the next item of the array that was entered; false, and out of it, at its end.</summary>
    /// <exception cref="JsonException">The JSON is broken at <see cref="Line"/>.</exception>
    public bool TryReadItem(out JsonElement item) => TryReadNext(']', out item);

    /// <summary>Steps to the next item of the array that was entered, to be entered or read; false, and out of it, at its end.</summary>
    /// <exception cref="JsonException">The JSON is broken at <see cref="Line"/>.</exception>
    public bool TryStepToItem() => TryStep(']');

    /// <summary>Reads the value that begins here.</summary>
    /// <exception cref="JsonException">The JSON is broken at <see cref="Line"/>.</exception>
    public JsonElement Read()
    {
        _ = NextToken();
        return ReadValue(out JsonElement value) ? value : throw new JsonException();
    }

    /// <summary>Passes over the value that begins here, an array item by item.</summary>
    /// <exception cref="JsonException">The JSON is broken at <see cref="Line"/>.</exception>
    public void Skip()
    {
        if (!Enter('['))
        {
            _ = Read();
            return;
        }
        while (TryReadItem(out _))
        {
        }
    }

    /// <summary>Requires that nothing follows the value that was read.</summary>
    /// <exception cref="JsonException">Something does.</exception>
    public void End()
    {
        if (NextToken() is not null)
            throw new JsonException();
    }

    private bool TryReadNext(char end, out JsonElement item)
    {
        item = default;
        return TryStep(end) && ReadValue(out item);
    }

    private bool TryStep(char end)
    {
        if (_open.Count == 0 || _open.Peek() != end)
            throw new InvalidOperationException($"It is not entered: {end}");
        byte? next = NextToken();
        bool first = _first;
        _first = false;
        if (next == end)
        {
            _start++;
            _open.Pop();
            return false;
        }
        if (!first)
        {
            if (next != ',')
                throw new JsonException();
            _start++;
            _ = NextToken();
        }
        return true;
    }
}
