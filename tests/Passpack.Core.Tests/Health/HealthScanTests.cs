using FsCheck.Fluent;
using Passpack.Core.Tests.Vault;
using Passpack.Health.Breaches;
using Passpack.Health.Checks;
using Passpack.Protocol;
using Passpack.Vault.Entries;

namespace Passpack.Core.Tests.Health;

/// <summary>What is found of entries, and that nothing of it is a secret.</summary>
public sealed class HealthScanTests : IDisposable
{
    private const string Strong = "kX9#vLq2!mZ7@pRt4&";

    private readonly ManualClock _clock = new();
    private readonly TestVault _test;

    public HealthScanTests() => _test = new TestVault(_clock);

    public void Dispose() => _test.Dispose();

    [Fact]
    public async Task A_healthy_vault_has_no_findings()
    {
        _test.Add(new EntryEdit { Name = "a", UserId = "u", Password = Strong, Url = "https://a.example.com" });
        _test.Add(new EntryEdit { Name = "note", Type = "note", Notes = "no password" });
        Assert.Empty(await FindAsync());
    }

    [Fact]
    public async Task Weak_passwords_are_found_by_their_rating()
    {
        _test.Add(new EntryEdit { Name = "weak", Password = "abc123" });
        _test.Add(new EntryEdit { Name = "strong", Password = Strong });
        HealthFinding finding = Assert.Single(await FindAsync());
        Assert.Equal((HealthKind.Weak, "weak", Passpack.Packing.Keys.KeyQuality.Rate("abc123")), (finding.Kind, finding.Entry.Name, finding.Rating));
        Assert.Equal(["strong", "weak"], Names(await FindAsync(new HealthOptions { MinimumRating = 500 }), HealthKind.Weak));
    }

