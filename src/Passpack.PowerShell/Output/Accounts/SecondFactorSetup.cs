using Passpack.Vault.Fields;

namespace Passpack.PowerShell;

/// <summary>
/// A second factor that was set up and is not in force yet. The recovery codes and the QR code are shown, because they are made to be handed on; the seed is
/// given by a method only.
/// </summary>
public sealed class SecondFactorSetup
{
    private readonly string _uri;

    internal SecondFactorSetup(Sync.Accounts.SecondFactorSetup setup)
    {
        Account = setup.UserId;
        Server = setup.Server;
        RecoveryCodes = [.. setup.RecoveryCodes];
        _uri = setup.GetUri();
    }

    /// <summary>The User ID of the account.</summary>
    public string Account { get; }

    /// <summary>Where the online account is.</summary>
    public Uri Server { get; }

    /// <summary>Each stands once for a code of the app, where that is lost.</summary>
    public string[] RecoveryCodes { get; }

    /// <summary>The otpauth:// address that an authenticator app takes: whoever has it can make all codes.</summary>
    public string GetUri() => _uri;

    /// <summary>The same as a QR code, for the app's camera.</summary>
    public string GetQr() => string.Join('\n', QrText.Write(_uri) ?? []);

    /// <summary>A sentence without secrets.</summary>
    public override string ToString() => $"A second factor of {Account} at {Server}, not in force yet";
}
