using System.Buffers;
using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Passpack.Packing.Keys;
using Passpack.Packing.Legacy;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Unlocking;

/// <summary>The rules for Packing Keys, in one place.</summary>
public static class PackingKeys
{
    private const string TwoForms = " The key that was typed holds a letter with a mark, such as \u00E9. " +
        "That can be one character (NFC) or a letter and a mark (NFD, as of a macOS " +
        "file name): they look alike and are different keys. Type it as on the machine where it was set, rather than paste it.";

    /// <summary>Refuses a Packing Key that is too short or equal to the Password, and either one if it holds invalid characters.</summary>
    /// <param name="packingKey">In UTF-8.</param>
    /// <param name="password">In UTF-8. Null if no Password is at hand.</param>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.KeyTooWeak"/>.</exception>
    public static void Check(SecretBytes packingKey, SecretBytes? password = null)
    {
        ArgumentNullException.ThrowIfNull(packingKey);
        RequireCharacters(packingKey, "Packing Key");
        if (password is not null)
            RequireCharacters(password, "Password");
        // Counted in UTF-16 units, as Passpack does: every UTF-8 sequence starts with a byte other than 10xxxxxx, and one of four bytes is two units.
        int units = 0;
        foreach (byte b in packingKey.Span)
            units += (b & 0xC0) == 0x80 ? 0 : b >= 0xF0 ? 2 : 1;
        if (units < KeyQuality.MinimumLength)
            throw TooWeak($"The Packing Key has {units} characters; it needs at least {KeyQuality.MinimumLength}. A sentence is easiest to remember.");
        if (password is not null && packingKey.Span.SequenceEqual(password.Span))
            throw TooWeak("The Packing Key is the same as the Password. The server gets to see proofs of the Password, so choose another Packing Key.");
    }

    /// <summary>Refuses a Backup Key whose rating is below <see cref="KeyQuality.RequiredForBackupKey"/>.</summary>
    /// <param name="backupKey">In UTF-8.</param>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.KeyTooWeak"/>.</exception>
    public static void CheckBackupKey(SecretBytes backupKey)
    {
        ArgumentNullException.ThrowIfNull(backupKey);
        RequireCharacters(backupKey, "Backup Key");
        int rating = Rate(backupKey);
        if (rating < KeyQuality.RequiredForBackupKey)
        {
            throw TooWeak($"The Backup Key has a rating of {rating} bits; it needs at least {KeyQuality.RequiredForBackupKey}. " +
                "A sentence of several words has that.");
        }
    }

    /// <summary>
    /// Refuses a Packing Key for an online account that is too short, or whose rating is below <see cref="KeyQuality.RequiredForOnlineAccount"/>.
    /// </summary>
    /// <param name="packingKey">In UTF-8.</param>
    /// <param name="password">In UTF-8; checked as <see cref="Check"/> does.</param>
    /// <param name="allowWeakKey">Accepts a Packing Key of any rating.</param>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.KeyTooWeak"/>.</exception>
    public static void CheckForOnline(SecretBytes packingKey, SecretBytes password, bool allowWeakKey)
    {
        Check(packingKey, password);
        int rating = Rate(packingKey);
        if (rating < KeyQuality.RequiredForOnlineAccount && !allowWeakKey)
        {
            throw TooWeak($"The Packing Key has a rating of {rating} bits; for an online account it needs at least " +
                $"{KeyQuality.RequiredForOnlineAccount}, which a sentence has: " +
                "whoever runs the server, or steals its database, can try keys for as long as they like. -AllowWeakKey takes it all the same.");
        }
    }

    private static int Rate(SecretBytes key) => OfCharacters(key, characters => KeyQuality.Rate(characters));

    private static bool CanDiffer(SecretBytes key) => OfCharacters(key, characters => ComposedText.CanDiffer(characters));

