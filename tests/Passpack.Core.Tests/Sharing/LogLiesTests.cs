using Passpack.Protocol;
using Passpack.Protocol.Sharing;

namespace Passpack.Core.Tests.Sharing;

/// <summary>Every sequence of statements that is taken, up to a length, and at every place in it every lie that a server or a member could tell: none is taken.</summary>
public sealed class LogLiesTests
{
    private const int Length = 4;
    private const int SignedLength = 3;

    private int _sequences;
    private int _lies;

    [Fact]
    public void No_lie_is_taken_at_any_place_of_any_sequence()
    {
        Visit([Person.Anna.Create()]);
        TestContext.Current.TestOutputHelper!.WriteLine($"{_sequences} sequences, {_lies} lies.");
        Assert.InRange(_sequences, 500, int.MaxValue);
    }

    [Fact]
    public void A_log_begins_with_its_founder_alone()
    {
        SignedStatement sound = Person.Anna.Create();
        Statement content = sound.Content;
        var create = (StatementAct.Create)content.Act;
        (SignedStatement, StatementFault)[] lies =
        [
            (Person.Anna.Sign(content with { Number = 1 }), StatementFault.NotNext),
            (Person.Anna.Sign(content with { Previous = Logs.Hash("before") }), StatementFault.NotNext),
            (Person.Anna.Sign(content with { Act = new StatementAct.Close() }), StatementFault.NotNext),
            (Person.Anna.Sign(content with { Manifest = Logs.Manifest(1) }), StatementFault.ManifestInvalid),
            (Person.Bob.Sign(content with { Author = Person.Bob.Fingerprint }), StatementFault.NotMember),
            (Person.Bob.Sign(content with { Act = create with { Founder = Person.Bob.Identity } }), StatementFault.NotMember),
            (Person.Bob.Sign(content), StatementFault.SignatureInvalid),
            (Person.Anna.SignAs(SignaturePurpose.Manifest, content), StatementFault.SignatureInvalid),
        ];
        foreach ((SignedStatement lie, StatementFault fault) in lies)
        {
            Assert.Equal(fault, VaultLog.TryBegin(lie, out VaultLog? log));
            Assert.Null(log);
        }

        Assert.NotEqual(Logs.Begin(Person.Anna).VaultId, Logs.Replay([Person.Anna.Create(random: 2)]).VaultId);
    }

    [Fact]
    public void An_invitation_is_answered_once_in_the_life_of_a_vault()
    {
        Guid one = Guid.NewGuid(), two = Guid.NewGuid();
        VaultLog log = Logs.Begin(Person.Anna);
        log.Append(Person.Anna, new StatementAct.Add(Person.Bob.Identity, VaultRole.Editor, one));
        log.Append(Person.Anna, new StatementAct.Remove(Person.Bob.Fingerprint, Logs.Epoch(2, 1)));
        SignedStatement again = Person.Anna.Sign(log.State.Next(Person.Anna, new StatementAct.Add(Person.Bob.Identity, VaultRole.Editor, one)));
        Assert.Equal(StatementFault.InvitationUsed, log.TryAppend(again));
        log.Append(Person.Anna, new StatementAct.Add(Person.Bob.Identity, VaultRole.Reader, two));
        Assert.Equal(VaultRole.Reader, log.State.RoleOf(Person.Bob.Fingerprint));
    }

    [Fact]
    public void Of_two_owners_who_remove_each_other_the_first_stands()
    {
        VaultLog log = Logs.Begin(Person.Anna);
        log.Append(Person.Anna, new StatementAct.Add(Person.Bob.Identity, VaultRole.Owner, null));
        SignedStatement annas = Person.Anna.Sign(log.State.Next(Person.Anna, new StatementAct.Remove(Person.Bob.Fingerprint, Logs.Epoch(2, 1))));
        SignedStatement bobs = Person.Bob.Sign(log.State.Next(Person.Bob, new StatementAct.Remove(Person.Anna.Fingerprint, Logs.Epoch(2, 1))));
        Assert.Equal(StatementFault.None, log.TryAppend(bobs));
        Assert.Equal(StatementFault.NotNext, log.TryAppend(annas));
        Assert.Equal(StatementFault.NotMember, log.TryAppend(Person.Anna.Sign(log.State.Next(Person.Anna, annas.Content.Act))));
    }

    [Fact]
    public void A_vault_has_a_thousand_members()
    {
        // Members are identities; one person with a thousand User IDs will do.
        VaultLog log = Logs.Begin(Person.Anna);
        LogState state = log.State;
        for (int i = 1; i < LogState.MostMembers; i++)
        {
            AccountIdentity other = AccountIdentity.Of($"{i}@example.com", Person.Bob.Identity.SigningKey, Person.Bob.Identity.ReceivingKey);
            Assert.Equal(StatementFault.None, state.TryApply(state.Next(Person.Anna, new StatementAct.Add(other, VaultRole.Reader, null)), Logs.Hash($"{i}"), out LogState? next));
            state = next!;
        }

        Assert.Equal(StatementFault.TooMany, state.TryApply(state.Next(Person.Anna, new StatementAct.Add(Person.Bob.Identity, VaultRole.Reader, null)), default, out _));
    }

