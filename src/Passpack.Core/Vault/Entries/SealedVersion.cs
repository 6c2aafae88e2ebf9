using Passpack.Protocol;

namespace Passpack.Vault.Entries;

/// <summary>One version of a record, still sealed.</summary>
/// <param name="Stream">Entry data, tags or favorite.</param>
/// <param name="Id">The entry.</param>
/// <param name="Version">The version that it is sealed as.</param>
/// <param name="Head">Of entry data the summary; else the whole record. Null if there is no content.</param>
/// <param name="Tail">Of entry data the secret part. Null otherwise.</param>
internal readonly record struct SealedVersion(RecordStream Stream, Guid Id, long Version, byte[]? Head, byte[]? Tail = null);
