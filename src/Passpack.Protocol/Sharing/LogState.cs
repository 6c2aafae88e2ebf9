using System.Collections.Immutable;

namespace Passpack.Protocol.Sharing;

/// <summary>
/// What the log of a shared vault says up to one of its statements: members, epochs, and what the next manifest has to be. A statement gives the next state, or is
/// refused; nothing else has a say, no clock and no server. It never changes.
/// </summary>
public sealed record LogState
{
    /// <summary>Members of a vault, at most.</summary>
    public const int MostMembers = 1000;

    private LogState()
    {
    }

    /// <summary>The statement after which it is so.</summary>
    public required ChainHead Head { get; init; }

    /// <summary>The manifest that the statement names.</summary>
    public required ChainHead Manifest { get; init; }

    /// <summary>The random bytes of the statement that created the vault.</summary>
    public required Hash256 Random { get; init; }

    /// <summary>Members by their fingerprints.</summary>
    public required ImmutableDictionary<Hash256, VaultMember> Members { get; init; }

    /// <summary>All epochs, and the commitment to the key of each.</summary>
    public required ImmutableSortedDictionary<int, Hash256> Epochs { get; init; }

    /// <summary>Invitations that were answered. An id is taken once in the life of the vault.</summary>
    public required ImmutableHashSet<Guid> Invitations { get; init; }

    /// <summary>The newest epoch: what goes up is sealed under it.</summary>
    public required int Epoch { get; init; }

    /// <summary>Whether somebody left who has the key of the newest epoch: an Owner has to start another.</summary>
    public bool NeedsEpoch { get; init; }

    /// <summary>Whether no manifest is taken.</summary>
    public bool IsClosed { get; init; }

    /// <summary>The manifest that the one after <see cref="Manifest"/> follows, if an Owner reverted to it. Null: <see cref="Manifest"/>, or later ones before it.</summary>
    public ChainHead? RevertedTo { get; init; }

    /// <summary>If the statement accepts a rollback: who did, and the head of the log that was lost.</summary>
    internal (Hash256 Author, ChainHead Left)? Accepted { get; init; }

    /// <summary>The role of an identity. Null if it is no member.</summary>
    public VaultRole? RoleOf(Hash256 fingerprint) => Members.GetValueOrDefault(fingerprint)?.Role;

    /// <summary>Whether there is an Owner besides somebody.</summary>
    private bool HasOwnerBeside(Hash256 member) => Members.Any(other => other.Key != member && other.Value.Role == VaultRole.Owner);

    /// <summary>The state after the statement that creates a vault.</summary>
    /// <param name="statement">Number 0.</param>
    /// <param name="hash">Its hash.</param>
    /// <param name="state">Null if it is refused.</param>
    public static StatementFault TryBegin(Statement statement, Hash256 hash, out LogState? state)
    {
        ArgumentNullException.ThrowIfNull(statement);
        state = null;
        if (statement is not { Number: 0, Act: StatementAct.Create create } || statement.Previous != default)
            return StatementFault.NotNext;
        if (statement.Manifest != ChainHead.None)
            return StatementFault.ManifestInvalid;
        Hash256 founder = Hash256.Read(create.Founder.Fingerprint);
        if (statement.Author != founder)
            return StatementFault.NotMember;
        state = new LogState
        {
            Head = new ChainHead(0, hash),
            Manifest = ChainHead.None,
            Random = create.Random,
            Members = ImmutableDictionary<Hash256, VaultMember>.Empty.Add(founder, new VaultMember(create.Founder, VaultRole.Owner)),
            Epochs = ImmutableSortedDictionary<int, Hash256>.Empty.Add(1, create.Commitment),
            Invitations = [],
            Epoch = 1,
        };
        return StatementFault.None;
    }

    /// <summary>The state after the next statement. Its signature is not looked at.</summary>
    /// <param name="statement">The statement.</param>
    /// <param name="hash">Its hash.</param>
    /// <param name="next">Null if it is refused.</param>
    public StatementFault TryApply(Statement statement, Hash256 hash, out LogState? next)
    {
        ArgumentNullException.ThrowIfNull(statement);
        next = null;
        if (statement.Number != Head.Number + 1 || statement.Previous != Head.Hash || statement.Act is StatementAct.Create)
            return StatementFault.NotNext;
        if (statement.Number >= VaultLog.MostStatements)
            return StatementFault.TooMany;
        if (statement.Manifest.Number < Math.Max(1, Manifest.Number) || (statement.Manifest.Number == Manifest.Number && statement.Manifest != Manifest))
            return StatementFault.ManifestInvalid;
        if (!Members.TryGetValue(statement.Author, out VaultMember? author))
            return StatementFault.NotMember;
        if (author.Role != VaultRole.Owner && statement.Act is not StatementAct.Remove)
            return StatementFault.NotPermitted;

        LogState before = this with
        {
            Head = new ChainHead(statement.Number, hash),
            Manifest = statement.Manifest,
            RevertedTo = statement.Manifest == Manifest ? RevertedTo : null,
            Accepted = null,
        };
        StatementFault fault = before.Change(statement, author.Role, out LogState after);
        if (fault == StatementFault.None)
            next = after;
        return fault;
    }

