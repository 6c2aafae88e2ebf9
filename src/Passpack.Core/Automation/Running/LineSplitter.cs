using System.Text;
using Passpack.Vault.Files;

namespace Passpack.Automation.Running;

/// <summary>Takes bytes of UTF-8 and makes lines of them. What is no UTF-8 becomes U+FFFD.</summary>
internal sealed class LineSplitter : WriteOnlyStream
{
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private readonly StringBuilder _line = new();
    private char[] _characters = new char[4096];

    // A byte order mark at the beginning is none of the first line.
    private bool _hasBegun;

    /// <summary>The lines that are complete; whoever takes them clears the list.</summary>
    public List<string> Lines { get; } = [];

    public override void Write(ReadOnlySpan<byte> buffer) => Take(buffer, isOver: false);

    /// <summary>Makes a line of what is left.</summary>
    public void Complete()
    {
        Take([], isOver: true);
        if (_line.Length > 0)
            EndLine();
    }

    public override void Flush()
    {
    }

    private void Take(ReadOnlySpan<byte> bytes, bool isOver)
    {
        int most = Encoding.UTF8.GetMaxCharCount(bytes.Length) + 1;
        if (_characters.Length < most)
            _characters = new char[most];
        ReadOnlySpan<char> text = _characters.AsSpan(0, _decoder.GetChars(bytes, _characters, isOver));
        if (!_hasBegun && text.Length > 0)
        {
            _hasBegun = true;
            if (text[0] == '\uFEFF')
                text = text[1..];
        }
        for (int end; (end = text.IndexOf('\n')) >= 0; text = text[(end + 1)..])
        {
            _line.Append(text[..end]);
            EndLine();
        }
        _line.Append(text);
    }

    private void EndLine()
    {
        int length = _line.Length > 0 && _line[^1] == '\r' ? _line.Length - 1 : _line.Length;
        Lines.Add(_line.ToString(0, length));
        _line.Clear();
    }
}
