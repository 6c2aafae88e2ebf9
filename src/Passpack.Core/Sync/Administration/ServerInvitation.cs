using Passpack.Protocol;
using Passpack.Sync.Client;
using Passpack.Sync.Session;
using Passpack.Vault.Account;

namespace Passpack.Sync.Administration;

/// <summary>An invitation to register at a server.</summary>
/// <param name="Server">Where.</param>
/// <param name="Text">What the invited gives: whoever has it can register, once.</param>
/// <param name="Expires">Until when it holds.</param>
public sealed record ServerInvitation(Uri Server, string Text, DateTimeOffset Expires)
{
    /// <summary>Invites somebody to the server of an administrator's account. The server gets to know the text when it is used.</summary>
    /// <param name="vault">The administrator's; unlocked, and connected.</param>
    /// <param name="life">How long it holds.</param>
    /// <param name="quota">How many bytes the account may hold. Null: as the server says.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Gives up; an invitation that nobody has may be left.</param>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.NotPermitted"/>, and errors of the server.</exception>
    public static async Task<ServerInvitation> CreateAsync(
        LocalVault vault, TimeSpan life, long? quota, TimeProvider time, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(time);
        string text = Invitations.Create();
        byte[] hash = Invitations.HashOf(text);
        var expires = DateTimeOffset.FromUnixTimeMilliseconds((time.GetUtcNow() + life).ToUnixTimeMilliseconds());
        using SyncRun run = SyncRun.OpenReadOnly(vault);
        await SignedRequest.SendAsync(run.Client, HttpMethod.Post, Routes.Invitations, head => new InviteRequest(
            hash, expires, head,
            run.Keys.Sign(run.Identity, SignaturePurpose.Invitation, Statements.Invitation(run.Account.VaultId, head, hash, expires, quota)), quota),
            ProtocolJson.Default.InviteRequest, cancellationToken).ConfigureAwait(false);
        return new ServerInvitation(run.Client.Server, text, expires);
    }

    // Without the text.
    private bool PrintMembers(System.Text.StringBuilder builder)
    {
        builder.Append(System.Globalization.CultureInfo.InvariantCulture, $"Server = {Server}, Expires = {Expires:u}");
        return true;
    }
}
