using Passpack.Protocol.Sharing;

namespace Passpack.Core.Tests.Sharing;

/// <summary>A server was restored from before, and an Owner goes on: whom other machines follow, and whom not.</summary>
public sealed class RollbackAcceptanceTests
{
    private readonly VaultLog _own = Logs.Begin(Person.Anna);
    private readonly List<SignedStatement> _statements = [Person.Anna.Create()];

    /// <summary>Anna and Bob are Owners, Carl was an Editor; then the log goes back to before Carl's removal.</summary>
    public RollbackAcceptanceTests()
    {
        Add(Person.Anna, new StatementAct.Add(Person.Bob.Identity, VaultRole.Owner, null));
        Add(Person.Anna, new StatementAct.Add(Person.Carl.Identity, VaultRole.Owner, null));
        Add(Person.Anna, new StatementAct.Remove(Person.Carl.Fingerprint, Logs.Epoch(2, 1)));

        void Add(Person author, StatementAct act) => _statements.Add(_own.Append(author, act));
    }

    [Fact]
    public void A_machine_follows_an_owner_who_saw_all_and_repeats_the_removal()
    {
        VaultLog served = Served();
        served.Append(Person.Bob, Accept(_own.State.Head));
        Assert.True(_own.MayFollow(served));
        Assert.Null(served.State.RoleOf(Person.Carl.Fingerprint));
        Assert.Equal(3, served.State.Epoch);
        served.Append(Person.Bob, new StatementAct.StartEpoch(Logs.Epoch(4, 3)));
        Assert.True(_own.MayFollow(served));
    }

    [Fact]
    public void Nobody_follows_who_saw_less_or_another_log_of_that_length()
    {
        // Bob's machine did not see the last statement.
        VaultLog served = Served(back: 2);
        served.Append(Person.Bob, new StatementAct.AcceptRollback(_statements[2].Head, Logs.Epoch(3, 2), [], []));
        Assert.False(_own.MayFollow(served));
        served = Served();
        served.Append(Person.Bob, Accept(_own.State.Head with { Hash = Logs.Hash("another") }));
        Assert.False(_own.MayFollow(served));
    }

    [Fact]
    public void Nobody_follows_while_somebody_who_was_removed_is_a_member()
    {
        VaultLog served = Served();
        served.Append(Person.Bob, new StatementAct.AcceptRollback(_own.State.Head, Logs.Epoch(3, 2), [], []));
        Assert.False(_own.MayFollow(served));
        served = Served();
        served.Append(Person.Bob, Accept(_own.State.Head));
        served.Append(Person.Bob, new StatementAct.Add(Person.Carl.Identity, VaultRole.Reader, null));
        Assert.False(_own.MayFollow(served));
    }

    [Fact]
    public void Nobody_follows_one_who_is_no_owner_any_more_or_a_log_that_just_went_on()
    {
        // Carl was removed, but the log that is served does not know that.
        VaultLog served = Served();
        served.Append(Person.Carl, new StatementAct.AcceptRollback(_own.State.Head, Logs.Epoch(3, 2), [], []));
        Assert.False(_own.MayFollow(served));
        served = Served();
        Assert.False(_own.MayFollow(served));
        served.Append(Person.Anna, new StatementAct.StartEpoch(Logs.Epoch(2, 1)));
        Assert.False(_own.MayFollow(served));
        // Somebody went on from the old log before the Owner did: what was done there nobody saw who knew of the removal.
        Assert.Equal(StatementFault.NotRolledBack, served.TryAppend(Person.Bob.Sign(served.State.Next(Person.Bob, Accept(_own.State.Head)))));
        served.Append(Person.Bob, Accept(Logs.Manifest(9)));
        Assert.False(_own.MayFollow(served));
        // Another vault altogether.
        Assert.False(_own.MayFollow(Logs.Replay([Person.Anna.Create(random: 2)])));
    }

    [Fact]
    public void A_log_that_is_not_behind_is_not_given_up()
    {
        SignedStatement early = Person.Anna.Sign(_own.State.Next(Person.Anna, Accept(_statements[1].Head)));
        Assert.Equal(StatementFault.NotRolledBack, _own.TryAppend(early));
    }

    private static StatementAct.AcceptRollback Accept(ChainHead left) => new(left, Logs.Epoch(3, 2), [Person.Carl.Fingerprint], []);

    private VaultLog Served(int back = 1) => Logs.Replay(_statements[..^back]);
}
