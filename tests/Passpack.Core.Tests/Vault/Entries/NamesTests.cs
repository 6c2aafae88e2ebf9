using FsCheck;
using FsCheck.Fluent;
using Microsoft.Data.Sqlite;
using Passpack.Protocol;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.Core.Tests.Vault;

/// <summary>What tab completion asks for: always what a listing would find, however it is kept.</summary>
public sealed class NamesTests : IDisposable
{
    private readonly TestVault _test = new();

    public void Dispose() => _test.Dispose();

    private IReadOnlyList<string> Entries(string prefix, int most = 200) => _test.Vault.Names(VaultNames.Entries, prefix, most);

    [Fact]
    public void Names_are_found_by_their_beginning_whatever_its_case_each_once_and_in_order()
    {
        foreach (string name in new[] { "mail", "Git", "git", "GIT lab", "gi", "github", "git", "[old]" })
            _test.Add(new EntryEdit { Name = name });
        Assert.Equal(["gi", "git", "git", "GIT lab", "github"], Entries("gI").Select(name => name == "Git" ? "git" : name));
        Assert.Equal(4, Entries("git").Count);
        Assert.Equal("gi", Assert.Single(Entries("g", most: 1)));
        Assert.Equal(7, Entries("").Count);
        Assert.Empty(Entries("nothing"));
    }

    [Fact]
    public void Any_names_and_any_beginning() => Prop.ForAll<NonEmptyString[]>(names =>
    {
        string round = $"{Guid.NewGuid()} "; // One vault for all of them.
        string[] whole = [.. names.Select(name => round + name.Get).Where(IsText)];
        _test.Write(writer => whole.Select(name => writer.Add(new EntryEdit { Name = name })).Count());
        return whole.Select(name => name[..(round.Length + 1)]).Append(round).All(prefix =>
            whole.Distinct().Where(name => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)).Order(StringComparer.Ordinal)
                .SequenceEqual(Entries(prefix, int.MaxValue).Order(StringComparer.Ordinal)));
    }).Holds();

    // What a vault takes: no halves of characters.
    private static bool IsText(string text) => text.EnumerateRunes().All(rune => rune != System.Text.Rune.ReplacementChar);

    [Fact]
    public void Tags_and_extra_fields_have_names_too()
    {
        _test.Add(new EntryEdit { Name = "a", Tags = ["Two Words", "x"], ExtraFields = [new("pin", "text", "secret"), new("PIN", "text", "")] });
        _test.Add(new EntryEdit { Name = "b", Tags = ["x"], ExtraFields = [new("pin", "text", "")] });
        Assert.Equal(["Two Words", "x"], _test.Vault.Names(VaultNames.Tags, "", 9));
        Assert.Equal(["PIN", "pin"], _test.Vault.Names(VaultNames.ExtraFields, "p", 9).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_trash_has_names_of_its_own()
    {
        EntrySummary gone = _test.Add(new EntryEdit { Name = "gone" });
        _test.Add(new EntryEdit { Name = "here" });
        _test.Write<object?>(writer =>
        {
            writer.Trash(gone.Id);
            return null;
        });
        Assert.Equal(["here"], Entries(""));
        Assert.Equal(["gone"], _test.Vault.Names(VaultNames.TrashedEntries, "", 9));
    }

    [Fact]
    public void A_change_by_whomever_is_seen_at_once()
    {
        EntrySummary entry = _test.Add(new EntryEdit { Name = "one" });
        Assert.Equal(["one"], Entries(""));
        _test.Write(writer => writer.Edit(entry.Id, new EntryEdit { Name = "other" }));
        Assert.Equal(["other"], Entries(""));
        using (LocalVault second = TestVault.Unlock(_test.Home))
        using (VaultWriter writer = second.BeginWrite())
        {
            writer.Add(new EntryEdit { Name = "theirs" });
            Assert.Equal(["other"], Entries(""));
            writer.Commit();
        }
        Assert.Equal(["other", "theirs"], Entries(""));
        _test.Write<object?>(writer =>
        {
            writer.Trash(entry.Id);
            return null;
        });
        Assert.Equal(["theirs"], Entries(""));
    }

    [Fact]
    public void What_does_not_open_is_passed_over()
    {
        EntrySummary damaged = _test.Add(new EntryEdit { Name = "damaged" });
        _test.Add(new EntryEdit { Name = "sound" });
        using var connection = new SqliteConnection($"Data Source={_test.Folder.VaultFile};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "UPDATE local_data SET head = zeroblob(length(head)) WHERE id = $1";
        command.Parameters.AddWithValue("$1", damaged.Id.ToByteArray(bigEndian: true));
        Assert.Equal(1, command.ExecuteNonQuery());
        Assert.Equal(["sound"], Entries(""));
    }

    [Fact]
    public void A_locked_account_has_none_and_its_files_are_free()
    {
        _test.Add(new EntryEdit { Name = "one" });
        Assert.Single(Entries(""));
        _test.Vault.Dispose();
        Errors.Of(ErrorCodes.VaultLocked, () => Entries(""));
        VaultQuarantine.SetAside(_test.Folder);
        Assert.False(_test.Folder.Exists);
    }

    [Fact]
    public async Task Many_at_once_while_it_changes()
    {
        _test.Add(new EntryEdit { Name = "n" });
        Task[] readers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (int seen = 0; seen < 50;)
            {
                int now = Entries("n").Count;
                Assert.True(now >= seen, $"{now} after {seen}");
                seen = now;
            }
        }))];
        for (int i = 1; i < 50; i++)
            _test.Add(new EntryEdit { Name = $"n{i}" });
        await Task.WhenAll(readers);
    }
}
