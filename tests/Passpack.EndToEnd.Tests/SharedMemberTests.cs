using Passpack.EndToEnd.Tests.Model;
using Passpack.EndToEnd.Tests.Support;
using Passpack.Packing.Keys;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;
using Passpack.Sharing;
using Passpack.Sync.Sharing;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.EndToEnd.Tests;

/// <summary>Members of shared vaults, over a real server: who is proved is added, and nobody else.</summary>
public sealed class SharedMemberTests(RealServer server) : IClassFixture<RealServer>, IAsyncLifetime
{
    private readonly Clock _clock = new();
    private readonly List<TestAccount> _accounts = [];
    private readonly InvitationDesk _desk = new();

    private HostileServer _server = null!;

    private TestAccount _annas = null!, _bobs = null!;
    private LocalVault _anna = null!, _bob = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await HostileServer.StartAsync(server.Address);
        _server.Lie = _desk.AnswerAsync;
        (_annas, _anna) = await RegisterAsync();
        (_bobs, _bob) = await RegisterAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (TestAccount account in _accounts)
            await account.DisposeAsync();
        await _server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private async Task<(TestAccount Account, LocalVault Vault)> RegisterAsync()
    {
        TestAccount account = await TestAccount.RegisterAsync(server);
        _accounts.Add(account);
        _desk.Identities.Add(IdentityOf(account));
        return (account, (await account.MachineAsync("one", _clock, _server.Address)).Vault);
    }

    private void PassDays(int days) => _clock.Off += (long)TimeSpan.FromDays(days).TotalMilliseconds;

    private static AccountIdentity IdentityOf(TestAccount account)
    {
        using VaultKeys keys = account.Keys();
        return keys.Identity(1, account.UserId);
    }

    private static Task<Contact> ConfirmAsync(LocalVault account, TestAccount other) =>
        SharedVaults.ConfirmContactAsync(account, other.UserId, IdentityOf(other).ShownFingerprint);

    /// <summary>A vault of Anna's, and Bob in it.</summary>
    private async Task<Guid> ShareAsync(VaultRole role)
    {
        Guid id = (await SharedVaults.CreateAsync(_anna, "Ops")).Id;
        await ConfirmAsync(_anna, _bobs);
        await SharedVaults.AddMemberAsync(_anna, id, _bobs.UserId, role);
        return id;
    }

    private static LogState StateOf(LocalVault account, Guid id) => account.OpenShared(id).ReadLog().State;

    private static SharedVaultRecord RecordOf(LocalVault account, Guid id) => account.Personal(records => records.SharedVault(id))!;

    private static async Task<PasspackException> RequireAsync(string errorId, Func<Task> action)
    {
        PasspackException error = await Assert.ThrowsAsync<PasspackException>(action);
        Assert.Equal(errorId, error.ErrorId);
        return error;
    }

    [Fact]
    public async Task A_founder_is_the_only_owner_and_governs_alone()
    {
        SharedVaultInfo vault = await SharedVaults.CreateAsync(_anna, "Ops");
        Assert.Equal(("Ops", SharedVaultStatus.Joined, VaultRole.Owner, 1), (vault.Name, vault.Status, vault.Role, vault.Members));
        SharedVaultMember self = Assert.Single(SharedVaults.Members(_anna, vault.Id));
        Assert.Equal((_annas.UserId, VaultRole.Owner, null, ContactStanding.Own), (self.UserId, self.Role, self.AddedBy, self.Contact));

        await RequireAsync(ErrorCodes.VaultAmbiguous, () => SharedVaults.CreateAsync(_anna, "OPS"));
        await RequireAsync(ErrorCodes.VaultAmbiguous, () => SharedVaults.CreateAsync(_anna, " "));
        await RequireAsync(ErrorCodes.LastOwner, () => SharedVaults.LeaveAsync(_anna, vault.Id));
        await RequireAsync(ErrorCodes.LastOwner, () => SharedVaults.SetRoleAsync(_anna, vault.Id, _annas.UserId, VaultRole.Reader));
        await RequireAsync(ErrorCodes.NotPermitted, () => SharedVaults.RemoveMemberAsync(_anna, vault.Id, _annas.UserId));
        await RequireAsync(ErrorCodes.MemberNotFound, () => SharedVaults.SetRoleAsync(_anna, vault.Id, "nobody@example.com", VaultRole.Reader));
        await RequireAsync(ErrorCodes.ContactNotVerified, () => SharedVaults.AddMemberAsync(_anna, vault.Id, _bobs.UserId, VaultRole.Reader));
        Assert.Equal(0, StateOf(_anna, vault.Id).Head.Number);

        await SharedVaults.NewKeysAsync(_anna, vault.Id);
        await SharedVaults.CloseAsync(_anna, vault.Id, true);
        await SharedVaults.CloseAsync(_anna, vault.Id, true);
        await RequireAsync(ErrorCodes.VaultClosed, () => SharedVaults.NewKeysAsync(_anna, vault.Id));
        await SharedVaults.CloseAsync(_anna, vault.Id, false);
        LogState state = StateOf(_anna, vault.Id);
        Assert.Equal((3, 2, false), (state.Head.Number, state.Epoch, state.IsClosed));
        Assert.Equal(1, await SharedVaults.RewrapAsync(_anna, vault.Id));

        SharedVaultRecord record = RecordOf(_anna, vault.Id);
        Assert.Equal((state.Head, 2), (record.Head, record.Epoch));
        await SharedVaults.RenameAsync(_anna, vault.Id, "Operations");
        Assert.Equal("Operations", _anna.FindShared(vault.Id).Name);
        await RequireAsync(ErrorCodes.NotPermitted, () => SharedVaults.ForgetAsync(_anna, vault.Id));
    }

