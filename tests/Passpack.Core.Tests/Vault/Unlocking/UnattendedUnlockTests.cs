using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Files;
using Passpack.Vault.Storage;
using Passpack.Vault.Unlocking;

namespace Passpack.Core.Tests.Vault;

public sealed class UnattendedUnlockTests : IDisposable
{
    private readonly TestVault _account = new(home: Directory.CreateTempSubdirectory("passpack-").FullName);

    private string Folder => Path.Combine(_account.Folder.Path, "unattended");

    private string Key => Path.Combine(Folder, "key");

    public void Dispose() => _account.Dispose();

    [Fact]
    public void What_was_enabled_unlocks_and_the_Packing_Key_lies_nowhere()
    {
        _account.Add(new EntryEdit { Name = "one" });
        Assert.False(_account.Vault.Describe().Unattended);
        Refused("is not enabled for");
        Enable();
        Assert.True(_account.Vault.Describe().Unattended);
        using LocalVault vault = Unlock();
        Assert.Equal(["one"], vault.List(new EntryQuery()).Select(entry => entry.Name));
        byte[] kept = File.ReadAllBytes(Key);
        Assert.Equal(-1, kept.AsSpan().IndexOf(Encoding.UTF8.GetBytes(TestVault.PackingKey)));
        Assert.Equal([Key], Directory.GetFileSystemEntries(Folder));
    }

    [Fact]
    public void The_file_is_what_pack_format_says()
    {
        Enable();
        byte[] kept = File.ReadAllBytes(Key);
        AccountRow row = Row();
        using SecretBytes packingKey = SecretBytes.FromChars(TestVault.PackingKey);
        KeyEnvelope.Open(EnvelopePurpose.AccountKey, row.KeyEnvelope, packingKey, out WrappingKey wrappingKey).Dispose();
        using WrappingKey _ = wrappingKey;
        using SecretBytes derived = wrappingKey.CopyDerived();
        byte kind = OperatingSystem.IsWindows() ? (byte)2 : (byte)1;
        byte[] expected = [.. "PPUK"u8, 1, kind, .. row.VaultId.ToByteArray(bigEndian: true), .. SHA256.HashData(Encoding.UTF8.GetBytes(row.KeyEnvelope))];
        Assert.Equal(expected, kept[..expected.Length]);
        Assert.Equal(SHA256.HashData(kept[..^8])[..8], kept[^8..]);
        if (kind == 1)
            Assert.Equal(derived.Span.ToArray(), kept[expected.Length..^8]);
    }

    [Fact]
    public void A_wrong_Packing_Key_enables_nothing_and_leaves_what_is_there()
    {
        Errors.Of(ErrorCodes.PackingKeyMismatch, () => Enable("some other key, long enough"), TestVault.UserId);
        Assert.False(Directory.Exists(Folder));
        Enable();
        byte[] before = File.ReadAllBytes(Key);
        Errors.Of(ErrorCodes.PackingKeyMismatch, () => Enable("some other key, long enough"));
        Assert.Equal(before, File.ReadAllBytes(Key));
    }

    [Fact]
    public void Another_Packing_Key_makes_it_useless_until_it_is_enabled_again()
    {
        Enable();
        AccountRow row = Row();
        using (SecretBytes oldKey = SecretBytes.FromChars(TestVault.PackingKey), newKey = SecretBytes.FromChars("a new packing key"),
            accountKey = KeyEnvelope.Open(EnvelopePurpose.AccountKey, row.KeyEnvelope, oldKey))
        using (WrappingKey wrapping = WrappingKey.Create(newKey, KdfParameters.Floor))
        using (VaultUse use = _account.Vault.Use())
        {
            (row with { KeyEnvelope = KeyEnvelope.Seal(EnvelopePurpose.AccountKey, wrapping, accountKey.Span) }).Save(use.Connection, use.Keys);
        }
        Assert.False(_account.Vault.Describe().Unattended);
        Refused("Packing Key was changed since");
        Enable("a new packing key");
        Unlock().Dispose();
    }

