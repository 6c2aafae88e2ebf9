namespace Passpack.Protocol.Sharing;

/// <summary>A member of a shared vault. It is an identity, not a User ID: with new keys somebody is another member.</summary>
/// <param name="Identity">Who signs, and whom keys are wrapped for.</param>
/// <param name="Role">What it may do.</param>
public sealed record VaultMember(AccountIdentity Identity, VaultRole Role);
