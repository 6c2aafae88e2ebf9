using System.Collections;
using System.Management.Automation;
using System.Text;
using Passpack.Automation.Masking;
using Passpack.Automation.Running;
using Passpack.PowerShell.Completion;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell.Commands;

/// <summary>Runs a program, or a script block, that gets secrets in its environment, its standard input, or files, and masks them in what it prints.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "PasspackCommand", SupportsShouldProcess = true, DefaultParameterSetName = Program)]
[OutputType(typeof(string), ParameterSetName = [Program])]
[OutputType(typeof(object), ParameterSetName = [Block])]
public sealed partial class InvokePasspackCommandCommand : ReferenceCmdlet
{
    private const string Program = "Program", Block = "ScriptBlock";

    /// <summary>The program: a name that is on PATH, or a path.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = Program)]
    [ValidateNotNullOrEmpty]
    public string FilePath { get; set; } = "";

    /// <summary>Its arguments, each passed exactly.</summary>
    [Parameter(ParameterSetName = Program)]
    [AllowEmptyString]
    [ValidateNotNull]
    public string[] ArgumentList { get; set; } = [];

    /// <summary>The folder that it starts in; by default PowerShell's location.</summary>
    [Parameter(ParameterSetName = Program)]
    [ValidateNotNullOrEmpty]
    public string? WorkingDirectory { get; set; }

    /// <summary>Start with the variables alone that programs need, and those that are given.</summary>
    [Parameter(ParameterSetName = Program)]
    public SwitchParameter UseNewEnvironment { get; set; }

    /// <summary>What it reads: a text, a reference, a SecureString or bytes.</summary>
    [Parameter(ParameterSetName = Program)]
    [ArgumentCompleter(typeof(ReferenceCompleter))]
    public object? StandardInput { get; set; }

    /// <summary>A file for the bytes of its standard output.</summary>
    [Parameter(ParameterSetName = Program)]
    [ValidateNotNullOrEmpty]
    public string? OutFile { get; set; }

    /// <summary>Overwrite the file.</summary>
    [Parameter(ParameterSetName = Program)]
    public SwitchParameter Force { get; set; }

    /// <summary>Emit the lines of its error stream, too.</summary>
    [Parameter(ParameterSetName = Program)]
    public SwitchParameter MergeError { get; set; }

    /// <summary>Runs in this process, with the variables.</summary>
    [Parameter(Mandatory = true, ParameterSetName = Block)]
    public ScriptBlock? ScriptBlock { get; set; }

    /// <summary>Variables: texts, references, SecureStrings; null takes one away.</summary>
    [Parameter]
    [ValidateNotNull]
    public IDictionary Environment { get; set; } = new Hashtable();

    /// <summary>Files of variables, lines of NAME=value; -Environment counts before them.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] EnvironmentFile { get; set; } = [];

    /// <summary>Variables that name files, each with what a reference stands for.</summary>
    [Parameter]
    [ValidateNotNull]
    public IDictionary SecretFile { get; set; } = new Hashtable();

    /// <summary>Mask nothing: a program gets the terminal of this process.</summary>
    [Parameter]
    public SwitchParameter NoMask { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        bool isBlock = ParameterSetName == Block;
        string program = isBlock ? "the script block" : FindProgram();
        if (NoMask && (OutFile is not null || MergeError))
            throw ErrorRecords.Invalid("-NoMask hands this process's terminal on, so there is no output for -OutFile and -MergeError.", null);
        List<GivenValue> values = ReadValues();
        if (!ShouldProcess(program, Describe(values)))
            return;
        using var guard = isBlock ? null : new TerminationGuard();
        var secrets = new List<byte[]>();
        SecretFolder? folder = null;
        try
        {
            await ResolveAsync(values, secrets, cancellationToken);
            folder = WriteFiles(values);
            using var mask = new SecretMask(secrets);
            if (isBlock)
                RunBlock(values, mask, cancellationToken);
            else
                await RunProgramAsync(program, values, mask, guard!, cancellationToken);
        }
        finally
        {
            folder?.Dispose();
            foreach (byte[] secret in secrets.Concat(values.Select(value => value.Content).OfType<byte[]>()))
                Array.Clear(secret);
        }
    }

    private SecretFolder? WriteFiles(List<GivenValue> values)
    {
        if (!values.Any(value => value.Place == GivenPlace.File))
            return null;
        SecretFolder folder = SecretFolder.Create(DataFolder.Current);
        try
        {
            if (folder.IsOnDisk)
            {
                WriteWarning($"This machine has no place in memory for the files of -SecretFile: they lie in {folder.Path} while the program runs, and are "
                    + "overwritten then. A disk may keep copies.");
            }
            foreach (GivenValue value in values.Where(value => value.Place == GivenPlace.File))
                value.Text = folder.Write(value.FileName, value.Content!);
            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    private static string Describe(List<GivenValue> values)
    {
        var what = new StringBuilder("Run");
        string[] variables = [.. values.Where(value => value is { Place: GivenPlace.Variable, IsRemoved: false }).Select(value => value.Name)];
        string[] files = [.. values.Where(value => value.Place == GivenPlace.File).Select(value => value.Name)];
        if (variables.Length > 0)
            what.Append(" with the variable(s) ").AppendJoin(", ", variables);
        if (files.Length > 0)
            what.Append(variables.Length > 0 ? ", " : " with ").Append("files in ").AppendJoin(", ", files);
        if (values.Any(value => value.Place == GivenPlace.Input))
            what.Append(variables.Length + files.Length > 0 ? ", " : " with ").Append("standard input");
        return what.ToString();
    }
}
