using System.Xml;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.Benchmarks;

/// <summary>
/// Two diverged vaults of 10,000 entries, 100 changed on each side: a sync of the second machine, server and all, against
/// <c>keepassxc-cli merge</c> of two such databases, the opening of both taken off. Key derivation is on neither side.
/// </summary>
internal sealed class MergeBenchmark : Benchmark
{
    private const int Entries = 10_000;
    private const int Changes = 100;
    private const string Password = "merge";

    private readonly BenchServer _server = new();
    private LocalVault? _one;
    private LocalVault? _other;
    private List<Guid> _ids = [];
    private string _base = "", _left = "", _right = "";
    private int _round;

    public override string Name => "merge";

    public override string What => "merge two diverged vaults of 10,000 entries, 100 changed on each side, over keepassxc-cli merge of two such databases less the time to open both";

    /// <summary>At least 20 times as fast.</summary>
    public override double Limit => 1 / 20.0;

    public override int Rounds => 5;

    public override void Prepare()
    {
        var account = new BenchOnline(_server);
        _one = account.FirstMachineAsync(Entries).GetAwaiter().GetResult();
        _other = account.MachineAsync().GetAwaiter().GetResult();
        BenchOnline.Sync(_other);
        _ids = [.. _one.List(new EntryQuery()).Select(entry => entry.Id)];
        _base = Database("base", null);
        _left = Database("left", 0);
        _right = Database("right", 1);
    }

    public override void BeforeRound()
    {
        File.Copy(_left, _base, overwrite: true);
        int step = Entries / Changes;
        BenchOnline.Edit(_one!, Enumerable.Range(0, Changes).Select(i => _ids[i * step]), $"left {++_round}");
        BenchOnline.Edit(_other!, Enumerable.Range(0, Changes).Select(i => _ids[i * step + 1]), $"right {_round}");
        BenchOnline.Sync(_one!);
    }

    public override void Floor() => KeePass("merge", "--quiet", "--same-credentials", _base, _right);

    /// <summary>Opening both databases.</summary>
    public override void FloorOverhead()
    {
        KeePass("db-info", "--quiet", _left);
        KeePass("db-info", "--quiet", _right);
    }

    public override void Product()
    {
        SyncResult result = BenchOnline.Sync(_other!);
        if (result.Changes.Count(change => change.Action == SyncAction.Pushed) != Changes || result.Changes.Count(change => change.Action == SyncAction.Pulled) != Changes)
            throw new InvalidOperationException($"{result.Changes.Count} changes.");
    }

    public override void Dispose()
    {
        _one?.Dispose();
        _other?.Dispose();
        _server.Dispose();
    }

    /// <summary>A database of the same entries; <paramref name="side"/> changed its own hundred an hour later.</summary>
    private string Database(string name, int? side)
    {
        string xml = _server.NewFile($"{name}.xml"), database = _server.NewFile($"{name}.kdbx");
        using (var writer = XmlWriter.Create(xml))
        {
            writer.WriteStartElement("KeePassFile");
            writer.WriteStartElement("Meta");
            writer.WriteElementString("Generator", "bench");
            writer.WriteEndElement();
            writer.WriteStartElement("Root");
            writer.WriteStartElement("Group");
            writer.WriteElementString("UUID", Uuid(0));
            writer.WriteElementString("Name", "Root");
            for (int i = 0; i < Entries; i++)
                Write(writer, i, changed: side is int own && i % (Entries / Changes) == own);
            writer.WriteEndElement();
            writer.WriteEndElement();
            writer.WriteEndElement();
        }
        File.Delete(database);
        KeePass("import", "--quiet", "--set-password", "--decryption-time", "100", xml, database);
        return database;
    }

    private static void Write(XmlWriter writer, int i, bool changed)
    {
        EntryEdit entry = BenchAccount.Entry(i);
        writer.WriteStartElement("Entry");
        writer.WriteElementString("UUID", Uuid(i + 1));
        writer.WriteStartElement("Times");
        writer.WriteElementString("CreationTime", "2026-01-01T00:00:00Z");
        writer.WriteElementString("LastModificationTime", changed ? "2026-01-01T01:00:00Z" : "2026-01-01T00:00:00Z");
        writer.WriteElementString("Expires", "False");
        writer.WriteEndElement();
        foreach ((string key, string? value) in new[] { ("Title", entry.Name), ("UserName", entry.UserId), ("Password", entry.Password), ("URL", entry.Url),
            ("Notes", changed ? "changed" : entry.Notes) })
        {
            writer.WriteStartElement("String");
            writer.WriteElementString("Key", key);
            writer.WriteElementString("Value", value);
            writer.WriteEndElement();
        }
        writer.WriteEndElement();
    }

    private static string Uuid(int i)
    {
        byte[] id = new byte[16];
        BitConverter.TryWriteBytes(id, i);
        id[15] = 1;
        return Convert.ToBase64String(id);
    }

    private static void KeePass(params string[] arguments) => KeePassXc.Run(Password, arguments);
}
