using Passpack.Protocol.Sharing;

namespace Passpack.Core.Tests.Sharing;

/// <summary>Every state of the log with three members and one outsider, three epochs and an invitation, and every statement of everybody in it.</summary>
public sealed class LogStateTests
{
    private const int MostEpochs = 3;

    private static readonly Guid s_invitation = Guid.Parse("00000000-0000-0000-0000-000000000001");

    [Fact]
    public void Every_statement_of_everybody_in_every_state_is_judged_as_the_rules_say()
    {
        SignedStatement first = Person.Anna.Create();
        Assert.Equal(StatementFault.None, LogState.TryBegin(first.Content, first.Hash, out LogState? begun));
        var seen = new Dictionary<string, (LogState State, LogRules Rules)>();
        var open = new Queue<(LogState State, LogRules Rules)>();
        Visit(begun!, LogRules.Begin(Person.Anna));
        int judged = 0, taken = 0;
        while (open.TryDequeue(out (LogState State, LogRules Rules) here))
        {
            foreach (Person author in Person.All)
            {
                foreach (StatementAct act in Acts(here.Rules))
                {
                    foreach (long manifest in new[] { 0L, 1, 2 })
                    {
                        Statement next = here.State.Next(author, act, manifest == 0 ? ChainHead.None : Logs.Manifest(manifest));
                        LogRules? expected = here.Rules.After(author, act, next.Number, manifest);
                        StatementFault fault = here.State.TryApply(next, Logs.Hash("a statement"), out LogState? after);
                        judged++;
                        Assert.True((expected is null) == (after is null) && (fault == StatementFault.None) == (after is not null), $"{here.Rules}: {author} {act} is {fault}");
                        if (expected is not null)
                        {
                            taken++;
                            Assert.True(expected.Says(after!), $"{here.Rules}: after {author} {act} {expected}");
                            Visit(after!, expected);
                        }
                    }

                    // The same after another head than the last.
                    Statement sound = here.State.Next(author, act);
                    foreach (Statement late in new[] { sound with { Number = sound.Number - 1 }, sound with { Previous = Logs.Hash("another") }, sound with { Number = sound.Number + 1 } })
                    {
                        Assert.Equal(StatementFault.NotNext, here.State.TryApply(late, default, out LogState? none));
                        Assert.Null(none);
                        judged++;
                    }
                }
            }
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{seen.Count} states, {judged} statements judged, {taken} taken.");
        Assert.InRange(seen.Count, 500, int.MaxValue);

        void Visit(LogState state, LogRules rules)
        {
            if (rules.Epochs.Count <= MostEpochs && seen.TryAdd(rules.ToString(), (state, rules)))
                open.Enqueue((state, rules));
        }
    }

    /// <summary>Everything that can be said of these people, sound or not.</summary>
    private static IEnumerable<StatementAct> Acts(LogRules rules)
    {
        int newest = rules.Epochs.Max();
        VaultRole[] roles = Enum.GetValues<VaultRole>();
        EpochStart next = Logs.Epoch(newest + 1, newest);
        foreach (Person person in Person.All)
        {
            // Dora stays outside.
            if (person != Person.Dora)
            {
                foreach (VaultRole role in roles)
                {
                    yield return new StatementAct.Add(person.Identity, role, null);
                    if (role == VaultRole.Editor)
                        yield return new StatementAct.Add(person.Identity, role, s_invitation);
                }
            }

            foreach (VaultRole role in roles)
                yield return new StatementAct.ChangeRole(person.Fingerprint, role);
            yield return new StatementAct.Remove(person.Fingerprint, null);
            yield return new StatementAct.Remove(person.Fingerprint, next);
            yield return new StatementAct.Remove(person.Fingerprint, Logs.Epoch(newest, newest - 1));
            yield return new StatementAct.AcceptRollback(Logs.Manifest(1_000_000), next, [person.Fingerprint], []);
            yield return new StatementAct.AcceptRollback(Logs.Manifest(1_000_000), next, [], [new(person.Fingerprint, VaultRole.Reader)]);
        }

        yield return new StatementAct.StartEpoch(next);
        yield return new StatementAct.StartEpoch(Logs.Epoch(newest + 1, 0));
        yield return new StatementAct.StartEpoch(Logs.Epoch(newest + 1, newest + 1));
        yield return new StatementAct.StartEpoch(Logs.Epoch(newest, newest));
        yield return new StatementAct.StartEpoch(Logs.Epoch(newest + 1025, newest));
        yield return new StatementAct.StartEpoch(Logs.Epoch(int.MaxValue, newest));
        yield return new StatementAct.StartEpoch(Logs.Epoch(-1, newest));
        yield return new StatementAct.Revert(ChainHead.None);
        yield return new StatementAct.Revert(Logs.Manifest(1));
        yield return new StatementAct.Revert(Logs.Manifest(2));
        yield return new StatementAct.Revert(Logs.Manifest(3));
        yield return new StatementAct.Revert(new ChainHead(2, Logs.Hash("another")));
        yield return new StatementAct.Close();
        yield return new StatementAct.Reopen();
        yield return new StatementAct.AcceptRollback(Logs.Manifest(1_000_000), next, [], []);
        yield return new StatementAct.AcceptRollback(Logs.Manifest(0), next, [], []);
        yield return new StatementAct.AcceptRollback(Logs.Manifest(1_000_000), Logs.Epoch(newest, 1), [], []);
    }
}
