using System.Management.Automation;

namespace Passpack.PowerShell.Commands;

/// <summary>A cmdlet that works on whole accounts: on each that is piped in; one that fails does not stop the others.</summary>
public abstract class EachAccountCmdlet : AccountCmdlet
{
    /// <summary>
    /// Binds only to be refused: an Entry, too, has a property Account, and <c>Get-PasspackEntry old | Remove-PasspackLocalAccount</c> must not
    /// remove the account.
    /// </summary>
    [Parameter(ValueFromPipeline = true, DontShow = true)]
    public Entry? Entry { get; set; }

    /// <summary>One account.</summary>
    protected abstract Task ProcessAccountAsync(CancellationToken stopping);

    /// <inheritdoc/>
    protected sealed override async Task ProcessAsync(CancellationToken stopping)
    {
        try
        {
            if (Entry is not null)
                throw ErrorRecords.Invalid($"{MyInvocation.MyCommand.Name} is for accounts, and '{Entry.Name}' is an entry.", Entry);
            await ProcessAccountAsync(stopping);
        }
        catch (PasspackException e) when (MyInvocation.ExpectingInput)
        {
            WriteError(e, Account);
        }
    }
}
