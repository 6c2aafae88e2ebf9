using Passpack.Protocol;
using Passpack.Protocol.Sharing;
using Passpack.Sharing;
using Passpack.Sync.Session;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.Sync.Sharing;

/// <summary>What every sync does of invitations, after the personal pull.</summary>
public static partial class SharedVaults
{
    // The inviter's clock may go otherwise than this one's.
    private static readonly TimeSpan s_patience = TimeSpan.FromDays(1);

    /// <summary>
    /// Judges the answers to invitations that this account gave, and adds who is proved; takes vaults into which it was added after an answer of its own;
    /// ends what has expired. One request for each kind of which there is one; none if there is none.
    /// </summary>
    /// <param name="account">Unlocked, and online; the personal vault was pulled.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What is to be told, a sentence each.</returns>
    /// <exception cref="PasspackException">As <see cref="VaultSync.RunAsync"/>.</exception>
    public static async Task<IReadOnlyList<string>> SettleInvitationsAsync(LocalVault account, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(account);
        var notices = new List<string>();
        (IReadOnlyList<Promise> promises, IReadOnlyList<AnsweredInvitation> answered) = account.Personal(records => (records.Promises(), records.Answered()));
        if (promises.Count > 0)
            await SettleGivenAsync(account, promises, notices, cancellationToken).ConfigureAwait(false);
        if (answered.Count > 0)
            await SettleAnsweredAsync(account, answered, notices, cancellationToken).ConfigureAwait(false);
        return notices;
    }