    private static T OfCharacters<T>(SecretBytes key, Func<char[], T> read)
    {
        char[] characters = GC.AllocateArray<char>(Encoding.UTF8.GetCharCount(key.Span), pinned: true);
        try
        {
            Encoding.UTF8.GetChars(key.Span, characters);
            return read(characters);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(characters.AsSpan()));
        }
    }

    /// <summary>Refuses a new key or Password with invalid characters (half a surrogate pair, or U+FFFD).</summary>
    /// <remarks>
    /// In UTF-8 every half of a surrogate pair becomes U+FFFD, so different keys would become equal. Keys that are already in use still open their
    /// envelopes.
    /// </remarks>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.KeyTooWeak"/>.</exception>
    internal static void RequireCharacters(SecretBytes key, string name)
    {
        if (key.Span.IndexOf("\uFFFD"u8) >= 0)
        {
            throw TooWeak($"The {name} holds half a surrogate pair, or the sign for a character that could not be read (U+FFFD): " +
                "other keys would become the same bytes. " +
                "Choose one without it.");
        }
    }

    /// <summary>Refuses to replace a key by itself, or by one with invalid characters.</summary>
    /// <exception cref="ArgumentException">Both are the same.</exception>
    internal static void CheckNew(SecretBytes before, SecretBytes after, string name)
    {
        RequireCharacters(after, name);
        if (before.Span.SequenceEqual(after.Span))
            throw new ArgumentException($"The new {name} is the one that the account has. Nothing was changed.");
    }

    /// <summary>Refuses a Password that is the Packing Key; costs a key derivation.</summary>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.KeyTooWeak"/>.</exception>
    internal static void RequireNone(AccountRow account, SecretBytes password, AccountFolder folder)
    {
        try
        {
            Open(account, password, folder).Keys.Dispose();
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.PackingKeyMismatch)
        {
            return;
        }
        throw TooWeak("The new Password is the Packing Key. The server gets to see proofs of the Password, so choose another one. Nothing was changed.");
    }

    /// <summary>A key envelope of the current pack version, for a new salt.</summary>
    internal static string Wrap(VaultKeys keys, SecretBytes packingKey)
    {
        WrappingKey wrappingKey = WrappingKey.Create(packingKey, KdfParameters.Current);
        keys.Keep(wrappingKey);
        return keys.WrapAccountKey(wrappingKey);
    }

    /// <summary>Opens an account's key envelope, or the one of an unconfirmed change. The error for a wrong Packing Key names the way out.</summary>
    internal static (VaultKeys Keys, string Envelope) Open(AccountRow account, SecretBytes packingKey, AccountFolder folder) => Explained(account, folder, () =>
    {
        try
        {
            return (OpenKeys(account, account.KeyEnvelope, packingKey), account.KeyEnvelope);
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.PackingKeyMismatch && TryOpenNext(account, packingKey) is { } next)
        {
            return (next, account.NextKeyRecord!.Content.KeyEnvelope);
        }
    }, packingKey);

    /// <summary>Runs the opening of a key envelope, and translates its errors into those of the account.</summary>
    internal static T Explained<T>(AccountRow account, AccountFolder folder, Func<T> open, SecretBytes? packingKey = null)
    {
        try
        {
            return open();
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.PackingKeyMismatch)
        {
            PasspackException mismatch = Mismatch(account, e);
            throw packingKey is null || !CanDiffer(packingKey)
                ? mismatch
                : new PasspackException(mismatch.ErrorId, mismatch.Message + TwoForms, e) { Target = mismatch.Target };
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.PackTooNew)
        {
            throw new PasspackException(e.ErrorId, $"The vault {folder.VaultFile} cannot be opened. {e.Message}", e) { Target = folder.VaultFile };
        }
        catch (PasspackException e) when (e.ErrorId is ErrorCodes.VaultDamaged or ErrorCodes.TextDamaged)
        {
            throw VaultErrors.Damaged(folder.VaultFile, e.Message, e);
        }
    }

    private static VaultKeys OpenKeys(AccountRow account, string envelope, SecretBytes packingKey)
    {
        if (account.PackVersion < KeyEnvelope.PackVersion)
            return new VaultKeys(OpenAgedKey(account.PackVersion, envelope, packingKey), account.VaultId, account.Epoch, account.EarlierKeys);
        return Keys(account, KeyEnvelope.Open(EnvelopePurpose.AccountKey, envelope, packingKey, out WrappingKey wrapping), wrapping);
    }

    /// <summary>Makes the vault's keys of an Account Key and the wrapping key; they own both.</summary>
    internal static VaultKeys Keys(AccountRow account, SecretBytes accountKey, WrappingKey wrapping)
    {
        var keys = new VaultKeys(accountKey, account.VaultId, account.Epoch, account.EarlierKeys);
        keys.Keep(wrapping);
        return keys;
    }

    /// <summary>
    /// The Account Key in a key envelope of before pack version 7. Its plaintext is the key in Base64. In pack versions 1 and 2, which have no
    /// integrity, a wrong Packing Key may yield a useless key: <see cref="KeyCheck"/> detects that.
    /// </summary>
    private static SecretBytes OpenAgedKey(int packVersion, string envelope, SecretBytes packingKey)
    {
        if (envelope.Length == 0 || envelope[0] - '0' != packVersion)
            throw new PasspackException(ErrorCodes.VaultDamaged, $"The key envelope is not of pack version {packVersion}, as the account is.");
        using SecretBytes text = LegacyEnvelope.Open(envelope, packingKey);
        var accountKey = new SecretBytes(KeyDerivation.KeyBytes);
        if (Base64.DecodeFromUtf8(text.Span, accountKey.Span, out int read, out int written) == OperationStatus.Done
            && read == text.Length && written == KeyDerivation.KeyBytes)
        {
            return accountKey;
        }
        accountKey.Dispose();
        throw KeyCheck.IsNeeded(packVersion)
            ? new PasspackException(ErrorCodes.PackingKeyMismatch, "What it opens is no Account Key.")
            : new PasspackException(ErrorCodes.VaultDamaged, "The key envelope holds something else than an Account Key.");
    }

    /// <summary>The keys of a change that is under way, as they are until it is confirmed: the vault's own epoch.</summary>
    private static VaultKeys? TryOpenNext(AccountRow account, SecretBytes packingKey)
    {
        try
        {
            if (account.NextKeyRecord?.Content is not { } next)
                return null;
            SecretBytes accountKey = KeyEnvelope.Open(EnvelopePurpose.AccountKey, next.KeyEnvelope, packingKey, out WrappingKey wrapping);
            if (next.Epoch == account.Epoch)
                return Keys(account, accountKey, wrapping);
            // Until it is confirmed, everything is sealed under the Account Key before it, which the new one opens.
            using var following = new VaultKeys(accountKey, account.VaultId, next.Epoch, next.EarlierKeys);
            VaultKeys keys = following.At(account.Epoch);
            keys.Keep(wrapping);
            return keys;
        }
        catch (PasspackException)
        {
            // The user sees the error of the account's own envelope.
            return null;
        }
    }

    /// <summary>The error for a wrong Packing Key. Names the ways out, the cheapest first.</summary>
    internal static PasspackException Mismatch(AccountRow account, Exception? inner = null)
    {
        Uri? server = Uri.TryCreate(account.Server, UriKind.Absolute, out Uri? address) ? address : null;
        string connect = VaultErrors.ConnectCommand(account.UserId, server);
        string changed = server is null ? ""
            : "\nChanged on another machine? Unlock with the earlier one, then 'Update-PasspackLocalAccount -PackingKey " +
                "...' takes the new one over; without the earlier one, " +
                $"'{connect}' does.";
        return new(ErrorCodes.PackingKeyMismatch,
            $"The Packing Key does not fit the local account {account.UserId}. Nothing was changed.\nMistyped? Packing Keys " +
            $"are case-sensitive, and spaces count.{changed}\n" +
            $"Lost? 'Reset-PasspackLocalAccount -Account {account.UserId} -Emergency' sets the local account aside, still encrypted" +
            (server is null ? "." : $", and '{connect}' starts again from the online account, if you know the Packing Key of that."), inner)
        { Target = account.UserId };
    }

    private static PasspackException TooWeak(string message) => new(ErrorCodes.KeyTooWeak, message);
}
