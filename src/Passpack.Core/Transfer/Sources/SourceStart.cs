using System.IO.Compression;
using System.Text.Json;
using Passpack.Transfer.Layouts;

namespace Passpack.Transfer.Sources;

/// <summary>The start of a file, by which its format is recognised; each view of it is made once.</summary>
/// <param name="bytes">The first 64 KiB, or the whole file if it is shorter; texts in UTF-8, without byte order mark.</param>
/// <param name="isWhole">Whether it is the whole file.</param>
/// <param name="file">The file, if it can be read at any place.</param>
internal sealed class SourceStart(byte[] bytes, bool isWhole, Stream? file)
{
    private const int MaxZipEntries = 100_000;

    private readonly Lazy<IReadOnlySet<string>> _json = new(() => Names(bytes));
    private readonly Lazy<IReadOnlyList<string>> _header = new(() => Header(bytes, isWhole));
    private readonly Lazy<IReadOnlyList<string>> _zip = new(() => Zip(bytes, file));

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Bytes => bytes;

    /// <summary>The start as text.</summary>
    public string Text => System.Text.Encoding.UTF8.GetString(bytes);

    /// <summary>
    /// The names of JSON's members that begin in the start, as paths: <c>items</c>, <c>items[].login.uris</c>. Empty if it is no JSON; <c>[]</c> stands
    /// for any item of an array.
    /// </summary>
    public IReadOnlySet<string> JsonPaths => _json.Value;

    /// <summary>The cells of the first line, separated by commas, as they stand. Empty if it is no CSV.</summary>
    public IReadOnlyList<string> CsvHeader => _header.Value;

    /// <summary>The names of the files in a zip, with <c>/</c>. Empty if it is none, or comes through a pipe.</summary>
    public IReadOnlyList<string> ZipNames => _zip.Value;

    /// <summary>Whether it is a zip.</summary>
    public bool IsZip => IsZipStart(bytes);

    /// <summary>Whether a file that starts so is a zip.</summary>
    public static bool IsZipStart(ReadOnlySpan<byte> start) => start is [(byte)'P', (byte)'K', 3 or 5, 4 or 6, ..];

    /// <summary>Whether the header has all of these columns, in any order; case-insensitively.</summary>
    public bool HasColumns(params ReadOnlySpan<string> columns)
    {
        foreach (string column in columns)
        {
            if (!CsvHeader.Contains(column, StringComparer.OrdinalIgnoreCase))
                return false;
        }
        return true;
    }

    private static HashSet<string> Names(byte[] bytes)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        if (bytes.AsSpan().TrimStart(" \t\r\n"u8) is not [(byte)'{' or (byte)'[', ..])
            return names;
        var path = new Stack<string>();
        string next = "";
        var json = new Utf8JsonReader(bytes, isFinalBlock: false, new JsonReaderState(new JsonReaderOptions { MaxDepth = 64 }));
        try
        {
            while (json.Read())
            {
                string here = path.Count == 0 ? "" : path.Peek();
                switch (json.TokenType)
                {
                    case JsonTokenType.PropertyName:
                        next = here.Length == 0 ? json.GetString()! : $"{here}.{json.GetString()}";
                        if (names.Count < 10_000)
                            names.Add(next);
                        continue;
                    case JsonTokenType.StartObject:
                        path.Push(next.Length > 0 ? next : here);
                        break;
                    case JsonTokenType.StartArray:
                        path.Push($"{(next.Length > 0 ? next : here)}[]");
                        break;
                    case JsonTokenType.EndObject or JsonTokenType.EndArray:
                        path.Pop();
                        break;
                }
                next = "";
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // Broken from here on; its reader says where.
        {
        }
        return names;
    }

    private static string[] Header(byte[] bytes, bool isWhole) => CsvSample.Take(bytes, isWhole, ',').Records is [var header, ..] ? header : [];

    private static IReadOnlyList<string> Zip(byte[] bytes, Stream? file)
    {
        if (file is null || bytes is not [(byte)'P', (byte)'K', ..])
            return [];
        try
        {
            file.Position = 0;
            using var zip = new ZipArchive(file, ZipArchiveMode.Read, leaveOpen: true);
            return [.. zip.Entries.Take(MaxZipEntries).Select(entry => entry.FullName)];
        }
        catch (InvalidDataException) // No zip; or cut off, which the reader of the format that the user names says.
        {
            return [];
        }
    }
}
