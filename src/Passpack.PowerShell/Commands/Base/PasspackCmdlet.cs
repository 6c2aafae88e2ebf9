using System.Management.Automation;
using Passpack.Protocol;
using Passpack.Sync.Client;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell.Commands;

/// <summary>
/// Every cmdlet's base: asynchronous overrides on the pipeline thread, cancelled by Ctrl+C, and a <see cref="PasspackException"/>
/// that leaves one of them becomes a terminating error.
/// </summary>
public abstract partial class PasspackCmdlet : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Before the first input. Pipeline parameters are not bound yet.</summary>
    protected virtual Task BeginAsync(CancellationToken stopping) => Task.CompletedTask;

    /// <summary>Once for each input; once when nothing is piped.</summary>
    protected virtual Task ProcessAsync(CancellationToken stopping) => Task.CompletedTask;

    /// <summary>After the last input. Does not run when the pipeline stops early: nothing that must happen belongs here alone.</summary>
    protected virtual Task EndAsync(CancellationToken stopping) => Task.CompletedTask;

    /// <summary>A server's address, whole.</summary>
    protected static Uri DemandAddress(Uri? server)
    {
        try
        {
            Sync.Client.ServerAddress.Require(server);
            return server!;
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.ServerUnreachable)
        {
            throw ErrorRecords.Invalid(e.Message, e.Target);
        }
    }

    /// <summary>The server at an address, with the certificate that it has to show there.</summary>
    private protected static OnlineServer DemandServer(Uri? address, string? fingerprint)
    {
        Uri server = DemandAddress(address);
        return PinnedCertificate.Parse(fingerprint) is not { } certificate ? server
            : server.Scheme == Uri.UriSchemeHttps || fingerprint!.Length == 0 ? new OnlineServer(server, certificate)
            : throw ErrorRecords.Invalid($"{server} shows no certificate: -CertificateFingerprint needs an address that begins with https://.", server);
    }

    /// <inheritdoc/>
    protected sealed override void BeginProcessing()
    {
        NoteTyped();
        Run(BeginAsync);
    }

    /// <inheritdoc/>
    protected sealed override void ProcessRecord()
    {
        try
        {
            if (TakeRow())
                Run(ProcessAsync, IsOfRow);
        }
        finally
        {
            ForgetRow();
        }
    }

    /// <inheritdoc/>
    protected sealed override void EndProcessing() => Run(EndAsync);

    /// <summary>Ctrl+C, <c>PowerShell.Stop()</c>: comes on a thread of its own.</summary>
    protected sealed override void StopProcessing() => Cancel();

    /// <summary>PowerShell disposes of a cmdlet when its pipeline is over, however it ended. An override calls its base.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
            _stopping.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    private void Run(Func<CancellationToken, Task> work, Func<PasspackException, bool>? isOfRow = null)
    {
        using StoppableWork _ = StoppableWork.By(_stopping.Token);
        try
        {
            PipelinePump.Run(() => work(_stopping.Token), Cancel);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
        catch (Exception e) when (ErrorRecords.Translate(e) is { } error)
        {
            if (isOfRow?.Invoke(error) is not true)
                ThrowTerminatingError(ErrorRecords.From(error));
            WriteError(error);
        }
    }

    private void Cancel()
    {
        try
        {
            _stopping.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // Ctrl+C in the moment in which the pipeline ended by itself.
        }
    }
}
