namespace Passpack.Protocol.Sharing;

/// <summary>
/// The log of a shared vault, verified from its beginning, and the rule by which it interlocks with the chain of manifests: a statement names the newest manifest,
/// and a manifest the newest statement. So neither chain can go back alone, and what was written late by somebody who was removed or demoted meanwhile is not taken.
/// It only grows. It does no I/O, and is not safe for use by several threads at once.
/// </summary>
public sealed class VaultLog
{
    /// <summary>Statements of a log, at most.</summary>
    public const int MostStatements = 100_000;

    private readonly List<LogState> _states;

    private VaultLog(params IEnumerable<LogState> states)
    {
        _states = [.. states];
        VaultId = new Guid(_states[0].Head.Hash.ToBytes().AsSpan(..16), bigEndian: true);
    }

    /// <summary>The first 16 bytes of the hash of the statement that created the vault: who names the vault names its founder.</summary>
    public Guid VaultId { get; }

    /// <summary>What the newest statement says.</summary>
    public LogState State => _states[^1];

    /// <summary>How many statements there are.</summary>
    public int Count => _states.Count;

    /// <summary>Begins a log with the statement that creates the vault.</summary>
    /// <param name="first">Statement 0.</param>
    /// <param name="log">Null if it is refused.</param>
    public static StatementFault TryBegin(SignedStatement first, out VaultLog? log)
    {
        ArgumentNullException.ThrowIfNull(first);
        log = null;
        StatementFault fault = LogState.TryBegin(first.Content, first.Hash, out LogState? state);
        if (fault != StatementFault.None)
            return fault;
        if (!first.IsSignedBy(((StatementAct.Create)first.Content.Act).Founder))
            return StatementFault.SignatureInvalid;
        log = new VaultLog(state!);
        return StatementFault.None;
    }

    /// <summary>
    /// Begins a log with the statements of one that was verified before, and is known to be the same: signatures are not verified again, all else is.
    /// </summary>
    /// <param name="statements">From number 0 on.</param>
    /// <returns>Null if they are none.</returns>
    public static VaultLog? Restore(IEnumerable<SignedStatement> statements)
    {
        ArgumentNullException.ThrowIfNull(statements);
        VaultLog? log = null;
        foreach (SignedStatement statement in statements)
        {
            LogState? next;
            StatementFault fault = log is null
                ? LogState.TryBegin(statement.Content, statement.Hash, out next)
                : log.State.TryApply(statement.Content, statement.Hash, out next);
            if (fault != StatementFault.None)
                return null;
            if (log is null)
                log = new VaultLog(next!);
            else
                log._states.Add(next!);
        }

        return log;
    }

    /// <summary>The same log once more, to append to.</summary>
    public VaultLog Copy() => new(_states);

    /// <summary>Appends the next statement. One that is refused changes nothing.</summary>
    /// <param name="statement">The statement.</param>
    public StatementFault TryAppend(SignedStatement statement)
    {
        StatementFault fault = Judge(statement, out LogState? next);
        if (fault == StatementFault.None)
            _states.Add(next!);
        return fault;
    }

    /// <summary>Appends the next statement of a log that was verified before, as <see cref="Restore"/> does.</summary>
    /// <param name="statement">The statement.</param>
    public StatementFault TryRestore(SignedStatement statement)
    {
        ArgumentNullException.ThrowIfNull(statement);
        StatementFault fault = State.TryApply(statement.Content, statement.Hash, out LogState? next);
        if (fault == StatementFault.None)
            _states.Add(next!);
        return fault;
    }

    /// <summary>Whether a statement would be taken.</summary>
    /// <param name="statement">The statement.</param>
    /// <param name="next">The state after it. Null if it is refused.</param>
    public StatementFault Judge(SignedStatement statement, out LogState? next)
    {
        ArgumentNullException.ThrowIfNull(statement);
        StatementFault fault = State.TryApply(statement.Content, statement.Hash, out next);
        if (fault != StatementFault.None || statement.IsSignedBy(State.Members[statement.Content.Author].Identity))
            return fault;
        next = null;
        return StatementFault.SignatureInvalid;
    }

