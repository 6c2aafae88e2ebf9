namespace Passpack.Transfer.Layouts;

/// <summary>What a user is told of a format.</summary>
/// <param name="Format">Its id.</param>
/// <param name="Program">Whose it is.</param>
/// <param name="Description">What file it is; of one to export to, what it has no place for.</param>
public sealed record FormatInfo(EntryFileFormat Format, string Program, string Description);
