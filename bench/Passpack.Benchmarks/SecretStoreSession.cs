namespace Passpack.Benchmarks;

/// <summary>A PowerShell that has as many entries in a Passpack account as in Microsoft's SecretStore, without a password there: that is the faster way.</summary>
internal sealed class SecretStoreSession : IDisposable
{
    public const int Entries = 3000;

    private static readonly Lazy<SecretStoreSession> s_shared = new(Filled);

    private SecretStoreSession(PowerShellSession shell, BenchAccount account) => (Shell, Account) = (shell, account);

    public PowerShellSession Shell { get; }

    public BenchAccount Account { get; }

    /// <summary>Why there can be none, or null.</summary>
    public static string? Missing
    {
        get
        {
            using var shell = new PowerShellSession();
            return shell.Has("Microsoft.PowerShell.SecretStore") && shell.Has("Microsoft.PowerShell.SecretManagement") ? null
                : "Microsoft.PowerShell.SecretManagement and SecretStore are not installed";
        }
    }

    /// <summary>With <see cref="Entries"/> in both: one for all figures, because it takes minutes; SecretStore writes its whole file for each.</summary>
    public static SecretStoreSession Shared => s_shared.Value;

    /// <summary>Removes the shared one, if there is one.</summary>
    public static void End()
    {
        if (s_shared.IsValueCreated)
            s_shared.Value.Dispose();
    }

    private static SecretStoreSession Filled()
    {
        var account = new BenchAccount();
        account.Add(Entries);
        var shell = new PowerShellSession();
        Register(shell);
        shell.Run($"1..{Entries} | ForEach-Object {{ Set-Secret \"Entry number $($_ - 1) of many\" ([pscredential]::new(\"administrator$_@example.com\", (ConvertTo-SecureString \"correct horse battery staple $_\" -AsPlainText))) "
            + "-Metadata @{ Url = 'https://host.example.com/login'; Tags = 'Rack' } -Vault Store }");
        // Not before: on a busy machine filling takes longer than an account stays unlocked.
        shell.Unlock(account);
        return new SecretStoreSession(shell, account);
    }

    public static void Register(PowerShellSession shell)
    {
        shell.Run("Import-Module Microsoft.PowerShell.SecretManagement, Microsoft.PowerShell.SecretStore");
        shell.Run("Set-SecretStoreConfiguration -Authentication None -Interaction None -Password (ConvertTo-SecureString x -AsPlainText) -Confirm:$false");
        shell.Run("Register-SecretVault -Name Store -ModuleName Microsoft.PowerShell.SecretStore");
    }

    public void Dispose()
    {
        Shell.Dispose();
        Account.Dispose();
    }
}
