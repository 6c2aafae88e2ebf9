using System.Buffers;
using System.Management.Automation;
using Passpack.Automation.Masking;
using Passpack.Automation.References;
using Passpack.Automation.Running;

namespace Passpack.PowerShell.Commands;

// The program, from its start to its end.
public sealed partial class InvokePasspackCommandCommand
{
    private static readonly SearchValues<char> s_readByCmd = SearchValues.Create("&|<>^%\"!()\r\n");

    private string FindProgram()
    {
        foreach (string argument in ArgumentList.Append(FilePath))
        {
            if (argument?.Contains(SecretReference.Prefix, StringComparison.OrdinalIgnoreCase) is true)
            {
                throw ErrorRecords.Invalid("An argument holds a reference. Every user of this machine can read the arguments of programs: hand the secret on "
                    + "by -Environment, -StandardInput or -SecretFile.", null);
            }
        }
        string path = Outside(() => SessionState.InvokeCommand.GetCommand(FilePath, CommandTypes.Application))?.Source
            ?? throw new FileNotFoundException($"There is no program {FilePath}: neither on PATH nor at such a path.");
        if (OperatingSystem.IsWindows() && Path.GetExtension(path).ToUpperInvariant() is ".CMD" or ".BAT"
            && ArgumentList.Any(argument => argument.AsSpan().IndexOfAny(s_readByCmd) >= 0))
        {
            throw ErrorRecords.Invalid($"{path} is run by cmd.exe, which would interpret signs in the arguments. Run the program that it calls.", path);
        }
        return path;
    }

    private async Task RunProgramAsync(
        string program, List<GivenValue> values, SecretMask mask, TerminationGuard guard, CancellationToken cancellationToken)
    {
        using FileStream? output = OutFile is null ? null : ChildOutput.CreateFile(ResolveFile(OutFile), Force);
        using ChildRun child = ChildRun.Start(new ChildStart
        {
            FilePath = program,
            Arguments = ArgumentList,
            WorkingDirectory = ResolveFile(WorkingDirectory ?? SessionState.Path.CurrentFileSystemLocation.ProviderPath),
            Environment = MakeEnvironment(values),
            StandardInput = values.Find(value => value.Place == GivenPlace.Input)?.Content,
            Mask = NoMask ? null : mask,
            Output = output,
        });
        WriteVerbose($"Started {program}, process {child.Id}.");
        guard.PassOnTo(child);
        int code;
        try
        {
            await foreach (ChildLine line in child.ReadLinesAsync(cancellationToken))
                Show(line);
            code = await child.WaitAsync(cancellationToken);
        }
        catch
        {
            // At Ctrl+C, a terminal has interrupted all that run in it, the child too.
            await child.EndAsync(!cancellationToken.IsCancellationRequested ? ChildEnd.Terminate
                : Console.IsInputRedirected ? ChildEnd.Interrupt : ChildEnd.Await);
            throw;
        }
        finally
        {
            guard.PassOnTo(null);
        }
        SessionState.PSVariable.Set("global:LASTEXITCODE", code);
        if (code != 0 && LanguagePrimitives.IsTrue(GetVariableValue("PSNativeCommandUseErrorActionPreference", false)))
            WriteError(ErrorRecords.ProgramFailed(program, code), program);
    }

    private Dictionary<string, string> MakeEnvironment(List<GivenValue> values)
    {
        Dictionary<string, string> variables = ChildEnvironment.Inherit(UseNewEnvironment);
        foreach (GivenValue value in values.Where(value => value.Place != GivenPlace.Input))
        {
            if (value.IsRemoved)
                variables.Remove(value.Name);
            else
                variables[value.Name] = value.Text!;
        }
        return variables;
    }

    private void Show(ChildLine line)
    {
        if (!line.IsError || MergeError)
            WriteObject(line.Text);
        else if (Host?.UI is { } screen)
            Outside(() => screen.WriteErrorLine(line.Text));
        else
            Console.Error.WriteLine(line.Text);
    }
}