    [Fact]
    public void Disabling_leaves_nothing_not_even_what_a_killed_process_left()
    {
        Assert.False(UnattendedUnlock.Disable(_account.Folder));
        Enable();
        File.WriteAllText(Path.Combine(Folder, ".half.tmp"), "half a key");
        Assert.True(UnattendedUnlock.Disable(_account.Folder));
        Assert.False(Directory.Exists(Folder));
        Assert.False(_account.Vault.Describe().Unattended);
        Refused("is not enabled for");
        Assert.False(UnattendedUnlock.Disable(_account.Folder));
    }

    [Fact]
    public void What_is_removed_was_overwritten_first()
    {
        Enable();
        byte[] before = File.ReadAllBytes(Key), after = new byte[before.Length];
        // Who has the file open sees the same bytes of the disk when it has no name any more.
        using FileStream open = SharedRead.Open(Key, bufferSize: 0);
        Assert.True(UnattendedUnlock.Disable(_account.Folder));
        Assert.Equal(before.Length, open.Length);
        open.ReadExactly(after);
        Assert.NotEqual(before[54..], after[54..]);
    }

    [Fact]
    public void A_vault_that_is_set_aside_has_no_key_beside_it()
    {
        Enable();
        _account.Vault.Dispose();
        VaultQuarantine.SetAside(_account.Folder);
        Assert.False(Directory.Exists(Folder));
        Errors.Of(ErrorCodes.AccountNotFound, Unlock);
    }

    [Fact]
    public void A_file_that_is_not_what_was_written_never_unlocks()
    {
        Enable();
        byte[] whole = File.ReadAllBytes(Key);
        Gen<byte[]> altered = Gen.OneOf(
            from at in Gen.Choose(0, whole.Length - 1)
            from bits in Gen.Choose(1, 255)
            select whole.Select((b, i) => i == at ? (byte)(b ^ bits) : b).ToArray(),
            from length in Gen.Choose(0, whole.Length - 1) select whole[..length],
            from more in Gen.Choose(1, 5000) select whole.Concat(new byte[more]).ToArray());
        Prop.ForAll(altered.ToArbitrary(), bytes =>
        {
            File.WriteAllBytes(Key, bytes);
            Refused("damaged");
        }).Holds();
        File.WriteAllBytes(Key, whole);
        Unlock().Dispose();
    }

    [Fact]
    public void The_key_of_another_account_does_not_serve()
    {
        using var other = new TestVault();
        using (SecretBytes packingKey = SecretBytes.FromChars(TestVault.PackingKey))
            UnattendedUnlock.Enable(other.Folder, packingKey);
        Enable();
        File.Copy(Path.Combine(other.Folder.Path, "unattended", "key"), Key, overwrite: true);
        Refused("enabled for other keys");
    }

