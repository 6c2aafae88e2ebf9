using System.Management.Automation;
using System.Net;
using System.Security;
using Passpack.PowerShell.Commands;
using Passpack.PowerShell.Completion;

namespace Passpack.TestCmdlets;

[Cmdlet("Test", "Stream")]
public sealed class TestStreamCommand : PasspackCmdlet
{
    [Parameter(ValueFromPipeline = true)]
    public int Item { get; set; }

    protected override async Task BeginAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(1, cancellationToken);
        WriteObject("begin");
    }

    protected override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        int thread = Environment.CurrentManagedThreadId;
        await Task.Run(() => Thread.Sleep(1), cancellationToken);
        WriteVerbose("verbose " + Item);
        WriteProgress(new ProgressRecord(1, "working", "item " + Item));
        if (Item < 0)
            WriteError(new PasspackException("EntryNotFound", "There is no entry " + Item + "."), Item);
        else
            WriteObject(thread == Environment.CurrentManagedThreadId ? Item : "another thread");
    }

    protected override async Task EndAsync(CancellationToken cancellationToken)
    {
        await Task.Yield();
        WriteObject("end");
    }
}

[Cmdlet("Test", "Report")]
public sealed class TestReportCommand : PasspackCmdlet
{
    protected override Task ProcessAsync(CancellationToken cancellationToken)
    {
        IProgress<string> progress = new Progress<string>(WriteVerbose);
        return Task.Run(
            () =>
            {
                for (int i = 0; i < 100; i++)
                    progress.Report("step " + i);
            },
            cancellationToken);
    }
}

[Cmdlet("Test", "Terminating")]
public sealed class TestTerminatingCommand : PasspackCmdlet
{
    protected override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(1, cancellationToken);
        throw new PasspackException("VaultLocked", "The vault is locked. Unlock-PasspackVault opens it.") { Target = "a path" };
    }
}

[Cmdlet("Test", "Wait")]
public sealed class TestWaitCommand : PasspackCmdlet
{
    public static string Ended { get; private set; } = "";

    protected override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        WriteObject("waiting");
        try
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        finally
        {
            await Task.Delay(10, CancellationToken.None);
            Ended += "cleaned up;";
        }
    }

    protected override void Dispose(bool disposing)
    {
        Ended += "disposed;";
        base.Dispose(disposing);
    }
}

// As other modules are written: waits for its own await on the thread that called it.
[Cmdlet("Test", "Blocking")]
public sealed class TestBlockingCommand : PSCmdlet
{
    [Parameter(ValueFromPipeline = true)]
    public object? Item { get; set; }

    protected override void ProcessRecord()
    {
        Later().GetAwaiter().GetResult();
        WriteObject(Item);
    }

    private static async Task Later() => await Task.Delay(5);
}

[Cmdlet("Test", "Secret")]
public sealed class TestSecretCommand : PasspackCmdlet
{
    [Parameter(ValueFromPipelineByPropertyName = true), SecretTransformation]
    public SecureString? Password { get; set; }

    protected override Task ProcessAsync(CancellationToken cancellationToken)
    {
        WriteObject(Password is null ? "none" : new NetworkCredential("", Password).Password);
        return Task.CompletedTask;
    }
}
