using Passpack.Protocol;

namespace Passpack.Sync.Sharing;

/// <summary>The errors of whoever decides about members, contacts and invitations. Nothing was signed when one is thrown.</summary>
internal static class SharingErrors
{
    public static PasspackException NotOwner(string vault) => new(ErrorCodes.NotPermitted,
        $"Only an Owner of the shared vault {vault} can do that, and this account is none. Get-PasspackVaultMember lists the Owners. Nothing was changed.");

    public static PasspackException NotMember(string vault) => new(ErrorCodes.NotPermitted,
        $"This account is no member of the shared vault {vault} any more. Nothing was changed.");

    public static PasspackException Closed(string vault) => new(ErrorCodes.VaultClosed,
        $"The shared vault {vault} is closed. An Owner opens it again: Set-PasspackSharedVault -Closed:$false. Nothing was changed.");

    public static PasspackException LastOwner(string vault) => new(ErrorCodes.LastOwner,
        $"The shared vault {vault} would be without an Owner. Make another member an Owner first: Set-PasspackVaultMember. Nothing was changed.");

    public static PasspackException MemberNotFound(string vault, string userId) => new(ErrorCodes.MemberNotFound,
        $"{userId} is no member of the shared vault {vault}. Get-PasspackVaultMember lists the members. Nothing was changed.") { Target = userId };

    public static PasspackException TwoMembers(string vault, string userId) => new(ErrorCodes.MemberNotFound,
        $"The shared vault {vault} has two members with the User ID {userId}: one of them is of earlier keys. Name the one that is meant by its "
        + "fingerprint, as Get-PasspackVaultMember shows it. Nothing was changed.") { Target = userId };

    public static PasspackException Oneself(string why) => new(ErrorCodes.NotPermitted, $"{why} Nothing was changed.");

    public static PasspackException MemberAlready(string vault, string userId) => new(ErrorCodes.NotPermitted,
        $"{userId} is a member of the shared vault {vault} already. Set-PasspackVaultMember changes its role. Nothing was changed.") { Target = userId };

    public static PasspackException TooMany(string vault) => new(ErrorCodes.QuotaExceeded,
        $"The shared vault {vault} has as many members, or its log as many statements, as there may be. Nothing was changed.");

    public static PasspackException NotVerified(string userId) => new(ErrorCodes.ContactNotVerified,
        $"The identity of {userId} was never verified by this account. Invite them (New-PasspackInvitation), or compare "
        + "fingerprints (Confirm-PasspackContact). Nothing was changed.") { Target = userId };

    public static PasspackException NotFingerprint() => new(ErrorCodes.ContactNotVerified,
        "That is no fingerprint: it has 40 or 64 hexadecimal digits; spaces and hyphens do not count. Nothing was changed.");

    public static PasspackException NotServed(string userId, Uri server) => new(ErrorCodes.ContactNotVerified,
        $"{server} has no account {userId} whose identity has this fingerprint. Compare it once more, with the person itself. "
        + "Nothing was changed.") { Target = userId };

    public static PasspackException KeysChanged(string userId) => new(ErrorCodes.ContactKeysChanged,
        $"{userId} has another identity by now than the one that this account verified, or no account any more. Ask the person itself; then compare the new "
        + "fingerprint (Confirm-PasspackContact), or invite them (New-PasspackInvitation). Nothing was changed.") { Target = userId };

    public static PasspackException NotContact(string userId) => new(ErrorCodes.ContactNotVerified,
        $"{userId} is none of the contacts. Get-PasspackContact lists them. Nothing was changed.") { Target = userId };

    public static PasspackException NameTaken(string name) => new(ErrorCodes.VaultAmbiguous,
        $"This account calls another shared vault {name} already. Choose another name; nobody else sees it. Nothing was changed.") { Target = name };

    public static PasspackException NameInvalid(int most) => new(ErrorCodes.VaultAmbiguous,
        $"The name of a shared vault has 1 to {most} characters, none of them a control character, and is no id. Nothing was changed.");

    public static PasspackException InvitationInvalid(string why) => new(ErrorCodes.InvitationInvalid, $"The invitation cannot be used: {why}");

    public static PasspackException NotUserId(string userId) => new(ErrorCodes.MemberNotFound,
        $"'{userId}' is no User ID. Nothing was changed.") { Target = userId };

    public static PasspackException NotOffered(Guid vaultId, Uri server) => new(ErrorCodes.VaultNotFound,
        $"{server} offers this account no shared vault {vaultId}. Get-PasspackSharedVault lists the vaults and offers. "
        + "Nothing was changed.") { Target = vaultId };

    public static PasspackException StillMember(string vault) => new(ErrorCodes.NotPermitted,
        $"This account is a member of the shared vault {vault}: leave it first (Disconnect-PasspackSharedVault). Nothing was changed.");
}
