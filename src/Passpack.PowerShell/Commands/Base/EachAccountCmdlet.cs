namespace Passpack.PowerShell.Commands;

/// <summary>A cmdlet that works on whole accounts: on each that is piped in; one that fails does not stop the others.</summary>
public abstract class EachAccountCmdlet : AccountCmdlet
{
    /// <summary>One account.</summary>
    protected abstract Task ProcessAccountAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    protected sealed override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        try
        {
            RefuseEntry();
            await ProcessAccountAsync(cancellationToken);
        }
        catch (PasspackException e) when (MyInvocation.ExpectingInput)
        {
            WriteError(e, Account);
        }
    }
}
