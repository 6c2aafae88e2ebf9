using Passpack.Protocol.Sharing;

namespace Passpack.Core.Tests.Sharing;

/// <summary>
/// The rules of the log once more, as one reads them in docs/sharing.md: over names and plain sets, and in another order than the product judges in. It says only
/// whether a statement is taken, and what is so afterwards.
/// </summary>
internal sealed record LogRules(
    IReadOnlyDictionary<Person, VaultRole> Roles, IReadOnlySet<int> Epochs, IReadOnlySet<Guid> Invitations, bool NeedsEpoch, bool Closed, long Manifest, long? RevertedTo)
{
    public static LogRules Begin(Person founder) =>
        new(new Dictionary<Person, VaultRole> { [founder] = VaultRole.Owner }, new HashSet<int> { 1 }, new HashSet<Guid>(), false, false, 0, null);

    private int Owners => Roles.Values.Count(role => role == VaultRole.Owner);

    /// <summary>What is so after a statement that follows the last one. Null if it is refused.</summary>
    public LogRules? After(Person author, StatementAct act, long number, long manifest)
    {
        LogRules now = manifest == Manifest ? this : this with { Manifest = manifest, RevertedTo = null };
        bool owner = Roles.GetValueOrDefault(author) == VaultRole.Owner, member = Roles.ContainsKey(author);
        if (!member || manifest < Manifest || manifest < 1)
            return null;
        switch (act)
        {
            case StatementAct.Add add when owner && !Closed:
                Person added = Of(Hash256.Read(add.Identity.Fingerprint));
                return Roles.ContainsKey(added) || (add.Invitation is { } used && Invitations.Contains(used)) ? null : now with
                {
                    Roles = With(added, add.Role),
                    Invitations = add.Invitation is { } answered ? new HashSet<Guid>(Invitations) { answered } : Invitations,
                };
            case StatementAct.ChangeRole change when owner && !Closed:
                Person changed = Of(change.Member);
                return !Roles.TryGetValue(changed, out VaultRole role) || role == change.Role || (role == VaultRole.Owner && Owners == 1)
                    ? null : now with { Roles = With(changed, change.Role) };
            case StatementAct.Remove remove:
                Person gone = Of(remove.Member);
                if (!Roles.ContainsKey(gone))
                    return null;
                if (gone == author)
                    return remove.Epoch is not null || (owner && Owners == 1) ? null : now with { Roles = Without(gone), NeedsEpoch = true };
                return !owner || remove.Epoch is null ? null : (now with { Roles = Without(gone) }).Started(remove.Epoch, anyChain: false);
            case StatementAct.StartEpoch start when owner && !Closed:
                return now.Started(start.Epoch, anyChain: false);
            case StatementAct.Revert revert when owner && !Closed:
                bool known = revert.Manifest.Number >= 1 && revert.Manifest.Number <= manifest && revert.Manifest == Logs.Manifest(revert.Manifest.Number);
                return known && revert.Manifest.Number != (now.RevertedTo ?? manifest) ? now with { RevertedTo = revert.Manifest.Number } : null;
            case StatementAct.Close when owner && !Closed:
                return now with { Closed = true };
            case StatementAct.Reopen when owner && Closed:
                return now with { Closed = false };
            case StatementAct.AcceptRollback accept when owner && accept.Left.Number >= number:
                LogRules repeated = now;
                foreach (Person lost in accept.Removed.Select(Of))
                {
                    if (lost == author || !repeated.Roles.ContainsKey(lost))
                        return null;
                    repeated = repeated with { Roles = repeated.Without(lost) };
                }

                foreach ((Person demoted, VaultRole less) in accept.Demoted.Select(pair => (Of(pair.Key), pair.Value)))
                {
                    if (demoted == author || repeated.Roles.GetValueOrDefault(demoted) <= less)
                        return null;
                    repeated = repeated with { Roles = repeated.With(demoted, less) };
                }

                return repeated.Started(accept.Epoch, anyChain: true);
            default:
                return null;
        }
    }

    /// <summary>Whether a state says the same.</summary>
    public bool Says(LogState state) =>
        state.Members.Count == Roles.Count && Roles.All(pair => state.RoleOf(pair.Key.Fingerprint) == pair.Value) && state.Epochs.Keys.ToHashSet().SetEquals(Epochs)
        && state.Epoch == Epochs.Max() && state.Epochs.All(epoch => epoch.Value == Logs.Hash($"key {epoch.Key}")) && state.Invitations.SetEquals(Invitations)
        && state.NeedsEpoch == NeedsEpoch && state.IsClosed == Closed && state.Manifest.Number == Manifest && state.RevertedTo?.Number == RevertedTo;

    /// <summary>The same as text: what makes two states one.</summary>
    public override string ToString() => string.Join(' ', [
        .. Person.All.Select(person => $"{Roles.GetValueOrDefault(person):D}"), string.Join(',', Epochs.Order()), string.Join(',', Invitations.Order()), $"{NeedsEpoch}{Closed} {Manifest} {RevertedTo}"]);

    private static Person Of(Hash256 fingerprint) => Person.All.Single(person => person.Fingerprint == fingerprint);

    private LogRules? Started(EpochStart start, bool anyChain) =>
        start.Epoch > Epochs.Max() && start.Epoch <= Epochs.Max() + 1024 && start.ChainedEpoch >= 1 && start.ChainedEpoch < start.Epoch && (anyChain || Epochs.Contains(start.ChainedEpoch))
            ? this with { Epochs = new HashSet<int>(Epochs) { start.Epoch }, NeedsEpoch = false } : null;

    private Dictionary<Person, VaultRole> With(Person person, VaultRole role) => new(Roles) { [person] = role };

    private Dictionary<Person, VaultRole> Without(Person person) => new(Roles.Where(pair => pair.Key != person));
}
