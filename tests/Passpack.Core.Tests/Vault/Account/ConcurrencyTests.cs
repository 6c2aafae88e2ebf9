using System.Diagnostics;
using System.Globalization;
using Passpack.Protocol;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.Core.Tests.Vault;

/// <summary>One vault, many threads and many processes.</summary>
[Trait("Pace", "Slow")]
public sealed class ConcurrencyTests : IDisposable
{
    private readonly TestVault _test = new();

    public void Dispose() => _test.Dispose();

    [Fact]
    public void Threads_that_add_edit_and_list_lose_nothing()
    {
        const int Threads = 4, Each = 25;
        Guid counter = _test.Add(new EntryEdit { Name = "counter", UserId = "0" }).Id;
        var threads = Enumerable.Range(0, Threads).Select(t => new Thread(() =>
        {
            for (int i = 0; i < Each; i++)
            {
                _test.Add(new EntryEdit { Name = $"{t} {i}", Tags = ["t"] });
                _test.Write(writer =>
                {
                    int before = int.Parse(writer.Edit(counter, new EntryEdit()).UserId, CultureInfo.InvariantCulture);
                    return writer.Edit(counter, new EntryEdit { UserId = (before + 1).ToString(CultureInfo.InvariantCulture) });
                });
                Assert.InRange(_test.Vault.List(new EntryQuery()).Count(), 1, 1 + Threads * Each);
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        Assert.Equal(1 + Threads * Each, _test.Names().Distinct().Count());
        Assert.Equal((Threads * Each).ToString(CultureInfo.InvariantCulture), _test.Vault.Get(counter).UserId);
        Assert.Equal(Threads * Each, Assert.Single(_test.Vault.Tags()).Count);
    }

    [Fact]
    public void Processes_that_open_a_fresh_vault_at_once_and_add_and_edit_lose_nothing()
    {
        const int Each = 40;
        _test.Add(new EntryEdit { Name = "counter", UserId = "0" });
        // Closed by its last user: whoever is first of the workers makes the journal anew.
        _test.Vault.Dispose();
        var workers = new[] { ("add", "a"), ("add", "b"), ("edit", "c"), ("edit", "d") }.Select(job => Worker.Start(job.Item1, _test.Home, job.Item2, Each)).ToList();
        foreach (Process worker in workers)
        {
            string output = worker.StandardOutput.ReadToEnd();
            worker.WaitForExit();
            Assert.True(worker.ExitCode == 0, output);
            worker.Dispose();
        }

        _test.Reopen();
        Assert.Equal(1 + 2 * Each, _test.Names().Distinct().Count());
        Assert.Equal((2 * Each).ToString(CultureInfo.InvariantCulture), _test.Vault.List(new EntryQuery { Name = "counter" }).Single().UserId);
    }

    [Fact]
    public void A_killed_writer_leaves_all_that_was_committed_and_nothing_half()
    {
        for (int round = 0; round < 4; round++)
        {
            int known = _test.Reopen().List(new EntryQuery()).Count();
            _test.Vault.Dispose();
            using Process worker = Worker.Start("pairs", _test.Home, "", 100_000);
            int committed = 0;
            while (committed < 10 + 7 * round && worker.StandardOutput.ReadLine() is { } line)
                committed += line == "unlocked" ? 0 : 1;
            worker.Kill();
            committed += worker.StandardOutput.ReadToEnd().Count(c => c == '\n');
            worker.WaitForExit();

            LocalVault vault = _test.Reopen();
            List<FullEntry> entries = [.. vault.ListFull(new EntryQuery())];
            Assert.InRange(entries.Count, known + 2 * committed, known + 2 * committed + 2);
            Assert.Equal(entries.Count / 2, entries.Count(entry => entry.Summary.Name.EndsWith("left", StringComparison.Ordinal)));
            Assert.All(entries, entry => Assert.Equal(3000, entry.Secret.Notes.Length));
            Assert.All(entries, entry => Assert.True(entry.Summary.Favorite != entry.Summary.Tags.Contains("t")));
            using VaultUse use = vault.Use();
            Assert.Equal("ok", use.Connection.Scalar<string>("PRAGMA integrity_check"));
        }
    }

    [Fact]
    public void A_vault_in_use_by_another_process_is_not_set_aside_until_that_ends()
    {
        _test.Vault.Dispose();
        using Process worker = Worker.Start("pairs", _test.Home, "", 100_000);
        while (worker.StandardOutput.ReadLine() is not "1")
        {
        }
        Errors.Of(ErrorCodes.VaultInUse, () => VaultQuarantine.SetAside(_test.Folder), _test.Folder.VaultFile);
        worker.Kill();
        worker.WaitForExit();

        string quarantined = VaultQuarantine.SetAside(_test.Folder);

        Directory.Move(Path.GetDirectoryName(quarantined)!, _test.Folder.VaultFolder);
        Assert.InRange(_test.Reopen().List(new EntryQuery()).Count(), 4, int.MaxValue);
    }

    [Fact]
    public void A_reader_sees_the_vault_as_it_was_while_others_write()
    {
        _test.Write(writer =>
        {
            for (int i = 0; i < 50; i++)
                writer.Add(new EntryEdit { Name = $"{i}" });
            return 0;
        });
        int seen = 0;
        foreach (EntrySummary entry in _test.Vault.List(new EntryQuery()))
        {
            seen++;
            _test.Write(writer =>
            {
                writer.Add(new EntryEdit { Name = "new" });
                writer.Trash(entry.Id);
                return 0;
            });
        }
        Assert.Equal(50, seen);
        Assert.Equal(50, _test.Names().Count(name => name == "new"));
    }

    [Fact]
    public void Nested_and_abandoned_enumerations_leave_each_other_alone()
    {
        for (int i = 0; i < 5; i++)
            _test.Add(new EntryEdit { Name = $"{i}" });
        using VaultUse use = _test.Vault.Use();
        int pairs = 0;
        foreach (EntryRow _ in EntryRow.Query(use, new EntryQuery(), withSecret: false))
        {
            foreach (EntryRow inner in EntryRow.Query(use, new EntryQuery(), withSecret: false))
            {
                pairs++;
                if (pairs % 3 == 0)
                    break;
                Assert.NotNull(EntryState.Find(use.Connection, inner.Id));
            }
        }
        Assert.Equal(5, EntryRow.Query(use, new EntryQuery(), withSecret: false).Count());
        Assert.InRange(pairs, 5, 25);
        _ = _test.Vault.List(new EntryQuery()).First();
        _test.Add(new EntryEdit { Name = "after" });
    }

    [Fact]
    public void A_change_that_has_ended_changes_nothing_more()
    {
        VaultWriter writer = _test.Vault.BeginWrite();
        writer.Add(new EntryEdit { Name = "n" });
        writer.Commit();
        Assert.Throws<InvalidOperationException>(() => writer.Add(new EntryEdit { Name = "late" }));
        Assert.Throws<InvalidOperationException>(writer.Commit);
        writer.Dispose();
        Assert.Throws<InvalidOperationException>(() => writer.Add(new EntryEdit { Name = "later" }));
        writer.Dispose();
        Assert.Equal(["n"], _test.Names());
    }

    [Fact]
    public void A_change_that_is_not_committed_never_was()
    {
        using (VaultWriter writer = _test.Vault.BeginWrite())
            writer.Add(new EntryEdit { Name = "n" });
        Assert.Empty(_test.Names());
        _test.Add(new EntryEdit { Name = "next" });
    }
}
