using System.Text;
using Microsoft.Data.Sqlite;
using Passpack.EndToEnd.Tests.Model;
using Passpack.EndToEnd.Tests.Support;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Sync;
using Passpack.Sync.OnlineEditing;
using Passpack.Sync.Pushing;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;

namespace Passpack.EndToEnd.Tests;

/// <summary>Records damaged on the server's disk, ways that let no push through, answers that are lost: what the next sync makes of them.</summary>
public sealed class RepairTests(RealServer server) : IClassFixture<RealServer>, IAsyncLifetime
{
    private readonly Clock _clock = new();
    private TestAccount _account = null!;
    private HostileServer _wire = null!;
    private Machine _a = null!;
    private Machine _b = null!;

    public async ValueTask InitializeAsync()
    {
        _account = await TestAccount.RegisterAsync(server);
        _wire = await HostileServer.StartAsync(server.Address);
        _a = await _account.MachineAsync("a", _clock);
        _b = await _account.MachineAsync("b", _clock, _wire.Address);
    }

    public async ValueTask DisposeAsync()
    {
        await _wire.DisposeAsync();
        await _account.DisposeAsync();
    }

    [Fact]
    public async Task An_edit_of_a_record_that_is_sound_nowhere_goes_over_it_when_the_user_says_so()
    {
        Guid edited = await SharedAsync("edited"), untouched = await SharedAsync("untouched"), tagged = await SharedAsync("tagged");
        _b.Edit(tagged, new EntryEdit { Tags = ["b's own"] });
        _a.Edit(edited, new EntryEdit { Notes = "never seen again" });
        _a.Edit(untouched, new EntryEdit { Notes = "never seen again" });
        await _a.SyncAsync();
        await _a.OnlineAsync(new OnlineEdit { Id = tagged, Values = new EntryEdit { Tags = ["never seen again"] } });
        Damage(edited, untouched, tagged);
        _b.Edit(edited, new EntryEdit { Notes = "of b" });
        await _b.SyncAsync();
        SyncResult waiting = await _b.SyncAsync();
        Assert.All(waiting.Changes, change => Assert.Equal(SyncAction.Damaged, change.Action));
        Assert.All(waiting.Changes, change => Assert.Contains($"-Resolve @{{ '{change.Id}' = 'Local' }}", change.Reason, StringComparison.Ordinal));
        Assert.Equal(1, _b.Vault.Describe().PendingChanges);

        var resolve = new SyncOptions { Resolve = new[] { edited, untouched, tagged }.ToDictionary(id => id, _ => ConflictPolicy.PreferLocal) };
        SyncResult plan = await _b.SyncAsync(resolve with { WhatIf = true });
        SyncResult settled = await _b.SyncAsync(resolve);

        foreach (SyncResult result in new[] { plan, settled })
        {
            Assert.Equal(new[] { edited, untouched, tagged }.Order(), result.Changes.Select(change => change.Id).Order());
            Assert.All(result.Changes, change => Assert.Equal(SyncAction.Pushed, change.Action));
        }
        await AssertConvergedAsync();
        Assert.Equal(("of b", ""), (_a.Get(edited).Secret.Notes, _a.Get(untouched).Secret.Notes));
        Assert.Equal(["b's own"], _a.Get(tagged).Summary.Tags);
    }

    [Fact]
    public async Task A_record_that_is_sound_again_is_not_overwritten_whatever_the_user_settled()
    {
        Guid id = await SharedAsync("n");
        _a.Edit(id, new EntryEdit { Url = "of a" });
        await _a.SyncAsync();
        Action mend = Damage(id);
        _b.Edit(id, new EntryEdit { Notes = "of b" });
        await _b.SyncAsync();
        mend();
        await _b.SyncAsync(new SyncOptions { Resolve = new Dictionary<Guid, ConflictPolicy> { [id] = ConflictPolicy.PreferLocal } });
        await AssertConvergedAsync();
        Assert.Equal(("of a", "of b"), (_a.Get(id).Summary.Url, _a.Get(id).Secret.Notes));
    }

