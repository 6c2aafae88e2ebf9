using Passpack.Protocol.Sharing;
using Passpack.Vault.Storage;

namespace Passpack.Vault.Logs;

/// <summary>The statements of a shared vault's log, as the vault file has them.</summary>
internal static class StatementTable
{
    /// <summary>The bytes of the statements from a number on, in order. A number that is missing ends them.</summary>
    public static IEnumerable<byte[]> From(VaultConnection connection, long number)
    {
        foreach ((long at, byte[] bytes) in connection.Query(
            "SELECT number, bytes FROM statement WHERE number >= $1 ORDER BY number", row => (row.GetInt64(0), row.GetFieldValue<byte[]>(1)), number))
        {
            if (at != number++)
                yield break;
            yield return bytes;
        }
    }

    /// <summary>Appends a statement that was verified. In the transaction that makes the account's row vouch for it.</summary>
    public static void Append(VaultConnection connection, SignedStatement statement) =>
        connection.Execute("INSERT INTO statement (number, bytes) VALUES ($1, $2)", statement.Content.Number, statement.Bytes.ToArray());
}
