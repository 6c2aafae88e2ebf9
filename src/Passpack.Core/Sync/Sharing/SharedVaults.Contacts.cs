using Passpack.Protocol;
using Passpack.Sharing;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.Sync.Sharing;

/// <summary>Whose identity this account has verified.</summary>
public static partial class SharedVaults
{
    // What people compare, and the whole of it.
    private const int ShownDigits = 40, AllDigits = 64;

    /// <summary>The contacts, by User ID.</summary>
    public static IReadOnlyList<Contact> Contacts(LocalVault account)
    {
        ArgumentNullException.ThrowIfNull(account);
        return [.. account.Contacts().OrderBy(contact => contact.UserId, StringComparer.OrdinalIgnoreCase)];
    }

    /// <summary>Takes somebody among the contacts whose fingerprint somebody compared.</summary>
    /// <param name="account">Unlocked, and online.</param>
    /// <param name="userId">Whose.</param>
    /// <param name="fingerprint">40 or 64 hexadecimal digits, as a person types them: spaces and hyphens do not count.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.ContactNotVerified"/>: it is no fingerprint, or the server has no such identity; and as <see cref="VaultSync.RunAsync"/>.
    /// </exception>
    public static async Task<Contact> ConfirmContactAsync(
        LocalVault account, string userId, string fingerprint, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(account);
        RequireUserId(userId);
        string digits = Digits(fingerprint) ?? throw SharingErrors.NotFingerprint();
        using SyncRun run = await PersonalStore.StartAsync(account, cancellationToken).ConfigureAwait(false);
        if (SharingRules.IsSameUser(userId, run.Identity.UserId))
            throw SharingErrors.Oneself("An account is no contact of its own.");
        var server = new SharingServer(run.Client);
        AccountIdentity identity = await server.IdentityAsync(userId, digits, cancellationToken).ConfigureAwait(false)
            ?? throw SharingErrors.NotServed(userId, server.Address);
        await PersonalStore.WriteAsync(run, records => [.. Pin(records, identity, ContactProof.Comparison, account.Clock.GetUtcNow())], cancellationToken)
            .ConfigureAwait(false);
        return RequireContact(account, userId);
    }

    /// <summary>Takes somebody out of the contacts. Members of shared vaults stay members.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.ContactNotVerified"/>: it is no contact; and as <see cref="VaultSync.RunAsync"/>.</exception>
    public static async Task RemoveContactAsync(LocalVault account, string userId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(account);
        bool found = false;
        await PersonalStore.WriteAsync(account, records =>
        {
            PersonalEdit[] gone = [.. records.Contacts().Where(contact => contact.IsOf(userId)).Select(PersonalEdit.Remove)];
            found |= gone.Length > 0;
            return gone;
        }, cancellationToken).ConfigureAwait(false);
        if (!found)
            throw SharingErrors.NotContact(userId);
    }

    private static Contact RequireContact(LocalVault account, string userId)
    {
        RequireUserId(userId);
        return account.Personal(records => records.Contact(userId)) ?? throw SharingErrors.NotVerified(userId);
    }

    private static void RequireUserId(string userId)
    {
        ArgumentNullException.ThrowIfNull(userId);
        if (!SharingRules.IsUserId(userId))
            throw SharingErrors.NotUserId(userId);
    }

    /// <summary>The change by which an identity is the contact of its User ID; none if it is already.</summary>
    private static IEnumerable<PersonalEdit> Pin(PersonalMirror records, AccountIdentity identity, ContactProof how, DateTimeOffset now)
    {
        if (records.Contact(identity.UserId) is not { } known)
            yield return PersonalEdit.Put(new Contact(Guid.NewGuid(), identity, how, now));
        else if (!known.Identity.Bytes.SequenceEqual(identity.Bytes))
            yield return PersonalEdit.Put(known with { Identity = identity, How = how, Verified = now });
    }

    /// <summary>A fingerprint as digits in capitals. Null if a text is none.</summary>
    private static string? Digits(string text)
    {
        string digits = string.Concat(text.Where(c => !char.IsWhiteSpace(c) && c != '-')).ToUpperInvariant();
        return digits.Length is ShownDigits or AllDigits && digits.All(char.IsAsciiHexDigit) ? digits : null;
    }
}
