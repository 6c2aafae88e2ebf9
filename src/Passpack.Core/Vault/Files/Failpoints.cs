namespace Passpack.Vault.Files;

/// <summary>
/// Every point after which the disk or the server may be in another state than before it. Tests end a process at each of them;
/// otherwise nobody listens, and a step costs one comparison.
/// </summary>
internal static class Failpoints
{
    public static Action<string>? Listener { get; set; }

    public static void Hit(string step) => Listener?.Invoke(step);
}
