using System.Diagnostics;
using System.Globalization;
using System.Text;
using Passpack.EndToEnd.Tests.Model;
using Passpack.Packing.Keys;
using Passpack.Packing.Records;
using Passpack.Sync;
using Passpack.Sync.Accounts;
using Passpack.Sync.Attachments;
using Passpack.Sync.OnlineEditing;
using Passpack.Sync.Session;
using Passpack.Transfer.Importing;
using Passpack.Vault.Account;
using Passpack.Vault.Backups;
using Passpack.Vault.Entries;
using Passpack.Vault.Files;
using Passpack.Vault.Storage;
using Passpack.Vault.Unlocking;

namespace Passpack.EndToEnd.Tests.Support;

/// <summary>
/// Another process on a machine's vault: this test program itself, started again. It can be told to end itself, as by kill -9, at a
/// step that is counted from 1.
/// </summary>
internal static class Worker
{
    private const string Variable = "PASSPACK_END_TO_END_WORKER";

    /// <summary>What the process reports when it reached its end.</summary>
    public const string Finished = "finished";

    /// <summary>What makes, replaces or sets aside a vault.</summary>
    private static readonly Dictionary<string, Action<AccountFolder, string>> s_withoutVault = new()
    {
        ["create"] = (folder, keys) => LocalVault.Create(folder, TestAccount.KeysOf(keys), "7#not opened by these tests", row => row, null).Dispose(),
        ["quarantine"] = (folder, _) => VaultQuarantine.SetAside(folder),
        ["reseal"] = (folder, keys) => Reseal(folder, keys.Split(' ')),
    };

    /// <summary>What works on one entry: with the vault, and what follows the job's name.</summary>
    private static readonly Dictionary<string, Func<LocalVault, string[], Task>> s_entryWork = new()
    {
        ["rotate"] = (vault, of) => new RotatedService(of[1]).Rotation(vault).RunAsync(Guid.Parse(of[0]), of[2]),
        ["resume"] = (vault, of) => new RotatedService(of[1]).ResumeAsync(vault, Guid.Parse(of[0])),
        ["undo"] = (vault, of) => new RotatedService(of[1]).UndoAsync(vault, Guid.Parse(of[0])),
        ["attach"] = (vault, of) =>
        {
            using FileStream content = File.OpenRead(of[1]);
            vault.AddAttachment(Guid.Parse(of[0]), Path.GetFileName(of[1]), content);
            return Task.CompletedTask;
        },
        ["fetch"] = (vault, of) =>
        {
            var entry = Guid.Parse(of[0]);
            return AttachmentDownload.FetchAsync(vault, entry, vault.ReadSecret(entry).Attachments.Single(one => one.Name == of[1]));
        },
        ["restore"] = (vault, of) =>
        {
            using SecretBytes key = RealAccount.Secret(BackupKey);
            using BackupSource source = BackupSource.Open(of[0], vault, key, vault.Folder);
            Assert.All(VaultRestore.Run(vault, source, new RestoreOptions()), result => Assert.Null(result.ErrorId));
            return Task.CompletedTask;
        },
    };

    public static string? Job => Environment.GetEnvironmentVariable(Variable);

    /// <summary>Starts a job.</summary>
    /// <param name="job">
    /// <c>sync</c>, <c>accept</c>, <c>import</c>, <c>online</c>, <c>unlink</c>, <c>packing key</c>, <c>new keys</c>, <c>convert</c>, <c>configure VERSIONS</c>,
    /// <c>rotate ENTRY SERVICE PASSWORD</c>, <c>resume ENTRY SERVICE</c>, <c>undo ENTRY SERVICE</c>, <c>attach ENTRY FILE</c>, <c>fetch ENTRY NAME</c>, <c>restore FILE</c>, <c>sync-in DAYS</c>: as if so many had passed.
    /// </param>
    /// <param name="account">Whose.</param>
    /// <param name="machine">On which.</param>
    /// <param name="killAt">The step at which it ends itself; 0: never.</param>
    public static Process Start(string job, TestAccount account, Machine machine, int killAt = 0) =>
        Start(job, machine.Home, account.UserId, account.KeysAsText(), killAt);

