namespace Passpack.PowerShell;

// As Core's; see SyncEnums.cs.
#pragma warning disable CS1591 // docs/en-US/Get-PasspackHealth.md says what each means.

/// <summary>A reason why an entry wants attention, the worst first.</summary>
public enum HealthKind
{
    Breached,
    Weak,
    Reused,
    RotationUnfinished,
    Similar,
    Expired,
    PlainHttp,
    Old,
    NoTotp,
    Duplicate,
}
