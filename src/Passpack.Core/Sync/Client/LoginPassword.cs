using Passpack.Packing.Records;
using Passpack.Protocol;

namespace Passpack.Sync.Client;

/// <summary>The rules for a Password, checked before anything is sent.</summary>
public static class LoginPassword
{
    /// <summary>
    /// Refuses an empty Password, and a Password that is the Packing Key: the server gets a proof of the Password, and could try Packing Keys against
    /// it.
    /// </summary>
    /// <param name="password">In UTF-8.</param>
    /// <param name="packingKey">In UTF-8. Null if no Packing Key is at hand.</param>
    /// <exception cref="ArgumentException">It is empty.</exception>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.KeyTooWeak"/>: it is the Packing Key.</exception>
    public static void Require(SecretBytes password, SecretBytes? packingKey)
    {
        ArgumentNullException.ThrowIfNull(password);
        if (password.Length == 0)
            throw new ArgumentException("The Password is empty. Nothing was sent to the server.");
        if (packingKey is not null && packingKey.Span.SequenceEqual(password.Span))
        {
            throw new PasspackException(ErrorCodes.KeyTooWeak,
                "The Password and the Packing Key that were given are the same. Nothing was sent to the server: " +
                "it gets to see proofs of the Password, and never one of the " +
                "Packing Key. Give the account's own Password, or choose another Packing Key.");
        }
    }
}
