using Passpack.Protocol;

namespace Passpack.Health.Breaches;

/// <summary>A list of breached passwords on this machine: the Pwned Passwords, ordered by hash. Thread-safe.</summary>
public abstract class BreachList : IDisposable
{
    private protected BreachList(BreachHash hash) => Hash = hash;

    /// <summary>By which it is kept.</summary>
    public BreachHash Hash { get; }

    /// <summary>Opens a file that is ordered by hash, or a folder with a file for each prefix of 5 digits. It is searched in place.</summary>
    /// <param name="path">Of the file or folder.</param>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.BreachListDamaged"/>: it is neither, or empty, or cut.</exception>
    /// <exception cref="IOException">It is not there, or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public static BreachList Open(string path)
    {
        if (Directory.Exists(path))
            return BreachFolder.OpenFolder(path);
        if (File.Exists(path))
            return BreachFile.OpenFile(path);
        throw new FileNotFoundException($"There is no list of breached passwords at {path}.", path);
    }

    /// <summary>How often a password was in breaches.</summary>
    /// <param name="digits">Its hash, as <see cref="BreachDigits.Of"/> gives it.</param>
    /// <returns>0 if it is not in the list.</returns>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.BreachListDamaged"/>: where it was looked, the list is not ordered, or no list.</exception>
    internal abstract long Count(ReadOnlySpan<byte> digits);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes what is open.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}
