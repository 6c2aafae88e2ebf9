namespace Passpack.Health.Checks;

/// <summary>A reason why an entry wants attention, the worst first.</summary>
public enum HealthKind
{
    /// <summary>Its password is in a list of breached ones.</summary>
    Breached,

    /// <summary>Its password has a rating below the least.</summary>
    Weak,

    /// <summary>Another entry has the same password.</summary>
    Reused,

    /// <summary>A password is being changed elsewhere, and it is not settled which one is in force.</summary>
    RotationUnfinished,

    /// <summary>Another entry has a password that differs only in case, and in digits and punctuation at its ends.</summary>
    Similar,

    /// <summary>The entry has expired.</summary>
    Expired,

    /// <summary>Its address begins with http://, so that the password goes over the network in the clear.</summary>
    PlainHttp,

    /// <summary>Its password has not been changed for long.</summary>
    Old,

    /// <summary>It has no one-time codes, for a site that the user says offers them.</summary>
    NoTotp,

    /// <summary>Another entry is for the same User ID at the same place.</summary>
    Duplicate,
}