    [Fact]
    public async Task A_contact_is_added_sees_an_offer_and_takes_it_from_a_contact_only()
    {
        Guid id = await ShareAsync(VaultRole.Editor);
        Assert.Equal((VaultRole.Editor, ContactStanding.Verified), (SharedVaults.RequireMember(_anna, id, _bobs.UserId).Role, SharedVaults.RequireMember(_anna, id, _bobs.UserId).Contact));
        await SharedVaults.AddMemberAsync(_anna, id, _bobs.UserId, VaultRole.Editor);
        await RequireAsync(ErrorCodes.NotPermitted, () => SharedVaults.AddMemberAsync(_anna, id, _bobs.UserId, VaultRole.Reader));

        await RequireAsync(ErrorCodes.ContactNotVerified, () => SharedVaults.AcceptAsync(_bob, id, "Theirs"));
        await RequireAsync(ErrorCodes.VaultNotFound, () => SharedVaults.AcceptAsync(_bob, Guid.NewGuid(), "Theirs"));
        await ConfirmAsync(_bob, _annas);
        Assert.Equal("Theirs", (await SharedVaults.AcceptAsync(_bob, id, "Theirs")).Name);
        SharedVaultRecord record = RecordOf(_bob, id);
        Assert.Equal((Hash256.Read(IdentityOf(_annas).Fingerprint), 1L), (record.Voucher, record.Head.Number));
    }

    [Fact]
    public async Task Who_is_removed_gets_no_key_and_who_stays_has_both()
    {
        Guid id = await ShareAsync(VaultRole.Reader);
        await SharedVaults.SetRoleAsync(_anna, id, Convert.ToHexString(IdentityOf(_bobs).Fingerprint), VaultRole.Owner);
        await SharedVaults.RemoveMemberAsync(_anna, id, _bobs.UserId);
        LogState state = StateOf(_anna, id);
        Assert.Equal((3, 2, 1), (state.Head.Number, state.Epoch, state.Members.Count));
        using VaultUse use = _anna.OpenShared(id).Use();
        Assert.True(use.Keys.Has(1) && use.Keys.Has(2));
        await RequireAsync(ErrorCodes.MemberNotFound, () => SharedVaults.RemoveMemberAsync(_anna, id, _bobs.UserId));
        await RequireAsync(ErrorCodes.VaultNotFound, () => SharedVaults.AcceptAsync(_bob, id, "Theirs"));
    }

