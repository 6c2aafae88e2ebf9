using System.Buffers.Binary;
using System.Text;

namespace Passpack.Protocol;

/// <summary>What an administrator asks for. A number never gets another meaning: it stands in what is signed.</summary>
public enum AdministrationAct
{
    /// <summary><see cref="ReadStatusRequest"/>.</summary>
    ReadStatus = 1,

    /// <summary><see cref="ListAccountsRequest"/>.</summary>
    ListAccounts = 2,

    /// <summary><see cref="ReadServerEventsRequest"/>.</summary>
    ReadEvents = 3,

    /// <summary><see cref="ListInvitationsRequest"/>.</summary>
    ListInvitations = 4,

    /// <summary><see cref="RemoveInvitationRequest"/>.</summary>
    RemoveInvitation = 5,

    /// <summary><see cref="ChangeAccountRequest"/>.</summary>
    ChangeAccount = 6,

    /// <summary><see cref="ResetAccountRequest"/>.</summary>
    ResetAccount = 7,

    /// <summary><see cref="RemoveServerAccountRequest"/>.</summary>
    RemoveAccount = 8,
}

/// <summary>By whom a request of an administrator is signed: each is taken once.</summary>
/// <param name="Head">The newest manifest of the administrator's vault.</param>
/// <param name="Number">How many requests of this administrator were taken before (<see cref="KeysAnswer.Administered"/>).</param>
/// <param name="Signature">Over <see cref="Statements.Administration"/>.</param>
public sealed record AdministratorSignature(ManifestName Head, long Number, byte[] Signature);

/// <summary>
/// A request of an administrator. Each is signed, those that only read, too: a stolen token administers nothing. docs/pack-format.md, "Identity".
/// </summary>
/// <param name="By">Who signed it.</param>
public abstract record AdministrationRequest(AdministratorSignature By)
{
    /// <summary>What of it is signed: the act, and everything that it says.</summary>
    public abstract byte[] ToContent();

    /// <summary>An act and its parts.</summary>
    private protected static byte[] Content(AdministrationAct act, params ReadOnlySpan<byte[]> parts)
    {
        var content = new List<byte>(Number4((int)act));
        foreach (byte[] part in parts)
            content.AddRange(part);
        return [.. content];
    }

    /// <summary>A text after its length.</summary>
    private protected static byte[] Sized(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text), length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
        return [.. length, .. bytes];
    }

    private protected static byte[] Number8(long number)
    {
        byte[] eight = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(eight, number);
        return eight;
    }

    /// <summary>0: not said; 1: false; 2: true.</summary>
    private protected static byte[] Choice(bool? choice) => [choice switch { null => 0, false => 1, true => 2 }];

    private static byte[] Number4(int number)
    {
        byte[] four = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(four, number);
        return four;
    }
}

/// <summary>Asks how the server is; answered by <see cref="ServerStatus"/>.</summary>
/// <param name="By">Who signed it.</param>
public sealed record ReadStatusRequest(AdministratorSignature By) : AdministrationRequest(By)
{
    /// <inheritdoc/>
    public override byte[] ToContent() => Content(AdministrationAct.ReadStatus);
}

/// <summary>Asks for accounts, in the order of their numbers; answered by <see cref="ServerAccountPage"/>.</summary>
/// <param name="By">Who signed it.</param>
/// <param name="After">The number before the first wanted.</param>
/// <param name="UserId">The only one wanted. Null for all.</param>
public sealed record ListAccountsRequest(AdministratorSignature By, long After, string? UserId = null) : AdministrationRequest(By)
{
    /// <inheritdoc/>
    public override byte[] ToContent() => Content(AdministrationAct.ListAccounts, Number8(After), Sized(UserId ?? ""));
}

/// <summary>Asks for the server's own log after an event; answered by <see cref="EventPage"/>.</summary>
/// <param name="By">Who signed it.</param>
/// <param name="After">The number before the first wanted.</param>
public sealed record ReadServerEventsRequest(AdministratorSignature By, long After) : AdministrationRequest(By)
{
    /// <inheritdoc/>
    public override byte[] ToContent() => Content(AdministrationAct.ReadEvents, Number8(After));
}

/// <summary>Asks for the invitations that hold, or were used within their time; answered by <see cref="InvitationPage"/>.</summary>
/// <param name="By">Who signed it.</param>
/// <param name="After">The hash before the first wanted; 32 zeros for the first page.</param>
public sealed record ListInvitationsRequest(AdministratorSignature By, byte[] After) : AdministrationRequest(By)
{
    /// <inheritdoc/>
    public override byte[] ToContent() => Content(AdministrationAct.ListInvitations, After);
}

/// <summary>Takes an invitation back that was not used.</summary>
/// <param name="By">Who signed it.</param>
/// <param name="Hash">SHA-256 of its text.</param>
public sealed record RemoveInvitationRequest(AdministratorSignature By, byte[] Hash) : AdministrationRequest(By)
{
    /// <inheritdoc/>
    public override byte[] ToContent() => Content(AdministrationAct.RemoveInvitation, Hash);
}

/// <summary>Changes what an administrator decides of an account. What is null stays.</summary>
/// <param name="By">Who signed it.</param>
/// <param name="UserId">Of the account.</param>
/// <param name="Disabled">Whether it is disabled: none of its tokens and no login is taken, and its data stays as it is.</param>
/// <param name="Quota">How many bytes it may hold.</param>
/// <param name="NeedsSecondFactor">Whether it has to have a second factor.</param>
public sealed record ChangeAccountRequest(
    AdministratorSignature By, string UserId, bool? Disabled = null, QuotaChange? Quota = null, bool? NeedsSecondFactor = null) : AdministrationRequest(By)
{
    /// <inheritdoc/>
    public override byte[] ToContent() => Content(
        AdministrationAct.ChangeAccount, Sized(UserId), Choice(Disabled), Choice(Quota is null ? null : Quota.Bytes is not null), Number8(Quota?.Bytes ?? 0),
        Choice(NeedsSecondFactor));
}

/// <summary>How many bytes an account may hold.</summary>
/// <param name="Bytes">Null: as many as the server lets an account hold.</param>
public sealed record QuotaChange(long? Bytes);

/// <summary>Helps somebody back in; several at once may be asked for. Answered by <see cref="ResetAnswer"/>.</summary>
/// <param name="By">Who signed it.</param>
/// <param name="UserId">Of the account.</param>
/// <param name="Lockout">Forgets the failed proofs of its Password.</param>
/// <param name="Devices">Revokes all its tokens.</param>
/// <param name="SecondFactor">Removes its second factor.</param>
/// <param name="CodeHash">SHA-256 of a code that, with a signature of the account, sets another Password within an hour. Null for none.</param>
public sealed record ResetAccountRequest(
    AdministratorSignature By, string UserId, bool Lockout = false, bool Devices = false, bool SecondFactor = false, byte[]? CodeHash = null)
    : AdministrationRequest(By)
{
    /// <inheritdoc/>
    public override byte[] ToContent() => Content(
        AdministrationAct.ResetAccount, Sized(UserId), Choice(Lockout), Choice(Devices), Choice(SecondFactor), Choice(CodeHash is not null), CodeHash ?? []);
}

/// <summary>Removes an account with everything in it, for good and at once.</summary>
/// <param name="By">Who signed it.</param>
/// <param name="UserId">Of the account.</param>
public sealed record RemoveServerAccountRequest(AdministratorSignature By, string UserId) : AdministrationRequest(By)
{
    /// <inheritdoc/>
    public override byte[] ToContent() => Content(AdministrationAct.RemoveAccount, Sized(UserId));
}
