using Passpack.Packing;
using Passpack.Protocol;

namespace Passpack.Vault;

/// <summary>The rules for Packing Keys, in one place.</summary>
public static class PackingKeys
{
    /// <summary>Refuses a Packing Key that is too short, or the Password again.</summary>
    /// <param name="packingKey">In UTF-8.</param>
    /// <param name="password">In UTF-8; null where none is at hand.</param>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.KeyTooWeak"/>.</exception>
    public static void Check(SecretBytes packingKey, SecretBytes? password = null)
    {
        ArgumentNullException.ThrowIfNull(packingKey);
        // Counted in UTF-16 units, as Passpack does: every UTF-8 sequence starts with a byte other than 10xxxxxx, and one of four bytes is two units.
        int units = 0;
        foreach (byte b in packingKey.Span)
            units += (b & 0xC0) == 0x80 ? 0 : b >= 0xF0 ? 2 : 1;
        if (units < KeyQuality.MinimumLength)
            throw TooWeak($"The Packing Key has {units} characters; it needs at least {KeyQuality.MinimumLength}. A sentence is easiest to remember.");
        if (password is not null && packingKey.Span.SequenceEqual(password.Span))
            throw TooWeak("The Packing Key is the same as the Password. The server gets to see proofs of the Password, so choose another Packing Key.");
    }

    /// <summary>Opens an account's key envelope; a wrong Packing Key names the way out.</summary>
    internal static SecretBytes Open(AccountRow account, SecretBytes packingKey, AccountFolder folder) =>
        Explained(account, folder, () => KeyEnvelope.Open(account.KeyEnvelope, packingKey));

    /// <summary>What a key envelope says when it does not open, in the words of the account.</summary>
    internal static T Explained<T>(AccountRow account, AccountFolder folder, Func<T> open)
    {
        try
        {
            return open();
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.PackingKeyMismatch)
        {
            throw new PasspackException(e.ErrorId,
                $"The Packing Key does not fit the local account {account.UserId}. Packing Keys are case-sensitive, and spaces count. Nothing was changed. " +
                $"If the right one cannot be found: 'Reset-PasspackLocalAccount -Account {account.UserId} -Emergency' sets the local account aside, " +
                "still encrypted, and Connect-PasspackAccount starts again from the online account.", e)
            { Target = account.UserId };
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.PackTooNew)
        {
            throw new PasspackException(e.ErrorId, $"The vault {folder.VaultFile} cannot be opened. {e.Message}", e) { Target = folder.VaultFile };
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.VaultDamaged)
        {
            throw VaultErrors.Damaged(folder.VaultFile, e.Message, e);
        }
    }

    private static PasspackException TooWeak(string message) => new(ErrorCodes.KeyTooWeak, message);
}
