using Passpack.EndToEnd.Tests.Support;
using Passpack.Protocol;
using Passpack.Sync.Mirroring;
using Passpack.Sync.OnlineEditing;
using Passpack.Vault.Entries;

namespace Passpack.EndToEnd.Tests;

/// <summary>One entry merged into another: everywhere, for good, and nothing of either is lost.</summary>
public sealed class MergeEntryTests(RealServer server) : TwoMachineTests(server)
{
    private Guid _into;
    private Guid _from;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _into = A.Add("bank", new EntryEdit { UserId = "anna", Password = "new", Url = "https://bank.example.com", Notes = "one", Tags = ["Money"] }).Id;
        _from = A.Add("bank (2)", new EntryEdit
        {
            UserId = "anna", Password = "older", Url = "https://old.bank.example.com", Email = "anna@example.com", Notes = "two", Tags = ["Old"],
            ExtraFields = [new ExtraField("pin", "hidden", "0815")],
        }).Id;
        await A.SyncAsync();
        A.Edit(_from, new EntryEdit { Password = "old" });
        await A.SyncAsync();
        await B.SyncAsync();
    }

    [Fact]
    public async Task A_merged_entry_is_one_on_all_machines_and_nothing_comes_back()
    {
        byte[] content = Attachments.Content(10);
        A.Attach(_from, "contract.pdf", content);
        A.Attach(_into, "contract.pdf", Attachments.Content(20));
        await A.SyncAsync();

        await OnlineVault.MergeAsync(A.Vault, _from, _into, cancellationToken: TestContext.Current.CancellationToken);
        for (int round = 0; round < 2; round++)
        {
            await B.SyncAsync();
            await A.SyncAsync();
            foreach (Machine machine in new[] { A, B })
            {
                FullEntry entry = machine.Get(_into);
                Assert.Equal(("bank", "anna", "new", "https://bank.example.com", "anna@example.com"),
                    (entry.Summary.Name, entry.Summary.UserId, entry.Secret.Password, entry.Summary.Url, entry.Summary.Email));
                Assert.Equal("one\n\ntwo", entry.Secret.Notes);
                Assert.Equal([("pin", "0815"), ("URL", "https://old.bank.example.com")], entry.Secret.ExtraFields.Select(field => (field.Name, field.Data)));
                Assert.Equal(["contract.pdf", "contract (2).pdf"], entry.Secret.Attachments.Select(attachment => attachment.Name));
                Assert.DoesNotContain(machine.Vault.List(new EntryQuery()), other => other.Id == _from);
            }
        }
        Assert.Equal(content, await B.ReadAsync(_into, "contract (2).pdf"));
        Assert.Empty((await A.SyncAsync()).Changes);
        Assert.Equal(["Money", "Old"], (await OnlineVault.ListAsync(B.Vault, new EntryQuery { Id = _into })).Single().Tags);
        await AssertConvergedAsync();
    }

    [Fact]
    public async Task Earlier_passwords_of_both_stay_in_the_history_and_the_other_is_restorable()
    {
        await OnlineVault.MergeAsync(A.Vault, _from, _into, cancellationToken: TestContext.Current.CancellationToken);
        IReadOnlyList<OnlineVersion> online = await OnlineVault.HistoryAsync(B.Vault, _into);
        Assert.Equal(["old", "older", "new"], online.Select(version => version.ReadSecret().Password));
        Assert.Equal(["old", "older", "new"], A.Vault.History(_into).Where(version => version.IsData).Select(version => A.Vault.ReadSecret(version).Password));
        EntrySummary back = await OnlineVault.RestoreAsync(B.Vault, _from, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("old", B.Get(back.Id).Secret.Password);
    }

    [Fact]
    public async Task What_another_machine_changed_meanwhile_is_merged_too()
    {
        B.Edit(_from, new EntryEdit { Notes = "changed elsewhere" });
        await B.SyncAsync();
        await OnlineVault.MergeAsync(A.Vault, _from, _into, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("one\n\nchanged elsewhere", A.Get(_into).Secret.Notes);
        await B.SyncAsync();
        await AssertConvergedAsync();
    }

    [Fact]
    public async Task Changes_of_this_machine_go_up_first()
    {
        A.Edit(_from, new EntryEdit { Email = "here@example.com" });
        A.Edit(_into, new EntryEdit { Password = "newest" });
        await OnlineVault.MergeAsync(A.Vault, _from, _into, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(("newest", "here@example.com"), (A.Get(_into).Secret.Password, A.Get(_into).Summary.Email));
    }

    [Fact]
    public async Task What_cannot_be_merged_is_refused_and_nothing_changes()
    {
        string before = A.Dump();
        await Assert.ThrowsAsync<ArgumentException>(() => OnlineVault.MergeAsync(A.Vault, _from, _from));
        PasspackException error = await Assert.ThrowsAsync<PasspackException>(() => OnlineVault.MergeAsync(A.Vault, Guid.NewGuid(), _into));
        Assert.Equal(ErrorCodes.EntryNotFound, error.ErrorId);
        error = await Assert.ThrowsAsync<PasspackException>(() => OnlineVault.MergeAsync(A.Vault, _from, Guid.NewGuid()));
        Assert.Equal(ErrorCodes.EntryNotFound, error.ErrorId);
        Assert.Equal(before, A.Dump());
    }
}
