namespace Passpack.Transfer.KeePass;

/// <summary>Reads an entry with its earlier versions.</summary>
internal sealed class KeePassEntryReader(KeePassXmlReader reader)
{
    // An entry is in memory whole, its versions too.
    private const long MostCharacters = 64 << 20;
    private const int MostParts = 100_000;

    private long _characters;
    private int _parts;

    /// <summary>Reads the present element.</summary>
    public KeePassEntry Read()
    {
        KeePassEntry entry = ReadEntry(isVersion: false);
        if (_characters > MostCharacters || _parts > MostParts)
            entry.Fault = "it holds more than 64 million characters or 100,000 fields, its history among them; no program writes such an entry";
        return entry;
    }

    private bool IsFull => _characters > MostCharacters || _parts > MostParts;

    private KeePassEntry ReadEntry(bool isVersion)
    {
        var entry = new KeePassEntry();
        foreach (string child in reader.Children())
        {
            switch (child)
            {
                case "UUID":
                    entry.Id = KeePassValues.Id(reader.Text());
                    break;
                case "Times":
                    ReadTimes(entry);
                    break;
                case "Tags":
                    entry.Tags.AddRange(KeePassValues.Tags(reader.Text()));
                    break;
                case "String":
                    ReadText(entry);
                    break;
                case "Binary":
                    ReadFile(entry);
                    break;
                case "History" when !isVersion:
                    foreach (string version in reader.Children())
                    {
                        if (version == "Entry" && ReadEntry(isVersion: true) is { } earlier && !IsFull)
                            entry.History.Add(earlier);
                    }
                    break;
                case "OverrideURL":
                    entry.OverrideUrl = reader.Text();
                    break;
                default:
                    ReadOther(entry, child);
                    break;
            }
        }
        return entry;
    }

    private void ReadTimes(KeePassEntry entry)
    {
        foreach (string child in reader.Children())
        {
            switch (child)
            {
                case "CreationTime":
                    entry.Created = KeePassValues.Time(reader.Text());
                    break;
                case "LastModificationTime":
                    entry.Modified = KeePassValues.Time(reader.Text());
                    break;
                case "ExpiryTime":
                    entry.Expires = KeePassValues.Time(reader.Text());
                    break;
                case "Expires":
                    entry.DoesExpire = IsTrue(reader.Text());
                    break;
            }
        }
    }

    private void ReadText(KeePassEntry entry)
    {
        string key = "", value = "";
        bool isProtected = false;
        foreach (string child in reader.Children())
        {
            if (child == "Key")
                key = reader.Text();
            if (child != "Value")
                continue;
            isProtected = reader.Is("Protected") || reader.Is("ProtectInMemory"); // The latter in XML that KeePass exports.
            value = reader.Text();
        }
        _characters += key.Length + value.Length;
        _parts++;
        if (!IsFull)
            entry.Texts.Add(new KeePassText(key, value, isProtected));
    }

    private void ReadFile(KeePassEntry entry)
    {
        string name = "";
        string? number = null;
        byte[]? content = null;
        foreach (string child in reader.Children())
        {
            if (child == "Key")
                name = reader.Text();
            if (child != "Value")
                continue;
            number = reader.Attribute("Ref");
            content = number is null ? reader.Bytes() : null;
        }
        _characters += name.Length + (content?.Length ?? 0);
        _parts++;
        if (!IsFull)
            entry.Files.Add(new KeePassFile(name, number, content));
    }

    private void ReadOther(KeePassEntry entry, string name)
    {
        switch (name)
        {
            case "IconID":
                Tell(reader.Text() is not ("" or "0"), "an icon");
                break;
            case "CustomIconUUID":
                Tell(KeePassValues.Id(reader.Text()).Length > 0, "an icon of its own");
                break;
            case "ForegroundColor" or "BackgroundColor":
                Tell(reader.Text().Length > 0, "a colour");
                break;
            case "QualityCheck":
                Tell(!IsTrue(reader.Text()), "left out of reports of quality");
                break;
            case "PreviousParentGroup":
                Tell(KeePassValues.Id(reader.Text()).Length > 0, "the group that it was in before");
                break;
            case "AutoType":
                ReadAutoType(entry);
                break;
            case "CustomData":
                ReadCustomData(entry);
                break;
        }

        void Tell(bool isThere, string what)
        {
            if (isThere)
                entry.Others.Add((name, what));
        }
    }

    private void ReadAutoType(KeePassEntry entry)
    {
        bool isThere = false;
        foreach (string child in reader.Children())
            isThere |= child == "Association" || child == "DefaultSequence" && reader.Text().Length > 0;
        if (isThere)
            entry.Others.Add(("AutoType", "keystrokes for windows"));
    }

    private void ReadCustomData(KeePassEntry entry)
    {
        foreach (string item in reader.Children())
        {
            if (item != "Item")
                continue;
            foreach (string child in reader.Children())
            {
                if (child == "Key" && ++_parts < MostParts)
                    entry.Others.Add(($"CustomData {reader.Text()}", "data of a plug-in"));
            }
        }
    }

    private static bool IsTrue(string text) => text.Equals("True", StringComparison.OrdinalIgnoreCase);
}
