using System.Text;
using Passpack.TransferSamples;

// Writes every sample into the folder that is its argument, and prints a line for each: file, format, its key after a = if it has one, name of the key file; separated by tabs.
string folder = args.Length == 1 ? Directory.CreateDirectory(args[0]).FullName : throw new ArgumentException("Give the folder to write the samples into.");
Console.OutputEncoding = new UTF8Encoding(false);
foreach (Sample sample in Samples.All)
{
    File.WriteAllBytes(Path.Combine(folder, sample.File), sample.Make());
    string keyFile = sample.KeyFile is null ? "" : $"{sample.File}.key";
    if (sample.KeyFile is not null)
        File.WriteAllBytes(Path.Combine(folder, keyFile), sample.KeyFile());
    Console.WriteLine(string.Join('\t', sample.File, sample.Format, sample.Key is null ? "" : $"={sample.Key}", keyFile));
}
