using Passpack.Protocol.Sharing;

namespace Passpack.Core.Tests.Sharing;

/// <summary>
/// Statements and manifests by every role, in every order up to a length: what a server that holds to both heads takes, a machine that verifies it afterwards takes,
/// too, and nothing else in the place of any of it.
/// </summary>
public sealed class InterlockTests
{
    private const int Length = 4;

    private int _histories;
    private int _lies;

    private sealed record History(IReadOnlyList<SignedStatement> Statements, IReadOnlyList<SharedManifest> Manifests)
    {
        public ChainHead Newest => Manifests.Count == 0 ? ChainHead.None : Manifests[^1].Head;
    }

    [Fact]
    public void A_machine_takes_what_an_honest_server_took_and_nothing_else()
    {
        VaultLog log = Logs.Begin(Person.Anna);
        SignedStatement create = Person.Anna.Create();
        var begun = new History([create], []);
        begun = begun with { Manifests = [Sound(log, begun, Person.Anna)] };
        SignedStatement bob = Person.Anna.Sign(log.State.Next(Person.Anna, new StatementAct.Add(Person.Bob.Identity, VaultRole.Editor, null), begun.Newest));
        Assert.Equal(StatementFault.None, log.TryAppend(bob));
        SignedStatement carl = Person.Anna.Sign(log.State.Next(Person.Anna, new StatementAct.Add(Person.Carl.Identity, VaultRole.Reader, null), begun.Newest));
        Visit(begun with { Statements = [create, bob, carl] }, Length);
        TestContext.Current.TestOutputHelper!.WriteLine($"{_histories} histories, {_lies} lies.");
        Assert.InRange(_histories, 1000, int.MaxValue);
    }

    [Fact]
    public void After_a_revert_the_next_manifest_follows_the_earlier_one()
    {
        VaultLog log = Logs.Begin(Person.Anna);
        var history = new History([Person.Anna.Create()], []);
        for (int i = 0; i < 3; i++)
            history = history with { Manifests = [.. history.Manifests, Sound(log, history, Person.Anna)] };
        SharedManifest junk = Sound(log, history, Person.Anna);
        log.Append(Person.Anna, new StatementAct.Revert(history.Manifests[0].Head), history.Newest);
        Assert.Equal(ManifestFault.NotNext, log.Judge(junk with { Statement = log.State.Head }, history.Newest));
        SharedManifest next = junk with { Statement = log.State.Head, Previous = history.Manifests[0].Head.Hash };
        Assert.Equal(ManifestFault.None, log.Judge(next, history.Newest));
        SharedManifest after = next with { Head = Logs.Manifest(5), Previous = next.Head.Hash };
        Assert.Equal(ManifestFault.None, log.Judge(after, next.Head));
        // And so it stays when the log goes on.
        log.Append(Person.Anna, new StatementAct.StartEpoch(Logs.Epoch(2, 1)), after.Head);
        Assert.Equal(ManifestFault.None, log.Judge(next, history.Newest));
        Assert.Equal(ManifestFault.None, log.Judge(after, next.Head));
    }

    [Fact]
    public void Manifests_that_are_kept_back_are_noticed()
    {
        VaultLog log = Logs.Begin(Person.Anna);
        Assert.True(log.Fits(ChainHead.None));
        log.Append(Person.Anna, new StatementAct.StartEpoch(Logs.Epoch(2, 1)), Logs.Manifest(3));
        Assert.False(log.Fits(Logs.Manifest(2)));
        Assert.False(log.Fits(Logs.Manifest(3) with { Hash = Logs.Hash("another") }));
        Assert.True(log.Fits(Logs.Manifest(3)));
        Assert.True(log.Fits(Logs.Manifest(4)));
    }

    private void Visit(History history, int left)
    {
        _histories++;
        VaultLog log = Logs.Replay(history.Statements);
        Assert.True(log.Fits(history.Newest));
        Verify(log, history);
        if (left == 0)
            return;
        foreach (SharedManifest manifest in Manifests(log, history))
        {
            bool taken = Takes(log, history, manifest);
            Assert.Equal(taken, log.Judge(manifest, history.Newest) == ManifestFault.None);
            if (taken)
                Visit(history with { Manifests = [.. history.Manifests, manifest] }, left - 1);
        }

        foreach (SignedStatement statement in Statements(log, history))
        {
            // The server's own rule: both heads.
            if (statement.Content.Manifest == history.Newest && log.Judge(statement, out _) == StatementFault.None)
                Visit(history with { Statements = [.. history.Statements, statement] }, left - 1);
        }
    }

