using System.Net.Http.Json;
using System.Security.Cryptography;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;

namespace Passpack.Server.Tests.Support;

/// <summary>A shared vault as its members reach it: signs for real, and seals and wraps nothing, which a server cannot tell.</summary>
internal sealed class SharedVault
{
    private readonly List<SignedStatement> _statements = [];

    private SharedVault(DeviceClient founder, SignedStatement first)
    {
        _statements.Add(first);
        Id = new Guid(first.Hash.ToBytes().AsSpan(..16), bigEndian: true);
        Newest = Manifest(founder, 1);
        Request = new CreateSharedVaultRequest(first.Bytes.ToArray(), Newest, Key(founder).Key);
    }

    public Guid Id { get; }

    /// <summary>That creates it.</summary>
    public CreateSharedVaultRequest Request { get; }

    public IReadOnlyList<SignedStatement> Log => _statements;

    public int Epoch { get; private set; } = 1;

    public long Revision { get; private set; }

    /// <summary>The newest manifest.</summary>
    public ManifestLink Newest { get; private set; }

    public ChainHead Head => _statements[^1].Head;

    public ChainHead ManifestHead => new(Newest.Generation, Hash256.Of(Newest.Sealed));

    /// <summary>A vault that is not created yet.</summary>
    public static SharedVault Of(DeviceClient founder)
    {
        var act = new StatementAct.Create(founder.Owner.Identity, Hash256.Read(Make.Bytes(32)), Hash256.Read(Make.Bytes(32)));
        return new SharedVault(founder, Sign(founder, 0, default, ChainHead.None, act));
    }

    public static async Task<SharedVault> CreateAsync(DeviceClient founder)
    {
        SharedVault vault = Of(founder);
        await (await founder.Http.PostAsJsonAsync(Routes.SharedVaults, vault.Request)).RequireDoneAsync();
        return vault;
    }

    public string Path(string part) => Routes.OfVault(Id, part);

    public static Hash256 Of(Owner member) => Hash256.Read(member.Identity.Fingerprint);

    public static WrappedKey Key(DeviceClient member) => new(member.Owner.Identity.Fingerprint, Make.Bytes(WrappedKey.KeyBytes));

    /// <summary>The next statement.</summary>
    public SignedStatement Next(DeviceClient author, StatementAct act) => Sign(author, Head.Number + 1, Head.Hash, ManifestHead, act);

    public EpochStart NextEpoch() => new(Epoch + 1, Hash256.Read(Make.Bytes(32)), Epoch, Make.Bytes(EpochStart.ChainedKeyBytes));

    public Task<HttpResponseMessage> SendAsync(DeviceClient sender, SignedStatement statement, params WrappedKey[] keys) =>
        sender.Http.PostAsJsonAsync(Path(Routes.LogStatements), new AppendStatementRequest(statement.Bytes.ToArray(), keys));

    /// <summary>Appends the next statement.</summary>
    public async Task<SignedStatement> AppendAsync(DeviceClient author, StatementAct act, params WrappedKey[] keys)
    {
        SignedStatement statement = Next(author, act);
        await (await SendAsync(author, statement, keys)).RequireDoneAsync();
        Took(statement);
        return statement;
    }

    public Task<SignedStatement> AddAsync(DeviceClient owner, DeviceClient added, VaultRole role) =>
        AppendAsync(owner, new StatementAct.Add(added.Owner.Identity, role, null), Key(added));

    public void Took(SignedStatement statement)
    {
        _statements.Add(statement);
        Epoch = statement.Content.Act.Starts?.Epoch ?? Epoch;
    }

    public ManifestLink Manifest(DeviceClient signer, long generation)
    {
        byte[] part = new byte[RecordHeader.Size + 8];
        new RecordHeader(Id, Epoch, RecordStream.None, RecordPart.Manifest, Id, generation).Write(part);
        Owner owner = signer.Owner;
        return new ManifestLink(
            generation, SignedManifest.Make(part, owner.Identity.Fingerprint, message => owner.Sign(SignaturePurpose.Manifest, message), Head).ToBytes());
    }

    /// <summary>The next push, of one entry's data.</summary>
    public PushRequest NextPush(DeviceClient member)
    {
        byte[] Header(RecordPart part, Guid id)
        {
            byte[] header = new byte[RecordHeader.Size];
            new RecordHeader(Id, Epoch, RecordStream.Data, part, id, 1).Write(header);
            return header;
        }

        var record = Guid.NewGuid();
        byte[] body = RecordBody.Join(Header(RecordPart.Summary, record), Header(RecordPart.Secret, record));
        var push = new PushRequest(
            Guid.NewGuid(), Revision, [new RecordChange(1, record, 1, false, SHA256.HashData(body), body)], Manifest(member, Newest.Generation + 1),
            ManifestHead.Hash.ToBytes(), []);
        return push with { Signature = member.Owner.Sign(SignaturePurpose.Push, Statements.Push(Id, push.Digest())) };
    }

    public Task<HttpResponseMessage> SendAsync(DeviceClient member, PushRequest push) =>
        member.Http.PostBytesAsync(Path(Routes.Pushes), push.ToMessage().ToArray());

    /// <summary>Pushes onto whatever is newest.</summary>
    public async Task<PushAnswer> PushAsync(DeviceClient member)
    {
        PushRequest push = NextPush(member);
        PushAnswer answer = await (await SendAsync(member, push)).ReadAsync<PushAnswer>();
        (Revision, Newest) = (answer.Revision, push.Manifest);
        return answer;
    }

    public async Task<ChangePage> ChangesAsync(DeviceClient member, long? statements = -1) =>
        await (await member.Http.GetAsync(Path(Routes.Changes) + (statements is null ? "" : $"?statements={statements}"))).ReadAsync(ChangePage.ReadAsync);

    /// <summary>What the server says of this vault to an account that asks after all of them. Null if it says nothing.</summary>
    public async Task<byte[]?> StateAsync(DeviceClient member) => (await (await member.Http.GetAsync(member.Path(Routes.Changes) + "?shared=true"))
        .ReadAsync(ChangePage.ReadAsync)).Head!.SharedVaults!.SingleOrDefault(place => place.VaultId == Id)?.State;

    private static SignedStatement Sign(DeviceClient author, long number, Hash256 previous, ChainHead manifest, StatementAct act) => SignedStatement.Make(
        new Statement(number, previous, Of(author.Owner), DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_000), manifest, act),
        message => author.Owner.Sign(SignaturePurpose.Statement, message));
}
