using System.IO.Compression;
using Passpack.Protocol;
using Passpack.Vault.Files;

namespace Passpack.Transfer.Sources;

/// <summary>Another program's zip, within bounds: what it says of itself is checked before anything is unpacked, and held to while it is.</summary>
internal sealed class SourceZip : IDisposable
{
    private const int MaxEntries = 100_000;
    private const int MaxGigabytes = 16;
    private const int MaxRatio = 500;

    // Small files may be packed as tightly as they like.
    private const int RatioFrom = 16 << 20;

    private readonly SourceInput _input;
    private readonly ZipArchive _zip;

    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.SourceDamaged"/>: it is no whole zip. <see cref="ErrorCodes.SourceTooCostly"/>: it would unpack to more than any export.
    /// </exception>
    public SourceZip(SourceInput input)
    {
        _input = input;
        try
        {
            _zip = new ZipArchive(input.Seekable(), ZipArchiveMode.Read, leaveOpen: true);
            _ = _zip.Entries.Count; // Reads its directory.
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            _zip?.Dispose();
            throw input.Damaged("the directory at its end cannot be read, so the zip is cut off or altered");
        }
        string? cost = _zip.Entries.Count > MaxEntries ? $"it has more than {MaxEntries:N0} files"
            : _zip.Entries.Sum(entry => (double)entry.Length) > (double)MaxGigabytes * (1L << 30) ? $"it would unpack to more than {MaxGigabytes} GiB"
            : null;
        if (cost is null)
            return;
        _zip.Dispose();
        throw input.Error(ErrorCodes.SourceTooCostly, $"{cost}, which no export does. Nothing was unpacked");
    }

    /// <summary>The zip. Null if the input is none, or a pipe.</summary>
    public static SourceZip? OpenIf(SourceInput input)
    {
        if (input.File is not { } file)
            return null;
        long position = file.Position; // Where the stream that was looked into goes on.
        file.Position = 0;
        bool isZip = file.ReadByte() == 'P' && file.ReadByte() == 'K';
        file.Position = position;
        return isZip ? new SourceZip(input) : null;
    }

    /// <summary>The files in it.</summary>
    public IReadOnlyList<ZipArchiveEntry> Entries => _zip.Entries;

    /// <summary>The file of this path; null if it has none.</summary>
    public ZipArchiveEntry? Find(string path) => _zip.GetEntry(path);

    /// <summary>The content of a file. Unpacking more than the zip's directory says is an error.</summary>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.SourceTooCostly"/>, <see cref="ErrorCodes.SourceNotSupported"/>: it is encrypted; <see cref="ErrorCodes.SourceDamaged"/>.
    /// </exception>
    public Stream Open(ZipArchiveEntry entry)
    {
        if (entry.IsEncrypted)
            throw _input.Error(ErrorCodes.SourceNotSupported, $"the zip itself is encrypted. Unpack it with its password, and give the file {entry.Name}");
        if (entry.Length > RatioFrom && entry.Length / MaxRatio > entry.CompressedLength)
        {
            throw _input.Error(ErrorCodes.SourceTooCostly,
                $"the file {entry.FullName} in it would unpack to more than {MaxRatio} times its size, which no export does");
        }
        try
        {
            return new Bounded(entry.Open(), entry.Length, () => _input.Damaged($"the file {entry.FullName} in the zip does not unpack to what it should"));
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw _input.Damaged($"the file {entry.FullName} in the zip cannot be unpacked");
        }
    }

    /// <summary>The input of a reader that reads a file of the zip.</summary>
    public SourceInput Input(ZipArchiveEntry entry) => new()
    {
        Name = $"{_input.Name}, {entry.FullName}", Stream = SourceText.Utf8(Open(entry)), Key = _input.Key, KeyFile = _input.KeyFile, Warn = _input.Warn,
    };

    public void Dispose() => _zip.Dispose();

    private sealed class Bounded(Stream inner, long length, Func<PasspackException> damaged) : ForwardStream
    {
        private long _left = length;

        public override int Read(Span<byte> buffer)
        {
            int count;
            try
            {
                count = inner.Read(buffer);
            }
            catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
            {
                throw damaged();
            }
            _left -= count;
            return _left < 0 || count == 0 && !buffer.IsEmpty && _left > 0 ? throw damaged() : count;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
