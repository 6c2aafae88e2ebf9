using System.Globalization;

namespace Passpack.Transfer.Layouts;

/// <summary>
/// Gives each name once: one that comes again gets a number. Tens of thousands may have one name: numbers that were tried are not tried again.
/// </summary>
internal sealed class FreeNames
{
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);

    /// <summary>Takes this very name; false if it is taken.</summary>
    public bool TryTake(string name) => _taken.Add(name);

    /// <summary>The name if it is free, else with the first number that makes it so.</summary>
    /// <param name="name">As it is wanted.</param>
    /// <param name="separator">Before the number.</param>
    /// <param name="first">The first number.</param>
    public string Take(string name, char separator = ' ', int first = 2)
    {
        if (_taken.Add(name))
            return name;
        string free;
        int number = _numbers.GetValueOrDefault(name, first);
        while (!_taken.Add(free = string.Create(CultureInfo.InvariantCulture, $"{name}{separator}{number}")))
            number++;
        _numbers[name] = number + 1;
        return free;
    }
}
