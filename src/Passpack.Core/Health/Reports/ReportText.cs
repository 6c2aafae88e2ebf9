using Passpack.Health.Checks;

namespace Passpack.Health.Reports;

/// <summary>What the page says of each reason.</summary>
/// <param name="Title">Its name, for people.</param>
/// <param name="Tone">The class of its colour.</param>
/// <param name="Weight">How bad one is, beside others.</param>
/// <param name="Advice">What it means and what to do.</param>
internal sealed record ReportText(string Title, string Tone, int Weight, string Advice)
{
    private const string Bad = "bad", Warn = "warn", Info = "info";

    public static ReportText Of(HealthKind kind) => kind switch
    {
        HealthKind.Breached => new("Breached", Bad, 100,
            "The password is known to attackers, who try it everywhere. Change it today, wherever it is used."),
        HealthKind.Weak => new("Weak", Bad, 60, "The password is easy to guess. Replace it by one that was made by chance; New-PasspackPassword makes one."),
        HealthKind.Reused => new("Reused", Bad, 50, "Several entries have one password: whoever learns it at one place has them all. Give each its own."),
        HealthKind.RotationUnfinished => new("Unfinished change", Warn, 40,
            "A change of the password was begun and not finished. Finish it, or take it back, so that the entry and the system agree."),
        HealthKind.Similar => new("Similar", Warn, 20,
            "The passwords differ only in case, or in digits and punctuation at the ends, which guessing programs try first. Make new ones."),
        HealthKind.Expired => new("Expired", Warn, 15, "The entry was to hold until a day that is past. Renew what it is for, or delete it."),
        HealthKind.PlainHttp => new("Plain HTTP", Warn, 12,
            "Who signs in there sends the password in the clear. Use the site by https, and correct the address."),
        HealthKind.Old => new("Old", Info, 5, "The password was not changed for long. Change it where many people knew it, or where rules ask for it."),
        HealthKind.NoTotp => new("No one-time codes", Info, 5, "The site offers one-time codes. Turn them on there, and add the seed to the entry."),
        HealthKind.Duplicate => new("Duplicate", Info, 2, "Several entries are for the same. Keep the one that works; Merge-PasspackEntry joins them."),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };
}
