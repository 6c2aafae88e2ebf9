namespace Passpack.Health.Checks;

/// <summary>An entry, as findings name it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its Entry Name.</param>
/// <param name="UserId">Its User ID.</param>
public sealed record HealthEntry(Guid Id, string Name, string UserId);