    [Fact]
    public async Task A_contact_is_confirmed_by_the_fingerprint_that_people_compare_alone()
    {
        string shown = IdentityOf(_bobs).ShownFingerprint;
        await RequireAsync(ErrorCodes.ContactNotVerified, () => SharedVaults.ConfirmContactAsync(_anna, _bobs.UserId, shown[..^1]));
        await RequireAsync(ErrorCodes.ContactNotVerified, () => SharedVaults.ConfirmContactAsync(_anna, _bobs.UserId, IdentityOf(_annas).ShownFingerprint));
        await RequireAsync(ErrorCodes.ContactNotVerified, () => SharedVaults.ConfirmContactAsync(_anna, "nobody@example.com", shown));
        await RequireAsync(ErrorCodes.NotPermitted, () => ConfirmAsync(_anna, _annas));
        Assert.Empty(SharedVaults.Contacts(_anna));
        Contact contact = await SharedVaults.ConfirmContactAsync(_anna, _bobs.UserId, shown.Replace(' ', '-').ToLowerInvariant());
        Assert.Equal((_bobs.UserId, ContactProof.Comparison), (contact.UserId, contact.How));
        await SharedVaults.RemoveContactAsync(_anna, _bobs.UserId);
        await RequireAsync(ErrorCodes.ContactNotVerified, () => SharedVaults.RemoveContactAsync(_anna, _bobs.UserId));
    }

    [Fact]
    public async Task An_invitation_goes_its_four_steps_and_both_know_each_other_after_it()
    {
        Guid id = (await SharedVaults.CreateAsync(_anna, "Ops")).Id;
        using VaultInvitation given = await SharedVaults.InviteAsync(_anna, id, _bobs.UserId, VaultRole.Editor, TimeSpan.FromDays(7));
        GivenInvitation open = Assert.Single(await SharedVaults.InvitationsAsync(_anna));
        Assert.Equal((given.Id, _bobs.UserId, "Ops", VaultRole.Editor, false), (open.Id, open.UserId, open.Vault, open.Role, open.IsAnswered));
        Assert.Empty(await SharedVaults.SettleInvitationsAsync(_anna));

        Assert.True(VaultInvitation.IsLike($" {given.ToText()}"));
        using VaultInvitation text = VaultInvitation.Parse(given.ToText());
        Assert.Equal(SharedVaultStatus.Answered, (await SharedVaults.ConnectAsync(_bob, text, "Theirs")).Status);
        // Its answer was lost, say.
        await SharedVaults.ConnectAsync(_bob, text, "Theirs");
        Assert.Empty(await SharedVaults.SettleInvitationsAsync(_bob));
        Assert.True(Assert.Single(await SharedVaults.InvitationsAsync(_anna)).IsAnswered);

        Assert.Contains("is a member", Assert.Single(await SharedVaults.SettleInvitationsAsync(_anna)));
        Assert.Empty(await SharedVaults.InvitationsAsync(_anna));
        Assert.Equal((VaultRole.Editor, ContactStanding.Verified),
            (SharedVaults.RequireMember(_anna, id, _bobs.UserId).Role, SharedVaults.RequireMember(_anna, id, _bobs.UserId).Contact));
        Assert.Contains("Theirs", Assert.Single(await SharedVaults.SettleInvitationsAsync(_bob)));
        Assert.Equal(("Theirs", SharedVaultStanding.Joined), (RecordOf(_bob, id).Name, RecordOf(_bob, id).Standing));
        Assert.Equal(IdentityOf(_annas).Fingerprint, Assert.Single(SharedVaults.Contacts(_bob)).Identity.Fingerprint);
        Assert.Empty(await SharedVaults.SettleInvitationsAsync(_bob));
        await RequireAsync(ErrorCodes.InvitationInvalid, () => SharedVaults.ConnectAsync(_bob, text, "Again"));
    }

