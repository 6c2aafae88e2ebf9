using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace Passpack.Scheduling;

/// <summary>The property list of a launch agent, launchd.plist(5).</summary>
internal static class LaunchdPlist
{
    public static string Write(SyncTask task)
    {
        IEnumerable<XElement> times =
            from hour in task.Schedule.Hours?.Cast<int?>() ?? [null]
            from minute in task.Schedule.Minutes
            select new XElement("dict", hour is null ? null : Pair("Hour", Integer(hour.Value)), Pair("Minute", Integer(minute)));
        var plist = new XDocument(
            new XDeclaration("1.0", "UTF-8", null),
            new XDocumentType("plist", "-//Apple//DTD PLIST 1.0//EN", "http://www.apple.com/DTDs/PropertyList-1.0.dtd", null),
            new XElement("plist", new XAttribute("version", "1.0"),
                new XElement("dict",
                    Pair("Label", new XElement("string", task.Name)),
                    Pair("ProgramArguments", new XElement("array", task.Command.Select(word => new XElement("string", word)))),
                    Pair("StartCalendarInterval", new XElement("array", times)),
                    Pair("ProcessType", new XElement("string", "Background")),
                    Pair("Umask", Integer(63))))); // 077
        return Text(plist, Encoding.UTF8);
    }

    /// <summary>Reads a task. Null if <see cref="Write"/> did not write it.</summary>
    public static SyncTask? Read(string name, string plist)
    {
        XElement? dictionary = Parse(plist)?.Root?.Element("dict");
        if (Value(dictionary, "ProgramArguments") is not { } arguments || Value(dictionary, "StartCalendarInterval") is not { } times)
            return null;
        List<XElement> dictionaries = [.. times.Elements("dict")];
        if (Numbers(dictionaries, "Minute") is not { } minutes
            || (dictionaries.Exists(time => Value(time, "Hour") is not null) && Numbers(dictionaries, "Hour") is null))
            return null;
        List<int>? hours = Numbers(dictionaries, "Hour");
        return SyncTask.FromCommand(name, [.. arguments.Elements("string").Select(word => word.Value)],
            DailySchedule.Of([.. minutes.Distinct()], hours?.Distinct().ToList()));
    }

    /// <summary>The text of a document whose declaration names this encoding.</summary>
    internal static string Text(XDocument document, Encoding encoding)
    {
        var text = new EncodedWriter(encoding);
        using (var writer = XmlWriter.Create(text, new XmlWriterSettings { Indent = true, NewLineChars = "\n", Encoding = encoding }))
            document.Save(writer);
        return text + "\n";
    }

    /// <summary>Parses XML without resolving external references. Null if the text is not XML.</summary>
    internal static XDocument? Parse(string xml)
    {
        try
        {
            using var reader = XmlReader.Create(new StringReader(xml), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore, XmlResolver = null });
            return XDocument.Load(reader, LoadOptions.PreserveWhitespace);
        }
        catch (XmlException)
        {
            return null;
        }
    }

    private static object[] Pair(string key, XElement value) => [new XElement("key", key), value];

    private static XElement Integer(int value) => new("integer", value.ToString(CultureInfo.InvariantCulture));

    private static XElement? Value(XElement? dictionary, string key) =>
        dictionary?.Elements("key").FirstOrDefault(one => one.Value == key)?.ElementsAfterSelf().FirstOrDefault();

    private static List<int>? Numbers(IEnumerable<XElement> dictionaries, string key)
    {
        List<int> numbers = [];
        foreach (XElement dictionary in dictionaries)
        {
            if (!int.TryParse(Value(dictionary, key)?.Value, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
                return null;
            numbers.Add(number);
        }
        return numbers;
    }

    // A StringWriter would always declare UTF-16.
    private sealed class EncodedWriter(Encoding encoding) : StringWriter(CultureInfo.InvariantCulture)
    {
        public override Encoding Encoding => encoding;
    }
}
