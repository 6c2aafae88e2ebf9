// The main job, end to end: a server, an account, two machines, an import, syncs, an emergency. Needs the .NET SDK alone:
//   dotnet run --project samples/QuickStart -- [CSV] [FOLDER]
// What the cmdlets do with the same parts is in samples/quickstart.ps1.
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Passpack;
using Passpack.Packing;
using Passpack.Server;
using Passpack.Sync;
using Passpack.Transfer;
using Passpack.Vault;
using QuickStart;

string csv = Path.GetFullPath(args.Length > 0 ? args[0] : Path.Combine(AppContext.BaseDirectory, "entries.csv"));
string folder = Path.GetFullPath(args.Length > 1 ? args[1] : Path.Combine(Path.GetTempPath(), $"passpack-quickstart-{DateTime.Now:yyyyMMdd-HHmmss}"));
try
{
    await RunAsync();
    return 0;
}
catch (Exception e) when (e is PasspackException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"{(e as PasspackException)?.ErrorId ?? e.GetType().Name}: {e.Message}");
    return 1;
}

async Task RunAsync()
{
    Show.Title("A server of our own");
    await using WebApplication server = PasspackServer.Create(
        ["--urls", "http://127.0.0.1:0", "--data", Path.Combine(folder, "server")], builder => builder.Logging.ClearProviders());
    await server.StartAsync();
    var address = new Uri(server.Urls.Single());
    Show.Line($"It listens on {address}, keeps sealed records in {Path.Combine(folder, "server")}, and can read none of them.");

    // A person types these; here they are made up. The Packing Key never leaves this process.
    const string userId = "anna@example.com";
    using SecretBytes password = SecretBytes.FromChars("the password of this demonstration");
    using SecretBytes packingKey = SecretBytes.FromChars("a packing key is a whole sentence, and never leaves the machine");
    var homeA = new DataFolder(Path.Combine(folder, "home-a"));
    var homeB = new DataFolder(Path.Combine(folder, "home-b"));

    Show.Title("One account, two machines");
    using LocalVault a = await OnlineAccounts.RegisterAsync(homeA, address, userId, password, packingKey);
    Show.Line($"Machine A registered {userId}: its vault is {a.Path}");
    var b = new Machine(await OnlineAccounts.ConnectAsync(homeB, address, userId, password, packingKey));
    Show.Line($"Machine B connected to it:           {b.Vault.Path}");

    Show.Title($"Import of {csv} on machine A");
    foreach (IGrouping<ImportAction, ImportResult> group in new EntryImporter(a).Import(csv).GroupBy(result => result.Action))
    {
        Show.Line($"{group.Key}: {group.Count()}");
        foreach (ImportResult failed in group.Where(result => result.Action == ImportAction.Failed))
            Show.Line($"  row {failed.Row}: {failed.Reason}");
    }

    Show.Sync("Machine A syncs", await VaultSync.RunAsync(a, new SyncOptions()));
    Show.Sync("Machine B syncs", await VaultSync.RunAsync(b.Vault, new SyncOptions()));

    Show.Title("Both machines work, online as well");
    var changes = new PlannedChanges(a.List(new EntryQuery()));
    await MakeChangesAsync(a, b.Vault, changes);

    Show.Sync("Machine A syncs", await VaultSync.RunAsync(a, new SyncOptions()));
    Show.Sync("Machine B syncs, its tags excluded", await VaultSync.RunAsync(b.Vault, new SyncOptions { ExcludeTags = true }));
    Show.Sync("Machine A syncs once more", await VaultSync.RunAsync(a, new SyncOptions()));

    Show.Title("Machine B forgets its Packing Key: the emergency way out");
    b.Vault.Dispose();
    Show.WrongKey(() => LocalVault.Unlock(homeB, userId, password));
    Show.Line($"Set aside, still encrypted: {VaultFiles.Quarantine(homeB.Account(userId))}");
    b.Vault = await OnlineAccounts.ConnectAsync(homeB, address, userId, password, packingKey);
    Show.Sync("Machine B starts again from online", await VaultSync.RunAsync(b.Vault, new SyncOptions()));

    Show.Title("What each machine holds now");
    Write(a, "machine-a.csv", EntryFileFormat.Csv);
    Write(b.Vault, "machine-b.csv", EntryFileFormat.Csv);
    Write(a, "machine-a.json", EntryFileFormat.Json);
    string changesFile = Path.Combine(folder, "changes.json");
    changes.Write(changesFile);
    Show.Line($"{changesFile}: what was changed on purpose, by name");
    Show.Line($"The exports hold passwords in plain text. All of this demonstration lies in one folder; delete it when you have seen enough: {folder}");
    b.Vault.Dispose();
    Show.PowerShell();
}

void Write(LocalVault vault, string name, EntryFileFormat format)
{
    string path = Path.Combine(folder, name);
    long count = EntryExporter.WriteFile(vault.ListFull(new EntryQuery()), path, format, overwrite: true);
    Show.Line($"{path}: {count} entries");
}

// Every change is of an entry of its own; a file with fewer entries gets fewer changes.
static async Task MakeChangesAsync(LocalVault a, LocalVault b, PlannedChanges changes)
{
    if (changes.Next("notes edited on machine A") is { } editedOnA)
        Edit(a, editedOnA, new EntryEdit { Notes = "edited on machine A" });
    if (changes.Next("email edited on machine B") is { } editedOnB)
        Edit(b, editedOnB, new EntryEdit { Email = "edited-on-b@example.com" });
    if (changes.Next("notes edited on both machines: the newer edit, machine B's, wins") is { } editedOnBoth)
    {
        Edit(a, editedOnBoth, new EntryEdit { Notes = "edited on machine A, a moment earlier" });
        Edit(b, editedOnBoth, new EntryEdit { Notes = "edited on machine B, a moment later" });
    }
    if (changes.Next("deleted online from machine B: gone from both machines") is { } deletedOnline)
        await ApplyAsync(b, deletedOnline, new OnlineEdit { Id = deletedOnline.Id, Delete = true });
    if (changes.Next("tag and favorite set online from machine A") is { } tagged)
        await ApplyAsync(a, tagged, new OnlineEdit { Id = tagged.Id, Values = new EntryEdit { AddTags = ["Shared"], Favorite = true } });
    if (changes.NextUnnamed() is { } trashed)
    {
        Change(a, writer => writer.Trash(trashed.Id));
        Show.Line($"\"{trashed.Name}\": deleted only on machine A, so it comes back");
    }
    if (changes.NextUnnamed() is { } ownTag)
    {
        Edit(b, ownTag, new EntryEdit { AddTags = ["Only on B"], Favorite = true });
        Show.Line($"\"{ownTag.Name}\": tag and favorite of machine B's own, which stay there");
    }
    const string added = "Added on machine B";
    Change(b, writer => writer.Add(new EntryEdit { Name = added, UserId = "anna", Password = "made up" }));
    changes.Add(added, "new on machine B");

    static void Edit(LocalVault vault, EntrySummary entry, EntryEdit values) => Change(vault, writer => writer.Edit(entry.Id, values));

    static void Change(LocalVault vault, Action<VaultWriter> change)
    {
        using VaultWriter writer = vault.BeginWrite();
        change(writer);
        writer.Commit();
    }

    static async Task ApplyAsync(LocalVault vault, EntrySummary entry, OnlineEdit edit)
    {
        OnlineEditResult result = (await OnlineVault.ApplyAsync(vault, [edit]))[0];
        if (result.Error is not null)
            throw new PasspackException(result.Error.ErrorId, $"{entry.Name}: {result.Error.Message}", result.Error);
    }
}
