using System.Management.Automation;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Commands;

/// <summary>Invites somebody to register at the server of an administrator's account.</summary>
[Cmdlet(VerbsCommon.New, "PasspackServerInvitation", SupportsShouldProcess = true)]
[OutputType(typeof(ServerInvitation))]
public sealed class NewPasspackServerInvitationCommand : AccountCmdlet
{
    /// <summary>How many days it holds: 1 to 30.</summary>
    [Parameter]
    [ValidateRange(1, 30)]
    [PSDefaultValue(Help = "7")]
    public int ValidDays { get; set; } = 7;

    /// <summary>How many bytes the account may hold; by default as many as the server lets every account hold.</summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    [PSDefaultValue(Help = "as the server says")]
    public long? QuotaBytes { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        LocalVault vault = RequireAccount();
        Uri server = ServerOf(vault);
        if (!ShouldProcess(server.AbsoluteUri, $"Invite somebody to register within {ValidDays} days"))
            return;
        WriteObject(new ServerInvitation(vault.UserId, await Sync.Administration.ServerInvitation.CreateAsync(
            vault, TimeSpan.FromDays(ValidDays), QuotaBytes, TimeProvider.System, cancellationToken)));
    }
}