    private static async Task SettleGivenAsync(
        LocalVault account, IReadOnlyList<Promise> promises, List<string> notices, CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<Guid, StoredVaultInvitation> stored;
        using (SyncRun run = SyncRun.OpenReadOnly(account))
            stored = await new SharingServer(run.Client).InvitationsAsync(cancellationToken).ConfigureAwait(false);
        foreach (Promise promise in promises)
        {
            byte[]? answer = stored.GetValueOrDefault(promise.Invitation)?.Answer;
            string vault = account.Personal(records => records.SharedVault(promise.VaultId)?.Name) ?? promise.VaultId.ToString();
            string of = $"The invitation of {promise.UserId} to the shared vault {vault}";
            (AccountIdentity? proved, string? end) = Judge(account, promise, answer);
            if (proved is null && end is null)
                continue;
            if (proved is not null)
            {
                try
                {
                    end = await AddInvitedAsync(account, promise, proved, cancellationToken).ConfigureAwait(false);
                }
                catch (PasspackException e) when (e.ErrorId is ErrorCodes.VaultKeyMissing or ErrorCodes.VaultClosed || (e.ErrorId == ErrorCodes.VaultNotFound
                    && account.Personal(records => records.SharedVault(promise.VaultId)) is not null))
                {
                    notices.Add($"{of} was answered, and waits: {e.Message}");
                    continue;
                }
                catch (PasspackException e) when (e.ErrorId == ErrorCodes.VaultNotFound)
                {
                    end = "this account does not list the vault any more";
                }
            }
            notices.Add(end is null ? $"{promise.UserId} is a member of the shared vault {vault} now, as {promise.Role}." : $"{of} added nobody: {end}.");
            await EndAsync(account, promise, proved, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <returns>Who was proved; or why nobody was; neither while there is nothing to judge.</returns>
    private static (AccountIdentity? Proved, string? End) Judge(LocalVault account, Promise promise, byte[]? bytes)
    {
        DateTimeOffset now = account.Clock.GetUtcNow();
        VaultInvitation invitation;
        try
        {
            invitation = promise.Open();
        }
        catch (PasspackException e) when (e.ErrorId == ErrorCodes.InvitationInvalid)
        {
            return (null, "what this account keeps of it is damaged");
        }
        using (invitation)
        {
            if (bytes is null)
                return (null, now > invitation.Expires ? "it expired without an answer" : null);
            if (!InvitationAnswer.TryRead(bytes, out InvitationAnswer? answer, out string? wrong))
                return (null, $"the server has an answer that {wrong}");
            return invitation.Judge(answer, promise.UserId, now) switch
            {
                AnswerFault.None => (answer.Identity, null),
                AnswerFault.OtherInvitation => (null, "the server has an answer to another invitation"),
                AnswerFault.MacInvalid => (null, "whoever answered did not have its text"),
                AnswerFault.SignatureInvalid => (null, "the answer is not signed by who it says that answered"),
                AnswerFault.OtherUser => (null, $"{answer.Identity.UserId} answered it"),
                AnswerFault.Expired => (null, "it has expired"),
                _ => throw new InvalidOperationException("An answer has a fault without a sentence."),
            };
        }
    }

    /// <returns>Null if the invited is a member now; else why not.</returns>
    private static async Task<string?> AddInvitedAsync(LocalVault account, Promise promise, AccountIdentity identity, CancellationToken cancellationToken)
    {
        using Governing governing = await Governing.StartAsync(account, promise.VaultId, cancellationToken).ConfigureAwait(false);
        using (VaultInvitation invitation = promise.Open())
        {
            if (invitation.Inviter != governing.Own)
                return "this account has other keys since it gave it";
        }
        string? end = null;
        await governing.AppendAsync((log, _) =>
        {
            LogState state = log.State;
            var fingerprint = Hash256.Read(identity.Fingerprint);
            bool isUsed = state.Invitations.Contains(promise.Invitation);
            end = isUsed && state.Members.ContainsKey(fingerprint) ? null
                : isUsed ? "it was used before"
                : state.RoleOf(governing.Own) != VaultRole.Owner ? "this account is no Owner of the vault any more"
                : state.Members.Values.Any(member => SharingRules.IsSameUser(member.Identity.UserId, promise.UserId)) ? $"{promise.UserId} is a member already"
                : IsRemovedSince(log, governing.Vault.ReadStatements(), promise) ? $"{promise.UserId} was removed from the vault after it was given" : null;
            if (isUsed || end is not null)
                return null;
            governing.RequireOwnerOfOpen(state);
            return new StatementAct.Add(identity, promise.Role, promise.Invitation);
        }, cancellationToken).ConfigureAwait(false);
        return end;
    }

    private static bool IsRemovedSince(VaultLog log, IReadOnlyList<Statement> statements, Promise promise) =>
        statements.Where(statement => statement.Number > promise.Statement && statement.Number < log.Count).Any(statement =>
            log.StateAt(statement.Number - 1).Members.Any(before => SharingRules.IsSameUser(before.Value.Identity.UserId, promise.UserId)
                && !log.StateAt(statement.Number).Members.ContainsKey(before.Key)));

    /// <summary>Whoever was proved is a contact, added or not; the promise goes, and so does what the server has of it.</summary>
    private static async Task EndAsync(LocalVault account, Promise promise, AccountIdentity? proved, CancellationToken cancellationToken)
    {
        using SyncRun run = await PersonalStore.StartAsync(account, cancellationToken).ConfigureAwait(false);
        await PersonalStore.WriteAsync(run, records =>
        [
            .. proved is null ? [] : Pin(records, proved, ContactProof.Invitation, account.Clock.GetUtcNow()),
            .. records.Promises().Where(one => one.Invitation == promise.Invitation).Select(PersonalEdit.Remove),
        ], cancellationToken).ConfigureAwait(false);
        await new SharingServer(run.Client).WithdrawAsync(promise.Invitation, cancellationToken).ConfigureAwait(false);
    }

    private static async Task SettleAnsweredAsync(
        LocalVault account, IReadOnlyList<AnsweredInvitation> answered, List<string> notices, CancellationToken cancellationToken)
    {
        using SyncRun run = await PersonalStore.StartAsync(account, cancellationToken).ConfigureAwait(false);
        var server = new SharingServer(run.Client);
        HashSet<Guid> known = account.Personal(records => records.SharedVaults().Select(record => record.VaultId).ToHashSet());
        IReadOnlyList<SharedVaultPlace> places = await server.PlacesAsync(run.Account.VaultId, run.Account.Revision, cancellationToken).ConfigureAwait(false);
        var added = new List<Joining>();
        foreach (SharedVaultPlace place in places.Where(place => !known.Contains(place.VaultId)))
        {
            if (await server.ReadLogAsync(place.VaultId, cancellationToken).ConfigureAwait(false) is { } read
                && Joining.Find(read.Log, read.Statements, run.Identity) is { } joining)
                added.Add(joining);
        }
        DateTimeOffset now = account.Clock.GetUtcNow();
        foreach (AnsweredInvitation answer in answered)
        {
            // Whoever else added this account under the id of the invitation is not who invited it: that stays an offer.
            Joining? joining = added.Find(one => one.Invitation == answer.Invitation && one.Voucher == answer.Inviter);
            if (joining is null && now <= answer.Expires + s_patience)
                continue;
            string name = answer.Name;
            await PersonalStore.WriteAsync(run, records =>
            [
                .. joining is null ? Array.Empty<PersonalEdit>() : [PersonalEdit.Put(joining.ToRecord(name = FreeName(records, answer.Name), now))],
                PersonalEdit.Remove(answer),
            ], cancellationToken).ConfigureAwait(false);
            notices.Add(joining is null
                ? $"The answer to the invitation of {answer.InviterUserId} ({answer.Name}) was not taken up before it expired. Ask for another one."
                : $"{answer.InviterUserId} has added this account to a shared vault, which is called {name} here.");
        }
    }

    // Another vault may have got the name since the invitation was answered.
    private static string FreeName(PersonalMirror records, string name)
    {
        if (!IsTaken(records, name, null))
            return name;
        return Enumerable.Range(2, int.MaxValue - 2).Select(number => CopyNameOf(name, number)).First(free => !IsTaken(records, free, null));

        static string CopyNameOf(string name, int number)
        {
            string suffix = string.Create(System.Globalization.CultureInfo.InvariantCulture, $" ({number})");
            return name[..Math.Min(name.Length, SharingRules.MostNameLength - suffix.Length)] + suffix;
        }
    }
}
