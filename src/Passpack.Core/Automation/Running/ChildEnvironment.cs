using System.Text;

namespace Passpack.Automation.Running;

/// <summary>The variables that a child process gets.</summary>
public static class ChildEnvironment
{
    // MAX_ARG_STRLEN of Linux, the variable's name, the sign and a zero included; elsewhere, the limit of Windows in characters.
    private const int MostBytes = 128 * 1024, MostCharacters = 32_767;

    // What programs need to find others, and their user's files.
    private static readonly string[] s_kept = OperatingSystem.IsWindows()
        ? ["PATH", "HOME", "USER", "LANG", "TMPDIR", "SystemRoot", "TEMP", "USERPROFILE", "PATHEXT"] : ["PATH", "HOME", "USER", "LANG", "TMPDIR"];

    /// <summary>How the module's own variables begin, which no child inherits.</summary>
    public const string OwnPrefix = "PASSPACK_";

    /// <summary>The variables that a child inherits of this process.</summary>
    /// <param name="isNew">Whether it gets only those that programs need.</param>
    public static Dictionary<string, string> Inherit(bool isNew)
    {
        var variables = new Dictionary<string, string>(OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);
        foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            string name = (string)variable.Key;
            if (!name.StartsWith(OwnPrefix, StringComparison.OrdinalIgnoreCase) && (!isNew || s_kept.Contains(name, variables.Comparer)))
                variables[name] = (string?)variable.Value ?? "";
        }
        return variables;
    }

    /// <summary>Refuses a name that no variable can have.</summary>
    /// <exception cref="ArgumentException">It has none.</exception>
    public static void RequireName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length == 0 || name.AsSpan().IndexOfAny('=', '\0') >= 0)
            throw new ArgumentException($"'{name}' is no name of a variable: it is empty, or holds an equals sign or a zero character.");
    }

    /// <summary>Refuses a value that no variable can hold. The message shows nothing of it.</summary>
    /// <exception cref="ArgumentException">It holds a zero character.</exception>
    /// <exception cref="PasspackException"><see cref="Protocol.ErrorCodes.ValueTooLong"/>.</exception>
    public static void RequireValue(string name, string value)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value);
        if (value.Contains('\0', StringComparison.Ordinal))
            throw new ArgumentException($"The value of {name} holds a zero character, which no variable can. -SecretFile hands it on in a file.");
        bool isTooLong = OperatingSystem.IsWindows() ? value.Length > MostCharacters
            : Encoding.UTF8.GetByteCount(name) + Encoding.UTF8.GetByteCount(value) + 2 > MostBytes;
        if (isTooLong)
        {
            throw new PasspackException(Protocol.ErrorCodes.ValueTooLong, $"The value of {name} is longer than a variable can be here, "
                + $"{(OperatingSystem.IsWindows() ? $"{MostCharacters:N0} characters" : "128 KiB")}. -SecretFile hands it on in a file.");
        }
    }
}
