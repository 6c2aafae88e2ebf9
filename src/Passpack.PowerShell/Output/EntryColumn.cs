using Passpack.Transfer.Layouts;

namespace Passpack.PowerShell;

/// <summary>A column of a file in a classic layout.</summary>
public enum EntryColumn
{
    /// <summary>The Entry Name.</summary>
    Name,

    /// <summary>The User ID.</summary>
    UserId,

    /// <summary>The Password.</summary>
    Password,

    /// <summary>The URL.</summary>
    Link,

    /// <summary>The tags.</summary>
    Tags,

    /// <summary>The Notes.</summary>
    Notes,

    /// <summary>The Email.</summary>
    Email,

    /// <summary>Something else.</summary>
    Skip,
}

internal static class EntryColumns
{
    public static IReadOnlyList<ClassicColumn> ToCore(this EntryColumn[] order) =>
        [.. order.Select(column => EnumMap.To<EntryColumn, ClassicColumn>(column))];
}
