using System.Text;
using System.Xml;
using Passpack.Help;

// Turns the pages of docs/en-US into what Get-Help reads, at every build that finds one changed. What is missing is found by the tests, not
// here: a build must not fail because a sentence is not written yet.
if (args is not [var pages, var assembly, var output])
{
    Console.Error.WriteLine("Usage: Passpack.Help PAGES ASSEMBLY OUTPUT-FOLDER");
    return 2;
}
try
{
    var help = new HelpFolder(pages, assembly);
    Directory.CreateDirectory(output);
    var settings = new XmlWriterSettings { Indent = true, NewLineChars = "\n", Encoding = new UTF8Encoding(false) };
    using (var xml = XmlWriter.Create(Path.Combine(output, $"{Path.GetFileName(assembly)}-Help.xml"), settings))
        Maml.Write(help.Pages).Save(xml);
    foreach (string topic in help.Topics)
        File.WriteAllText(Path.Combine(output, $"{Path.GetFileNameWithoutExtension(topic)}.help.txt"), AboutText.Read(topic));
    return 0;
}
catch (FormatException e)
{
    // MSBuild's own form of an error.
    Console.Error.WriteLine($"{pages} : error HELP: {e.Message}");
    return 1;
}
