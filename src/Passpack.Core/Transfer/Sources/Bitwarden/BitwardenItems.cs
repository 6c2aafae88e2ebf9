using System.Globalization;
using System.Text.Json;
using Passpack.Transfer.Layouts;
using Passpack.Transfer.Reading;
using Passpack.Vault.Entries;
using Passpack.Vault.Fields;

namespace Passpack.Transfer.Sources.Bitwarden;

/// <summary>Makes entries of the items of Bitwarden's JSON (<see cref="BitwardenLayout"/>).</summary>
/// <param name="folders">Names of folders by their ids.</param>
/// <param name="collections">Names of collections by theirs.</param>
/// <param name="files">The files of an item, by its id. Null if the export is without them.</param>
internal sealed class BitwardenItems(
    IReadOnlyDictionary<string, string> folders, IReadOnlyDictionary<string, string> collections, Func<string, IReadOnlyList<SourceFile>>? files)
{
    // What the program keeps for itself.
    private static readonly string[] s_ofProgram = ["object", "edit", "viewPassword", "permissions", "organizationUseTotp", "localData", "key", "data"];

    /// <summary>The entry of an item, or why it cannot be imported.</summary>
    public ImportRow Read(long number, long line, JsonElement json)
    {
        var item = new SourceItem(number, line);
        if (json.ValueKind != JsonValueKind.Object)
            return item.Fails("it is not an object");
        try
        {
            Read(item, json);
            return item.ToRow();
        }
        catch (InvalidOperationException) // JsonElement's, for half a surrogate pair or bytes that are not UTF-8.
        {
            return item.Fails("a text in it is not valid Unicode");
        }
    }

    private void Read(SourceItem item, JsonElement json)
    {
        item.Set(EntryColumn.EntryName, "name", json.Text("name"));
        item.Set(EntryColumn.Notes, "notes", json.Text("notes"));
        item.Id = json.Text("id") is { Length: > 0 } id ? id : null;
        BitwardenRoles? roles = BitwardenFields.Roles(json.Get("fields"));
        SetType(item, json, roles);
        BitwardenFields.ReadLogin(item, json.Get("login"), roles);
        foreach (JsonProperty member in json.EnumerateObject())
        {
            if (!member.Value.SaysNothing() || member.Value.ValueKind == JsonValueKind.False)
                Read(item, member.Name, member.Value, roles);
        }
        if (files is not null && item.Id is not null)
        {
            foreach (SourceFile file in files(item.Id))
                item.File("attachments", file);
        }
    }

    private void Read(SourceItem item, string name, JsonElement value, BitwardenRoles? roles)
    {
        if (!IsOfKind(name, value.ValueKind))
        {
            AddUnknown(item, name, value);
            return;
        }
        switch (name)
        {
            case "id" or "name" or "notes" or "type" or "login" or "secureNote":
                break;
            case "favorite":
                item.Favorite(name, value.ValueKind == JsonValueKind.True);
                break;
            case "folderId":
                Tag(item, name, folders, value.Text());
                break;
            case "collectionIds":
                foreach (JsonElement collection in value.Items())
                    Tag(item, name, collections, collection.Text());
                break;
            case "fields":
                BitwardenFields.ReadCustom(item, value, roles);
                break;
            case "passwordHistory":
                ReadHistory(item, value);
                break;
            case "card" or "identity" or "sshKey":
                ReadMembers(item, name, value, BitwardenLayout.Members[name]);
                break;
            case "creationDate" or "revisionDate" or "deletedDate" or "archivedDate":
                ReadTime(item, name, value);
                break;
            case "reprompt":
                if (value.Number() is not 0)
                    item.NoPlace(name, "whether the program asks for its master password again");
                break;
            case "organizationId":
                item.NoPlace(name, "which organization it belongs to");
                break;
            case "attachments":
                if (files is null)
                    item.NoPlace(name, "its files are in Bitwarden's export with attachments only (.zip)");
                break;
            default:
                if (value.ValueKind == JsonValueKind.False)
                    break;
                if (s_ofProgram.Contains(name))
                    item.NoPlace(name, "what the program keeps for itself");
                else if (value.ValueKind == JsonValueKind.Object) // An item of a later type.
                    ReadMembers(item, name, value, []);
                else
                    AddUnknown(item, name, value);
                break;
        }
    }

    // What is not of the kind that its reader walks through would be lost there.
    private static bool IsOfKind(string name, JsonValueKind kind) => name switch
    {
        "login" => kind == JsonValueKind.Object,
        "fields" or "passwordHistory" or "collectionIds" => kind == JsonValueKind.Array,
        _ => true,
    };

    private static void SetType(SourceItem item, JsonElement json, BitwardenRoles? roles)
    {
        int? number = json.Get("type").Number();
        if (roles?.Type is { Length: > 0 } said)
            item.Type = said;
        else if (number is { } known && BitwardenLayout.EntryType(known) is { } type)
            item.Type = type;
        else
        {
            item.Type = EntryTypes.Note;
            item.Changed("type", "a type that this version does not know: a note, with all its values as Extra Fields");
            return;
        }
        item.Kept("type", "Type");
    }

    private static void Tag(SourceItem item, string field, IReadOnlyDictionary<string, string> names, string id)
    {
        if (names.TryGetValue(id, out string? name))
            item.Tag(field, name);
        else if (id.Length > 0)
            item.NoPlace(field, "one that the file does not name");
    }

    private static void ReadHistory(SourceItem item, JsonElement history)
    {
        IEnumerable<(DateTimeOffset? Until, string Password)> earlier = history.Items().Select(one => (one.Get("lastUsedDate").Time(), one.Text("password")));
        foreach ((DateTimeOffset? until, string password) in earlier.Where(one => one.Password.Length > 0).OrderBy(one => one.Until))
            item.Earlier("passwordHistory", until, new EntryEdit { Password = password });
    }

    private static void ReadTime(SourceItem item, string name, JsonElement value)
    {
        if (value.Time() is not { } time)
        {
            item.NoPlace(name, "a time that cannot be read");
            return;
        }
        switch (name)
        {
            case "creationDate":
                item.Created = time;
                break;
            case "revisionDate":
                item.Modified = time;
                break;
            case "deletedDate":
                item.State = SourceState.Trashed;
                break;
            case "archivedDate" when item.State != SourceState.Trashed:
                item.State = SourceState.Archived;
                break;
        }
        item.Kept(name, name switch
        {
            "creationDate" => "Created",
            "revisionDate" => "Modified",
            "deletedDate" => "in the trash there",
            _ => "archived there",
        });
    }

    private static void ReadMembers(SourceItem item, string name, JsonElement json, IReadOnlyList<BitwardenMember> members)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            AddUnknown(item, name, json);
            return;
        }
        bool hasExpiry = name == "card" && ReadExpiry(item, json);
        foreach (JsonProperty property in json.EnumerateObject())
        {
            string path = $"{name}.{property.Name}";
            if (property.Value.SaysNothing() || (hasExpiry && property.Name is "expMonth" or "expYear"))
                continue;
            if (path == "identity.email")
                item.Set(EntryColumn.Email, path, property.Value.Text());
            else if (path == "identity.username")
                item.Set(EntryColumn.UserId, path, property.Value.Text());
            else if (members.FirstOrDefault(member => member.Name == property.Name) is { } known)
                item.Add(path, known.Field, known.Type, property.Value.Text());
            else
                AddUnknown(item, path, property.Value);
        }
    }

    private static bool ReadExpiry(SourceItem item, JsonElement card)
    {
        if (card.Get("expMonth").Number() is not (>= 1 and <= 12 and var month) || card.Get("expYear").Number() is not (>= 0 and <= 9998 and var year))
            return false;
        if (year < 100)
            year += 2000;
        item.Add("card.expYear", BitwardenLayout.Expiration, FieldTypes.Date, string.Create(CultureInfo.InvariantCulture, $"{year:D4}-{month:D2}"));
        item.Kept("card.expMonth", $"Extra Field {BitwardenLayout.Expiration}");
        item.Expires("card.expYear", new DateTimeOffset(year, month, 1, 0, 0, 0, TimeSpan.Zero).AddMonths(1).AddSeconds(-1));
        return true;
    }

    // It may be a secret.
    private static void AddUnknown(SourceItem item, string path, JsonElement value) =>
        item.Add(path, path[(path.LastIndexOf('.') + 1)..], FieldTypes.Hidden, value.Text());
}
