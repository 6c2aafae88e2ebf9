using System.Net.Http.Json;
using System.Security.Cryptography;
using Passpack.Protocol;
using Passpack.Protocol.Sharing;

namespace Passpack.Server.Tests.Support;

/// <summary>Somebody without the keys of an account, and every write of the API as he can send it: each of his tries is one request.</summary>
/// <param name="client">With the token that he has.</param>
/// <param name="owner">Signed other things, which he saw.</param>
/// <param name="proof">Of the Password, if he has it.</param>
/// <param name="now">The account as it is; everybody with a token reads it.</param>
/// <param name="before">The newest manifest of before.</param>
internal sealed class Thief(DeviceClient client, Owner owner, byte[] proof, KeysAnswer now, ManifestName before)
{
    // A name and a vault make its keys: they are not the account's.
    private readonly Owner _own = new(owner.UserId, Guid.NewGuid());

    /// <summary>By route, as the server maps it.</summary>
    public Dictionary<string, Func<IEnumerable<Func<Task<HttpResponseMessage>>>>> Tries(Guid otherDevice, Guid removal, PushRequest lastPush) => new()
    {
        [$"POST {Routes.RegistrationChallenge}"] = () => [() => client.Http.PostAsJsonAsync(Routes.RegistrationChallenge, new ChallengeRequest(owner.UserId))],
        [$"POST {Routes.Accounts}"] = () => [() => client.Http.RegisterAsync(Make.Registration(owner))],
        [$"POST {Routes.LoginParameters}"] = () => [() => client.Http.PostAsJsonAsync(Routes.LoginParameters, new LoginParametersRequest(owner.UserId))],
        [$"POST {Routes.Login}"] = () => [() => client.Http.PostAsJsonAsync(Routes.Login, new LoginRequest(owner.UserId, proof, client.Device))],
        [$"POST {Routes.PasswordResetBase}"] = () =>
            [() => client.Http.PostAsJsonAsync(Routes.PasswordResetBase, new BeginResetRequest(owner.UserId, PasswordResets.Create()))],
        [$"POST {Routes.PasswordReset}"] = () =>
            [() => client.Http.PostAsJsonAsync(Routes.PasswordReset, owner.Reset(
                owner.UserId, PasswordResets.Create(), new ResetBase(now, client.Registration.LoginSalt), Make.Bytes(16), Make.Bytes(32)))],
        [$"PUT {Routes.KeyRecord}"] = ReplaceKeys,
        [$"PUT {Routes.Password}"] = ChangePassword,
        [$"POST {Routes.AccountRemoval}"] = () => Signed(
            SignaturePurpose.AccountRemoval, head => Statements.AccountRemoval(owner.Vault, head), Routes.AccountRemoval,
            (head, signature) => new RemoveAccountRequest(head, signature)),
        [$"POST {Routes.RemovalWithoutKeys}"] = () => [() => client.Http.PostAsJsonAsync(Routes.RemovalWithoutKeys, new RemoveWithoutKeysRequest(proof))],
        [$"POST {Routes.RemovalCancelling}"] = () => Signed(
            SignaturePurpose.RemovalCancelling, head => Statements.RemovalCancelling(owner.Vault, head, removal), Routes.RemovalCancelling,
            (head, signature) => new CancelRemovalRequest(removal, head, signature)),
        [$"POST {Routes.Devices}/{{id:guid}}/removal"] = () => Signed(
            SignaturePurpose.DeviceRemoval, head => Statements.DeviceRemoval(owner.Vault, head, otherDevice), Routes.OfDevice(otherDevice),
            (head, signature) => new RemoveDeviceRequest(head, signature)),
        [$"POST {Routes.Invitations}"] = () => Signed(
            SignaturePurpose.Invitation, head => Statements.Invitation(owner.Vault, head, s_token, s_expires), Routes.Invitations,
            (head, signature) => new InviteRequest(s_token, s_expires, head, signature)),
        [$"POST {Routes.ServerStatus}"] = () => Administration(Routes.ServerStatus, by => new ReadStatusRequest(by)),
        [$"POST {Routes.ServerEvents}"] = () => Administration(Routes.ServerEvents, by => new ReadServerEventsRequest(by, 0)),
        [$"POST {Routes.ServerAccounts}"] = () => Administration(Routes.ServerAccounts, by => new ListAccountsRequest(by, 0)),
        [$"POST {Routes.ServerAccountChange}"] = () => Administration(
            Routes.ServerAccountChange, by => new ChangeAccountRequest(by, owner.UserId, Disabled: true)),
        [$"POST {Routes.ServerAccountReset}"] = () => Administration(
            Routes.ServerAccountReset, by => new ResetAccountRequest(by, owner.UserId, true, true, true, s_token)),
        [$"POST {Routes.ServerAccountRemoval}"] = () => Administration(Routes.ServerAccountRemoval, by => new RemoveServerAccountRequest(by, owner.UserId)),
        [$"POST {Routes.InvitationList}"] = () => Administration(Routes.InvitationList, by => new ListInvitationsRequest(by, new byte[32])),
        [$"POST {Routes.InvitationRemoval}"] = () => Administration(Routes.InvitationRemoval, by => new RemoveInvitationRequest(by, s_token)),
        [$"POST {Routes.SecondFactor}"] = () => Signed(
            SignaturePurpose.SecondFactor, head => Statements.SecondFactor(owner.Vault, head, s_seed, s_recovery), Routes.SecondFactor,
            (head, signature) => new SetUpSecondFactorRequest(s_seed, s_recovery, proof, head, signature)),
        [$"POST {Routes.SecondFactorConfirmation}"] = () =>
            [() => client.Http.PostAsJsonAsync(Routes.SecondFactorConfirmation, new ConfirmSecondFactorRequest("000000"))],
        [$"POST {Routes.SecondFactorRemoval}"] = () => Signed(
            SignaturePurpose.SecondFactorRemoval, head => Statements.SecondFactorRemoval(owner.Vault, head), Routes.SecondFactorRemoval,
            (head, signature) => new RemoveSecondFactorRequest(proof, head, signature)),
        [$"POST {Routes.Wake}"] = () => Signed(
            SignaturePurpose.Wake, head => Statements.Wake(owner.Vault, head, client.Device.Id, s_token), Routes.Wake,
            (head, signature) => new WakeRequest(s_token, head, signature)),
        [$"POST {Routes.KeyFiles}"] = () => Signed(
            SignaturePurpose.KeyFile, head => Statements.KeyFile(owner.Vault, head, s_file.Id, s_token), Routes.KeyFiles,
            (head, signature) => new AddKeyFileRequest(s_file, s_token, head, signature)),
        [$"POST {Routes.KeyFileConnections}"] = () => Signed(
            SignaturePurpose.Wake, head => Statements.Wake(owner.Vault, head, s_file.Id, s_token), Routes.KeyFileConnections,
            (head, signature) => new ConnectByKeyFileRequest(s_file, s_token, head, signature)),
        [$"POST {Routes.Vaults}/{{vaultId:guid}}/{Routes.Records}"] = () => [() => client.Http.PostAsJsonAsync(client.Path(Routes.Records), new RecordsRequest([]))],
        [$"POST {Routes.Vaults}/{{vaultId:guid}}/{Routes.Purge}"] = () => Signed(
            SignaturePurpose.Purge, head => Statements.Purge(owner.Vault, head, owner.Epoch), client.Path(Routes.Purge),
            (head, signature) => new PurgeRequest(owner.Epoch, head, signature)),
        [$"POST {Routes.Vaults}/{{vaultId:guid}}/{Routes.Pushes}"] = () => Pushes(lastPush),
        [$"POST {Routes.SharedVaults}"] = () => new[] { _own.Identity, owner.Identity }.Select(
            founder => (Func<Task<HttpResponseMessage>>)(() => client.Http.PostAsJsonAsync(Routes.SharedVaults, SharedVault(founder)))),
        [$"POST {Routes.Vaults}/{{vaultId:guid}}/{Routes.LogStatements}"] = () =>
            [() => client.Http.PostAsJsonAsync(client.Path(Routes.LogStatements), new AppendStatementRequest(SharedVault(_own.Identity).Statement, []))],
        [$"PUT {Routes.Vaults}/{{vaultId:guid}}/{Routes.WrappedKeys}"] = () => [() => client.Http.PutAsJsonAsync(client.Path(Routes.WrappedKeys), new RewrapRequest(1, []))],
        [$"PUT {Routes.VaultInvitations}/{{id:guid}}/{Routes.Answer}"] = () =>
            [() => client.Http.PutAsJsonAsync($"{Routes.VaultInvitations}/{Guid.NewGuid()}/{Routes.Answer}", new AnswerInvitationRequest(Make.Bytes(64)))],
    };

