using System.Globalization;
using System.Management.Automation;
using Passpack.Sync.Administration;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Commands;

/// <summary>Removes an account of a server with everything in it, at once and for good; as its administrator.</summary>
[Cmdlet(VerbsCommon.Remove, "PasspackServerAccount", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(void))]
public sealed class RemovePasspackServerAccountCommand : ServerAccountCmdlet
{
    private protected override async Task ProcessAsync(
        LocalVault administrator, ServerAccount account, Uri server, CancellationToken cancellationToken)
    {
        string what = string.Create(CultureInfo.CurrentCulture, $"{account.Records:N0} record(s), {account.Bytes:N0} bytes, {account.Devices} device(s)");
        if (!ShouldProcess(account.UserId, $"Delete the online account at {server} for good, with everything in it: {what}"))
            return;
        await ServerAccounts.RemoveAsync(administrator, account.UserId, cancellationToken);
        WriteVerbose($"There is no account {account.UserId} at {server} any more. Its machines keep what they have.");
    }
}