    [Fact]
    public async Task However_many_records_stay_damaged_each_is_asked_for()
    {
        var ids = new List<Guid>();
        using (VaultWriter writer = _a.Vault.BeginWrite())
        {
            for (int i = 0; i < Limits.RecordIdsPerRequest + 100; i++)
                ids.Add(writer.Add(new EntryEdit { Name = $"entry {i}" }).Id);
            writer.Commit();
        }
        await _a.SyncAsync();
        ids.Sort((one, other) => one.ToByteArray(bigEndian: true).AsSpan().SequenceCompareTo(other.ToByteArray(bigEndian: true)));
        Damage([.. ids.SkipLast(1)]);
        Action mend = Damage(ids[^1]);
        Assert.Equal(ids.Count, (await _b.SyncAsync()).Changes.Count(change => change.Action == SyncAction.Damaged));
        mend();

        SyncResult result = await _b.SyncAsync();

        Assert.Equal(ids[^1], Assert.Single(result.Changes, change => change.Action == SyncAction.Pulled).Id);
        Assert.Equal(ids.Count - 1, result.Changes.Count(change => change.Action == SyncAction.Damaged));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task What_lets_no_push_through_does_not_keep_what_is_new_from_coming_down(bool arrives)
    {
        Guid id = await SharedAsync("n");
        _b.Edit(id, new EntryEdit { Notes = "first" });
        _wire.Lie = Lies.About(Routes.Pushes, async exchange =>
        {
            if (arrives)
                await exchange.HonestAsync();
            return Answer.Text("<html>not allowed</html>", "text/html", 403);
        });
        Assert.Equal(ErrorCodes.ServerRefused, (await FailsAsync()).ErrorId);
        _wire.Lie = Lies.About(Routes.Pushes, _ => Task.FromResult<Answer?>(Answer.Text("<html>not allowed</html>", "text/html", 403)));
        _b.Edit(id, new EntryEdit { Notes = "second" });
        Guid added = _a.Add("of a").Id;
        await _a.SyncAsync();

        Assert.Equal(ErrorCodes.ServerRefused, (await FailsAsync()).ErrorId);
        Assert.True(_b.Has(added));
        Assert.Equal("second", _b.Get(id).Secret.Notes);

        _wire.Lie = null;
        Assert.DoesNotContain((await _b.SyncAsync()).Changes, change => change.Action == SyncAction.Conflict);
        await AssertConvergedAsync();
        Assert.Equal("second", _a.Get(id).Secret.Notes);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_new_online_entry_that_was_not_answered_and_is_tried_again_is_one(bool arrives)
    {
        await SharedAsync("n");
        var edit = new OnlineEdit { Values = new EntryEdit { Name = "once", Password = "p", Tags = ["t"] } };
        _wire.Lie = Lies.About(Routes.Pushes, async exchange =>
        {
            if (arrives)
                await exchange.HonestAsync();
            return null;
        });
        await Assert.ThrowsAsync<PasspackException>(() => _b.OnlineAsync(edit));
        _wire.Lie = null;

        EntrySummary made = await _b.OnlineAsync(edit);

        Assert.Equal(["t"], made.Tags);
        await AssertConvergedAsync();
        Assert.Equal(made.Id, Assert.Single(_a.Vault.List(new EntryQuery { Name = "once" })).Id);
        // Two that are wanted are two.
        Assert.NotEqual(made.Id, (await _b.OnlineAsync(edit)).Id);
    }

    [Fact]
    public async Task Members_of_tags_and_favorites_that_this_version_does_not_know_survive_its_edits()
    {
        Guid id = await SharedAsync("n");
        using (VaultKeys keys = _account.Keys())
            await PushAsync(Record(keys, RecordStream.Tags, id, """{"tags":["t"],"colors":{"t":"red"}}"""), Record(keys, RecordStream.Favorite, id, """{"favorite":true,"since":7}"""));
        await _b.SyncAsync();
        await _b.OnlineAsync(new OnlineEdit { Id = id, Values = new EntryEdit { AddTags = ["u"], Favorite = false } });
        Assert.Equal("""{"tags":["t","u"],"colors":{"t":"red"}}""", Plain(RecordStream.Tags, id));
        Assert.Equal("""{"favorite":false,"since":7}""", Plain(RecordStream.Favorite, id));

        _b.Edit(id, new EntryEdit { Tags = ["own"], Favorite = true });
        Assert.Equal("""{"tags":["own"],"colors":{"t":"red"}}""", Plain(RecordStream.Tags, id));
        Assert.Equal("""{"favorite":true,"since":7}""", Plain(RecordStream.Favorite, id));
    }

    [Fact]
    public async Task Progress_never_says_more_than_there_is()
    {
        Guid id = await SharedAsync("n");
        _b.Edit(id, new EntryEdit { Notes = "b" });
        _clock.Pass();
        _a.Edit(id, new EntryEdit { Notes = "a" });
        await _a.SyncAsync();
        var told = new Told();

        await VaultSync.RunAsync(_b.Vault, new SyncOptions(), told);

        Assert.Contains(told.All, progress => progress.Activity == "Sending changes");
        Assert.All(told.All, progress => Assert.True(progress.Total is null || progress.Done <= progress.Total, $"{progress}"));
    }

    private async Task<PasspackException> FailsAsync() => await Assert.ThrowsAsync<PasspackException>(() => _b.SyncAsync());

    private async Task<Guid> SharedAsync(string name)
    {
        Guid id = _a.Add(name).Id;
        await _a.SyncAsync();
        await _b.SyncAsync();
        return id;
    }

    private async Task AssertConvergedAsync()
    {
        await _b.SyncAsync();
        await _a.SyncAsync();
        await _b.SyncAsync();
        Assert.Empty((await _a.SyncAsync()).Changes);
        Assert.Empty((await _b.SyncAsync()).Changes);
        Assert.Equal(_a.Dump(), _b.Dump());
    }

    /// <summary>Damages the bodies of the newest records of entries on the server's disk.</summary>
    /// <returns>Puts them right again.</returns>
    private Action Damage(params Guid[] ids)
    {
        var sound = new List<(long Row, byte[] Body)>();
        foreach (Guid id in ids)
        {
            using SqliteConnection connection = Open();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "SELECT rowid, body FROM record WHERE record_id = $id ORDER BY revision DESC LIMIT 1";
            command.Parameters.AddWithValue("$id", id.ToByteArray(bigEndian: true));
            using SqliteDataReader reader = command.ExecuteReader();
            Assert.True(reader.Read());
            sound.Add((reader.GetInt64(0), reader.GetFieldValue<byte[]>(1)));
        }
        Write(body => [.. body.Reverse()]);
        return () => Write(body => body);

        void Write(Func<byte[], byte[]> alter)
        {
            using SqliteConnection connection = Open();
            foreach ((long row, byte[] body) in sound)
            {
                using SqliteCommand command = connection.CreateCommand();
                command.CommandText = "UPDATE record SET body = $body WHERE rowid = $row";
                command.Parameters.AddWithValue("$row", row);
                command.Parameters.AddWithValue("$body", alter(body));
                Assert.Equal(1, command.ExecuteNonQuery());
            }
        }
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection($"Data Source={Path.Combine(server.Folder, "passpack-server.db")};Pooling=False");
        connection.Open();
        return connection;
    }

    private static RecordChange Record(VaultKeys keys, RecordStream stream, Guid id, string json)
    {
        byte[] body = keys.Seal(stream, RecordPart.Whole, id, 1, Encoding.UTF8.GetBytes(json));
        return new RecordChange((byte)stream, id, 1, false, RecordBody.Digest(body), body);
    }

    private async Task PushAsync(params RecordChange[] records)
    {
        using SyncRun run = await SyncRun.StartAsync(_a.Vault, new SyncOptions(), null, default);
        Assert.Equal(PushResult.Accepted, await new Push(run).PushAsync(records, default));
    }

    /// <summary>What holds on this machine, as it was sealed.</summary>
    private string Plain(RecordStream stream, Guid id)
    {
        using VaultUse use = _b.Vault.Use();
        (long version, byte[] body) = LocalOverlay.Of(use, stream)!.Effective(id)!.Value;
        Assert.True(use.Keys.TryOpen(stream, RecordPart.Whole, id, version, body, out OpenedRecord opened));
        using (opened)
            return Encoding.UTF8.GetString(opened.Span);
    }

    private sealed class Told : IProgress<SyncProgress>
    {
        public List<SyncProgress> All { get; } = [];

        public void Report(SyncProgress value) => All.Add(value);
    }
}
