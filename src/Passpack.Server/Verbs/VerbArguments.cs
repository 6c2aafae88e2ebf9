namespace Passpack.Server.Verbs;

/// <summary>The command line of a verb other than serve, sorted.</summary>
/// <param name="Names">What stands alone: files, accounts.</param>
/// <param name="Own">The verb's own options, without their dashes. Of one that takes no value, the value is empty.</param>
/// <param name="Server">The rest: options of the server, as serve takes them.</param>
internal sealed record VerbArguments(IReadOnlyList<string> Names, IReadOnlyDictionary<string, string> Own, string[] Server)
{
    /// <param name="args">The command line after the verb.</param>
    /// <param name="flags">The verb's options without a value.</param>
    /// <param name="valued">The verb's options with a value.</param>
    /// <exception cref="ServerStartException">An option of the verb lacks its value.</exception>
    public static VerbArguments Parse(string[] args, string[]? flags = null, string[]? valued = null)
    {
        var names = new List<string>();
        var own = new Dictionary<string, string>();
        var server = new List<string>();
        for (int i = 0; i < args.Length; i++)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal))
            {
                names.Add(args[i]);
                continue;
            }
            string[] parts = args[i][2..].Split('=', 2);
            if (flags?.Contains(parts[0]) == true && parts.Length == 1)
            {
                own[parts[0]] = "";
                continue;
            }
            bool isOwn = valued?.Contains(parts[0]) == true;
            if (isOwn && parts.Length == 1 && i + 1 == args.Length)
                throw new ServerStartException($"--{parts[0]} lacks its value.");
            if (isOwn)
                own[parts[0]] = parts.Length == 2 ? parts[1] : args[++i];
            else
                server.AddRange(parts.Length == 2 || i + 1 == args.Length ? [args[i]] : [args[i], args[++i]]);
        }
        return new VerbArguments(names, own, [.. server]);
    }
}
