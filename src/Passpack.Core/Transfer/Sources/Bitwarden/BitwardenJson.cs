using System.IO.Compression;
using System.Text.Json;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;
using Passpack.Vault.Files;

namespace Passpack.Transfer.Sources.Bitwarden;

/// <summary>
/// Bitwarden's JSON, of a person or of an organization, and its zip with attachments: <c>data.json</c> and <c>attachments/ID/NAME</c>
/// (<see cref="BitwardenLayout"/>). Items are read one by one.
/// </summary>
internal static class BitwardenJson
{
    private const string Data = "data.json", Attachments = "attachments/";

    public static SourceFormat Format { get; } = new(EntryFileFormat.Bitwarden, "Bitwarden", "Bitwarden's export, JSON or zip")
    {
        Fits = start => start.IsZip ? start.ZipNames.Contains(Data)
            : Has(start, "items", "folders", "collections") && Has(start, "encrypted", "items[].folderId", "items[].collectionIds")
                && !BitwardenEncrypted.Is(start),
        Read = Read,
        IsTried = true,
    };

    /// <summary>The items of the JSON.</summary>
    /// <param name="input">The file.</param>
    /// <param name="json">Its JSON, from its start.</param>
    /// <param name="again">Opens the JSON once more. Null if it can be read only once.</param>
    /// <param name="files">The files of an item, by its id. Null if there are none.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static IEnumerable<ImportRow> Read(
        SourceInput input, Stream json, Func<Stream>? again, Func<string, IReadOnlyList<SourceFile>>? files, CancellationToken cancellationToken)
    {
        var walk = new JsonItems(json);
        return SourceJson.Guard(input, walk, Read(input, walk, again, files, cancellationToken));
    }

    private static IEnumerable<ImportRow> Read(SourceInput input, CancellationToken cancellationToken)
    {
        byte[] start = new byte[4];
        Stream whole = new JoinedStream(new MemoryStream(start, 0, input.Stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)), input.Stream);
        if (SourceStart.IsZipStart(start))
            return ReadZip(input, cancellationToken);
        // A file in UTF-16 is read through a translation, which can be read only once.
        return Read(input, whole, input.File is { } file && !IsUtf16(file) ? () => Beginning(file) : null, files: null, cancellationToken);
    }

    private static IEnumerable<ImportRow> Read(
        SourceInput input, JsonItems walk, Func<Stream>? again, Func<string, IReadOnlyList<SourceFile>>? files, CancellationToken cancellationToken)
    {
        Dictionary<string, string> folders = [], collections = [];
        var items = new BitwardenItems(folders, collections, files);
        bool areNamed = false;
        long number = 0;
        if (!walk.Enter('{'))
            throw new JsonException();
        while (walk.TryReadName(out string name))
        {
            if (name is "folders" or "collections")
            {
                ReadNames(walk, name == "folders" ? folders : collections);
                if (number > 0 && again is null)
                {
                    input.Warn($"{input.Name}: its {name} come after its items, and through a pipe it is read once, so their names are not imported " +
                        "as tags. Give a file.");
                }
                areNamed = true;
            }
            else if (name == "items" && walk.Enter('['))
            {
                if (!areNamed && again is not null)
                    FindNames(again, folders, collections);
                while (walk.TryReadItem(out JsonElement item))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    yield return items.Read(++number, walk.Line, item);
                }
            }
            else
            {
                walk.Skip();
            }
        }
        walk.End();
    }

    private static void ReadNames(JsonItems walk, Dictionary<string, string> names)
    {
        if (!walk.Enter('['))
        {
            walk.Skip();
            return;
        }
        while (walk.TryReadItem(out JsonElement folder))
        {
            try
            {
                names[folder.Text("id")] = folder.Text("name");
            }
            catch (InvalidOperationException) // Not valid Unicode: the items tell that their folder has no name.
            {
            }
        }
    }

    /// <summary>Reads the folders of a file that has its items first.</summary>
    private static void FindNames(Func<Stream> again, Dictionary<string, string> folders, Dictionary<string, string> collections)
    {
        using Stream json = again();
        var walk = new JsonItems(json);
        try
        {
            for (bool isObject = walk.Enter('{'); isObject && walk.TryReadName(out string name);)
            {
                if (name is "folders" or "collections")
                    ReadNames(walk, name == "folders" ? folders : collections);
                else
                    walk.Skip();
            }
        }
        catch (JsonException) // Told where it is read as a whole.
        {
        }
    }

    private static IEnumerable<ImportRow> ReadZip(SourceInput input, CancellationToken cancellationToken)
    {
        using var zip = new SourceZip(input);
        ZipArchiveEntry data = zip.Find(Data) ?? throw input.Damaged($"it is a zip without {Data}, which holds the items");
        ILookup<string, ZipArchiveEntry> attachments = zip.Entries
            .Where(entry => entry.FullName.StartsWith(Attachments, StringComparison.Ordinal) && entry.Name.Length > 0)
            .ToLookup(entry => entry.FullName.Split('/')[1]);
        var left = attachments.Select(item => item.Key).ToHashSet();
        using Stream json = zip.Open(data);
        foreach (ImportRow row in Read(input, json, () => zip.Open(data), FilesOf, cancellationToken))
            yield return row;
        if (left.Count > 0)
            input.Warn($"{input.Name}: files of {left.Count} items that are not in it are not imported.");

        IReadOnlyList<SourceFile> FilesOf(string id)
        {
            left.Remove(id);
            return [.. attachments[id].Select(entry => new SourceFile(entry.Name, entry.Length, () => zip.Open(entry)))];
        }
    }

    private static bool Has(SourceStart start, params IEnumerable<string> any) => any.Any(start.JsonPaths.Contains);

    private static bool IsUtf16(Stream file)
    {
        long position = file.Position;
        file.Position = 0;
        int first = file.ReadByte(), second = file.ReadByte();
        file.Position = position;
        return (first, second) is (0xFF, 0xFE) or (0xFE, 0xFF);
    }

    /// <summary>The file from its start, read apart from the reading that is under way.</summary>
    private static FileAgain Beginning(Stream file) => new(file);

    /// <summary>A second reading of a file: puts it back to where it was.</summary>
    private sealed class FileAgain : ForwardStream
    {
        private readonly Stream _file;
        private readonly long _position;

        public FileAgain(Stream file)
        {
            (_file, _position) = (file, file.Position);
            file.Position = 0;
            Span<byte> mark = stackalloc byte[3];
            if (file.ReadAtLeast(mark, mark.Length, throwOnEndOfStream: false) < mark.Length || !mark.SequenceEqual("\uFEFF"u8))
                file.Position = 0;
        }

        public override int Read(Span<byte> buffer) => _file.Read(buffer);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                _file.Position = _position;
            base.Dispose(disposing);
        }
    }
}