    [Theory]
    [InlineData("expired", "expired")]
    [InlineData("withdrawn", null)]
    [InlineData("member already", "is a member already")]
    [InlineData("removed since", "was removed")]
    [InlineData("no owner", "no Owner")]
    public async Task An_answer_adds_nobody_and_the_promise_ends(string why, string? told)
    {
        (TestAccount carls, _) = await RegisterAsync();
        Guid id = (await SharedVaults.CreateAsync(_anna, "Ops")).Id;
        using VaultInvitation given = await SharedVaults.InviteAsync(_anna, id, _bobs.UserId, VaultRole.Editor, TimeSpan.FromDays(7));
        await SharedVaults.ConnectAsync(_bob, given, "Theirs");
        if (why == "expired")
            PassDays(8);
        if (why == "withdrawn")
        {
            await SharedVaults.WithdrawAsync(_anna, given.Id);
            await RequireAsync(ErrorCodes.InvitationInvalid, () => SharedVaults.WithdrawAsync(_anna, given.Id));
        }
        if (why is "member already" or "removed since")
        {
            await ConfirmAsync(_anna, _bobs);
            await SharedVaults.AddMemberAsync(_anna, id, _bobs.UserId, VaultRole.Reader);
        }
        if (why == "removed since")
            await SharedVaults.RemoveMemberAsync(_anna, id, _bobs.UserId);
        if (why == "no owner")
        {
            await ConfirmAsync(_anna, carls);
            await SharedVaults.AddMemberAsync(_anna, id, carls.UserId, VaultRole.Owner);
            await SharedVaults.SetRoleAsync(_anna, id, _annas.UserId, VaultRole.Editor);
        }
        LogState before = StateOf(_anna, id);
        IReadOnlyList<string> notices = await SharedVaults.SettleInvitationsAsync(_anna);
        if (told is null)
            Assert.Empty(notices);
        else
            Assert.Contains(told, Assert.Single(notices));
        Assert.Equal(before.Head, StateOf(_anna, id).Head);
        Assert.Empty(await SharedVaults.InvitationsAsync(_anna));
        Assert.Empty(await SharedVaults.SettleInvitationsAsync(_anna));
        PassDays(9);
        Assert.Contains("not taken up", Assert.Single(await SharedVaults.SettleInvitationsAsync(_bob)));
    }

    [Theory]
    [InlineData("mac", "did not have its text")]
    [InlineData("signature", "is not signed")]
    [InlineData("replayed", "another invitation")]
    [InlineData("cut off", "not as long as it says")]
    public async Task What_a_server_makes_of_an_answer_adds_nobody(string how, string told)
    {
        Guid id = (await SharedVaults.CreateAsync(_anna, "Ops")).Id;
        using VaultInvitation first = await SharedVaults.InviteAsync(_anna, id, _bobs.UserId, VaultRole.Owner, TimeSpan.FromDays(7));
        using VaultInvitation other = VaultInvitation.Create("https://example.com/", IdentityOf(_annas), _clock.GetUtcNow().AddDays(7));
        await SharedVaults.ConnectAsync(_bob, first, "Theirs");
        using VaultKeys bobs = _bobs.Keys();
        AccountIdentity bob = IdentityOf(_bobs);
        _desk.Alter = answer => how switch
        {
            "mac" => [.. answer[..^96], (byte)(answer[^96] ^ 1), .. answer[^95..]],
            "signature" => [.. answer[..^1], (byte)(answer[^1] ^ 1)],
            "replayed" => other.Answer(bob, message => bobs.Sign(bob, SignaturePurpose.InvitationAnswer, message)).ToBytes(),
            _ => answer[..^1],
        };
        Assert.Contains(told, Assert.Single(await SharedVaults.SettleInvitationsAsync(_anna)));
        Assert.Equal(0, StateOf(_anna, id).Head.Number);
        Assert.Empty(SharedVaults.Contacts(_anna));
        _desk.Alter = answer => answer;
        Assert.Empty(await SharedVaults.SettleInvitationsAsync(_anna));
    }

    [Fact]
    public async Task Another_identity_than_the_one_that_was_named_is_never_taken()
    {
        Guid id = (await SharedVaults.CreateAsync(_anna, "Ops")).Id;
        using VaultInvitation given = await SharedVaults.InviteAsync(_anna, id, _bobs.UserId, VaultRole.Editor, TimeSpan.FromDays(7));
        // Of the same User ID, with keys of the server's own.
        using var keys = new VaultKeys(Packing.Records.SecretBytes.Random(32), Guid.NewGuid(), 1);
        _desk.Inviter = keys.Identity(1, _annas.UserId);
        await RequireAsync(ErrorCodes.ServerTampered, () => SharedVaults.ConnectAsync(_bob, given, "Theirs"));
        Assert.Empty(SharedVaults.Contacts(_bob));

        await ConfirmAsync(_anna, _bobs);
        _desk.Identities.RemoveAll(identity => identity.UserId == _bobs.UserId);
        await RequireAsync(ErrorCodes.ContactKeysChanged, () => SharedVaults.AddMemberAsync(_anna, id, _bobs.UserId, VaultRole.Reader));
        _server.Lie = async exchange => exchange.Is("/v1/identities")
            ? Answer.Json(new InviterAnswer(keys.Identity(1, _bobs.UserId).Bytes.ToArray()), ProtocolJson.Default.InviterAnswer) : await _desk.AnswerAsync(exchange);
        await RequireAsync(ErrorCodes.ServerTampered, () => SharedVaults.AddMemberAsync(_anna, id, _bobs.UserId, VaultRole.Reader));
        Assert.Equal(0, StateOf(_anna, id).Head.Number);
    }

