using System.Management.Automation;
using System.Runtime.ExceptionServices;
using System.Text;
using Passpack.Automation.Masking;

namespace Passpack.PowerShell.Commands;

// A script block runs in this process, whose variables are set meanwhile.
public sealed partial class InvokePasspackCommandCommand
{
    private static int s_running;

    private void RunBlock(List<GivenValue> values, SecretMask mask, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref s_running, 1) != 0)
        {
            throw new PasspackException(ErrorRecords.CommandInProgress, "Another -ScriptBlock runs in this process, and the variables are those of the whole "
                + "process: wait for it, or run a program with -FilePath.");
        }
        var before = new List<(string Name, string? Value)>();
        try
        {
            foreach (GivenValue value in values)
            {
                before.Add((value.Name, System.Environment.GetEnvironmentVariable(value.Name)));
                System.Environment.SetEnvironmentVariable(value.Name, value.Text);
            }
            Outside(() => InvokeBlock(mask, cancellationToken));
        }
        finally
        {
            foreach ((string name, string? value) in before)
                System.Environment.SetEnvironmentVariable(name, value);
            Volatile.Write(ref s_running, 0);
        }
    }

    private void InvokeBlock(SecretMask mask, CancellationToken cancellationToken)
    {
        using var shell = System.Management.Automation.PowerShell.Create(RunspaceMode.CurrentRunspace);
        using CancellationTokenRegistration stopping = cancellationToken.Register(() => shell.BeginStop(null, null));
        using var output = new PSDataCollection<PSObject>();
        ExceptionDispatchInfo? stopped = null;
        // Comes on this thread, while the script block runs. An exception says that nobody wants more; the shell would keep it.
        output.DataAdded += (_, added) =>
        {
            if (stopped is not null)
                return;
            try
            {
                WriteObject(Masked(output[added.Index], mask));
            }
            catch (Exception e)
            {
                stopped = ExceptionDispatchInfo.Capture(e);
                shell.BeginStop(null, null);
            }
        };
        shell.AddScript("& $args[0]").AddArgument(ScriptBlock);
        try
        {
            shell.Invoke(null, output);
        }
        catch (PipelineStoppedException) when (stopped is not null)
        {
            // Told below.
        }
        stopped?.Throw();
        foreach (ErrorRecord error in shell.Streams.Error)
            WriteError(error);
    }

    private object? Masked(PSObject? emitted, SecretMask mask)
    {
        if (NoMask || emitted?.BaseObject is not string text)
            return emitted;
        using var output = new MemoryStream();
        using var stream = new StreamMask(mask, output);
        stream.Write(Encoding.UTF8.GetBytes(text));
        stream.Complete();
        return Encoding.UTF8.GetString(output.GetBuffer(), 0, (int)output.Length);
    }
}