    /// <summary>A shared vault that his own keys sign, whoever is its founder.</summary>
    private CreateSharedVaultRequest SharedVault(AccountIdentity founder)
    {
        var act = new StatementAct.Create(founder, Hash256.Read(Make.Bytes(32)), Hash256.Read(Make.Bytes(32)));
        SignedStatement first = SignedStatement.Make(
            new Statement(0, default, Hash256.Read(founder.Fingerprint), s_expires, ChainHead.None, act), message => _own.Sign(SignaturePurpose.Statement, message));
        var id = new Guid(first.Hash.ToBytes().AsSpan(..16), bigEndian: true);
        byte[] part = new byte[RecordHeader.Size + 8];
        new RecordHeader(id, 1, RecordStream.None, RecordPart.Manifest, id, 1).Write(part);
        byte[] manifest = SignedManifest.Make(part, founder.Fingerprint, message => _own.Sign(SignaturePurpose.Manifest, message), first.Head).ToBytes();
        return new CreateSharedVaultRequest(first.Bytes.ToArray(), new ManifestLink(1, manifest), Make.Bytes(WrappedKey.KeyBytes));
    }

    private static readonly byte[] s_seed = new byte[SecondFactors.SeedBytes], s_recovery = new byte[SecondFactors.RecoveryCodes * SecondFactors.HashBytes];