    /// <summary>Starts a job on a data folder; <c>reset ADDRESS</c> and <c>connect ADDRESS</c>, which unlock by themselves, need no keys.</summary>
    public static Process Start(string job, DataFolder home, string userId, string keys, int killAt)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(Worker).Assembly.Location]) { RedirectStandardOutput = true };
        start.Environment[Variable] = string.Join('|', job, home.Path, userId, keys, killAt.ToString(CultureInfo.InvariantCulture));
        return Process.Start(start)!;
    }

    /// <summary>Runs a job to its end, or to the step at which it is killed.</summary>
    /// <returns>Whether it was killed.</returns>
    public static Task<bool> RunUntilAsync(string job, TestAccount account, Machine machine, int killAt) =>
        RunUntilAsync(job, machine.Home, account.UserId, account.KeysAsText(), killAt);

    /// <summary>The same of a machine that has no account yet, or one with other keys.</summary>
    public static async Task<bool> RunUntilAsync(string job, DataFolder home, string userId, string keys, int killAt)
    {
        using Process process = Start(job, home, userId, keys, killAt);
        return await EndOfAsync(process);
    }

    /// <summary>Runs something with a job that is killed at its first step, its second, and so on, until it is not reached any more.</summary>
    /// <param name="atLeast">Fewer steps than that would mean that something was not met.</param>
    /// <param name="killAt">Tells whether the job was killed at a step.</param>
    public static async Task ForEachStepAsync(int atLeast, Func<int, Task<bool>> killAt)
    {
        int step = 0;
        bool killed;
        do
            killed = await killAt(++step);
        while (killed);
        TestContext.Current.TestOutputHelper!.WriteLine($"Killed at {step - 1} steps.");
        Assert.InRange(step - 1, atLeast, 60);
    }

    /// <summary>Waits for the end of a job.</summary>
    /// <returns>Whether it was killed.</returns>
    public static async Task<bool> EndOfAsync(Process process)
    {
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.DoesNotContain("Exception", output, StringComparison.Ordinal);
        Assert.Equal(process.ExitCode == 0, output.Contains(Finished, StringComparison.Ordinal));
        return process.ExitCode != 0;
    }

    public static async Task<int> RunAsync(string text)
    {
        string[] parts = text.Split('|');
        int killAt = int.Parse(parts[4], CultureInfo.InvariantCulture), reached = 0;
        try
        {
            var home = new DataFolder(parts[1]);
            string[] job = parts[0].Split(' ');
            if (job[0] is "reset" or "connect")
            {
                Failpoints.Listener = Step;
                await (job[0] == "reset" ? ResetAsync(home, parts[2], new Uri(job[1])) : ConnectAsync(home, parts[2], new Uri(job[1])));
                Console.WriteLine(Finished);
                return 0;
            }
            if (s_withoutVault.TryGetValue(parts[0], out Action<AccountFolder, string>? without))
            {
                Failpoints.Listener = Step;
                without(home.Account(parts[2]), parts[3]);
                Console.WriteLine(Finished);
                return 0;
            }
            using SecretBytes packingKey = RealAccount.Secret(PackingKey);
            using LocalVault vault = job[0] == "convert" || parts[0] == "new keys"
                ? LocalVault.Unlock(home, parts[2], packingKey)
                : Open(home.Account(parts[2]), TestAccount.KeysOf(parts[3]), new Clock { Off = job[0] == "sync-in" ? Days(job[1]) : 0 });
            Console.WriteLine("started");
            Failpoints.Listener = Step;
            await RunAsync(parts[0], vault, parts[3]);
            Console.WriteLine(Finished);
            return 0;
        }
        catch (Exception e)
        {
            Console.WriteLine(e);
            return 1;
        }

        void Step(string step)
        {
            if (Interlocked.Increment(ref reached) != killAt)
                return;
            Console.WriteLine($"killed at {step}");
            Process.GetCurrentProcess().Kill();
        }
    }

    private static async Task ResetAsync(DataFolder home, string userId, Uri server)
    {
        using SecretBytes password = SecretBytes.FromChars(RealAccount.Password), packingKey = SecretBytes.FromChars(RealAccount.PackingKey);
        var reset = new AccountReset(home, userId, password, packingKey) { Server = server, Derivation = KdfParameters.Floor };
        await foreach (AccountResetStep step in reset.RunAsync())
            Console.WriteLine($"{step.Step}: {step.Description}");
        reset.Result!.Dispose();
    }

    private static async Task ConnectAsync(DataFolder home, string userId, Uri server)
    {
        using SecretBytes password = SecretBytes.FromChars(RealAccount.Password), packingKey = SecretBytes.FromChars(NewPackingKey);
        (await Connecting.ConnectAsync(new(home, server, userId, password, packingKey), new ConnectOptions { AcceptRollback = true })).Dispose();
    }

    private static async Task RunAsync(string job, LocalVault vault, string keys)
    {
        switch (job)
        {
            case "accept":
                await VaultSync.RunAsync(vault, new SyncOptions { AcceptRollback = true });
                break;
            case "unlink":
                await Disconnecting.DisconnectAsync(vault);
                break;
            case "import":
                using (var rows = new MemoryStream(Encoding.UTF8.GetBytes(Rows)))
                    _ = new EntryImporter(vault).Import(rows, "rows.csv").ToList();
                break;
            case "online":
                Guid changed = vault.List(new EntryQuery { Name = "entry changed by friend" }).Single().Id;
                foreach (OnlineEditResult result in await OnlineVault.ApplyAsync(vault, [new OnlineEdit { Id = changed, Values = OnlineValues }]))
                    _ = result.Error is null ? result.Entry : throw result.Error;
                break;
            case "packing key":
                using (SyncRun run = await SyncRun.StartAsync(vault, new SyncOptions(), null, CancellationToken.None))
                using (SecretBytes proof = TestAccount.ProofOf(keys))
                    await OnlineKeys.ReplaceAsync(run, KeyRecords.Read(RealAccount.Wrap(TestAccount.KeysOf(keys), NewPackingKey, 2, vault.UserId)).KeyEnvelope, proof, CancellationToken.None);
                break;
            case "new keys":
                await ReplaceKeysAsync(vault, keys);
                break;
            case "convert":
                await OnlineKeys.UpdateAsync(vault);
                break;
            case { } sync when sync == "sync" || sync.StartsWith("sync-in ", StringComparison.Ordinal):
                await VaultSync.RunAsync(vault, new SyncOptions());
                break;
            case { } work when work.Split(' ') is [string verb, .. string[] rest] && s_entryWork.TryGetValue(verb, out Func<LocalVault, string[], Task>? run):
                await run(vault, rest);
                break;
            case { } settings when settings.StartsWith("configure ", StringComparison.Ordinal):
                vault.Configure(lockAfterMinutes: 7, historyVersions: int.Parse(settings.Split(' ')[1], CultureInfo.InvariantCulture), historyDays: 70);
                break;
            default:
                throw new ArgumentException(job);
        }
    }

    /// <summary>Replaces the keys, behind the derivation of the Password's proof, and seals the records anew.</summary>
    public static async Task ReplaceKeysAsync(LocalVault vault, string keys)
    {
        using SecretBytes packingKey = RealAccount.Secret(NewPackingKey);
        using (SyncRun run = await SyncRun.StartAsync(vault, new SyncOptions { ExcludeTags = true, ExcludeFavorites = true }, null, CancellationToken.None))
            await OnlineKeys.ReplaceAsync(run, () => Task.FromResult(TestAccount.ProofOf(keys)), packingKey, CancellationToken.None);
        await VaultSync.RunAsync(vault, new SyncOptions());
    }

    /// <summary>Of the accounts that the jobs <c>packing key</c> and <c>convert</c> work on.</summary>
    public const string PackingKey = "the Packing Key before the job";

    /// <summary>What the job <c>packing key</c> sets, and the job <c>connect</c> puts back.</summary>
    public const string NewPackingKey = "the Packing Key that the job sets";

    /// <summary>Of the backup that the job <c>restore</c> restores.</summary>
    public const string BackupKey = "violet-harbour-41-lantern-Quartz-77";

    /// <summary>What the job <c>online</c> sets.</summary>
    public static EntryEdit OnlineValues { get; } = new() { Email = "set@online.example", Tags = ["tag set online"], Favorite = false };

    /// <summary>What the job <c>import</c> imports.</summary>
    public const string Rows = """
        "Entry Name","URL","User ID","Password","Notes","Shared Notes","Tags","Extra Fields","Email"
        "imported one","","user one","password of imported one","","","{""tags"":[]}","{""extraFields"":[]}",""
        "imported two","","user two","password of imported two","","","{""tags"":[]}","{""extraFields"":[]}",""
        """;

    /// <summary>As joining does it, behind the key derivation.</summary>
    private static void Reseal(AccountFolder folder, string[] keys)
    {
        using VaultKeys before = TestAccount.KeysOf(keys[0]), after = TestAccount.KeysOf(keys[1]);
        AccountRow row;
        using (FileStream use = VaultLocks.LockForUse(folder))
        using (VaultConnection connection = VaultFile.Open(folder))
            row = AccountRow.Load(connection);
        VaultCopies.CopySealed(folder, "before-joining");
        VaultResealing.Replace(folder, before, after, VaultDetach.NeverOnline(row) with { VaultId = after.VaultId, Epoch = after.Epoch });
    }

    private static long Days(string days) => (long)TimeSpan.FromDays(int.Parse(days, CultureInfo.InvariantCulture)).TotalMilliseconds;

    /// <summary>Opens a vault with keys that are there already.</summary>
    public static LocalVault Open(AccountFolder folder, VaultKeys keys, TimeProvider? time = null)
    {
        FileStream useLock = VaultLocks.LockForUse(folder);
        using VaultConnection connection = VaultFile.Open(folder);
        return new LocalVault(folder, AccountRow.Load(connection), keys, useLock, time ?? TimeProvider.System);
    }
}
