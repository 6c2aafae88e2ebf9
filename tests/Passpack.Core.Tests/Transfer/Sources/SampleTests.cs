using System.Text;
using Passpack.Packing.Records;
using Passpack.Transfer.Importing;
using Passpack.Transfer.Layouts;
using Passpack.TransferSamples;

namespace Passpack.Core.Tests.Transfer.Sources;

/// <summary>Every sample of the samples' project, against the rows that lie beside it. To write them anew: PASSPACK_WRITE_EXPECTED=1, then read the difference.</summary>
public sealed class SampleTests
{
    private static readonly string s_expected = Path.Combine(AppContext.BaseDirectory, "Expected");

    public static TheoryData<string> Files => [.. Samples.All.Select(sample => sample.File)];

    [Theory, MemberData(nameof(Files))]
    public void A_sample_is_read_as_expected(string file)
    {
        Sample sample = Find(file);
        EntryFileFormat? recognized = null;
        using SecretBytes? key = sample.Key is null ? null : SecretBytes.FromChars(sample.Key);
        string rows = RowText.Of(ImportSource.Read(new MemoryStream(sample.Make()), file, new ImportOptions
        {
            Format = sample.IsAmbiguous ? Enum.Parse<EntryFileFormat>(sample.Format) : null,
            SourceKey = key,
            SourceKeyContent = sample.KeyFile?.Invoke(),
            Recognized = (format, _) => recognized = format,
        }, CancellationToken.None));
        Assert.Equal(sample.Format, recognized.ToString());
        if (Environment.GetEnvironmentVariable("PASSPACK_WRITE_EXPECTED") is not null)
            File.WriteAllText(Path.Combine(Sources(), $"{file}.json"), rows, new UTF8Encoding(false));
        else
            Assert.Equal(File.ReadAllText(Path.Combine(s_expected, $"{file}.json")), rows);
    }

    private static Sample Find(string file) => Samples.All.Single(sample => sample.File == file);

    // Only to write expected rows: the folder of the sources, from the folder of the build.
    private static string Sources() =>
        Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "..", "Passpack.TransferSamples", "Expected"));
}
