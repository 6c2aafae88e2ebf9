using Passpack.Server.Storage;

namespace Passpack.Server.Tests.Storage;

/// <summary>What a store counts for its quotas, compared with what is in its tables: each asks for how many counters are wrong.</summary>
internal static class Counters
{
    public static readonly string OfVaults =
        $"""
        SELECT count(*) FROM vault JOIN account ON account.id = vault.account WHERE user_id IS NOT NULL AND bytes <> (
            SELECT coalesce(sum(length(body) + {QuotaCost.Row}), 0) FROM record WHERE record.vault = vault.id) + (
            SELECT coalesce(sum(length(body) + {QuotaCost.Row}), 0) FROM earlier_version WHERE earlier_version.vault = vault.id) + (
            SELECT coalesce(sum(length(sealed) + {QuotaCost.Row}), 0) FROM manifest WHERE manifest.vault = vault.id)
        """;

    public static readonly string OfAll =
        $"SELECT bytes <> {QuotaCost.Account} * (SELECT count(*) FROM account) + (SELECT coalesce(sum(bytes), 0) FROM vault) FROM server";

    public static readonly string OfVaultsInPostgres = OfVaults.Replace("length(", "octet_length(", StringComparison.Ordinal);

    public static readonly string OfAllInPostgres =
        $"SELECT abs((SELECT sum(bytes) FROM total) - {QuotaCost.Account} * (SELECT count(*) FROM account) - (SELECT coalesce(sum(bytes), 0) FROM vault))::bigint";
}
