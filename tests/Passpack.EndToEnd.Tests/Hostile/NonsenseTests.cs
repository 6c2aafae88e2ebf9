using System.Text;
using System.Text.Json.Nodes;
using Passpack.EndToEnd.Tests.Support;
using Passpack.Protocol;
using Passpack.Sync.Accounts;
using Passpack.Sync.OnlineEditing;
using Passpack.Sync.Session;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.EndToEnd.Tests.Hostile;

/// <summary>
/// Every member of every answer of a sync, in turn: null, missing, of another type, negative, huge, deep. Whatever comes of it is one
/// of this product's errors, and neither harms the vault nor stands in the way of the next sync.
/// </summary>
public sealed class NonsenseTests(RealServer server) : HostileTests(server), IClassFixture<RealServer>
{
    private static readonly Func<JsonNode?>[] s_nonsense =
    [
        () => null,
        () => JsonValue.Create(-1),
        () => JsonValue.Create(9e99),
        () => JsonValue.Create("\ud800 & \u0000"),
        () => JsonValue.Create(true),
        () => new JsonArray(null, null),
        () => new JsonObject(),
    ];

    private static readonly string[] s_expected =
    [
        ErrorCodes.ServerTampered, ErrorCodes.ServerRefused, ErrorCodes.ServerRolledBack, ErrorCodes.PackTooNew, ErrorCodes.PackingKeyChangedOnline,
    ];

    private static readonly string[] s_expectedWhenLooking = [ErrorCodes.ServerRefused, ErrorCodes.RecordDamaged];

    [Theory]
    [InlineData(Routes.Changes)]
    [InlineData(Routes.Manifests)]
    [InlineData(Routes.Pushes)]
    public async Task Nonsense_in_every_member_of_an_answer(string part)
    {
        // So that a sync asks for manifests.
        Lie shortHead = Lies.Head(head => head with { Manifests = [head.Manifests[^1]] });
        Answer? honest = null;
        Hostile.Lie = async exchange =>
        {
            // Not pushed: the victim is to have something to push, every time.
            Answer answer = exchange.Is(Routes.Pushes) ? Answer.Text("{\"revision\":1,\"generation\":2}")
                : part == Routes.Manifests ? (await shortHead(exchange))!
                : await exchange.HonestAsync();
            if (exchange.Is(part))
                honest = answer;
            return exchange.Is(Routes.Pushes) ? null : answer;
        };
        var options = new SyncOptions { WhatIf = part is Routes.Changes or Routes.Manifests };
        await Record.ExceptionAsync(() => Victim.SyncAsync(options));
        Assert.NotNull(honest);

        List<string> paths = [.. Paths(honest.Json()!, "")];
        TestContext.Current.TestOutputHelper!.WriteLine($"{paths.Count * s_nonsense.Length} answers.");
        foreach (string path in paths)
        {
            foreach (Func<JsonNode?> nonsense in s_nonsense)
            {
                Hostile.Lie = async exchange => exchange.Is(part)
                    ? honest.WithJson(json => Replace(json, path, nonsense()))
                    : part == Routes.Manifests ? await shortHead(exchange) : await exchange.HonestAsync();
                string before = Victim.Dump();
                Exception? outcome = await Record.ExceptionAsync(() => Victim.SyncAsync(options));
                if (outcome is not null)
                    Assert.Contains(Assert.IsType<PasspackException>(outcome).ErrorId, s_expected);
                Assert.Equal(before, Victim.Dump());
            }
        }
        await HonestAgainAsync();
    }

    private static readonly Dictionary<string, string> s_bodies = new()
    {
        ["nothing"] = "",
        ["a space"] = " ",
        ["null"] = "null",
        ["a number"] = "0",
        ["a truth"] = "true",
        ["a text"] = "\"text\"",
        ["an empty list"] = "[]",
        ["an empty object"] = "{}",
        ["half an object"] = "{\"changes\":",
        ["an object after a mark"] = "\ufeff{}",
        ["two objects"] = "{}{}",
        ["HTML"] = "<html><body>Welcome</body></html>",
        ["an object for a list"] = "{\"changes\":{}}",
        ["deep lists"] = new string('[', 100_000),
        ["deep objects"] = string.Concat(Enumerable.Repeat("{\"changes\":", 50_000)),
        ["a deep unknown member"] = $"{{\"x\":{new string('[', 70)}{new string(']', 70)}}}",
        ["a list of 100,000"] = $"[{string.Join(',', Enumerable.Repeat("null", 100_000))}]",
        ["100,000 changes"] = $"{{\"changes\":[{string.Join(',', Enumerable.Repeat("null", 100_000))}],\"nextPage\":\"a\"}}",
        ["hundreds of thousands of empty changes"] = $"{{\"changes\":[{string.Join(',', Enumerable.Repeat("{}", 300_000))}],\"nextPage\":\"a\"}}",
        ["a number of 5,000 digits"] = $"{{\"changes\":[],\"nextPage\":null,\"head\":{{\"revision\":{new string('9', 5000)}}}}}",
    };

