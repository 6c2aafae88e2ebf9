namespace Passpack.Server.Storage;

/// <summary>A database as healthcheck looks at it. Looking changes nothing: what is missing is not made, and no schema is moved on.</summary>
internal interface IStoreInspection
{
    /// <exception cref="StoreException">There is no database, or it cannot be read; the message says what to do.</exception>
    Task<StoreFindings> InspectAsync(CancellationToken cancel);
}

/// <summary>What a database says of itself.</summary>
/// <param name="Product">The program that keeps it, with its version.</param>
/// <param name="Bytes">How much of a disk it takes.</param>
/// <param name="Schema">The version of its schema.</param>
/// <param name="KnownSchema">The version that this program makes.</param>
/// <param name="Accounts">How many accounts it has.</param>
/// <param name="Newest">The newest moment that it holds. Null if it holds none.</param>
/// <param name="Settings">What it was set to, of what this server depends on.</param>
internal sealed record StoreFindings(
    string Product, long Bytes, int Schema, int KnownSchema, long Accounts, DateTimeOffset? Newest, IReadOnlyList<StoreSetting> Settings);

/// <summary>A setting of a database.</summary>
/// <param name="Name">As the database calls it.</param>
/// <param name="Value">What it is.</param>
/// <param name="Help">What to do, if it puts data at risk. Null if it is fine.</param>
internal sealed record StoreSetting(string Name, string Value, string? Help = null);

/// <summary>A copy of a database that was made and checked.</summary>
/// <param name="Accounts">How many accounts are in it.</param>
/// <param name="Bytes">How large it is.</param>
/// <param name="Schema">The version of its schema.</param>
internal sealed record BackupCopy(long Accounts, long Bytes, int Schema);
