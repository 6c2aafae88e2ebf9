namespace Passpack.Server.Storage.Migration;

/// <summary>The tables of a store, in an order in which no row comes before one that it refers to, and what each row is known by.</summary>
internal static class StoreTables
{
    public static readonly (string Name, string Key)[] All =
    [
        ("server", "id"), ("account", "id"), ("vault", "id"), ("device", "account, device_id"), ("sign_in", "token_hash"),
        ("record", "vault, stream, record_id"), ("earlier_version", "vault, stream, record_id, version"), ("manifest", "vault, generation"),
        ("push", "vault, push_id"), ("bucket", "subject"), ("known_place", "account, place"), ("event_log", "account"), ("event", "account, number"),
        ("event_sum", "account, type, device, since"), ("unknown_refusal", "hour"), ("second_factor", "account"), ("second_factor_setup", "account"),
        ("invitation", "hash"), ("shared_vault", "vault"), ("vault_statement", "vault, number"), ("vault_member", "vault, fingerprint"),
        ("vault_invitation", "account, id"),
    ];

    /// <summary>Columns that only one kind of database has, and makes by itself.</summary>
    public static readonly string[] MadeByItself = ["server.bytes", "earlier_version.place"];
}