    [Theory]
    [InlineData("unattended/key", "604", "chmod 600")]
    [InlineData("unattended/key", "640", "chmod 600")]
    [InlineData("unattended/key", "620", "chmod 600")]
    [InlineData("unattended", "750", "chmod 700")]
    [InlineData("unattended", "701", "chmod 700")]
    [InlineData(".", "770", "chmod go-w")]
    [InlineData("..", "702", "chmod go-w")]
    [InlineData("../..", "1777", "chmod go-w")]
    public void What_others_could_get_at_is_refused_with_the_command_that_mends_it(string what, string mode, string mend)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "No modes there.");
        Enable();
        string path = Path.GetFullPath(Path.Combine(_account.Folder.Path, what));
        Run("chmod", mode, path);
        PasspackException error = Refused(mend, path);
        Run("sh", "-c", Regex.Match(error.Message, $"{mend} '[^']+'").Value);
        Unlock().Dispose();
    }

    [Theory]
    [InlineData("unattended")]
    [InlineData(".")]
    [InlineData("../..")]
    public void Nothing_is_written_where_others_could_get_at_it(string what)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "No modes there.");
        OwnerOnly.CreateFolder(Folder);
        Run("chmod", "777", Path.GetFullPath(Path.Combine(_account.Folder.Path, what)));
        Errors.Of(ErrorCodes.UnattendedRefused, () => Enable(), "chmod");
        Assert.False(File.Exists(Key));
    }

    [Theory]
    [InlineData("unattended/key")]
    [InlineData("unattended")]
    [InlineData(".")]
    [InlineData("../..")]
    public void What_belongs_to_another_user_is_refused(string what)
    {
        Assert.SkipUnless(Environment.UserName == "root" && !OperatingSystem.IsWindows(), "Only root can give files away.");
        Enable();
        string path = Path.GetFullPath(Path.Combine(_account.Folder.Path, what));
        Run("chown", "12345", path);
        Refused("belongs to user 12345", path);
        Run("chown", "0", path);
        Unlock().Dispose();
    }

    [Fact]
    public void Links_are_refused_and_what_they_lead_to_is_left_alone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Making a link needs a privilege there.");
        Enable();
        string elsewhere = Path.Combine(_account.Home.Path, "elsewhere");
        File.Move(Key, elsewhere);
        File.CreateSymbolicLink(Key, elsewhere);
        Refused("a link", Key);
        byte[] before = File.ReadAllBytes(elsewhere);
        Enable();
        Assert.Null(new FileInfo(Key).LinkTarget);
        Assert.Equal(before, File.ReadAllBytes(elsewhere));
        Unlock().Dispose();

        string moved = Path.Combine(_account.Home.Path, "moved");
        Directory.Move(Folder, moved);
        Directory.CreateSymbolicLink(Folder, moved);
        Refused("a link", Folder);
        Errors.Of(ErrorCodes.UnattendedRefused, () => Enable(), Folder);
        Assert.True(UnattendedUnlock.Disable(_account.Folder) || !Directory.Exists(Folder));
        Assert.False(Path.Exists(Folder));
        Assert.True(File.Exists(Path.Combine(moved, "key")));
    }

    [Fact]
    public void A_data_folder_behind_a_link_is_the_users_own_choice()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Making a link needs a privilege there.");
        string link = _account.Home.Path + "-link";
        Directory.CreateSymbolicLink(link, _account.Home.Path);
        try
        {
            using SecretBytes packingKey = SecretBytes.FromChars(TestVault.PackingKey);
            UnattendedUnlock.Enable(new DataFolder(link).Account(TestVault.UserId), packingKey);
            LocalVault.UnlockUnattended(new DataFolder(link), TestVault.UserId).Dispose();
            Run("chmod", "777", _account.Home.Path);
            Errors.Of(ErrorCodes.UnattendedRefused, () => LocalVault.UnlockUnattended(new DataFolder(link), TestVault.UserId), _account.Home.Path);
        }
        finally
        {
            Directory.Delete(link);
        }
    }

    [Fact]
    public void On_Windows_DPAPI_has_it_with_the_vaults_id_as_entropy()
    {
        // Stands in for the platform: a blob is the data with the entropy before it, both turned over.
        var entropies = new List<byte[]>();
        var dpapi = new DpapiKeyProtection(
            DpapiKeyProtection.OfUser,
            (data, entropy) =>
            {
                entropies.Add(entropy);
                return [.. entropy.Concat(data).Select(b => (byte)~b)];
            },
            (blob, entropy) => blob.Select(b => (byte)~b).Take(16).SequenceEqual(entropy)
                ? [.. blob.Skip(16).Select(b => (byte)~b)] : throw new CryptographicException());
        AccountRow row = Row();
        using (SecretBytes packingKey = SecretBytes.FromChars(TestVault.PackingKey))
            UnattendedUnlock.Enable(_account.Folder, packingKey, dpapi);
        Assert.Equal([row.VaultId.ToByteArray(bigEndian: true)], entropies);
        Assert.Equal(2, File.ReadAllBytes(Key)[5]);
        UnattendedUnlock.Open(_account.Folder, row, dpapi).Keys.Dispose();

        var anotherUser = new DpapiKeyProtection(
            DpapiKeyProtection.OfUser, (_, _) => throw new CryptographicException(), (_, _) => throw new CryptographicException());
        Errors.Of(ErrorCodes.UnattendedRefused, () => UnattendedUnlock.Open(_account.Folder, row, anotherUser), "another user");
        // What one platform sealed, another does not take for its own.
        if (!OperatingSystem.IsWindows())
            Refused("another machine");
    }

    [Fact]
    public void For_another_account_the_file_is_sealed_its_way_and_given_before_it_has_its_name()
    {
        string file = Path.Combine(_account.Folder.Path, "service.key");
        var given = new List<(string Path, bool IsThere)>();
        var machine = new DpapiKeyProtection(DpapiKeyProtection.OfMachine, (data, _) => [.. data.Select(b => (byte)~b)], (blob, _) => [.. blob.Select(b => (byte)~b)]);
        var recipient = new KeyFileRecipient(machine, (_, _) => { }, path => given.Add((path, File.Exists(file))));
        using (SecretBytes packingKey = SecretBytes.FromChars(TestVault.PackingKey))
            UnattendedUnlock.Enable(_account.Folder, packingKey, recipient.Protection, file, recipient);
        (string temporary, bool isThere) = Assert.Single(given);
        Assert.Equal((Path.GetDirectoryName(file), false), (Path.GetDirectoryName(temporary), isThere));
        Assert.False(File.Exists(temporary));
        Assert.Equal(3, File.ReadAllBytes(file)[5]);
        Assert.False(Directory.Exists(Folder));
        UnattendedUnlock.Open(_account.Folder, Row(), machine, file).Keys.Dispose();
    }

    [Fact]
    public async Task A_key_that_another_program_reads_goes_as_soon_as_that_lets_go_of_it()
    {
        Enable();
        Task<bool> removal;
        using (new FileStream(Key, FileMode.Open, FileAccess.Read, FileShare.None))
        {
            removal = Task.Run(() => UnattendedUnlock.Disable(_account.Folder));
            await Task.WhenAny(removal, Task.Delay(200));
            Assert.True(File.Exists(Key));
        }
        Assert.True(await removal);
        Assert.False(Directory.Exists(Path.GetDirectoryName(Key)));
    }

    [Fact]
    public void A_key_that_another_program_keeps_is_told()
    {
        Enable();
        using (new FileStream(Key, FileMode.Open, FileAccess.Read, FileShare.None))
            Errors.Of(ErrorCodes.VaultInUse, () => UnattendedUnlock.Disable(_account.Folder), $"{Key} still lies there as it was, and opens the account");
        Unlock().Dispose();
        Assert.True(UnattendedUnlock.Disable(_account.Folder));
    }

    [Fact]
    public void Unlocking_again_leaves_the_unlocked_account_as_it_is()
    {
        Enable();
        using var accounts = new UnlockedAccounts();
        LocalVault first = accounts.UnlockUnattended(_account.Home, TestVault.UserId);
        Assert.Same(first, accounts.UnlockUnattended(_account.Home, TestVault.UserId));
        UnattendedUnlock.Disable(_account.Folder);
        Errors.Of(ErrorCodes.UnattendedRefused, () => accounts.UnlockUnattended(_account.Home, TestVault.UserId), "Enable-PasspackUnattendedUnlock -Account 'alice@example.com'");
        Assert.False(first.IsLocked);
    }

    private static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    private void Enable(string packingKey = TestVault.PackingKey)
    {
        using SecretBytes key = SecretBytes.FromChars(packingKey);
        UnattendedUnlock.Enable(_account.Folder, key);
    }

    private LocalVault Unlock() => LocalVault.UnlockUnattended(_account.Home, TestVault.UserId);

    private PasspackException Refused(params string[] says)
    {
        PasspackException error = Errors.Of(ErrorCodes.UnattendedRefused, Unlock, TestVault.UserId);
        Assert.All(says, text => Assert.Contains(text, error.Message, StringComparison.Ordinal));
        return error;
    }

    private AccountRow Row()
    {
        using VaultUse use = _account.Vault.Use();
        return AccountRow.Load(use.Connection);
    }
}
