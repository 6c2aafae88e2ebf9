using Passpack.Health.Breaches;
using Passpack.Packing.Keys;
using Passpack.Vault.Entries;
using Passpack.Vault.Fields;

namespace Passpack.Health.Checks;

/// <summary>What is kept of an entry once it was looked at: findings about it alone, and digests that are compared with others'. No plain text.</summary>
internal sealed class Checkup
{
    private const byte SamePassword = 1, SimilarPassword = 2, SamePage = 3, SameLogin = 4;

    private readonly List<HealthFinding> _findings = [];

    private Checkup(HealthEntry entry) => Entry = entry;

    public HealthEntry Entry { get; }

    public IReadOnlyList<HealthFinding> Findings => _findings;

    /// <summary>The rating of the password. Null if there is none.</summary>
    public int? Rating { get; private set; }

    /// <summary>The age of the password in days. Null if there is none.</summary>
    public int? Days { get; private set; }

    public UInt128? Password { get; private set; }

    public UInt128? Similar { get; private set; }

    public UInt128? Page { get; private set; }

    public UInt128? Login { get; private set; }

    /// <summary>The digits that a service is to be asked for. Null if none is. Whoever takes them zeroes them.</summary>
    public byte[]? ToAsk { get; private set; }

    /// <summary>Looks at an entry.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="content">All of it.</param>
    /// <param name="scan">What is looked for, and with what.</param>
    public static Checkup Of(Guid id, EntryContent content, HealthScan.Tools scan)
    {
        var checkup = new Checkup(new HealthEntry(id, content.Name, content.UserId));
        checkup.LookAtPassword(content, scan);
        checkup.LookAtRest(content, scan);
        if (scan.Options.Wants(HealthKind.Duplicate))
            checkup.NotePlace(content, scan.Key);
        return checkup;
    }

    private void LookAtPassword(EntryContent content, HealthScan.Tools scan)
    {
        string password = content.Password;
        if (password.Length == 0)
            return;
        HealthOptions options = scan.Options;
        Rating = KeyQuality.Rate(password);
        Days = scan.DaysSince(content.TimeOf(EntryField.Login));
        if (scan.List is { } list)
        {
            long count = Breaches(list, password);
            if (count > 0)
                Add(HealthKind.Breached, finding => finding with { Breaches = count });
        }
        if (scan.Service is { } service)
            ToAsk = BreachDigits.Of(service.Hash, password);
        if (options.Wants(HealthKind.Weak) && Rating < options.MinimumRating)
            Add(HealthKind.Weak, finding => finding with { Rating = Rating });
        if (options.Wants(HealthKind.Old) && Days >= options.OldAfterDays)
            Add(HealthKind.Old, finding => finding with { Days = Days });
        if (options.Wants(HealthKind.Reused) || options.Wants(HealthKind.Similar))
            Password = scan.Key.Of(SamePassword, password);
        if (options.Wants(HealthKind.Similar) && PasswordFold.Of(password) is { } folded)
            Similar = scan.Key.Of(SimilarPassword, folded);
    }

    private static long Breaches(BreachList list, string password)
    {
        byte[] digits = BreachDigits.Of(list.Hash, password);
        try
        {
            return list.Count(digits);
        }
        finally
        {
            System.Security.Cryptography.CryptographicOperations.ZeroMemory(digits);
        }
    }

    private void LookAtRest(EntryContent content, HealthScan.Tools scan)
    {
        HealthOptions options = scan.Options;
        if (options.Wants(HealthKind.RotationUnfinished) && content.Pending is { } pending)
            Add(HealthKind.RotationUnfinished, finding => finding with { Days = scan.DaysSince(pending.Since) });
        if (options.Wants(HealthKind.Expired) && content.Expires is { } expires && expires <= scan.Now)
            Add(HealthKind.Expired, finding => finding with { Days = scan.DaysSince(expires) });
        if (options.Wants(HealthKind.PlainHttp) && Urls(content).FirstOrDefault(EntryPlace.IsPlainHttp) is { } plain)
            Add(HealthKind.PlainHttp, finding => finding with { Host = HostOf(plain) });
        if (scan.TotpHosts is { } hosts && !content.Flags.HasFlag(EntryFlags.Totp)
            && Urls(content).Select(EntryPlace.Of).OfType<Uri>().Select(EntryPlace.Host).FirstOrDefault(hosts.Contains) is { } host)
            Add(HealthKind.NoTotp, finding => finding with { Host = host });
    }

    private void NotePlace(EntryContent content, DigestKey key)
    {
        Uri? address = EntryPlace.Of(content.Url);
        string userId = EntryPlace.Fold(content.UserId);
        string name = address is null || userId.Length == 0 ? EntryPlace.Fold(content.Name) : "";
        string who = string.Join('\0', content.Type, userId, name);
        Page = key.Of(SamePage, $"{who}\0{(address is null ? "" : EntryPlace.Page(address))}");
        if (address is not null && content.Password.Length > 0)
            Login = key.Of(SameLogin, $"{who}\0{EntryPlace.Site(address)}\0{content.Password}");
    }

    private static IEnumerable<string> Urls(EntryContent content) =>
        content.ExtraFields.Where(field => field.Type == FieldTypes.Url).Select(field => field.Data).Prepend(content.Url);

    private static string HostOf(string url) => EntryPlace.Of(url) is { } address ? EntryPlace.Host(address) : "Its address";

    private void Add(HealthKind kind, Func<HealthFinding, HealthFinding> tell) => _findings.Add(tell(new HealthFinding(kind, Entry)));
}
