using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Text;
using Passpack.Automation.Masking;
using Passpack.Protocol;
using Passpack.Sync.Rotations;

namespace Passpack.PowerShell.Commands;

/// <summary>
/// Runs one script block of a rotation. Whatever it says, on any stream, in an error, comes out masked, and its output not at all: neither a transcript
/// nor <c>$Error</c> has a password that it was given.
/// </summary>
internal sealed class RotationBlock(RotationCmdlet cmdlet, ScriptBlock block, string name, RotatedPassword passwords)
{
    // What comes after the block in the output says that it came to its end: break and exit do not throw.
    private const string Script = """
        param($Block, $Arguments, $End)
        $ErrorActionPreference = 'Stop'
        $PSNativeCommandUseErrorActionPreference = $true
        & $Block @Arguments *>&1
        $End
        """;

    private readonly object _end = new();

    /// <summary>Refuses a block that would get the text "System.Security.SecureString" for a password.</summary>
    public static void RequireSecure(ScriptBlock? block, string name)
    {
        IEnumerable<ParameterAst> parameters = block is null ? [] : ((ScriptBlockAst)block.Ast).ParamBlock?.Parameters ?? Enumerable.Empty<ParameterAst>();
        foreach (ParameterAst parameter in parameters.Skip(1).Where(parameter => parameter.StaticType == typeof(string)))
        {
            throw ErrorRecords.Invalid($"-{name} gets its passwords as SecureStrings: take [string] from before {parameter.Name}, and use "
                + "ConvertFrom-SecureString -AsPlainText where a text is needed.", null);
        }
    }

    /// <summary>What -Verify says.</summary>
    /// <exception cref="PasspackException">It says neither true nor false.</exception>
    public static bool Truth(object? last) => last is bool truth ? truth
        : throw new PasspackException(ErrorCodes.RotationFailed, "the last that -Verify emits is neither $true nor $false");

    /// <summary>Runs it.</summary>
    /// <returns>The last object that it emitted.</returns>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.RotationFailed"/>, without a password.</exception>
    public object? Run(object[] arguments, CancellationToken cancellationToken)
    {
        byte[][] secrets = [Encoding.UTF8.GetBytes(passwords.Old), Encoding.UTF8.GetBytes(passwords.New)];
        using var mask = new SecretMask(secrets);
        // What is too short to be masked could stand anywhere.
        bool tells = Array.TrueForAll(secrets, secret => secret.Length == 0 || SecretMask.IsLongEnough(secret));
        var errors = cmdlet.SessionState.PSVariable.GetValue("global:Error") as ArrayList;
        object?[] before = errors?.ToArray() ?? [];
        try
        {
            return Run(arguments, text => tells ? Masked(text, mask) : null, cancellationToken);
        }
        finally
        {
            // PowerShell keeps even those that the block has caught.
            foreach (object? error in errors?.ToArray().Except(before, ReferenceEqualityComparer.Instance).ToArray() ?? [])
                errors!.Remove(error);
            foreach (byte[] secret in secrets)
                Array.Clear(secret);
        }
    }

    private object? Run(object[] arguments, Func<string, string?> masked, CancellationToken cancellationToken)
    {
        using var shell = System.Management.Automation.PowerShell.Create(RunspaceMode.CurrentRunspace);
        using CancellationTokenRegistration stopping = cancellationToken.Register(() => shell.BeginStop(null, null));
        shell.AddScript(Script, useLocalScope: true).AddArgument(block).AddArgument(arguments).AddArgument(_end);
        using var output = new PSDataCollection<PSObject>();
        object? last = null;
        bool isOver = false;
        Exception? failure = null;
        try
        {
            shell.Invoke(null, output);
        }
        catch (RuntimeException e) when (e is not PipelineStoppedException)
        {
            failure = e.ErrorRecord?.Exception ?? e;
        }
        foreach (object? emitted in output.Select(one => one?.BaseObject))
        {
            if (emitted == _end)
                isOver = true;
            else if (emitted is ErrorRecord { FullyQualifiedErrorId: not ("NativeCommandError" or "NativeCommandErrorMessage") } error)
                failure ??= error.Exception;
            else if (!cmdlet.Tell(emitted, masked))
                last = emitted;
        }
        if (failure is not null)
            throw Failed(failure, masked);
        return isOver ? last : throw new PasspackException(ErrorCodes.RotationFailed, $"-{name} did not come to its end (break, continue or exit)");
    }

    // Without the exception itself, whose message and data are not masked.
    private PasspackException Failed(Exception exception, Func<string, string?> masked)
    {
        string type = exception.GetType().Name;
        return new PasspackException(ErrorCodes.RotationFailed,
            $"-{name} failed: {(masked(exception.Message) is { } message ? $"{message.TrimEnd('.')} ({type})" : type)}");
    }

    private static string Masked(string text, SecretMask mask)
    {
        using var output = new MemoryStream();
        using var stream = new StreamMask(mask, output);
        stream.Write(Encoding.UTF8.GetBytes(text));
        stream.Complete();
        return Encoding.UTF8.GetString(output.GetBuffer(), 0, (int)output.Length);
    }
}
