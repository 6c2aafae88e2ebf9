using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.Core.Tests.Vault;

public sealed class LocalVaultTests : IDisposable
{
    private readonly TestVault _test = new();

    public void Dispose() => _test.Dispose();

    [Fact]
    public void An_entry_comes_back_as_it_went_in_after_the_account_was_locked()
    {
        var edit = new EntryEdit
        {
            Name = "Größe 🔐",
            UserId = " u ",
            Password = "p\"ä",
            Url = "https://a.example/",
            Email = "a@b.c",
            Notes = "line1\r\nline2\n",
            SharedNotes = "shared",
            ExtraFields = [new("pin", "text", "1234"), new("pin", "text", "5678")],
            Tags = ["One", "one", "Two Words"],
            Favorite = true,
        };
        EntrySummary added = _test.Add(edit);

        LocalVault vault = _test.Reopen();
        FullEntry entry = Assert.Single(vault.ListFull(new EntryQuery()));

        Assert.Equal(added.Id, entry.Summary.Id);
        Assert.Equal("Größe 🔐", entry.Summary.Name);
        Assert.Equal(["One", "Two Words"], entry.Summary.Tags);
        Assert.True(entry.Summary.Favorite);
        Assert.Equal("p\"ä", entry.Secret.Password);
        Assert.Equal("line1\r\nline2\n", entry.Secret.Notes);
        Assert.Equal(edit.ExtraFields, entry.Secret.ExtraFields);
        Assert.Equal(entry.Summary.Id, Assert.Single(vault.List(new EntryQuery { Name = "GRÖSSE 🔐".Replace("SS", "ß") })).Id);
        Assert.Empty(vault.List(new EntryQuery { Name = "other" }));
    }

    [Fact]
    public void An_edit_changes_what_it_names_and_nothing_else()
    {
        EntrySummary added = _test.Add(new EntryEdit { Name = "n", Password = "old", Notes = "keep", Tags = ["a"] });

        _test.Write(writer => writer.Edit(added.Id, new EntryEdit { Password = "new", AddTags = ["b"] }));

        FullEntry entry = Assert.Single(_test.Vault.ListFull(new EntryQuery { Id = added.Id }));
        Assert.Equal(("new", "keep"), (entry.Secret.Password, entry.Secret.Notes));
        Assert.Equal(["a", "b"], entry.Summary.Tags);
        Assert.True(entry.Summary.Modified > added.Modified);
    }

    [Fact]
    public void Trash_restore_and_purge()
    {
        EntrySummary added = _test.Add(new EntryEdit { Name = "n", Password = "p" });
        _test.Write(writer => { writer.Trash(added.Id); return 0; });
        Assert.Empty(_test.Vault.List(new EntryQuery()));
        Assert.NotNull(Assert.Single(_test.Vault.List(new EntryQuery { Trashed = true })).Trashed);

        _test.Write(writer => writer.Restore(added.Id));
        Assert.Equal("p", Assert.Single(_test.Vault.ListFull(new EntryQuery())).Secret.Password);

        _test.Write(writer => { writer.Trash(added.Id); writer.Purge(added.Id); return 0; });
        Assert.Equal(ErrorCodes.EntryNotFound, Assert.Throws<PasspackException>(() => _test.Vault.Get(added.Id)).ErrorId);
    }

    [Fact]
    public void A_wrong_packing_key_names_the_way_out()
    {
        using SecretBytes wrong = SecretBytes.FromChars("another packing key");
        PasspackException error = Assert.Throws<PasspackException>(() => LocalVault.Unlock(_test.Home, TestVault.UserId, wrong));
        Assert.Equal(ErrorCodes.PackingKeyMismatch, error.ErrorId);
        Assert.Contains("Reset-PasspackLocalAccount", error.Message, StringComparison.Ordinal);
        Assert.Contains("-Emergency", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_vault_in_use_cannot_be_set_aside_and_a_locked_one_can()
    {
        AccountFolder folder = _test.Home.Account(TestVault.UserId);
        Assert.Equal(ErrorCodes.VaultInUse, Assert.Throws<PasspackException>(() => VaultQuarantine.SetAside(folder)).ErrorId);
        _test.Vault.Dispose();

        string quarantined = VaultQuarantine.SetAside(folder);

        Assert.True(File.Exists(quarantined));
        Assert.False(folder.Exists);
    }

    [Fact]
    public void A_sealed_copy_is_whole_and_its_owners_alone()
    {
        _test.Add(new EntryEdit { Name = "n" });
        string copy = VaultCopies.CopySealed(_test.Home.Account(TestVault.UserId), "test");
        Assert.Equal([copy], _test.Vault.Describe().Backups);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(copy));
    }

    [Fact]
    public void Where_no_key_opens_nobody_is_left_at_the_file()
    {
        if (!OperatingSystem.IsLinux())
            return; // Only there a process sees its own open files.
        using var test = new TestVault();
        test.Write(writer =>
        {
            for (int i = 0; i < 200; i++)
                writer.Add(new EntryEdit { Name = $"entry {i}", Notes = new string('n', 200_000) });
            return 0;
        });
        test.Vault.Dispose();
        for (int i = 0; i < 3; i++)
        {
            Errors.Of(ErrorCodes.UnattendedRefused, () => LocalVault.UnlockUnattended(test.Home, TestVault.UserId));

            Assert.DoesNotContain(Directory.GetFiles("/proc/self/fd").Select(Target), file => file?.StartsWith(test.Home.Path, StringComparison.Ordinal) is true);
        }

        static string? Target(string link)
        {
            try
            {
                return File.ResolveLinkTarget(link, returnFinalTarget: false)?.FullName;
            }
            catch (IOException)
            {
                return null; // Of another test, and closed by now.
            }
        }
    }
}