    private static readonly DeviceDescription s_file = Make.Device("key file");

    // Soon after the time of the tests.
    private static readonly DateTimeOffset s_expires = new(2026, 1, 2, 0, 0, 0, TimeSpan.Zero);

    private static readonly byte[] s_token = SHA256.HashData("of the thief"u8);

    /// <summary>A request under every signature that he can have: none, his own, the owner's for something else, and the owner's of before.</summary>
    private IEnumerable<Func<Task<HttpResponseMessage>>> Signed<T>(
        SignaturePurpose purpose, Func<ManifestName, byte[]> statement, string path, Func<ManifestName, byte[], T> request)
    {
        foreach (byte[] signature in Forgeries(purpose, statement))
            yield return () => client.Http.PostAsJsonAsync(path, request(now.Head, signature));
        yield return () => client.Http.PostAsJsonAsync(path, request(before, owner.Sign(purpose, statement(before))));
    }

    /// <summary>A request of an administrator: of whoever is none, the owner's own signature does not do, either.</summary>
    private IEnumerable<Func<Task<HttpResponseMessage>>> Administration<T>(string path, Func<AdministratorSignature, T> make)
        where T : AdministrationRequest
    {
        long number = now.Administered ?? 0;
        IEnumerable<Func<Task<HttpResponseMessage>>> tries = Signed(
            SignaturePurpose.Administration, head => Statements.Administration(owner.Vault, head, number, make(new(head, number, [])).ToContent()), path,
            (head, signature) => make(new AdministratorSignature(head, number, signature)));
        return now.Administered is null ? tries.Append(() => client.Http.PostAsJsonAsync(path, owner.Administration(now.Head, number, make))) : tries;
    }

    private IEnumerable<byte[]> Forgeries(SignaturePurpose purpose, Func<ManifestName, byte[]> statement)
    {
        yield return new byte[64];
        yield return _own.Sign(purpose, statement(now.Head));
        foreach (SignaturePurpose other in Enum.GetValues<SignaturePurpose>().Where(other => other != purpose))
            yield return owner.Sign(other, statement(now.Head));
        yield return owner.Sign(purpose, statement(before));
        yield return owner.Sign(purpose, statement(new ManifestName(now.Head.Generation + 1, now.Head.Hash)));
    }

