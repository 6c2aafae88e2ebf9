using System.Text.Json.Serialization;

namespace Passpack.Protocol;

/// <summary>A page of accounts.</summary>
/// <param name="Accounts">In the order of their numbers, at most <see cref="Limits.AccountsPerPage"/>.</param>
/// <param name="More">Whether there are more after the last one.</param>
public sealed record ServerAccountPage(IReadOnlyList<ServerAccountSummary> Accounts, bool More);

/// <summary>An account, as an administrator sees it: nothing of what it holds, and no name of a device.</summary>
/// <param name="Number">By which the server's log names it.</param>
/// <param name="UserId">Its User ID, as the server compares it.</param>
/// <param name="Created">When it was registered.</param>
/// <param name="LastSeen">When one of its devices last asked for anything. Null if it has none.</param>
/// <param name="Disabled">Whether an administrator disabled it.</param>
/// <param name="Administrator">Whether it is an administrator's.</param>
/// <param name="SecondFactor">Whether a second factor is in force.</param>
/// <param name="NeedsSecondFactor">Whether it has to have one.</param>
/// <param name="Devices">How many devices it has.</param>
/// <param name="Vaults">How many vaults it has.</param>
/// <param name="Records">How many records they hold, deletions included.</param>
/// <param name="Bytes">What counts for its quota.</param>
/// <param name="Quota">The most that it may hold, if an administrator said so. Null: as the server says.</param>
/// <param name="RemovalDue">When its removal is due that is pending. Null if none is.</param>
/// <param name="ResetUntil">Until when a code holds that sets another Password. Null if there is none.</param>
public sealed record ServerAccountSummary(
    long Number, string UserId, DateTimeOffset Created, DateTimeOffset? LastSeen, bool Disabled, bool Administrator, bool SecondFactor,
    bool NeedsSecondFactor, int Devices, int Vaults, long Records, long Bytes, long? Quota, DateTimeOffset? RemovalDue, DateTimeOffset? ResetUntil);

/// <summary>How a server is.</summary>
/// <param name="Version">Of the program.</param>
/// <param name="Schema">Of its database.</param>
/// <param name="Registration">Who may register: first, invitation, open or closed.</param>
/// <param name="Started">When the node that answers was started.</param>
/// <param name="Now">Its clock.</param>
/// <param name="Accounts">How many accounts there are.</param>
/// <param name="Disabled">How many of them are disabled.</param>
/// <param name="Administrators">How many of them are an administrator's.</param>
/// <param name="Bytes">What all accounts together hold, as quotas count it.</param>
/// <param name="Limits">What it was told to keep to.</param>
public sealed record ServerStatus(
    string Version, int Schema, string Registration, DateTimeOffset Started, DateTimeOffset Now, long Accounts, long Disabled, long Administrators,
    long Bytes, ServerLimits Limits);

/// <summary>What a server was told to keep to: its options of the same names.</summary>
/// <param name="Quota">Bytes of an account of which nothing else was said.</param>
/// <param name="TotalQuota">Bytes of all accounts. Null for no bound.</param>
/// <param name="DiskReserve">Bytes of the disk that stay free.</param>
/// <param name="Connections">At once.</param>
/// <param name="ConnectionsPerAddress">At once from one address.</param>
/// <param name="RequestsPerMinute">From one address.</param>
/// <param name="SignInsPerMinute">From one address.</param>
/// <param name="RegistrationsPerHour">From one address.</param>
/// <param name="HistoryVersions">Earlier versions of a record.</param>
/// <param name="HistoryDays">How long they are kept.</param>
/// <param name="RecycleDays">How long the content of a deleted record is kept.</param>
public sealed record ServerLimits(
    long Quota, long? TotalQuota, long DiskReserve, int Connections, int ConnectionsPerAddress, int RequestsPerMinute, int SignInsPerMinute,
    int RegistrationsPerHour, int HistoryVersions, int HistoryDays, int RecycleDays);

/// <summary>A page of invitations.</summary>
/// <param name="Invitations">In the order of their hashes, at most <see cref="Limits.InvitationsPerPage"/>.</param>
/// <param name="More">Whether there are more after the last one.</param>
public sealed record InvitationPage(IReadOnlyList<InvitationSummary> Invitations, bool More);

/// <summary>An invitation, without its text, which the server does not have.</summary>
/// <param name="Hash">SHA-256 of its text.</param>
/// <param name="Expires">Until when it holds.</param>
/// <param name="Administrator">Whether the account that registers with it is an administrator's.</param>
/// <param name="Used">When somebody registered with it. Null if nobody did.</param>
/// <param name="By">The User ID of the administrator who made it. Null: the server itself, or an account that was removed.</param>
/// <param name="Quota">How many bytes the account may hold. Null: as the server says.</param>
public sealed record InvitationSummary(byte[] Hash, DateTimeOffset Expires, bool Administrator, DateTimeOffset? Used, string? By, long? Quota);

/// <summary>What a reset did.</summary>
/// <param name="Devices">How many devices were revoked.</param>
/// <param name="CodeUntil">Until when the code holds. Null if none was given.</param>
public sealed record ResetAnswer(
    int Devices, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? CodeUntil = null);
