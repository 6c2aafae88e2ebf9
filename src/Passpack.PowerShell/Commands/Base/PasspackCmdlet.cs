using System.Management.Automation;
using Passpack.Protocol;
using Passpack.Sync.Client;
using Passpack.Vault.Storage;

namespace Passpack.PowerShell.Commands;

/// <summary>
/// The base of all cmdlets: asynchronous overrides that run on the pipeline thread and are cancelled by Ctrl+C. A <see cref="PasspackException"/>
/// that leaves one becomes a terminating error.
/// </summary>
public abstract partial class PasspackCmdlet : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Before the first input. Pipeline parameters are not bound yet.</summary>
    protected virtual Task BeginAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Once for each input; once when nothing is piped.</summary>
    protected virtual Task ProcessAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>After the last input. Not called if the pipeline stops early, so work that must happen has to be in Dispose, too.</summary>
    protected virtual Task EndAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Requires a complete server address.</summary>
    protected static Uri RequireAddress(Uri? server)
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
    private protected static OnlineServer RequireServer(Uri? address, string? fingerprint)
    {
        Uri server = RequireAddress(address);
        if (PinnedCertificate.Parse(fingerprint) is not { } certificate)
            return server;
        return server.Scheme == Uri.UriSchemeHttps || fingerprint!.Length == 0
            ? new OnlineServer(server, certificate)
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

    /// <summary>Called on Ctrl+C and <c>PowerShell.Stop()</c>, on another thread.</summary>
    protected sealed override void StopProcessing() => Cancel();

    /// <summary>PowerShell disposes every cmdlet at the end of its pipeline, however it ended. An override calls its base.</summary>
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
            // Ctrl+C came just as the pipeline ended by itself.
        }
    }
}
