using System.Security.Cryptography;
using Passpack.Transfer.Kdbx;

namespace Passpack.Transfer.KeePass;

/// <summary>
/// Reads the entries of KeePass's XML as they stand in it. Layout: https://keepass.info/help/kb/kdbx.html ("XML") and KeePassXC's KdbxXmlReader (2024).
/// </summary>
/// <param name="reader">At the XML's beginning.</param>
/// <param name="files">Takes the files of entries that stand in the XML's head.</param>
/// <param name="source">How messages name the file.</param>
internal sealed class KeePassDocument(KeePassXmlReader reader, BinaryStore files, string source)
{
    private const int MostGroups = 100;

    private string _recycleBin = "";
    private bool _hasRecycleBin = true;

    /// <summary>Up to version 3: SHA-256 of the database's header, which the XML repeats. Null if there is none to compare.</summary>
    public byte[]? HeaderHash { get; init; }

    /// <summary>How many groups have notes, which no entry has a place for.</summary>
    public int GroupNotes { get; private set; }

    public IEnumerable<KeePassEntry> Read(CancellationToken cancellationToken)
    {
        reader.ReadRoot("KeePassFile");
        foreach (string part in reader.Children())
        {
            if (part == "Meta")
                ReadMeta();
            if (part != "Root")
                continue;
            foreach (string child in reader.Children())
            {
                if (child != "Group")
                    continue;
                foreach (KeePassEntry entry in ReadGroup(new Place(0, "", false, []), cancellationToken))
                    yield return entry;
            }
        }
    }

    /// <summary>The content of a file that stands in the XML's head. Null if there is none of this number.</summary>
    public byte[]? ReadFile(string number)
    {
        reader.ReadRoot("KeePassFile");
        foreach (string part in reader.Children())
        {
            foreach (string child in part == "Meta" ? reader.Children() : [])
            {
                foreach (string binary in child == "Binaries" ? reader.Children() : [])
                {
                    if (binary == "Binary" && reader.Attribute("ID") == number)
                        return reader.Bytes();
                }
            }
        }
        return null;
    }

    private void ReadMeta()
    {
        foreach (string child in reader.Children())
        {
            switch (child)
            {
                case "HeaderHash":
                    byte[] hash = reader.Bytes() ?? [];
                    if (HeaderHash is not null && hash.Length > 0 && !CryptographicOperations.FixedTimeEquals(hash, HeaderHash))
                        throw KdbxErrors.Damaged(source, "its header is not the one that it was written with");
                    break;
                case "RecycleBinEnabled":
                    _hasRecycleBin = !reader.Text().Equals("False", StringComparison.OrdinalIgnoreCase);
                    break;
                case "RecycleBinUUID":
                    _recycleBin = KeePassValues.Id(reader.Text());
                    break;
                case "Binaries":
                    foreach (string binary in reader.Children())
                    {
                        if (binary == "Binary" && reader.Attribute("ID") is { } number && reader.Bytes() is { } content)
                            files.Add(number, content.Length, files.Takes(content.Length) ? content : null);
                    }
                    break;
            }
        }
    }

    private IEnumerable<KeePassEntry> ReadGroup(Place parent, CancellationToken cancellationToken)
    {
        if (parent.Depth == MostGroups)
            throw KdbxErrors.TooLarge(source, "nests more than 100 groups");
        string id = "", name = "";
        List<string> tags = parent.Tags;
        foreach (string child in reader.Children())
        {
            switch (child)
            {
                case "UUID":
                    id = KeePassValues.Id(reader.Text());
                    break;
                case "Name":
                    name = reader.Text();
                    break;
                case "Notes":
                    GroupNotes += reader.Text().Length > 0 ? 1 : 0;
                    break;
                case "Tags":
                    tags = [.. parent.Tags, .. KeePassValues.Tags(reader.Text())];
                    break;
                case "Entry":
                    cancellationToken.ThrowIfCancellationRequested();
                    KeePassEntry entry = new KeePassEntryReader(reader).Read();
                    Place place = Here();
                    (entry.Group, entry.IsInRecycleBin) = (place.Path, place.IsInRecycleBin);
                    entry.Tags.AddRange(tags);
                    yield return entry;
                    break;
                case "Group":
                    foreach (KeePassEntry within in ReadGroup(Here(), cancellationToken))
                        yield return within;
                    break;
            }
        }

        // The root's name says nothing of an entry, as all have it; the bin's neither, as the entry's state says it.
        Place Here()
        {
            bool isBin = _hasRecycleBin && _recycleBin.Length > 0 && id == _recycleBin;
            string path = parent.Depth == 0 || isBin ? "" : parent.Path.Length == 0 ? name.Trim() : $"{parent.Path}/{name.Trim()}";
            return new Place(parent.Depth + 1, path, parent.IsInRecycleBin || isBin, tags);
        }
    }

    private sealed record Place(int Depth, string Path, bool IsInRecycleBin, List<string> Tags);
}
