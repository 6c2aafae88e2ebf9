using System.Diagnostics.CodeAnalysis;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;
using Passpack.Vault.Unlocking;

namespace Passpack.Core.Tests.Vault;

/// <summary>New keys for an account that is offline: what was, stays readable; who has the old ones, gets nothing new.</summary>
[Collection(Failing.Name)]
[Trait("Pace", "Slow")]
[SuppressMessage("Reliability", "CA2000", Justification = "VaultKeys owns its Account Key.")]
public sealed class NewKeysOfflineTests : IDisposable
{
    private const string NewPackingKey = "another packing key for tests";

    private readonly TestVault _test = new();
    private readonly Guid _id;

    public NewKeysOfflineTests()
    {
        _id = _test.Add(new EntryEdit { Name = "Name", Password = "first", Tags = ["one"] }).Id;
        _test.Write(writer => writer.Edit(_id, new EntryEdit { Password = "second" }));
        _test.Reopen();
    }

    public static TheoryData<string> Steps => ["copied", "begun", "new keys in the transaction", "before commit", "committed"];

    public void Dispose() => _test.Dispose();

    [Fact]
    public void The_old_Packing_Key_envelope_and_keys_open_nothing_new_and_history_is_read_on()
    {
        using VaultUse use = _test.Vault.Use();
        using VaultKeys old = use.Keys.At(1);
        string envelope = AccountRow.Load(use.Connection).KeyEnvelope;
        Replace();
        Assert.False(_test.Vault.IsLocked);
        Guid added = _test.Add(new EntryEdit { Name = "added", Password = "third" }).Id;

        // The vault that stays unlocked, and one that is unlocked anew.
        Assert.Equal(("second", "third"), Passwords(_test.Vault));
        Assert.Equal(ErrorCodes.PackingKeyMismatch, Assert.Throws<PasspackException>(() => TestVault.Unlock(_test.Home).Dispose()).ErrorId);
        using LocalVault again = Unlock(NewPackingKey);
        Assert.Equal(("second", "third"), Passwords(again));
        Assert.Equal([_id], again.List(new EntryQuery { Name = "NAME" }).Select(entry => entry.Id));
        EntryVersion version = again.History(_id).First(version => version.IsData);
        Assert.Equal("first", again.ReadSecret(version).Password);

        AccountRow account = AccountRow.Load(use.Connection);
        Assert.Equal((2, 1), (account.Epoch, account.EarlierKeys.Count));
        Assert.NotEqual(Convert.ToBase64String(WrappingSalt(envelope)), Convert.ToBase64String(WrappingSalt(account.KeyEnvelope)));
        // With the Account Key that the old envelope holds, whoever has today's file reads what was, and no entry as it is.
        using SecretBytes packingKey = SecretBytes.FromChars(TestVault.PackingKey);
        using var thief = new VaultKeys(KeyEnvelope.Open(EnvelopePurpose.AccountKey, envelope, packingKey), old.VaultId, 1);
        foreach (Guid id in new[] { _id, added })
            Assert.Equal(ErrorCodes.RecordDamaged, Assert.Throws<PasspackException>(() => EntryState.Find(use.Connection, id)!.Open(thief)).ErrorId);
        Assert.Equal(ErrorCodes.PackingKeyMismatch, Assert.Throws<PasspackException>(() => KeyEnvelope.Open(EnvelopePurpose.AccountKey, account.KeyEnvelope, packingKey)).ErrorId);
        Assert.Equal(ErrorCodes.VaultDamaged, Assert.Throws<PasspackException>(() =>
            new VaultKeys(KeyEnvelope.Open(EnvelopePurpose.AccountKey, envelope, packingKey), old.VaultId, 2, account.EarlierKeys)).ErrorId);
        Assert.Contains("before-new-keys", Assert.Single(Directory.GetFiles(Path.GetDirectoryName(VaultCopies.NewestSoundCopy(_test.Folder)!)!, "*.db")), StringComparison.Ordinal);

        (string, string) Passwords(LocalVault vault) => (vault.ReadSecret(_id).Password, vault.ReadSecret(added).Password);
    }

