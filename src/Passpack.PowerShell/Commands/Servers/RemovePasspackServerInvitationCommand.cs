using System.Management.Automation;
using Passpack.PowerShell.Completion;
using Passpack.Protocol;
using Passpack.Sync.Administration;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Commands;

/// <summary>Takes back an invitation to a server that was not used, as its administrator.</summary>
[Cmdlet(VerbsCommon.Remove, "PasspackServerInvitation", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(void))]
public sealed class RemovePasspackServerInvitationCommand : EachAccountCmdlet
{
    /// <summary>Its id, as Get-PasspackServerInvitation lists it, or its text; also that of a piped invitation.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [TextTransformation(Needed = true)]
    public string? Id { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAccountAsync(CancellationToken cancellationToken)
    {
        if (Id is null)
            throw ErrorRecords.Invalid("-Id is missing: it says which one is meant. Get-PasspackServerInvitation lists them.", null);
        LocalVault administrator = RequireAccount();
        Uri server = ServerOf(administrator);
        byte[] hash = ServerInvitationInfo.HashOf(Id);
        string id = ServerInvitationInfo.IdOf(hash);
        // Looked up first, so that -WhatIf and the question are about an invitation that there is.
        await foreach (InvitationSummary found in ServerOverview.ListInvitationsAsync(administrator, cancellationToken))
        {
            if (!found.Hash.AsSpan().SequenceEqual(hash))
                continue;
            if (found.Used is { } used)
                throw new PasspackException(ErrorCodes.InvitationInvalid, $"The invitation {id} was used on {View.Time(used)}.") { Target = id };
            if (ShouldProcess(id, $"Take the invitation to {server} back, which holds until {View.Time(found.Expires)}"))
                await ServerOverview.RemoveInvitationAsync(administrator, hash, cancellationToken);
            return;
        }
        throw new PasspackException(ErrorCodes.InvitationInvalid,
            $"{server} has no invitation {id}: it has expired, was taken back, or is none of this server. Get-PasspackServerInvitation lists them.")
        { Target = id };
    }
}
