using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Security;
using System.Text;
using Passpack.Automation.Masking;
using Passpack.Automation.References;
using Passpack.Automation.Running;

namespace Passpack.PowerShell.Commands;

// What a program gets: read, and then resolved, all of it before anything starts.
public sealed partial class InvokePasspackCommandCommand
{
    // The most bytes of a file that is masked.
    private const int MostMaskedBytes = 64 * 1024;

    private List<GivenValue> ReadValues()
    {
        var values = new Dictionary<string, GivenValue>(OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);
        foreach (string file in EnvironmentFile.SelectMany(ResolveFiles))
        {
            foreach ((string name, string text) in Passpack.Automation.Running.EnvironmentFile.Read(file))
                values[name] = ReadValue(name, text, GivenPlace.Variable);
        }
        foreach (DictionaryEntry variable in Environment)
            values[NameOf(variable)] = ReadValue(NameOf(variable), variable.Value, GivenPlace.Variable);
        foreach (DictionaryEntry file in SecretFile)
        {
            if (Environment.Contains(file.Key))
                throw ErrorRecords.Invalid($"-Environment and -SecretFile both set {NameOf(file)}.", null);
            values[NameOf(file)] = ReadValue(NameOf(file), file.Value, GivenPlace.File);
        }
        foreach (string name in values.Keys)
            ChildEnvironment.RequireName(name);
        List<GivenValue> all = [.. values.Values];
        if (MyInvocation.BoundParameters.ContainsKey(nameof(StandardInput)))
            all.Add(ReadValue("-StandardInput", StandardInput, GivenPlace.Input));
        return all;
    }

    private static string NameOf(DictionaryEntry entry) => Convert.ToString(Unwrap(entry.Key), CultureInfo.InvariantCulture) ?? "";

    private static GivenValue ReadValue(string name, object? given, GivenPlace place)
    {
        switch (Unwrap(given))
        {
            case null when place == GivenPlace.Variable:
                return new GivenValue(name, place) { IsRemoved = true };
            case string text when SecretReference.IsLike(text):
                return new GivenValue(name, place) { Reference = SecretReference.Parse(text) };
            case string text:
                return new GivenValue(name, place) { Text = text, Content = place == GivenPlace.Variable ? null : Encoding.UTF8.GetBytes(text) };
            case SecureString secret:
                return new GivenValue(name, place)
                {
                    IsSecret = true,
                    Text = place == GivenPlace.Variable ? secret.Read(characters => new string(characters)) : null,
                    Content = place == GivenPlace.Variable ? null : secret.Read(characters =>
                    {
                        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(characters)];
                        Encoding.UTF8.GetBytes(characters, bytes);
                        return bytes;
                    }),
                };
            case byte[] bytes when place != GivenPlace.Variable:
                return new GivenValue(name, place) { IsSecret = place == GivenPlace.File, Content = [.. bytes] };
            case int or long or bool when place == GivenPlace.Variable:
                return new GivenValue(name, place) { Text = Convert.ToString(Unwrap(given), CultureInfo.InvariantCulture) };
            case var other:
                throw ErrorRecords.Invalid($"The value of {name} is {(other is null ? "$null: was the variable set?" : $"of type {other.GetType().Name}.")} "
                    + $"It takes a text, a reference{(place == GivenPlace.Variable ? "" : ", bytes")} or a SecureString.", null);
        }
    }

    // Every reference, or none: what fails is told one by one, and the last ends the cmdlet.
    private async Task ResolveAsync(List<GivenValue> values, List<byte[]> secrets, CancellationToken cancellationToken)
    {
        GivenValue[] named = [.. values.Where(value => value.Reference is not null)];
        IReadOnlyList<Resolution> resolved = Resolve([.. named.Select(value => value.Reference!)], cancellationToken);
        var errors = new List<PasspackException>();
        for (int i = 0; i < named.Length; i++)
        {
            try
            {
                if (resolved[i].Error is { } error)
                    throw error;
                await FillAsync(named[i], resolved[i], secrets, cancellationToken);
            }
            catch (PasspackException e)
            {
                errors.Add(e);
            }
        }
        RequireNone(errors);
        foreach (GivenValue value in values.Where(value => value.IsSecret))
            secrets.Add(value.Content is { } content ? [.. content] : Encoding.UTF8.GetBytes(value.Text!));
        foreach (GivenValue value in values.Where(value => value is { Place: GivenPlace.Variable, Text: not null }))
            ChildEnvironment.RequireValue(value.Name, value.Text!);
        if (!NoMask && secrets.FirstOrDefault(secret => !SecretMask.IsLongEnough(secret)) is not null)
            WriteWarning("A secret of fewer than four characters is not masked: it would be found everywhere.");
    }

    private async Task FillAsync(GivenValue value, Resolution resolved, List<byte[]> secrets, CancellationToken cancellationToken)
    {
        if (value.Place == GivenPlace.Variable)
        {
            value.Text = await ReadTextAsync(resolved, cancellationToken);
            if (resolved.Secret!.IsSecret)
                secrets.Add(Encoding.UTF8.GetBytes(value.Text));
            return;
        }
        value.Content = await ReadBytesAsync(resolved, cancellationToken);
        value.FileName = resolved.Secret!.File?.Name ?? value.Name;
        if (resolved.Secret.IsSecret && (resolved.Secret.File is null || value.Content.Length <= MostMaskedBytes))
            secrets.Add([.. value.Content]);
        // A field of type binary is masked as it is written in the entry, too.
        if (resolved.Secret is { IsSecret: true, Text: { } text })
            secrets.Add(Encoding.UTF8.GetBytes(text));
    }

    private static object? Unwrap(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;
}