    [Fact]
    public void A_vault_that_another_process_has_unlocked_is_told_to_unlock_it_again()
    {
        using LocalVault other = TestVault.Unlock(_test.Home);
        Replace();
        Errors.Of(ErrorCodes.VaultLocked, () => other.BeginWrite().Dispose(), "Lock-PasspackVault");
        using SecretBytes newest = SecretBytes.FromChars("the newest packing key");
        Errors.Of(ErrorCodes.VaultLocked, () => other.ReplaceKeysOffline(newest));
        Assert.Equal("second", Unlocked(NewPackingKey, vault => vault.ReadSecret(_id).Password));
    }

    [Fact]
    public void A_weak_key_a_disconnected_account_and_the_last_epoch_are_refused()
    {
        Errors.Of(ErrorCodes.KeyTooWeak, () => Replace("short"));
        using (VaultUse use = _test.Vault.Use())
            use.Connection.InTransaction(() => AccountRow.Change(use.Connection, use.Keys, "UPDATE account SET key_generation = 3"));
        Errors.Of(ErrorCodes.NotConnected, () => Replace(), "Connect-PasspackAccount");
        Assert.Null(VaultCopies.NewestSoundCopy(_test.Folder));
        Assert.Equal("second", Unlocked(TestVault.PackingKey, vault => vault.ReadSecret(_id).Password));

        using var account = new TestVault();
        account.Vault.Dispose();
        Directory.Delete(account.Folder.VaultFolder, recursive: true);
        var keys = new VaultKeys(SecretBytes.Random(KeyDerivation.KeyBytes), Guid.NewGuid(), 1);
        while (keys.Epoch < KeyRecordContent.LastEpoch)
        {
            VaultKeys next = keys.Next(SecretBytes.Random(KeyDerivation.KeyBytes));
            keys.Dispose();
            keys = next;
        }
        using var last = LocalVault.Create(account.Folder, keys, keys.WrapAccountKey(TestVault.Wrapping), row => row with { EarlierKeys = keys.EarlierKeys }, null);
        using SecretBytes newKey = SecretBytes.FromChars(NewPackingKey);
        Errors.Of(ErrorCodes.ReadOnly, () => last.ReplaceKeysOffline(newKey), "49 times");
    }

    [Fact]
    public void The_key_of_unattended_unlock_opens_nothing_any_more()
    {
        using (SecretBytes packingKey = SecretBytes.FromChars(TestVault.PackingKey))
            UnattendedUnlock.Enable(_test.Folder, packingKey);
        LocalVault.UnlockUnattended(_test.Home, TestVault.UserId).Dispose();
        Replace();
        Errors.Of(ErrorCodes.UnattendedRefused, () => LocalVault.UnlockUnattended(_test.Home, TestVault.UserId).Dispose());
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public void Wherever_it_fails_the_vault_has_all_of_the_old_keys_or_all_of_the_new(string at)
    {
        Failing.At(at, () => Assert.ThrowsAny<Exception>(() => Replace()));
        _test.Vault.Dispose();
        string key = at == "committed" ? NewPackingKey : TestVault.PackingKey, other = at == "committed" ? TestVault.PackingKey : NewPackingKey;
        Assert.Equal(ErrorCodes.PackingKeyMismatch, Assert.Throws<PasspackException>(() => Unlock(other).Dispose()).ErrorId);
        using LocalVault vault = Unlock(key);
        Assert.Equal("second", vault.ReadSecret(_id).Password);
        Assert.Equal("first", vault.ReadSecret(vault.History(_id).First(version => version.IsData)).Password);
        using (VaultWriter writer = vault.BeginWrite())
        {
            writer.Edit(_id, new EntryEdit { Password = "third" });
            writer.Commit();
        }
        // And it can be done again.
        using SecretBytes newest = SecretBytes.FromChars("the newest packing key");
        vault.ReplaceKeysOffline(newest);
        Assert.Equal("third", Unlocked("the newest packing key", again => again.ReadSecret(_id).Password));
    }

    private void Replace(string packingKey = NewPackingKey)
    {
        using SecretBytes key = SecretBytes.FromChars(packingKey);
        _test.Vault.ReplaceKeysOffline(key);
    }

    private LocalVault Unlock(string packingKey)
    {
        using SecretBytes key = SecretBytes.FromChars(packingKey);
        return LocalVault.Unlock(_test.Home, TestVault.UserId, key);
    }

    private T Unlocked<T>(string packingKey, Func<LocalVault, T> read)
    {
        using LocalVault vault = Unlock(packingKey);
        return read(vault);
    }

    private static byte[] WrappingSalt(string envelope) => Convert.FromBase64String(envelope.Split('#')[3]);
}
