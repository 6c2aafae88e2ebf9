using System.Management.Automation;
using System.Security;
using Passpack.Sync.Rotations;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Commands;

/// <summary>A cmdlet that runs script blocks where a password is used. One rotation that fails does not stop the others.</summary>
public abstract class RotationCmdlet : AccountCmdlet
{
    private readonly List<SecureString> _handedOut = [];

    /// <summary>Says true of the password that is in force: <c>param($Entry, $Password)</c>.</summary>
    [Parameter]
    [ValidateNotNull]
    public ScriptBlock? Verify { get; set; }

    /// <summary>Puts the old password in force again: <c>param($Entry, $Old, $New)</c>.</summary>
    [Parameter]
    [ValidateNotNull]
    public ScriptBlock? Undo { get; set; }

    /// <summary>Go on where the server cannot be reached.</summary>
    [Parameter]
    public SwitchParameter AllowOffline { get; set; }

    /// <summary>What puts the new password in force. Null if the cmdlet takes none.</summary>
    private protected virtual ScriptBlock? ChangeBlock => null;

    /// <inheritdoc/>
    protected override Task BeginAsync(CancellationToken cancellationToken)
    {
        RotationBlock.RequireSecure(ChangeBlock, "Change");
        RotationBlock.RequireSecure(Verify, nameof(Verify));
        RotationBlock.RequireSecure(Undo, nameof(Undo));
        return Task.CompletedTask;
    }

    /// <summary>Runs a rotation, and emits how it ended; an error is that of its entry alone.</summary>
    /// <param name="vault">The entry's account.</param>
    /// <param name="target">Of an error.</param>
    /// <param name="run">What is done.</param>
    /// <param name="cancellationToken">Ctrl+C.</param>
    private protected async Task RunAsync(
        LocalVault vault, object target, Func<PasswordRotation, Task<RotationOutcome>> run, CancellationToken cancellationToken)
    {
        SynchronizationContext pump = SynchronizationContext.Current!;
        try
        {
            RotationOutcome outcome = await ShowingAsync("Rotating", progress => run(new PasswordRotation(vault, Blocks(vault, pump, cancellationToken),
                new RotationOptions { AllowOffline = AllowOffline, Progress = progress, NotSynced = error => pump.Post(_ => WarnNotSynced(error), null) })));
            WriteObject(new Rotation(outcome.Entry, outcome.Rotation, outcome.IsCommitted ? RotationStep.Committed : RotationStep.Undone, vault));
        }
        catch (Exception e) when (ErrorRecords.Translate(e) is { } error)
        {
            WriteError(error, target);
        }
        finally
        {
            foreach (SecureString secret in _handedOut)
                secret.Dispose();
            _handedOut.Clear();
        }
    }

    private RotationBlocks Blocks(LocalVault vault, SynchronizationContext pump, CancellationToken cancellationToken)
    {
        return new RotationBlocks
        {
            Change = ChangeBlock is null ? null : passwords => On(pump, () => Invoke(ChangeBlock, "Change", passwords, null)),
            Verify = Verify is null ? null : (passwords, asked) => On(pump, () => RotationBlock.Truth(Invoke(Verify, nameof(Verify), passwords, asked))),
            Undo = Undo is null ? null : passwords => On(pump, () => Invoke(Undo, nameof(Undo), passwords, null)),
        };

        object? Invoke(ScriptBlock block, string name, RotatedPassword passwords, string? asked)
        {
            EndProgress();
            string which = asked is null ? "" : $" with the {(asked == passwords.New ? "new" : "old")} password";
            WriteVerbose($"Running -{name} for '{passwords.Entry.Name}'{which}.");
            object[] secrets = asked is null ? [Secure(passwords.Old), Secure(passwords.New)] : [Secure(asked)];
            return Outside(() => new RotationBlock(this, block, name, passwords).Run([new Entry(passwords.Entry, vault), .. secrets], cancellationToken));
        }
    }

    /// <summary>Passes on what a script block said on a stream.</summary>
    /// <param name="said">What it emitted.</param>
    /// <param name="masked">What can be told of a text. Null if nothing.</param>
    /// <returns>False if it is output.</returns>
    internal bool Tell(object? said, Func<string, string?> masked)
    {
        (string Text, Action<string> Write)? tell = said switch
        {
            WarningRecord warning => (warning.Message, WriteWarning),
            VerboseRecord verbose => (verbose.Message, WriteVerbose),
            DebugRecord debug => (debug.Message, WriteDebug),
            InformationRecord information => ($"{information.MessageData}", told => WriteInformation(told, [.. information.Tags])),
            // What programs say on their error stream.
            ErrorRecord native => (native.Exception.Message, WriteVerbose),
            _ => null,
        };
        if (tell is { } stream && masked(stream.Text) is { } text)
            stream.Write(text);
        return tell is not null;
    }

    private SecureString Secure(string secret)
    {
        SecureString secure = SecureStrings.Of(secret);
        _handedOut.Add(secure);
        return secure;
    }

    private void WarnNotSynced(PasspackException error) => WriteWarning(
        $"The online account does not know yet how far the rotation is; Sync-PasspackVault tells it. {error.ErrorId}: {error.Message}");

    /// <summary>A script block runs on the pipeline's thread, whichever thread the rotation has come to.</summary>
    private static Task<T> On<T>(SynchronizationContext pump, Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        pump.Post(_ =>
        {
            try
            {
                done.SetResult(work());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        }, null);
        return done.Task;
    }
}