    [Fact]
    public async Task Reused_and_similar_passwords_are_told_by_groups_of_entries()
    {
        foreach ((string name, string password) in new[] { ("a", "Summer!Holiday2024"), ("b", Strong), ("c", "Summer!Holiday2024"), ("d", "summer!holiday7!!"), ("e", Strong) })
            _test.Add(new EntryEdit { Name = name, Password = password });
        IReadOnlyList<HealthFinding> findings = await FindAsync();
        Assert.Equal(["a", "b", "c", "e"], Names(findings, HealthKind.Reused));
        Assert.Equal(["a", "c"], findings.First(finding => finding.Kind == HealthKind.Reused && finding.Entry.Name == "a").Group!.Names);
        Assert.Equal(["a", "c", "d"], Names(findings, HealthKind.Similar));
        Assert.Contains("'a', 'c'", findings.First(finding => finding.Kind == HealthKind.Similar && finding.Entry.Name == "d").Description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Summer2024!", "summer")]
    [InlineData("!!2024 Summer", "summer")]
    [InlineData("Sum2mer", "sum2mer")]
    [InlineData("ÄÖÜß²", "äöüß")]
    [InlineData("abc1", null)]
    [InlineData("12345678", null)]
    [InlineData("", null)]
    public void A_password_is_folded_at_its_ends(string password, string? folded) => Assert.Equal(folded, PasswordFold.Of(password));

    [Fact]
    public void Folding_a_folded_password_changes_nothing() =>
        Prop.ForAll<string>(text => PasswordFold.Of(text ?? "") is not { } folded || PasswordFold.Of(folded) is not { } again || again == folded).Holds();

    [Fact]
    public async Task Old_passwords_are_found_by_the_time_of_the_password_alone()
    {
        EntrySummary old = _test.Add(new EntryEdit { Name = "old", Password = Strong });
        EntrySummary changed = _test.Add(new EntryEdit { Name = "changed", Password = Strong + "x" });
        _clock.Now += TimeSpan.FromDays(300);
        _test.Write(writer => writer.Edit(changed.Id, new EntryEdit { Password = "another" + Strong }));
        _test.Write(writer => writer.Edit(old.Id, new EntryEdit { Notes = "edited, but not the password" }));
        _clock.Now += TimeSpan.FromDays(65);
        HealthFinding finding = Assert.Single(await FindAsync(), finding => finding.Kind == HealthKind.Old);
        Assert.Equal(("old", 365), (finding.Entry.Name, finding.Days));
        Assert.Equal(["changed", "old"], Names(await FindAsync(new HealthOptions { OldAfterDays = 65 }), HealthKind.Old));
    }

    [Fact]
    public async Task Expired_entries_are_found_with_or_without_a_password()
    {
        _test.Add(new EntryEdit { Name = "gone", Expires = _clock.Now.AddDays(-3) });
        _test.Add(new EntryEdit { Name = "later", Expires = _clock.Now.AddDays(3) });
        HealthFinding finding = Assert.Single(await FindAsync());
        Assert.Equal((HealthKind.Expired, "gone", 3), (finding.Kind, finding.Entry.Name, finding.Days));
    }

    [Theory]
    [InlineData("http://example.com/login", true)]
    [InlineData(" HTTP://Example.com", true)]
    [InlineData("http://[bad", true)]
    [InlineData("https://example.com", false)]
    [InlineData("http://localhost:8080/", false)]
    [InlineData("http://127.0.0.1/", false)]
    [InlineData("example.com", false)]
    [InlineData("", false)]
    public async Task Plain_HTTP_is_found_but_on_this_machine(string url, bool isFound)
    {
        _test.Add(new EntryEdit { Name = "a", Url = url });
        _test.Add(new EntryEdit { Name = "b", ExtraFields = [new ExtraField("further", "url", url)] });
        Assert.Equal(isFound ? ["a", "b"] : [], Names(await FindAsync(), HealthKind.PlainHttp));
    }

    [Fact]
    public async Task One_time_codes_are_missed_where_a_host_offers_them()
    {
        _test.Add(new EntryEdit { Name = "without", UserId = "1", Url = "https://www.github.com/login" });
        _test.Add(new EntryEdit { Name = "sub", UserId = "2", Url = "mail.example.com" });
        _test.Add(new EntryEdit { Name = "other", UserId = "3", Url = "https://notgithub.com" });
        _test.Add(new EntryEdit { Name = "with", UserId = "4", Url = "https://github.com", ExtraFields = [new ExtraField("code", "totp", "otpauth://totp/a?secret=GEZDGNBVGY3TQOJQ")] });
        HealthOptions options = new() { TotpHosts = ["https://GitHub.com/", "*.example.com"] };
        Assert.Equal(["sub", "without"], Names(await FindAsync(options), HealthKind.NoTotp));
        Assert.Empty(Names(await FindAsync(), HealthKind.NoTotp));
        await Assert.ThrowsAsync<ArgumentException>(() => FindAsync(new HealthOptions { TotpHosts = ["not a host"] }));
    }

    [Fact]
    public async Task Duplicates_are_found_by_address_or_by_host_and_password()
    {
        Add("a", "u", "https://example.com/login", "1" + Strong);
        Add("b", "U ", "http://www.example.com/login/?x=1", "2" + Strong);
        Add("c", "u", "https://example.com/elsewhere", "2" + Strong);
        Add("another user", "v", "https://example.com/login", "3" + Strong);
        Add("another port", "u", "https://example.com:8443/login", "4" + Strong);
        Add("no address", "u", "", "5" + Strong);
        Add("NO ADDRESS", "u", "", "6" + Strong);
        IReadOnlyList<HealthFinding> findings = await FindAsync(new HealthOptions { Kinds = [HealthKind.Duplicate] });
        Assert.Equal([["a", "b", "c"], ["no address", "NO ADDRESS"]], findings.Select(finding => finding.Group!).Distinct().Select(group => group.Names.ToArray()));
        Assert.Equal(5, findings.Count);

        void Add(string name, string userId, string url, string password) =>
            _test.Add(new EntryEdit { Name = name, UserId = userId, Url = url, Password = password });
    }

    [Fact]
    public async Task Breached_passwords_are_found_in_a_list_and_by_a_service()
    {
        foreach (string name in new[] { "a", "b" })
            _test.Add(new EntryEdit { Name = name, Password = "password" });
        _test.Add(new EntryEdit { Name = "c", Password = Strong });
        using var folder = new TemporaryFolder();
        using (BreachList list = BreachList.Open(BreachListFile.Write(folder.Path, $"{BreachListFile.Hash(BreachHash.Ntlm, "password")}:12\n")))
            Assert.Equal([("a", 12), ("b", 12)], Breaches(await FindAsync(list: list)));

        using var server = new RangeServer(prefix => RangeServer.Ok(prefix == "5BAA6" ? "1E4C9B93F3F0682250B6CF8331B7EE68FD8:7" : $"{new string('0', 35)}:0"));
        using (var service = new BreachService(server.Address))
        {
            Assert.Equal([("a", 7), ("b", 7)], Breaches(await FindAsync(service: service)));
            Assert.Equal(2, service.Requests); // One a prefix, not one an entry.
            Assert.Empty(await FindAsync(new HealthOptions { Kinds = [HealthKind.Old] }, service: service));
            Assert.Equal(2, service.Requests);
        }

        static IEnumerable<(string, long)> Breaches(IReadOnlyList<HealthFinding> findings) => findings.Where(finding => finding.Kind == HealthKind.Breached)
            .Select(finding => (finding.Entry.Name, finding.Breaches!.Value)).Order();
    }

    [Fact]
    public async Task A_rotation_that_is_not_finished_is_found()
    {
        EntrySummary entry = _test.Add(new EntryEdit { Name = "db", Password = Strong });
        SetPending(entry.Id, new PendingPassword("the new one", _clock.Now.AddDays(-2).ToUnixTimeMilliseconds(), "box", "prepared"));
        HealthFinding finding = Assert.Single(await FindAsync());
        Assert.Equal((HealthKind.RotationUnfinished, "db", 2), (finding.Kind, finding.Entry.Name, finding.Days));
    }

    [Fact]
    public async Task No_finding_holds_a_secret_and_the_totals_count_all()
    {
        string[] secrets = ["abc123", "hunter2-4711", "hunter2-4711"];
        foreach (string secret in secrets)
            _test.Add(new EntryEdit { Name = "same", UserId = "u", Password = secret, Url = "http://example.com", Notes = secret });
        using var folder = new TemporaryFolder();
        using BreachList list = BreachList.Open(BreachListFile.Write(folder.Path, $"{BreachListFile.Hash(BreachHash.Sha1, "abc123")}:1\n"));
        var scan = new HealthScan(_test.Vault, new HealthOptions { OldAfterDays = 0, TotpHosts = ["example.com"] }, list);
        IReadOnlyList<HealthFinding> findings = await AllAsync(scan);
        Assert.Superset(new HashSet<HealthKind> { HealthKind.Weak, HealthKind.Old, HealthKind.Reused, HealthKind.Breached, HealthKind.Duplicate, HealthKind.NoTotp, HealthKind.PlainHttp },
            findings.Select(finding => finding.Kind).ToHashSet());
        Assert.All(findings, finding => Assert.DoesNotContain(secrets, secret => $"{finding} {finding.Description}".Contains(secret, StringComparison.Ordinal)));
        Assert.Equal((3, 3, 3), (scan.Totals.Passwords, scan.Totals.Ratings.Sum(), scan.Totals.Ages.Sum()));
    }

    [Fact]
    public async Task A_damaged_entry_is_told_and_the_others_are_looked_at()
    {
        EntrySummary damaged = _test.Add(new EntryEdit { Name = "damaged", Password = "abc" });
        _test.Add(new EntryEdit { Name = "weak", Password = "abc" });
        using (VaultUse use = _test.Vault.Use())
            use.Connection.Execute("UPDATE local_data SET tail = x'00' WHERE id = $1", damaged.Id);
        var errors = new List<PasspackException>();
        var findings = new List<HealthFinding>();
        await foreach (HealthFinding finding in new HealthScan(_test.Vault, new HealthOptions()).RunAsync(errors.Add, TestContext.Current.CancellationToken))
            findings.Add(finding);
        Assert.Equal(ErrorCodes.RecordDamaged, Assert.Single(errors).ErrorId);
        Assert.Equal(["weak"], Names(findings, HealthKind.Weak));
    }

    [Fact]
    public async Task A_damaged_list_ends_the_look()
    {
        _test.Add(new EntryEdit { Name = "a", Password = "password" });
        string[] hashes = BreachListFile.Hashes(300);
        using var folder = new TemporaryFolder();
        using BreachList list = BreachList.Open(BreachListFile.Write(folder.Path, BreachListFile.Text([hashes[0], .. hashes[1..^1].Reverse(), hashes[^1]])));
        PasspackException error = await Assert.ThrowsAsync<PasspackException>(() => FindAsync(list: list));
        Assert.Equal(ErrorCodes.BreachListDamaged, error.ErrorId);
    }

    private void SetPending(Guid id, PendingPassword pending)
    {
        using VaultUse use = _test.Vault.Use();
        EntryState state = EntryState.Find(use.Connection, id)!;
        SealedEntry.Parts parts = SealedEntry.Seal(use.Keys, id, state.Version, state.Open(use.Keys) with { Pending = pending });
        use.Connection.Execute("UPDATE local_data SET head = $1, tail = $2 WHERE id = $3", parts.Summary, parts.Secret, id);
    }

    private Task<IReadOnlyList<HealthFinding>> FindAsync(HealthOptions? options = null, BreachList? list = null, BreachService? service = null) =>
        AllAsync(new HealthScan(_test.Vault, options ?? new HealthOptions(), list, service));

    private static async Task<IReadOnlyList<HealthFinding>> AllAsync(HealthScan scan)
    {
        var findings = new List<HealthFinding>();
        await foreach (HealthFinding finding in scan.RunAsync(error => throw error, TestContext.Current.CancellationToken))
            findings.Add(finding);
        return findings;
    }

    private static IEnumerable<string> Names(IEnumerable<HealthFinding> findings, HealthKind kind) =>
        findings.Where(finding => finding.Kind == kind).Select(finding => finding.Entry.Name).Order(StringComparer.Ordinal);
}