    /// <summary>What the log said after one of its statements.</summary>
    /// <param name="number">The statement's number.</param>
    public LogState StateAt(long number) => _states[checked((int)number)];

    /// <summary>
    /// What the log said when the manifest of a generation was taken: after the last statement that names an earlier manifest. Statements that were taken after the
    /// manifest name it, or a later one.
    /// </summary>
    /// <param name="generation">From 1.</param>
    public LogState StateFor(long generation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(generation, 1);
        return _states[FirstNaming(generation) - 1];
    }

    /// <summary>Whether a manifest is the one that belongs into its place in the chain. Its signature and what is sealed in it are not looked at.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <param name="before">The manifest of the generation before it. <see cref="ChainHead.None"/> before the first.</param>
    public ManifestFault Judge(SharedManifest manifest, ChainHead before)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        if (manifest.Head.Number != before.Number + 1)
            return ManifestFault.NotNext;
        int later = FirstNaming(manifest.Head.Number);
        LogState place = _states[later - 1];
        if (later < _states.Count && _states[later].Manifest is var named && named.Number == manifest.Head.Number && named != manifest.Head)
            return ManifestFault.NotNext;
        if (place.Manifest.Number == before.Number && place.Manifest != before)
            return ManifestFault.NotNext;
        ChainHead follows = place.Manifest == before ? place.RevertedTo ?? before : before;
        if (manifest.Previous != follows.Hash)
            return ManifestFault.NotNext;
        if (manifest.Statement != place.Head)
            return ManifestFault.StatementInvalid;
        if (place.IsClosed)
            return ManifestFault.Closed;
        if (manifest.Epoch != place.Epoch)
            return ManifestFault.EpochInvalid;
        return place.RoleOf(manifest.Signer) switch
        {
            null => ManifestFault.NotMember,
            VaultRole.Reader => ManifestFault.NotPermitted,
            _ => ManifestFault.None,
        };
    }

    /// <summary>Whether the newest manifest is not behind the one that the newest statement names: a server that keeps manifests back is noticed by it.</summary>
    /// <param name="newest">The head of the chain of manifests.</param>
    public bool Fits(ChainHead newest) => newest.Number > State.Manifest.Number || newest == State.Manifest;

    /// <summary>
    /// Whether this machine may go on with a log that an Owner began anew after a server went back (-AcceptRollback): its first new statement is by an
    /// Owner of the log that this machine has, names a head that is not behind it, and nobody whom this machine saw removed is a member.
    /// </summary>
    /// <param name="served">The log that is served, verified from its beginning.</param>
    public bool MayFollow(VaultLog served)
    {
        ArgumentNullException.ThrowIfNull(served);
        if (served.VaultId != VaultId)
            return false;
        int common = 0;
        while (common < Math.Min(Count, served.Count) && _states[common].Head == served._states[common].Head)
            common++;
        return common < served.Count
            && served._states[common].Accepted is { } accept
            && State.RoleOf(accept.Author) == VaultRole.Owner
            && (accept.Left == State.Head || accept.Left.Number > State.Head.Number)
            && !RemovedSince(common).Any(member => served.State.Members.ContainsKey(member));
    }

    /// <summary>Who was a member at some time from a statement on, and is none any more.</summary>
    private IEnumerable<Hash256> RemovedSince(int number) =>
        _states.Skip(number - 1).SelectMany(state => state.Members.Keys).Distinct().Where(member => !State.Members.ContainsKey(member));

    /// <summary>The first statement that names a manifest of a generation, or a later one; statements never name an earlier one than those before them.</summary>
    private int FirstNaming(long generation)
    {
        int low = 0, high = _states.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_states[middle].Manifest.Number < generation)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}
