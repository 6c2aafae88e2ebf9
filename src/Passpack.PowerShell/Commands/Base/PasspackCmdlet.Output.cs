using System.Management.Automation;

namespace Passpack.PowerShell.Commands;

// Hides PowerShell's own methods, because each of them can run other people's code on this thread: the cmdlets downstream, a host's prompt.
// Were the pump current there, an await in that code would post to us while we wait for it: a deadlock. And what they say goes to a terminal,
// with names in it that somebody else chose: see View.Text.
public abstract partial class PasspackCmdlet
{
    /// <summary>Calls out of the cmdlet: whatever may run a script, a host's prompt or another module belongs in here.</summary>
    protected static T Outside<T>(Func<T> call)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (SynchronizationContext.Current is not PipelinePump pump)
            return call();
        SynchronizationContext.SetSynchronizationContext(pump.Outer);
        try
        {
            return call();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(pump);
        }
    }

    /// <inheritdoc cref="Outside{T}"/>
    protected static void Outside(Action call)
    {
        ArgumentNullException.ThrowIfNull(call);
        Outside(() =>
        {
            call();
            return true;
        });
    }

    /// <summary>Emits one object, at once.</summary>
    protected new void WriteObject(object? sendToPipeline) => Outside(() => base.WriteObject(sendToPipeline));

    /// <summary>Reports what went wrong with one item; the cmdlet goes on with the next.</summary>
    protected void WriteError(PasspackException error, object? target = null) => WriteError(ErrorRecords.From(error, target));

    /// <inheritdoc cref="WriteError(PasspackException, object)"/>
    protected new void WriteError(ErrorRecord errorRecord) => Outside(() => base.WriteError(errorRecord));

    /// <inheritdoc cref="Cmdlet.WriteWarning"/>
    protected new void WriteWarning(string text) => Outside(() => base.WriteWarning(View.Text(text)));

    /// <inheritdoc cref="Cmdlet.WriteVerbose"/>
    protected new void WriteVerbose(string text) => Outside(() => base.WriteVerbose(View.Text(text)));

    /// <inheritdoc cref="Cmdlet.WriteProgress(ProgressRecord)"/>
    protected new void WriteProgress(ProgressRecord progressRecord) => Outside(() => base.WriteProgress(progressRecord));

    /// <summary>Whether to go on, by -WhatIf, -Confirm and the user.</summary>
    /// <param name="target">What a person recognises: an entry's name, an account.</param>
    /// <param name="action">What happens to it.</param>
    protected new bool ShouldProcess(string target, string action) =>
        Asking(Question(target, action), () => base.ShouldProcess(View.Text(target), View.Text(action)));

    /// <summary>Asks a person, whatever -Confirm says; -Force must make the question unnecessary.</summary>
    protected new bool ShouldContinue(string query, string caption) => Outside(() => base.ShouldContinue(View.Text(query), caption));
}
