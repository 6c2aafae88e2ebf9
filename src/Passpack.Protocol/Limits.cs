namespace Passpack.Protocol;

/// <summary>The sizes that client and server enforce. Larger data is refused, never cut.</summary>
public static class Limits
{
    /// <summary>Bytes of the plaintext of one part of a record: 1 MiB.</summary>
    public const int PartPlaintextBytes = 1 << 20;

    /// <summary>Bytes of one record's body as it travels: two full parts and their framing.</summary>
    public const int RecordBodyBytes = 2 * PartPlaintextBytes + 1024;

    /// <summary>Records in one push or one page.</summary>
    public const int RecordsPerBatch = 1000;

    /// <summary>Bytes of bodies at which a sender closes a batch or page; one record may go beyond.</summary>
    public const int BatchBodyBytes = 2 << 20;

    /// <summary>Bytes of one request or answer: a full batch whose last record is oversized, and metadata.</summary>
    public const int MessageBytes = 12 << 20;

    /// <summary>
    /// By how much the version of a record may grow within one push, and what its first may be. Without a bound, one forged version could be the last that a
    /// record ever has.
    /// </summary>
    public const long VersionsPerPush = 1 << 20;

    /// <summary>By how much the version of a record may grow within some pushes.</summary>
    public static long MostVersions(long pushes) => pushes >= long.MaxValue / VersionsPerPush ? long.MaxValue : pushes * VersionsPerPush;

    /// <summary>Bytes of the metadata of an answer with records: as many manifests as there may be, in Base64.</summary>
    public const int MetadataBytes = 6 << 20;

    /// <summary>Manifests in one answer.</summary>
    public const int ManifestsPerPage = 256;

    /// <summary>Bytes of one sealed manifest.</summary>
    public const int ManifestBytes = 16 << 10;

    /// <summary>Bytes of an attachment's content in one chunk, the last one excepted: 256 KiB.</summary>
    public const int AttachmentChunkBytes = 256 << 10;

    /// <summary>Bytes of the body of a chunk: a full one with its head, padded and sealed. A push of one such body has at most 300 KiB in all.</summary>
    public const int AttachmentBodyBytes = AttachmentChunkBytes + 139;

    /// <summary>Bytes of one attachment: 64 MiB.</summary>
    public const int AttachmentBytes = 64 << 20;

    /// <summary>Bytes of bodies at which a batch with chunks is closed: with its metadata below 1 MiB, which proxies take unless told otherwise.</summary>
    public const int AttachmentBatchBytes = 3 * AttachmentBodyBytes;

    /// <summary>Ids in one request for records by id.</summary>
    public const int RecordIdsPerRequest = 500;

    /// <summary>The most difficult work that a server may ask of a client: a minute or so. A hostile one would ask for a year.</summary>
    public const int WorkDifficulty = 26;

    /// <summary>Bytes of a challenge, at most.</summary>
    public const int ChallengeBytes = 256;

    /// <summary>Characters of an invitation.</summary>
    public const int InvitationLength = 500;

    /// <summary>Events in one page of a log.</summary>
    public const int EventsPerPage = 500;

    /// <summary>Accounts in one page of an administrator's list.</summary>
    public const int AccountsPerPage = 500;

    /// <summary>Invitations in one page of an administrator's list.</summary>
    public const int InvitationsPerPage = 500;

    /// <summary>How many days an event is kept.</summary>
    public const int EventDays = 400;

    /// <summary>How many days the address of an event is kept.</summary>
    public const int EventAddressDays = 30;

    /// <summary>Statements of a shared vault's log in one answer.</summary>
    public const int StatementsPerPage = 1000;

    /// <summary>Bytes of statements at which an answer is closed; one may go beyond.</summary>
    public const int StatementPageBytes = 1 << 20;

    /// <summary>Shared vaults that an account has founded.</summary>
    public const int SharedVaultsFounded = 100;

    /// <summary>Shared vaults that an account is or was a member of.</summary>
    public const int SharedVaultsJoined = 1000;

    /// <summary>Invitations to shared vaults of one account that hold at the same time.</summary>
    public const int VaultInvitationsOpen = 100;

    /// <summary>Characters of the name of a device.</summary>
    public const int DeviceNameLength = 200;
}
