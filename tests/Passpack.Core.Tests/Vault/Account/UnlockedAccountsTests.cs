using Microsoft.Extensions.Time.Testing;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Core.Tests.Vault;

public sealed class UnlockedAccountsTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly TemporaryFolder _folder = new();
    private readonly DataFolder _home;
    private readonly UnlockedAccounts _accounts;
    private readonly LocalVault _vault;

    public UnlockedAccountsTests()
    {
        _home = new DataFolder(Path.Combine(_folder.Path, "home"));
        _accounts = new UnlockedAccounts(_clock);
        _vault = _accounts.Add(Accounts.Create(_home, clock: _clock));
        for (int i = 0; i < 3; i++)
            Add($"{i}");
    }

    public void Dispose()
    {
        _accounts.Dispose();
        _folder.Dispose();
    }

    private AccountFolder Folder => _home.Account(TestVault.UserId);

    private void Add(string name)
    {
        using VaultWriter writer = _vault.BeginWrite();
        writer.Add(new EntryEdit { Name = name });
        writer.Commit();
    }

    private LocalVault Unlock()
    {
        using SecretBytes key = SecretBytes.FromChars(TestVault.PackingKey);
        return _accounts.Unlock(_home, TestVault.UserId, key);
    }

    [Theory, InlineData(2, true), InlineData(0, false)]
    public void The_idle_time_that_is_set_holds_at_once(int minutes, bool locks)
    {
        _vault.Configure(lockAfterMinutes: minutes);
        _clock.Advance(TimeSpan.FromMinutes(locks ? 2.5 : 60));
        Assert.Equal(locks, _vault.IsLocked);
    }

    [Fact]
    public void An_idle_account_locks_itself_and_not_before()
    {
        _clock.Advance(TimeSpan.FromMinutes(14.5));
        Assert.Same(_vault, _accounts.Require(Folder));

        _clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Null(_accounts.Find(Folder));
        Assert.True(_vault.IsLocked);
        Assert.Contains("Unlock-PasspackVault", Errors.Of(ErrorCodes.VaultLocked, () => _accounts.Require(Folder)).Message, StringComparison.Ordinal);
        Errors.Of(ErrorCodes.VaultLocked, () => _vault.List(new EntryQuery()).ToList());
        Errors.Of(ErrorCodes.VaultLocked, _vault.BeginWrite);
    }

    [Fact]
    public void Every_use_starts_the_idle_time_anew()
    {
        for (int i = 0; i < 5; i++)
        {
            _clock.Advance(TimeSpan.FromMinutes(10));
            Assert.Equal(3, _vault.List(new EntryQuery()).Count());
        }
        Assert.False(_vault.IsLocked);
    }

    [Fact]
    public void It_never_locks_in_the_middle_of_an_enumeration_and_does_after_it()
    {
        int seen = 0;
        foreach (EntrySummary _ in _vault.List(new EntryQuery()))
        {
            seen++;
            _clock.Advance(TimeSpan.FromHours(1));
            Assert.False(_vault.IsLocked);
        }
        Assert.Equal(3, seen);
        _clock.Advance(TimeSpan.FromMinutes(14));
        Assert.False(_vault.IsLocked);
        _clock.Advance(TimeSpan.FromMinutes(2));
        Assert.True(_vault.IsLocked);
    }

    [Fact]
    public void It_never_locks_by_itself_while_somebody_keeps_it_unlocked_and_does_after_that()
    {
        using (_vault.KeepUnlocked())
        {
            _clock.Advance(TimeSpan.FromHours(1));
            Assert.False(_vault.IsLocked);
        }
        _clock.Advance(TimeSpan.FromMinutes(14));
        Assert.False(_vault.IsLocked);
        _clock.Advance(TimeSpan.FromMinutes(2));
        Assert.True(_vault.IsLocked);
    }

    [Fact]
    public void Locking_on_purpose_does_not_ask_who_keeps_it_unlocked()
    {
        using IDisposable kept = _vault.KeepUnlocked();
        _vault.Dispose();
        Assert.Equal(ErrorCodes.VaultLocked, Assert.Throws<PasspackException>(() => _vault.List(new EntryQuery()).Count()).ErrorId);
        Assert.Equal(ErrorCodes.VaultLocked, Assert.Throws<PasspackException>(_vault.KeepUnlocked).ErrorId);
    }

    [Fact]
    public void It_never_locks_in_the_middle_of_a_change()
    {
        using (VaultWriter writer = _vault.BeginWrite())
        {
            _clock.Advance(TimeSpan.FromHours(1));
            writer.Add(new EntryEdit { Name = "late" });
            writer.Commit();
        }
        Assert.Equal(4, _vault.List(new EntryQuery()).Count());
    }

    [Fact]
    public void A_lock_in_the_middle_of_an_enumeration_lets_it_end_and_then_takes_the_keys()
    {
        using IEnumerator<EntrySummary> entries = _vault.List(new EntryQuery()).GetEnumerator();
        Assert.True(entries.MoveNext());
        VaultKeys keys;
        using (VaultUse use = _vault.Use())
            keys = use.Keys;

        _accounts.Lock(Folder);

        Assert.True(_vault.IsLocked);
        Errors.Of(ErrorCodes.VaultLocked, () => _vault.List(new EntryQuery()).ToList());
        Errors.Of(ErrorCodes.VaultInUse, () => VaultQuarantine.SetAside(Folder));
        Assert.True(entries.MoveNext());
        Assert.True(entries.MoveNext());
        _ = keys.NameKey("x");
        Assert.False(entries.MoveNext());
        Errors.Of(ErrorCodes.VaultLocked, () => keys.NameKey("x"));
        VaultQuarantine.SetAside(Folder);
    }

    [Fact]
    public void Who_unlocks_an_unlocked_account_disturbs_nobody()
    {
        using IEnumerator<EntrySummary> entries = _vault.List(new EntryQuery()).GetEnumerator();
        Assert.True(entries.MoveNext());

        Assert.Same(_vault, Unlock());

        Add("still unlocked");
        Assert.True(entries.MoveNext());
        using SecretBytes wrong = SecretBytes.FromChars("not the packing key");
        Errors.Of(ErrorCodes.PackingKeyMismatch, () => _accounts.Unlock(_home, TestVault.UserId, wrong));
        Assert.False(_vault.IsLocked);
    }

    [Fact]
    public void Unlocked_again_it_is_as_it_was()
    {
        _accounts.LockAll();
        Assert.NotSame(_vault, Unlock());
        Assert.Equal(3, _accounts.Require(Folder).List(new EntryQuery()).Count());
        Assert.Same(_accounts.Require(Folder), _accounts.Add(_accounts.Require(Folder)));
        Assert.False(_accounts.Require(Folder).IsLocked);
    }

    [Fact]
    public void An_account_that_is_not_there_is_told_from_a_locked_one() =>
        Errors.Of(ErrorCodes.AccountNotFound, () => _accounts.Require(_home.Account("somebody else")));

    [Fact]
    public void Locking_under_threads_that_use_it_ends_every_one_of_them_cleanly()
    {
        var failures = new System.Collections.Concurrent.ConcurrentBag<string>();
        using var started = new CountdownEvent(4);
        var threads = Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            started.Signal();
            try
            {
                while (true)
                    Assert.Equal(3, _vault.List(new EntryQuery()).Count());
            }
            catch (PasspackException e)
            {
                failures.Add(e.ErrorId);
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        started.Wait();
        _accounts.LockAll();
        threads.ForEach(thread => thread.Join());
        Assert.Equal(Enumerable.Repeat(ErrorCodes.VaultLocked, 4), failures);
        VaultQuarantine.SetAside(Folder);
    }
}
