using System.Management.Automation;
using Passpack.Sync.Administration;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Commands;

/// <summary>Helps the owner of an account back in, as the server's administrator: after a lockout, without a device, a second factor or the Password.</summary>
[Cmdlet(VerbsCommon.Reset, "PasspackServerAccount", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(PasswordResetCode))]
public sealed class ResetPasspackServerAccountCommand : ServerAccountCmdlet
{
    /// <summary>Forgets the failed logins, so that nobody waits for them.</summary>
    [Parameter]
    public SwitchParameter Lockout { get; set; }

    /// <summary>Revokes the tokens of all devices: each has to connect again with the Password.</summary>
    [Parameter]
    public SwitchParameter Device { get; set; }

    /// <summary>Removes the second factor.</summary>
    [Parameter]
    public SwitchParameter SecondFactor { get; set; }

    /// <summary>Makes a code by which the owner, who has the Packing Key, sets another Password within an hour.</summary>
    [Parameter]
    public SwitchParameter Password { get; set; }

    private protected override async Task ProcessAsync(
        LocalVault administrator, ServerAccount account, Uri server, CancellationToken cancellationToken)
    {
        string[] what =
        [
            .. Said(Lockout, "forget the failed logins"), .. Said(Device, $"revoke all devices ({account.Devices})"),
            .. Said(SecondFactor, account.SecondFactor ? "remove the second factor" : "remove the second factor (it has none)"),
            .. Said(Password, "make a code by which its Password is set"),
        ];
        if (what.Length == 0)
            throw ErrorRecords.Invalid("Say what is to be reset: -Lockout, -Device, -SecondFactor, -Password.", account.UserId);
        if (!ShouldProcess(account.UserId, $"At {server}: {string.Join(", ", what)}"))
            return;
        var reset = new ServerAccountReset(Lockout, Device, SecondFactor, Password);
        ServerAccountResetResult made = await ServerAccounts.ResetAsync(administrator, account.UserId, reset, cancellationToken);
        if (Device)
            WriteVerbose($"{made.Devices} device(s) of {account.UserId} were revoked.");
        if (made is { Code: { } code, CodeUntil: { } until })
            WriteObject(new PasswordResetCode(account.UserId, code, until, server, administrator.UserId));
    }

    private static string[] Said(bool asked, string what) => asked ? [what] : [];
}