    private IEnumerable<Func<Task<HttpResponseMessage>>> ChangePassword()
    {
        byte[] salt = Make.Bytes(16), newProof = Make.Bytes(32);
        foreach (byte[]? known in new[] { null, proof })
        {
            byte[] Statement(ManifestName head) => Statements.Password(owner.Vault, head, client.Registration.LoginSalt, salt, "17.8.1", newProof);
            ChangePasswordRequest Request(ManifestName head, byte[] signature) => new(salt, "17.8.1", newProof, head, signature, known);
            foreach (byte[] signature in Forgeries(SignaturePurpose.Password, Statement))
                yield return () => client.Http.PutAsJsonAsync(Routes.Password, Request(now.Head, signature));
            yield return () => client.Http.PutAsJsonAsync(Routes.Password, Request(before, owner.Sign(SignaturePurpose.Password, Statement(before))));
            // The owner's own change of once, when another salt held.
            byte[] once = Statements.Password(owner.Vault, now.Head, Make.Bytes(16), salt, "17.8.1", newProof);
            yield return () => client.Http.PutAsJsonAsync(Routes.Password, Request(now.Head, owner.Sign(SignaturePurpose.Password, once)));
        }
    }

    private IEnumerable<Func<Task<HttpResponseMessage>>> ReplaceKeys()
    {
        KeyRecordContent content = owner.Content(2);
        KeyRecord sound = owner.Keys(2);
        Owner false1 = new(owner.UserId, Guid.NewGuid()), next = owner.Next();
        KeyRecordContent ofHis = content with { Identity = false1.Identity };
        foreach (KeyRecord keys in new[]
        {
            sound with { Signature = new byte[64] }, sound with { Mac = new byte[32] }, sound with { Signature = false1.Sign(SignaturePurpose.KeyRecord, sound.SignedMessage()) },
            sound with { Signature = owner.Sign(SignaturePurpose.Manifest, sound.SignedMessage()) }, false1.Signed(ofHis), false1.Keys(2),
        })
        {
            yield return () => client.Http.PutAsJsonAsync(Routes.KeyRecord, new ReplaceKeysRequest(keys, proof));
        }

        // A successor of his own making, with every signature but the one that names it.
        KeyRecordContent successor = new(2, owner.Vault, owner.Epoch + 1, "7#his", false1.Identity, next.Content().EarlierKeys);
        ManifestLink first = false1.Manifest(
            new RecordHeader(owner.Vault, owner.Epoch + 1, RecordStream.None, RecordPart.Manifest, owner.Vault, now.Head.Generation + 1), now.Head.Generation + 1);
        ManifestName begin = ManifestName.Of(first);
        byte[] wake = false1.Sign(SignaturePurpose.Wake, Statements.Wake(owner.Vault, begin, client.Device.Id, s_token));
        KeyRecord his = false1.Signed(successor);
        byte[] Statement(ManifestName head) => Statements.Succession(owner.Vault, head, successor, begin.Hash);
        ReplaceKeysRequest Request(ManifestName head, byte[] signature) =>
            new(his, proof, new SuccessorRequest(head, signature, first, new WakeRequest(s_token, begin, wake)));
        foreach (byte[] signature in Forgeries(SignaturePurpose.Succession, Statement))
            yield return () => client.Http.PutAsJsonAsync(Routes.KeyRecord, Request(now.Head, signature));
        yield return () => client.Http.PutAsJsonAsync(Routes.KeyRecord, Request(before, owner.Sign(SignaturePurpose.Succession, Statement(before))));
    }

    private IEnumerable<Func<Task<HttpResponseMessage>>> Pushes(PushRequest last)
    {
        PushRequest next = owner.Push(last.BaseRevision + 1, now.Head, [owner.Record(Guid.NewGuid())]);
        byte[] Statement(ManifestName _) => Statements.Push(owner.Vault, next.Digest());
        foreach (byte[] signature in Forgeries(SignaturePurpose.Push, Statement).Where(signature => !signature.AsSpan().SequenceEqual(next.Signature)))
            yield return () => client.SendPushAsync(next with { Signature = signature });
        // The owner's signatures under something else than what they were made for.
        yield return () => client.SendPushAsync(next with { Records = [owner.Record(Guid.NewGuid())] });
        yield return () => client.SendPushAsync(next with { PushId = Guid.NewGuid() });
        yield return () => client.SendPushAsync(last with { PushId = Guid.NewGuid() });
        yield return () => client.SendPushAsync(last with { BaseRevision = next.BaseRevision, Previous = next.Previous });
        yield return () => client.SendPushAsync(_own.Signed(next with { Manifest = _own.Manifest(now.Head.Generation + 1) }));
        yield return () => client.SendPushAsync(owner.Signed(next with { Manifest = _own.Manifest(now.Head.Generation + 1) }));
        // A repeat gets the answer that there was, and is none of his doing.
        yield return () => client.SendPushAsync(last);
    }
}