    private void Visit(List<SignedStatement> statements)
    {
        _sequences++;
        VaultLog log = Logs.Replay(statements);
        Replayed(log, statements);
        if (statements.Count > Length)
            return;
        SignedStatement[] next = [.. Sound(log.State).Select(pair => pair.Author.Sign(pair.Statement)).Where(statement => log.Judge(statement, out _) == StatementFault.None)];
        Assert.NotEmpty(next);
        foreach (SignedStatement statement in next)
        {
            List<SignedStatement> longer = [.. statements, statement];
            if (statements.Count <= SignedLength)
                Altered(log, statement);
            if (statements.Count > 1)
            {
                // Dropped, or before the one that it follows.
                Refuse(Logs.Replay(statements[..^1]), statement);
            }

            if (statements.Count <= 2)
            {
                // Every cross-over from one branch into another.
                foreach (SignedStatement other in next.Where(other => other != statement))
                {
                    VaultLog branch = Logs.Replay([.. statements, other]);
                    Refuse(branch, statement);
                    VaultLog grown = Logs.Replay(longer);
                    foreach ((Person author, Statement later) in Sound(grown.State))
                        Refuse(branch, author.Sign(later));
                }
            }

            Visit(longer);
        }
    }

    /// <summary>What was said before is said again.</summary>
    private void Replayed(VaultLog log, List<SignedStatement> statements)
    {
        foreach (SignedStatement said in statements)
            Refuse(log, said);
    }

    private void Altered(VaultLog log, SignedStatement sound)
    {
        Statement said = sound.Content;
        Person author = Person.All.Single(person => person.Fingerprint == said.Author);
        foreach (Person other in Person.All.Where(person => person != author))
        {
            // Forged in the author's name, and under the own name but with the author's signature.
            Refuse(log, other.Sign(said));
            Refuse(log, Reused(sound, said with { Author = other.Fingerprint }));
        }

        Refuse(log, author.SignAs(SignaturePurpose.Manifest, said));
        Refuse(log, Reused(sound, said with { Time = said.Time.AddMilliseconds(1) }));
        Refuse(log, Reused(sound, said with { Manifest = Logs.Manifest(said.Manifest.Number + 1) }));
        // By the author, and false.
        Refuse(log, author.Sign(said with { Manifest = ChainHead.None }));
        Refuse(log, author.Sign(said with { Manifest = said.Manifest with { Hash = Logs.Hash("another") }, Previous = default }));
        // Of a later generation the chain of manifests tells whether there is such a one (InterlockTests).
        if (said.Manifest == log.State.Manifest)
            Refuse(log, author.Sign(said with { Manifest = said.Manifest with { Hash = Logs.Hash("another") } }));
        foreach (StatementAct act in Twisted(said.Act))
            Refuse(log, Reused(sound, said with { Act = act }));
    }

    /// <summary>A role raised, another member, another key, the epoch withheld.</summary>
    private static IEnumerable<StatementAct> Twisted(StatementAct act)
    {
        switch (act)
        {
            case StatementAct.Add add:
                yield return add with { Role = add.Role == VaultRole.Owner ? VaultRole.Reader : VaultRole.Owner };
                yield return add with { Identity = Person.Dora.Identity };
                yield return add with { Invitation = Guid.NewGuid() };
                break;
            case StatementAct.ChangeRole change:
                yield return change with { Role = change.Role == VaultRole.Owner ? VaultRole.Editor : VaultRole.Owner };
                yield return change with { Member = Person.Dora.Fingerprint };
                break;
            case StatementAct.Remove remove:
                yield return remove with { Epoch = remove.Epoch is null ? Logs.Epoch(9, 1) : null };
                yield return remove with { Member = Person.Dora.Fingerprint };
                if (remove.Epoch is { } epoch)
                    yield return remove with { Epoch = epoch with { Commitment = Logs.Hash("another key") } };
                break;
            case StatementAct.StartEpoch start:
                yield return new StatementAct.StartEpoch(start.Epoch with { Commitment = Logs.Hash("another key") });
                yield return new StatementAct.StartEpoch(start.Epoch with { ChainedKey = [.. start.Epoch.ChainedKey.Select(b => (byte)(b + 1))] });
                yield return new StatementAct.StartEpoch(start.Epoch with { Epoch = start.Epoch.Epoch + 1 });
                break;
            case StatementAct.Close:
                yield return new StatementAct.Reopen();
                break;
            case StatementAct.Reopen:
                yield return new StatementAct.Close();
                break;
        }
    }

    /// <summary>Other words with the signature of these.</summary>
    private static SignedStatement Reused(SignedStatement signature, Statement words) =>
        SignedStatement.Make(words, _ => signature.Bytes[^Signatures.SignatureBytes..].ToArray());

    private void Refuse(VaultLog log, SignedStatement lie)
    {
        _lies++;
        LogState before = log.State;
        Assert.NotEqual(StatementFault.None, log.TryAppend(lie));
        Assert.Same(before, log.State);
    }

    /// <summary>What people do.</summary>
    private static IEnumerable<(Person Author, Statement Statement)> Sound(LogState state)
    {
        EpochStart epoch = Logs.Epoch(state.Epoch + 1, state.Epoch);
        ChainHead later = Logs.Manifest(state.Manifest.Number + 1);
        foreach (Person author in Person.All.Where(person => state.RoleOf(person.Fingerprint) == VaultRole.Owner))
        {
            yield return (author, state.Next(author, new StatementAct.Add(Person.Bob.Identity, VaultRole.Owner, null), later));
            yield return (author, state.Next(author, new StatementAct.Add(Person.Carl.Identity, VaultRole.Editor, null)));
            yield return (author, state.Next(author, new StatementAct.ChangeRole(Person.Bob.Fingerprint, VaultRole.Reader)));
            yield return (author, state.Next(author, new StatementAct.Remove(Person.Bob.Fingerprint, epoch), later));
            yield return (author, state.Next(author, new StatementAct.StartEpoch(epoch)));
            yield return (author, state.Next(author, state.IsClosed ? new StatementAct.Reopen() : new StatementAct.Close()));
        }

        if (state.RoleOf(Person.Carl.Fingerprint) is not null)
            yield return (Person.Carl, state.Next(Person.Carl, new StatementAct.Remove(Person.Carl.Fingerprint, null)));
    }
}
