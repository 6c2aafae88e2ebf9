using System.Management.Automation;
using System.Security;
using Passpack.Packing.Records;
using Passpack.PowerShell.Completion;
using Passpack.Sync.Accounts;
using Passpack.Vault.Account;
using Passpack.Vault.Storage;
using Passpack.Vault.Unlocking;

namespace Passpack.PowerShell.Commands;

// New keys in place of the present ones: docs/recovery.md says when.
public sealed partial class UpdatePasspackLocalAccountCommand
{
    /// <summary>Replaces the keys of the account.</summary>
    [Parameter(Mandatory = true, ParameterSetName = NewKeysSet)]
    [Parameter(Mandatory = true, ParameterSetName = SamePackingKeySet)]
    public SwitchParameter NewKeys { get; set; }

    /// <summary>User ID and Password of the online account; not for an account that is offline.</summary>
    [Parameter(ParameterSetName = NewKeysSet)]
    [Parameter(ParameterSetName = SamePackingKeySet)]
    [Credential]
    [ValidateNotNull]
    public PSCredential? Credential { get; set; }

    /// <summary>A code of the account's second factor, or a recovery code.</summary>
    [Parameter(ParameterSetName = NewKeysSet)]
    [Parameter(ParameterSetName = SamePackingKeySet)]
    [SecondFactorTransformation]
    public SecureString? SecondFactor { get; set; }

    /// <summary>The new Packing Key: at least 8 characters, and not the Password. If it is missing, the user is asked twice.</summary>
    [Parameter(ParameterSetName = NewKeysSet)]
    [SecretTransformation]
    public SecureString? NewPackingKey { get; set; }

    /// <summary>Seals the new keys under the present Packing Key: only for a stolen device or key of unattended unlock.</summary>
    [Parameter(Mandatory = true, ParameterSetName = SamePackingKeySet)]
    public SwitchParameter KeepPackingKey { get; set; }

    /// <summary>For a connected account: accepts a Packing Key with a rating below 50.</summary>
    [Parameter(ParameterSetName = NewKeysSet)]
    [Parameter(ParameterSetName = SamePackingKeySet)]
    public SwitchParameter AllowWeakKey { get; set; }

    /// <summary>Has the online account forget the earlier versions of entries that the keys before open.</summary>
    [Parameter(ParameterSetName = NewKeysSet)]
    [Parameter(ParameterSetName = SamePackingKeySet)]
    public SwitchParameter PurgeHistory { get; set; }

    private async Task<bool> ReplaceKeysAsync(AccountFolder folder, CancellationToken cancellationToken)
    {
        LocalAccountInfo account = AccountInspector.Describe(folder);
        if (account.Problem is not null)
            throw account.Problem;
        CheckCredential(account);
        SecureString newKey = KeepPackingKey ? PackingKey! : NewPackingKey ?? AskForNewPackingKey(nameof(NewPackingKey));
        CheckNewPackingKey(newKey);
        // Unlocked anew even if it is unlocked: -WhatIf, too, has to find a wrong Packing Key.
        using LocalVault opened = Unlock(folder, PackingKey!);
        if (!ShouldProcessHighImpact(folder.UserId, Describe(account)))
            return false;
        WarnIfWeak(newKey);
        LocalVault vault = LocalAccounts.IsUnlocked(folder) ? Require(folder) : opened;
        using SecretBytes key = PackingKey!.Read(SecretBytes.FromChars), next = newKey.Read(SecretBytes.FromChars);
        using SecretBytes? password = Credential?.Password.Read(SecretBytes.FromChars);
        using SecretBytes? code = SecondFactor?.Read(SecretBytes.FromChars);
        var options = new ReplaceKeysOptions { AllowWeakKey = AllowWeakKey, PurgeHistory = PurgeHistory, SecondFactor = code };
        foreach (string done in await ShowingAsync("Replacing the keys",
            progress => OnlineKeys.ReplaceKeysAsync(vault, password, key, next, options, progress, cancellationToken)))
            WriteVerbose(done);
        return true;
    }

    private void CheckCredential(LocalAccountInfo account)
    {
        if (account.Server is null && (Credential is not null || PurgeHistory))
        {
            throw ErrorRecords.Invalid(
                $"The local account {account.UserId} is offline: its keys are replaced without " +
                $"{(PurgeHistory ? "-PurgeHistory" : "-Credential")}.", account.UserId);
        }
        if (account.Server is not null && Credential is null)
        {
            throw ErrorRecords.Invalid($"The local account {account.UserId} is connected to {account.Server}, where its keys are replaced, too: " +
                "give User ID and Password with -Credential.", account.UserId);
        }
    }

    private void CheckNewPackingKey(SecureString given)
    {
        using SecretBytes newKey = given.Read(SecretBytes.FromChars);
        using SecretBytes? password = Credential?.Password.Read(SecretBytes.FromChars);
        if (password is null)
            PackingKeys.Check(newKey);
        else
            PackingKeys.CheckForOnline(newKey, password, AllowWeakKey);
        using SecretBytes present = PackingKey!.Read(SecretBytes.FromChars);
        if (!KeepPackingKey && present.Span.SequenceEqual(newKey.Span))
        {
            throw ErrorRecords.Invalid("The new Packing Key is the present one. Whoever has that and a copy of the vault would open the new keys, too. " +
                "Nothing was changed. Only against a stolen device or key of unattended unlock, -KeepPackingKey keeps it.", null);
        }
    }

    private string Describe(LocalAccountInfo account)
    {
        string how = KeepPackingKey ? "under the same Packing Key" : "under the new Packing Key";
        if (account.Server is null)
            return $"Replace the keys by new ones, {how}, after a sealed copy of the vault";
        string purge = PurgeHistory ? "; have the online account forget the earlier versions of entries, which cannot be undone" : "";
        return $"Replace the keys by new ones, {how}, here and at {account.Server}, after a sealed copy of the vault; " +
            $"seal all {account.Entries:N0} entries online anew; every other device has to take the new keys over{purge}";
    }
}