    private StatementFault Change(Statement statement, VaultRole authorRole, out LogState after)
    {
        after = this;
        return statement.Act switch
        {
            StatementAct.Remove remove => Remove(remove, statement.Author, authorRole, ref after),
            StatementAct.Reopen => Reopen(ref after),
            StatementAct.AcceptRollback accept => AcceptRollback(accept, statement, ref after),
            _ when IsClosed => StatementFault.Closed,
            StatementAct.Add add => Add(add, ref after),
            StatementAct.ChangeRole change => ChangeRole(change, ref after),
            StatementAct.StartEpoch start => StartEpoch(start.Epoch, ref after),
            StatementAct.Revert revert => Revert(revert.Manifest, ref after),
            StatementAct.Close => Close(ref after),
            _ => throw new ArgumentException($"{statement.Act.GetType()} has no rule.", nameof(statement)),
        };
    }

    private StatementFault Add(StatementAct.Add add, ref LogState after)
    {
        Hash256 fingerprint = Hash256.Read(add.Identity.Fingerprint);
        if (Members.ContainsKey(fingerprint))
            return StatementFault.AlreadyMember;
        if (Members.Count >= MostMembers)
            return StatementFault.TooMany;
        if (add.Invitation is { } invitation && Invitations.Contains(invitation))
            return StatementFault.InvitationUsed;
        after = this with
        {
            Members = Members.Add(fingerprint, new VaultMember(add.Identity, add.Role)),
            Invitations = add.Invitation is { } answered ? Invitations.Add(answered) : Invitations,
        };
        return StatementFault.None;
    }

    private StatementFault ChangeRole(StatementAct.ChangeRole change, ref LogState after)
    {
        if (!Members.TryGetValue(change.Member, out VaultMember? member))
            return StatementFault.MemberNotFound;
        if (member.Role == change.Role)
            return StatementFault.NothingChanges;
        if (member.Role == VaultRole.Owner && !HasOwnerBeside(change.Member))
            return StatementFault.LastOwner;
        after = this with { Members = Members.SetItem(change.Member, member with { Role = change.Role }) };
        return StatementFault.None;
    }

    private StatementFault Remove(StatementAct.Remove remove, Hash256 author, VaultRole authorRole, ref LogState after)
    {
        bool leaves = remove.Member == author;
        if (!leaves && authorRole != VaultRole.Owner)
            return StatementFault.NotPermitted;
        if (!Members.ContainsKey(remove.Member))
            return StatementFault.MemberNotFound;
        // Who leaves would know the key that it made.
        if (leaves != remove.Epoch is null)
            return StatementFault.EpochMissing;
        if (leaves && authorRole == VaultRole.Owner && !HasOwnerBeside(author))
            return StatementFault.LastOwner;
        if (remove.Epoch is null)
        {
            after = this with { Members = Members.Remove(remove.Member), NeedsEpoch = true };
            return StatementFault.None;
        }

        StatementFault fault = StartEpoch(remove.Epoch, ref after);
        if (fault == StatementFault.None)
            after = after with { Members = Members.Remove(remove.Member) };
        return fault;
    }

    private StatementFault StartEpoch(EpochStart start, ref LogState after)
    {
        if (!Epochs.ContainsKey(start.ChainedEpoch))
            return StatementFault.EpochInvalid;
        return BeginEpoch(start, ref after);
    }

    private StatementFault BeginEpoch(EpochStart start, ref LogState after)
    {
        if (start.Epoch <= Epoch || start.Epoch - Epoch > EpochStart.MostAhead || start.ChainedEpoch < 1 || start.ChainedEpoch >= start.Epoch)
            return StatementFault.EpochInvalid;
        after = this with { Epoch = start.Epoch, Epochs = Epochs.Add(start.Epoch, start.Commitment), NeedsEpoch = false };
        return StatementFault.None;
    }

    private StatementFault Revert(ChainHead manifest, ref LogState after)
    {
        if (manifest.Number < 1 || manifest.Number > Manifest.Number || (manifest.Number == Manifest.Number && manifest != Manifest))
            return StatementFault.ManifestInvalid;
        if (manifest == (RevertedTo ?? Manifest))
            return StatementFault.NothingChanges;
        after = this with { RevertedTo = manifest };
        return StatementFault.None;
    }

    private StatementFault Close(ref LogState after)
    {
        after = this with { IsClosed = true };
        return StatementFault.None;
    }

    private StatementFault Reopen(ref LogState after)
    {
        if (!IsClosed)
            return StatementFault.NothingChanges;
        after = this with { IsClosed = false };
        return StatementFault.None;
    }

    private StatementFault AcceptRollback(StatementAct.AcceptRollback accept, Statement statement, ref LogState after)
    {
        // The statement stands in a place that a lost one had.
        if (accept.Left.Number < statement.Number)
            return StatementFault.NotRolledBack;
        // The author's newest key may be of an epoch that was lost.
        StatementFault fault = BeginEpoch(accept.Epoch, ref after);
        if (fault != StatementFault.None)
            return fault;
        ImmutableDictionary<Hash256, VaultMember> members = Members;
        foreach (Hash256 removed in accept.Removed)
        {
            if (removed == statement.Author)
                return StatementFault.LastOwner;
            if (!members.ContainsKey(removed))
                return StatementFault.MemberNotFound;
            members = members.Remove(removed);
        }

        foreach ((Hash256 demoted, VaultRole role) in accept.Demoted)
        {
            if (demoted == statement.Author)
                return StatementFault.LastOwner;
            if (!members.TryGetValue(demoted, out VaultMember? member))
                return StatementFault.MemberNotFound;
            if (role >= member.Role)
                return StatementFault.NothingChanges;
            members = members.SetItem(demoted, member with { Role = role });
        }

        after = after with { Members = members, Accepted = (statement.Author, accept.Left) };
        return StatementFault.None;
    }
}
