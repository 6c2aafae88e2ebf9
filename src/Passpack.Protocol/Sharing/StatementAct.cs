namespace Passpack.Protocol.Sharing;

/// <summary>What a statement changes. docs/pack-format.md, "The log of a shared vault".</summary>
public abstract record StatementAct
{
    private StatementAct()
    {
    }

    /// <summary>The epoch that it starts. Null if it starts none, or the first, whose key is chained to no other.</summary>
    public EpochStart? Starts => this switch
    {
        Remove remove => remove.Epoch,
        StartEpoch start => start.Epoch,
        AcceptRollback accept => accept.Epoch,
        _ => null,
    };

    /// <summary>The vault begins: statement 0. Its founder is the first Owner, and its epoch is 1.</summary>
    /// <param name="Founder">Who signs.</param>
    /// <param name="Random">Makes the vault's id one of its own.</param>
    /// <param name="Commitment">To the first Vault Key.</param>
    public sealed record Create(AccountIdentity Founder, Hash256 Random, Hash256 Commitment) : StatementAct;

    /// <summary>Somebody becomes a member.</summary>
    /// <param name="Identity">Who.</param>
    /// <param name="Role">As what.</param>
    /// <param name="Invitation">The id of the invitation that was answered; each is taken once. Null: the Owner knew the identity.</param>
    public sealed record Add(AccountIdentity Identity, VaultRole Role, Guid? Invitation) : StatementAct;

    /// <summary>A member has another role.</summary>
    /// <param name="Member">Its fingerprint.</param>
    /// <param name="Role">Another one than it has.</param>
    public sealed record ChangeRole(Hash256 Member, VaultRole Role) : StatementAct;

    /// <summary>A member goes.</summary>
    /// <param name="Member">Its fingerprint.</param>
    /// <param name="Epoch">By an Owner: the epoch that the member has no key of. Null: it leaves by itself, and an Owner has to start one.</param>
    public sealed record Remove(Hash256 Member, EpochStart? Epoch) : StatementAct;

    /// <summary>A new key without a removal.</summary>
    /// <param name="Epoch">The epoch.</param>
    public sealed record StartEpoch(EpochStart Epoch) : StatementAct;

    /// <summary>The next manifest follows an earlier one, under the next generation: the way out of one that is rightly signed, and junk.</summary>
    /// <param name="Manifest">The earlier one.</param>
    public sealed record Revert(ChainHead Manifest) : StatementAct;

    /// <summary>No manifest is taken any more.</summary>
    public sealed record Close : StatementAct;

    /// <summary>Manifests are taken again.</summary>
    public sealed record Reopen : StatementAct;

    /// <summary>An Owner goes on from a log that went back, and repeats what was lost and took something from somebody.</summary>
    /// <param name="Left">The head of the log that was lost.</param>
    /// <param name="Epoch">Above every one that the Owner saw.</param>
    /// <param name="Removed">Fingerprints of the members whose removal was lost.</param>
    /// <param name="Demoted">Fingerprints of the members whose demotion was lost, and the role of each.</param>
    public sealed record AcceptRollback(
        ChainHead Left, EpochStart Epoch, IReadOnlyList<Hash256> Removed, IReadOnlyList<KeyValuePair<Hash256, VaultRole>> Demoted) : StatementAct;
}
