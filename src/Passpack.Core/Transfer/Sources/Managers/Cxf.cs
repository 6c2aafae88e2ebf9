using System.Text.Json;
using Passpack.Protocol;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;

namespace Passpack.Transfer.Sources.Managers;

/// <summary>
/// The Credential Exchange Format 1.0 (FIDO Alliance, 2025-08-14): <c>{ version, exporterRpId, accounts: [ { collections, items } ] }</c>, or an account
/// alone, as Apple's systems hand it over. Items are read one by one, in a second reading: what collections they are in may stand behind them.
/// </summary>
internal static class Cxf
{
    private const int Major = 1;
    private const int MaxPipeMegabytes = 256;

    public static SourceFormat Format { get; } = new(EntryFileFormat.Cxf, "the FIDO Alliance's exchange format", "CXF 1.0, as JSON")
    {
        Fits = start => start.JsonPaths.Contains("exporterRpId") || start.JsonPaths.Contains("accounts[].items[].credentials")
            || start.JsonPaths.Contains("items[].credentials[].type"),
        Read = Read,
        IsTried = true,
    };

    private static IEnumerable<ImportRow> Read(SourceInput input, CancellationToken cancellationToken)
    {
        using MemoryStream? pipe = input.File is null ? InMemory(input) : null;
        Accounts accounts = ReadAccounts(input, Start());
        var json = new JsonItems(Start());
        foreach (ImportRow row in SourceJson.Guard(input, json, ReadItems()))
            yield return row;

        Stream Start()
        {
            if (pipe is null)
                return SourceText.Utf8(input.Seekable());
            pipe.Position = 0;
            return pipe;
        }

        IEnumerable<ImportRow> ReadItems()
        {
            long number = 0;
            foreach ((int account, string member, JsonElement item) in Walk(json))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (member == "items")
                    yield return JsonFields.ReadItem(++number, json.Line, item, (row, fields) => new CxfItem(row, accounts).Read(account, fields));
            }
        }
    }

    /// <summary>The members of accounts in the order of the file; those of <c>items</c> one by one.</summary>
    private static IEnumerable<(int Account, string Member, JsonElement Value)> Walk(JsonItems json)
    {
        int account = 0;
        if (!json.Enter('{'))
            throw new JsonException();
        while (json.TryReadName(out string name))
        {
            if (name == "accounts" && json.Enter('['))
            {
                for (; json.TryStepToItem(); account++)
                {
                    if (!json.Enter('{'))
                    {
                        json.Skip();
                        continue;
                    }
                    while (json.TryReadName(out string member))
                    {
                        foreach (JsonElement value in Values(json, member))
                            yield return (account, member, value);
                    }
                }
                continue;
            }
            foreach (JsonElement value in Values(json, name))
                yield return (0, name, value);
        }
        json.End();
    }

    private static IEnumerable<JsonElement> Values(JsonItems json, string member)
    {
        if (member != "items" || !json.Enter('['))
        {
            yield return json.Read();
            yield break;
        }
        while (json.TryReadItem(out JsonElement item))
            yield return item;
    }

    private static Accounts ReadAccounts(SourceInput input, Stream stream)
    {
        var accounts = new Accounts();
        var json = new JsonItems(stream);
        try
        {
            foreach ((int account, string member, JsonElement value) in Walk(json))
            {
                switch (member)
                {
                    case "version" when new JsonFields(value).Text("major") is { Length: > 0 } major && major is not ("0" or "1"):
                        throw input.Error(ErrorCodes.SourceNotSupported,
                            $"it is of a later version of the format, and this module knows version {Major}. Update the module");
                    case "items":
                        accounts.AddTitle(new JsonFields(value));
                        break;
                    case "id" when value.ValueKind == JsonValueKind.String:
                        accounts.Ids[account] = value.GetString()!;
                        break;
                    case "username" or "email" when value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } name:
                        accounts.Names.TryAdd(account, name);
                        break;
                    case "collections":
                        accounts.Add(account, value, "");
                        break;
                }
            }
        }
        catch (JsonException)
        {
            throw input.Damaged($"its JSON is broken or cut off in line {json.Line:N0}");
        }
        catch (InvalidOperationException)
        {
            throw input.Damaged("a text outside of its items is not valid Unicode");
        }
        return accounts;
    }

    private static MemoryStream InMemory(SourceInput input)
    {
        var memory = new MemoryStream();
        byte[] buffer = new byte[64 << 10];
        int count;
        while ((count = input.Stream.Read(buffer)) > 0)
        {
            memory.Write(buffer, 0, count);
            if (memory.Length > (long)MaxPipeMegabytes << 20)
                throw input.Error(ErrorCodes.SourceTooCostly, $"it comes through a pipe and is longer than {MaxPipeMegabytes} MiB. Give the file itself");
        }
        return memory;
    }

    /// <summary>What items need of the rest of the file.</summary>
    internal sealed class Accounts
    {
        private const int MaxDepth = 60;

        /// <summary>The titles of items, by their ids: what references point to.</summary>
        public Dictionary<string, string> Titles { get; } = new(StringComparer.Ordinal);

        /// <summary>The ids of accounts, within which items have theirs.</summary>
        public Dictionary<int, string> Ids { get; } = [];

        /// <summary>The names of accounts.</summary>
        public Dictionary<int, string> Names { get; } = [];

        /// <summary>The collections of items, with their parents, by account and item.</summary>
        public Dictionary<(int Account, string Item), List<string>> Collections { get; } = [];

        public void AddTitle(JsonFields item)
        {
            try
            {
                Titles[item.Text("id")] = item.Text("title");
            }
            catch (InvalidOperationException) // A text that is not valid Unicode: the item's own row tells of it.
            {
            }
        }

        public void Add(int account, JsonElement collections, string parent, int depth = 0)
        {
            foreach (JsonFields collection in new JsonFields(collections).OwnObjects())
            {
                string path = parent + collection.Text("title");
                foreach (JsonFields link in collection.Objects("items"))
                {
                    (int, string) key = (account, link.Text("item"));
                    if (!Collections.TryGetValue(key, out List<string>? paths))
                        Collections[key] = paths = [];
                    paths.Add(path);
                }
                if (depth < MaxDepth && collection.Value("subCollections") is { } below)
                    Add(account, below, $"{path}/", depth + 1);
            }
        }
    }
}
