namespace Passpack.Automation.References;

/// <summary>What became of one reference.</summary>
/// <param name="Reference">The reference.</param>
/// <param name="Secret">What it stands for. Null if there is an error.</param>
/// <param name="Error">Why it stands for nothing. Null if it does.</param>
public sealed record ReferenceResult(SecretReference Reference, ResolvedSecret? Secret, PasspackException? Error);