    /// <summary>Each manifest holds its place, and nothing else does.</summary>
    private void Verify(VaultLog log, History history)
    {
        ChainHead before = ChainHead.None;
        for (int i = 0; i < history.Manifests.Count; i++)
        {
            SharedManifest sound = history.Manifests[i];
            Assert.Equal(ManifestFault.None, log.Judge(sound, before));
            LogState place = log.StateFor(sound.Head.Number);
            Assert.Equal(place.Head, sound.Statement);
            foreach (Person other in Person.All.Where(person => person.Fingerprint != sound.Signer && place.RoleOf(person.Fingerprint) is null or VaultRole.Reader))
                Refuse(sound with { Signer = other.Fingerprint });
            foreach (SignedStatement other in history.Statements.Where(statement => statement.Head != sound.Statement))
                Refuse(sound with { Statement = other.Head });
            Refuse(sound with { Epoch = sound.Epoch + 1 });
            Refuse(sound with { Epoch = sound.Epoch - 1 });
            Refuse(sound with { Previous = Logs.Hash("another") });
            Refuse(sound with { Head = sound.Head with { Number = sound.Head.Number + 1 } });
            if (log.State.Manifest.Number >= sound.Head.Number && history.Statements.Any(statement => statement.Content.Manifest == sound.Head))
                Refuse(sound with { Head = sound.Head with { Hash = Logs.Hash("another") } });
            // Dropped: the next one in its place.
            if (i + 1 < history.Manifests.Count)
                Refuse(history.Manifests[i + 1]);
            before = sound.Head;

            void Refuse(SharedManifest lie)
            {
                _lies++;
                Assert.NotEqual(ManifestFault.None, log.Judge(lie, before));
            }
        }
    }

    /// <summary>The rule in the server's words: the newest statement, its epoch, somebody who may write now.</summary>
    private static bool Takes(VaultLog log, History history, SharedManifest manifest) =>
        manifest.Head.Number == history.Newest.Number + 1 && manifest.Statement == log.State.Head && manifest.Epoch == log.State.Epoch && !log.State.IsClosed
        && log.State.RoleOf(manifest.Signer) >= VaultRole.Editor && manifest.Previous == Follows(log, history).Hash;

    private static ChainHead Follows(VaultLog log, History history) =>
        log.State.RevertedTo is { } reverted && log.State.Manifest == history.Newest ? reverted : history.Newest;

    private static SharedManifest Sound(VaultLog log, History history, Person author) => new(
        Logs.Manifest(history.Newest.Number + 1), Follows(log, history).Hash, log.State.Head, log.State.Epoch, author.Fingerprint);

    /// <summary>By everybody, as it should be, late by a statement, and of the epoch before.</summary>
    private static IEnumerable<SharedManifest> Manifests(VaultLog log, History history)
    {
        foreach (Person author in Person.All)
        {
            SharedManifest sound = Sound(log, history, author);
            yield return sound;
            yield return sound with { Statement = log.StateAt(log.Count - 2).Head };
            yield return sound with { Epoch = sound.Epoch - 1 };
            yield return sound with { Previous = history.Newest.Hash };
            yield return sound with { Head = Logs.Manifest(history.Newest.Number) };
        }
    }

    /// <summary>With the newest manifest, and late by one.</summary>
    private static IEnumerable<SignedStatement> Statements(VaultLog log, History history)
    {
        EpochStart epoch = Logs.Epoch(log.State.Epoch + 1, log.State.Epoch);
        (Person, StatementAct)[] acts =
        [
            (Person.Anna, new StatementAct.ChangeRole(Person.Bob.Fingerprint, VaultRole.Owner)),
            (Person.Anna, new StatementAct.ChangeRole(Person.Bob.Fingerprint, VaultRole.Reader)),
            (Person.Anna, new StatementAct.Remove(Person.Bob.Fingerprint, epoch)),
            (Person.Bob, new StatementAct.Remove(Person.Anna.Fingerprint, epoch)),
            (Person.Bob, new StatementAct.Remove(Person.Bob.Fingerprint, null)),
            (Person.Anna, log.State.IsClosed ? new StatementAct.Reopen() : new StatementAct.Close()),
            (Person.Anna, new StatementAct.Revert(Logs.Manifest(1))),
        ];
        foreach ((Person author, StatementAct act) in acts)
        {
            yield return author.Sign(log.State.Next(author, act, history.Newest));
            if (history.Manifests.Count > 1)
                yield return author.Sign(log.State.Next(author, act, history.Manifests[^2].Head));
        }
    }
}
