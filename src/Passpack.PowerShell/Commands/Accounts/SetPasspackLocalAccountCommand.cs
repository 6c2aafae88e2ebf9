using System.Management.Automation;
using Passpack.Sync.Accounts;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Commands;

/// <summary>Changes the settings of an account on this machine.</summary>
[Cmdlet(VerbsCommon.Set, "PasspackLocalAccount", SupportsShouldProcess = true)]
[OutputType(typeof(LocalAccount))]
public sealed class SetPasspackLocalAccountCommand : EachAccountCmdlet
{
    /// <summary>The new address of the account's server. The online account there has to be the same one.</summary>
    [Parameter]
    [ValidateNotNull]
    public Uri? Server { get; set; }

    /// <summary>The SHA-256 of the certificate that its server has to show from now on; an empty text: one that a certificate authority vouches for.</summary>
    [Parameter]
    [AllowEmptyString]
    public string? CertificateFingerprint { get; set; }

    /// <summary>Idle minutes after which the account locks; 0 for never.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int? LockAfterMinutes { get; set; }

    /// <summary>Versions of an entry that are kept. The newest always stays.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? HistoryVersions { get; set; }

    /// <summary>Days that they are kept.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? HistoryDays { get; set; }

    /// <summary>Whether a sync fetches the contents of all attachments, or each when somebody asks for it.</summary>
    [Parameter]
    public AttachmentMode? Attachments { get; set; }

    /// <summary>Emit the account.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAccountAsync(CancellationToken cancellationToken)
    {
        string[] settings =
        [
            .. new (string Name, object? Value)[]
            {
                (nameof(Server), Server), (nameof(CertificateFingerprint), CertificateFingerprint), (nameof(LockAfterMinutes), LockAfterMinutes),
                (nameof(HistoryVersions), HistoryVersions), (nameof(HistoryDays), HistoryDays), (nameof(Attachments), Attachments),
            }.Where(setting => setting.Value is not null).Select(setting => $"{setting.Name} to {setting.Value}"),
        ];
        if (settings.Length == 0)
        {
            throw ErrorRecords.Invalid(
                "Say what to set: -Server, -CertificateFingerprint, -LockAfterMinutes, -HistoryVersions, -HistoryDays, -Attachments.", Account);
        }
        LocalVault vault = RequireAccount();
        if (!ShouldProcess(vault.UserId, $"Set {string.Join(", ", settings)}"))
            return;
        if (Server is not null || CertificateFingerprint is not null)
        {
            var server = RequireServer(Server ?? ServerOf(vault), CertificateFingerprint);
            WarnIfOpen(server.Address);
            await ServerCheck.MoveAsync(vault, server, cancellationToken);
        }
        vault.Configure(LockAfterMinutes, HistoryVersions, HistoryDays);
        if (Attachments is { } mode)
            vault.FetchesAttachments = mode == AttachmentMode.Always;
        if (PassThru)
            WriteObject(new LocalAccount(vault.Folder));
    }
}
