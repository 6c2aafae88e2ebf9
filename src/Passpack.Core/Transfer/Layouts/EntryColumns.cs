namespace Passpack.Transfer.Layouts;

/// <summary>The meaning of a column or property of an import.</summary>
internal enum EntryColumn
{
    EntryName, Url, UserId, Password, Notes, SharedNotes, Tags, ExtraFields, Email, Id, Favorite, Type, Expires,

    /// <summary>Created and Modified of an export: the vault sets its own.</summary>
    Information,
}

/// <summary>Names of columns, matched without regard to case and spaces, so that <c>EntryName</c> is <c>Entry Name</c>.</summary>
internal static class EntryColumns
{
    public const int Count = (int)EntryColumn.Information + 1;

    private static readonly Dictionary<string, EntryColumn> s_byName = Enum.GetValues<EntryColumn>()
        .Where(column => column != EntryColumn.Information)
        .Select(column => KeyValuePair.Create(column.ToString(), column))
        .Append(KeyValuePair.Create("Created", EntryColumn.Information))
        .Append(KeyValuePair.Create("Modified", EntryColumn.Information))
        .ToDictionary(StringComparer.OrdinalIgnoreCase);

    public static EntryColumn? Find(string name) =>
        s_byName.TryGetValue(name.Replace(" ", "", StringComparison.Ordinal), out EntryColumn column) ? column : null;

    /// <summary>How messages name a column.</summary>
    public static string Title(EntryColumn column) => column < EntryColumn.Id ? ModernLayout.Columns[(int)column] : column.ToString();
}