    public static TheoryData<string> Bodies() => [.. s_bodies.Keys];

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Nonsense_in_place_of_an_answer(string body)
    {
        foreach (Answer nonsense in Forms(s_bodies[body]))
            await RefusedAsync(ErrorCodes.ServerRefused, _ => Task.FromResult<Answer?>(nonsense));
    }

    // As it is, and as the metadata of an answer with no records.
    private static Answer[] Forms(string body)
    {
        byte[] message = new RecordsAnswer([]).ToMessage().ToArray();
        return [Answer.Text(body), new Answer(200, RecordMessage.MediaType, Frame.First(message).Replaced(message, Encoding.UTF8.GetBytes(body)))];
    }

    [Theory]
    [InlineData(Routes.Versions)]
    [InlineData("devices")]
    [InlineData(Routes.KeyRecord)]
    public async Task Nonsense_in_every_member_of_what_is_only_looked_at(string part)
    {
        // So that a plan asks for the key record.
        if (part == Routes.KeyRecord)
        {
            using VaultUse use = Victim.Vault.Use();
            AccountRow row = AccountRow.Load(use.Connection, use.Keys);
            (row with { NextKeyRecord = OnlineKeys.Record(use.Keys, 2, "7#never answered", Account.UserId) }).Save(use.Connection, use.Keys);
        }
        string[] expected = part == Routes.KeyRecord ? s_expected : s_expectedWhenLooking;
        Answer? honest = null;
        Hostile.Lie = Lies.About(part, async exchange => honest = await exchange.HonestAsync());
        await LookAsync();
        Assert.NotNull(honest);
        string before = Victim.DumpVault();
        IEnumerable<Answer> members = Paths(honest.Json()!, "")
            .SelectMany(path => s_nonsense.Select(nonsense => honest.WithJson(json => Replace(json, path, nonsense()))));
        foreach (Answer answer in members.Concat(s_bodies.Values.SelectMany(Forms)))
        {
            Hostile.Lie = Lies.About(part, _ => Task.FromResult<Answer?>(answer));
            if (await Record.ExceptionAsync(LookAsync) is { } outcome)
                Assert.Contains(Assert.IsType<PasspackException>(outcome).ErrorId, expected);
            Assert.Equal(before, Victim.DumpVault());
        }
        await HonestAgainAsync();

        async Task LookAsync()
        {
            if (part == Routes.Versions)
                await OnlineVault.HistoryAsync(Victim.Vault, Changed);
            else if (part == Routes.KeyRecord)
                await Victim.SyncAsync(whatIf: true);
            else
                await Devices.ListAsync(Victim.Vault);
        }
    }

    private static IEnumerable<string> Paths(JsonNode node, string path)
    {
        IEnumerable<(string Step, JsonNode? Node)> inner = node switch
        {
            JsonObject members => members.Select(member => (member.Key, member.Value)),
            // Two are enough to be first, last and between.
            JsonArray items => items.Take(2).Select((item, i) => ($"{i}", item)),
            _ => [],
        };
        foreach ((string step, JsonNode? next) in inner.ToList())
        {
            yield return $"{path}/{step}";
            if (next is null)
                continue;
            foreach (string deeper in Paths(next, $"{path}/{step}"))
                yield return deeper;
        }
    }

    private static void Replace(JsonNode json, string path, JsonNode? value)
    {
        string[] steps = path.Split('/')[1..];
        foreach (string step in steps[..^1])
            json = json is JsonArray array ? array[int.Parse(step, System.Globalization.CultureInfo.InvariantCulture)]! : json[step]!;
        if (json is JsonArray last)
            last[int.Parse(steps[^1], System.Globalization.CultureInfo.InvariantCulture)] = value;
        else
            json[steps[^1]] = value;
    }
}
