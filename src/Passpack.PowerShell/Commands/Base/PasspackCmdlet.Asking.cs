using System.Management.Automation;
using System.Security;
using Passpack.Protocol;

namespace Passpack.PowerShell.Commands;

// Less common questions to the user, warnings about keys, and paths.
public abstract partial class PasspackCmdlet
{
    private bool _yesToAll;
    private bool _noToAll;

    /// <summary>As <see cref="ShouldProcess(string, string)"/>, and tells -WhatIf and "No" apart.</summary>
    protected bool ShouldProcess(string target, string action, out bool isWhatIf)
    {
        var reason = ShouldProcessReason.None;
        string what = Question(target, action);
        bool go = Asking(what, () => base.ShouldProcess(what, what + " Continue?", "Confirm", out reason));
        isWhatIf = reason == ShouldProcessReason.WhatIf;
        return go;
    }

    /// <summary>
    /// As <see cref="ShouldProcess(string, string)"/> with ConfirmImpact High, for cmdlets that have such an impact with some switches only.
    /// </summary>
    protected bool ShouldProcessHighImpact(string target, string action) => ShouldProcessHighImpact(target, action, out _);

    /// <summary>As <see cref="ShouldProcessHighImpact(string, string)"/>, and tells -WhatIf and "No" apart.</summary>
    protected bool ShouldProcessHighImpact(string target, string action, out bool isWhatIf)
    {
        if (!ShouldProcess(target, action, out isWhatIf))
            return false;
        // With -Confirm or a preference below High, the user has just been asked; or wants no questions.
        if (MyInvocation.BoundParameters.ContainsKey("Confirm")
            || LanguagePrimitives.ConvertTo<ConfirmImpact>(GetVariableValue("ConfirmPreference", ConfirmImpact.High)) != ConfirmImpact.High)
            return true;
        return Asking(Question(target, action), () => ShouldContinue(Question(target, action), "Confirm", ref _yesToAll, ref _noToAll));
    }

    /// <summary>Asks, and says how to do without where nobody can be asked.</summary>
    private protected static bool Asking(string question, Func<bool> ask)
    {
        try
        {
            return Outside(ask);
        }
        catch (Exception e) when (IsNobodyThere(e))
        {
            throw ErrorRecords.NotConfirmed(question, e);
        }
    }

    // Worded like PowerShell's own questions.
    private static string Question(string target, string action) => View.Text($"Performing the operation \"{action}\" on target \"{target}\".");

    /// <summary>Warns of a Packing Key, or another key that a file rests on, that is allowed, but not advised.</summary>
    /// <param name="key">The key.</param>
    /// <param name="name">How it is named.</param>
    /// <param name="what">What it opens.</param>
    protected void WarnIfWeak(SecureString key, string name = "The Packing Key", string what = "the vault")
    {
        int rating = key.Read(Packing.Keys.KeyQuality.Rate);
        if (rating < Packing.Keys.KeyQuality.AdvisedForPackingKey)
        {
            WriteWarning($"{name} has a rating of {rating} bits; {Packing.Keys.KeyQuality.AdvisedForPackingKey} or more are advised, which a sentence of " +
                $"several words has. Whoever gets hold of {what} can try keys for as long as they like.");
        }
    }

    /// <summary>Warns of a Password that is easy to guess: whoever has the server's data can try guesses.</summary>
    protected void WarnIfWeakPassword(SecureString password)
    {
        int rating = password.Read(Packing.Keys.KeyQuality.Rate);
        if (rating < Packing.Keys.KeyQuality.RequiredForOnlineAccount)
        {
            WriteWarning($"The Password has a rating of {rating} bits; {Packing.Keys.KeyQuality.RequiredForOnlineAccount} or more are advised. " +
                "New-PasspackPassword makes one.");
        }
    }

    /// <summary>Warns of a server that is reached by plain HTTP, where it is set: that is one on this machine, whose port another user can take.</summary>
    private protected void WarnIfOpen(Uri server)
    {
        if (server.Scheme == Uri.UriSchemeHttp)
        {
            WriteWarning($"{server} is plain HTTP: fine for trying it out, and where nobody else uses this machine. " +
                "Another user could take its port while the server is down, " +
                "and get proofs of the Password. https with -CertificateFingerprint rules that out.");
        }
    }

    /// <summary>Warns of an online account that its server will remove.</summary>
    /// <param name="account">Its User ID.</param>
    /// <param name="due">When. Null if no removal is pending.</param>
    private protected void WarnOfRemoval(string account, DateTimeOffset? due)
    {
        if (due is null)
            return;
        WriteWarning($"{ErrorCodes.AccountRemovalPending}: somebody with the Password of {account} asked for the removal of the online account, " +
            $"which takes effect on {View.Time(due)}. If that was not you, 'Restore-PasspackAccount -Account {account}' cancels it; then set a new Password.");
    }

    /// <summary>Converts a path, relative to PowerShell's location or on a PowerShell drive, to a file system path.</summary>
    protected string ResolveFile(string path)
    {
        string resolved = GetUnresolvedProviderPathFromPSPath(path, out ProviderInfo provider);
        return provider.Name == "FileSystem" ? resolved : throw ErrorRecords.Invalid($"{path} is not in the file system.", path);
    }

    /// <summary>The files that a path with wildcards matches. A path to a missing file is returned as it is; opening it will fail.</summary>
    protected IReadOnlyList<string> ResolveFiles(string path)
    {
        if (!WildcardPattern.ContainsWildcardCharacters(path))
            return [ResolveFile(path)];
        (IReadOnlyList<string> resolved, ProviderInfo provider) = Outside(() => (GetResolvedProviderPathFromPSPath(path, out ProviderInfo of), of));
        if (provider.Name != "FileSystem")
            throw ErrorRecords.Invalid($"{path} is not in the file system.", path);
        return resolved.Count > 0 ? resolved : throw new FileNotFoundException($"No file fits {path}.");
    }

    private string GetUnresolvedProviderPathFromPSPath(string path, out ProviderInfo provider) =>
        SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out provider, out _);
}