    [Fact]
    public async Task A_log_that_is_not_what_was_verified_is_refused_before_anything_is_signed()
    {
        Guid id = (await SharedVaults.CreateAsync(_anna, "Ops")).Id;
        await SharedVaults.NewKeysAsync(_anna, id);
        foreach ((string part, Func<Answer, Answer> alter, string error) in new (string, Func<Answer, Answer>, string)[]
        {
            (Routes.LogStatements, answer => answer.With(ProtocolJson.Default.StatementPage, _ => new StatementPage([])), ErrorCodes.ServerRolledBack),
            (Routes.LogStatements, answer => answer.With(ProtocolJson.Default.StatementPage, page => new StatementPage([.. page.Statements.Select(Spoilt)])),
                ErrorCodes.ServerTampered),
        })
        {
            _server.Lie = async exchange => exchange.Method == "GET" && exchange.Is(part) ? alter(await exchange.HonestAsync()) : await exchange.HonestAsync();
            await RequireAsync(error, () => SharedVaults.CloseAsync(_anna, id, true));
        }
        _server.Lie = null;
        Assert.Equal(1, StateOf(_anna, id).Head.Number);
        // Somebody was first, it says, and then is honest.
        bool lied = false;
        _server.Lie = async exchange => exchange.Method == "POST" && exchange.Is(Routes.LogStatements) && !lied && (lied = true)
            ? Answer.Problem(409, ErrorCodes.StatementConflict) : await exchange.HonestAsync();
        await SharedVaults.CloseAsync(_anna, id, true);
        Assert.True(lied && StateOf(_anna, id).IsClosed);

        static byte[] Spoilt(byte[] statement) => [.. statement[..^1], (byte)(statement[^1] ^ 1)];
    }

    [Fact]
    public async Task A_statement_whose_answer_was_lost_is_there_once()
    {
        Guid id = (await SharedVaults.CreateAsync(_anna, "Ops")).Id;
        bool lost = false;
        _server.Lie = async exchange =>
        {
            Answer answer = await exchange.HonestAsync();
            return exchange.Method == "POST" && exchange.Is(Routes.LogStatements) && !lost && (lost = true) ? null : answer;
        };
        await SharedVaults.NewKeysAsync(_anna, id);
        Assert.True(lost);
        Assert.Equal((1, 2), (StateOf(_anna, id).Head.Number, StateOf(_anna, id).Epoch));
    }

    [Fact]
    public async Task Only_an_owner_decides_whatever_a_member_tries()
    {
        Guid id = await ShareAsync(VaultRole.Owner);
        await SharedVaults.SetRoleAsync(_anna, id, _bobs.UserId, VaultRole.Owner);
        await SharedVaults.SetRoleAsync(_anna, id, _annas.UserId, VaultRole.Editor);
        long before = StateOf(_anna, id).Head.Number;
        foreach (Func<Task> act in new Func<Task>[]
        {
            () => SharedVaults.SetRoleAsync(_anna, id, _annas.UserId, VaultRole.Owner), () => SharedVaults.RemoveMemberAsync(_anna, id, _bobs.UserId),
            () => SharedVaults.CloseAsync(_anna, id, true), () => SharedVaults.NewKeysAsync(_anna, id), () => SharedVaults.RewrapAsync(_anna, id),
            () => SharedVaults.AddMemberAsync(_anna, id, _bobs.UserId, VaultRole.Reader),
            () => SharedVaults.InviteAsync(_anna, id, "carl@example.com", VaultRole.Reader, TimeSpan.FromDays(1)),
        })
            await RequireAsync(ErrorCodes.NotPermitted, act);
        Assert.Equal(before, StateOf(_anna, id).Head.Number);
        await SharedVaults.LeaveAsync(_anna, id);
        Assert.Equal((SharedVaultStatus.Left, true), (_anna.FindShared(id).Status, StateOf(_anna, id).NeedsEpoch));
        await SharedVaults.ForgetAsync(_anna, id);
        await RequireAsync(ErrorCodes.VaultNotFound, () => SharedVaults.RenameAsync(_anna, id, "Again"));
    }
}
