using System.Management.Automation;

namespace Passpack.PowerShell.Commands;

// Replaces PowerShell's own methods, because each can run foreign code on this thread: downstream cmdlets, a host's prompt. If the pump were current
// there, an await in that code would post to the pump, which waits for that code: a deadlock. Texts may also contain names from strangers, so
// View.Text makes them safe for a terminal.
public abstract partial class PasspackCmdlet
{
    /// <summary>Runs a call that may execute foreign code: a script, a host's prompt, another module.</summary>
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

    /// <summary>Emits a file that was written, as Get-Item does.</summary>
    protected void EmitFile(string path)
    {
        foreach (PSObject file in InvokeProvider.Item.Get([path], force: true, literalPath: true))
            WriteObject(file);
    }

    /// <summary>Reports the error of one item; the cmdlet goes on with the next.</summary>
    protected void WriteError(PasspackException error, object? target = null) => WriteError(ErrorRecords.From(error, target));

    /// <inheritdoc cref="WriteError(PasspackException, object)"/>
    protected new void WriteError(ErrorRecord errorRecord) => Outside(() => base.WriteError(errorRecord));

    /// <inheritdoc cref="Cmdlet.WriteWarning"/>
    protected new void WriteWarning(string text) => Outside(() => base.WriteWarning(View.Text(text)));

    /// <inheritdoc cref="Cmdlet.WriteVerbose"/>
    protected new void WriteVerbose(string text) => Outside(() => base.WriteVerbose(View.Text(text)));

    /// <inheritdoc cref="Cmdlet.WriteDebug"/>
    protected new void WriteDebug(string text) => Outside(() => base.WriteDebug(View.Text(text)));

    /// <inheritdoc cref="Cmdlet.WriteInformation(object, string[])"/>
    protected new void WriteInformation(object messageData, string[] tags) => Outside(() => base.WriteInformation(messageData, tags));

    /// <inheritdoc cref="Cmdlet.WriteProgress(ProgressRecord)"/>
    protected new void WriteProgress(ProgressRecord progressRecord) => Outside(() => base.WriteProgress(progressRecord));

    /// <summary>Whether to go on, by -WhatIf, -Confirm and the user.</summary>
    /// <param name="target">A name that the user recognises: of an entry or an account.</param>
    /// <param name="action">What happens to it.</param>
    protected new bool ShouldProcess(string target, string action) =>
        Asking(Question(target, action), () => base.ShouldProcess(View.Text(target), View.Text(action)));

    /// <summary>Asks the user, regardless of -Confirm. The cmdlet needs a -Force that skips the question.</summary>
    protected new bool ShouldContinue(string query, string caption) => Outside(() => base.ShouldContinue(View.Text(query), caption));
}
