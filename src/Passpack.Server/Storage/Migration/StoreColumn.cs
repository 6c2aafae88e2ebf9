namespace Passpack.Server.Storage.Migration;

/// <summary>A column.</summary>
/// <param name="Name">As both kinds of database call it.</param>
/// <param name="Type">As PostgreSQL calls it.</param>
internal sealed record StoreColumn(string Name, string Type);
