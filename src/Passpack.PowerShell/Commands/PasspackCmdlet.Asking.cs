using System.Diagnostics;
using System.Management.Automation;
using System.Security;

namespace Passpack.PowerShell.Commands;

// The less common ways to ask the user, and to keep them informed.
public abstract partial class PasspackCmdlet
{
    private static readonly TimeSpan s_progressStep = TimeSpan.FromMilliseconds(250);

    private bool _yesToAll;
    private bool _noToAll;

    /// <summary>As <see cref="ShouldProcess(string, string)"/>, and tells -WhatIf from a No.</summary>
    protected bool ShouldProcess(string target, string action, out bool isWhatIf)
    {
        var reason = ShouldProcessReason.None;
        string what = $"Performing the operation \"{action}\" on target \"{target}\".";
        bool go = Outside(() => base.ShouldProcess(what, what + " Continue?", "Confirm", out reason));
        isWhatIf = reason == ShouldProcessReason.WhatIf;
        return go;
    }

    /// <summary>
    /// As <see cref="ShouldProcess(string, string)"/> in a cmdlet of ConfirmImpact High; for one that has such an impact by some of its
    /// switches only.
    /// </summary>
    protected bool ShouldProcessHighImpact(string target, string action) => ShouldProcessHighImpact(target, action, out _);

    /// <summary>As <see cref="ShouldProcessHighImpact(string, string)"/>, and tells -WhatIf from a No.</summary>
    protected bool ShouldProcessHighImpact(string target, string action, out bool isWhatIf)
    {
        if (!ShouldProcess(target, action, out isWhatIf))
            return false;
        // With -Confirm, or a preference below High, the user was asked just now, or wants no questions at all.
        if (MyInvocation.BoundParameters.ContainsKey("Confirm")
            || LanguagePrimitives.ConvertTo<ConfirmImpact>(GetVariableValue("ConfirmPreference", ConfirmImpact.High)) != ConfirmImpact.High)
            return true;
        return Outside(() => ShouldContinue($"Performing the operation \"{action}\" on target \"{target}\".", "Confirm", ref _yesToAll, ref _noToAll));
    }

    /// <summary>Warns of a Packing Key that is allowed, but not advised.</summary>
    protected void WarnIfWeak(SecureString packingKey)
    {
        int rating = packingKey.Read(Packing.KeyQuality.Rate);
        if (rating < Packing.KeyQuality.AdvisedForPackingKey)
        {
            WriteWarning($"The Packing Key has a rating of {rating} bits; {Packing.KeyQuality.AdvisedForPackingKey} or more are advised, which a sentence of " +
                "several words has. Whoever gets hold of the vault can try keys for as long as they like.");
        }
    }

    /// <summary>Passes items on, and shows how many they are by now.</summary>
    protected IEnumerable<T> Counted<T>(IEnumerable<T> items, string activity)
    {
        ArgumentNullException.ThrowIfNull(items);
        long count = 0, shown = Stopwatch.GetTimestamp();
        ProgressRecord? progress = null;
        foreach (T item in items)
        {
            yield return item;
            count++;
            if (Stopwatch.GetElapsedTime(shown) < s_progressStep)
                continue;
            progress ??= new ProgressRecord(1, activity, " ");
            progress.StatusDescription = $"{count:N0}";
            WriteProgress(progress);
            shown = Stopwatch.GetTimestamp();
        }
        if (progress is null)
            yield break;
        progress.RecordType = ProgressRecordType.Completed;
        WriteProgress(progress);
    }

    /// <summary>Shows how many there are by now, of what is counted elsewhere.</summary>
    protected sealed class Counter(PasspackCmdlet cmdlet, string activity) : IDisposable
    {
        private readonly ProgressRecord _progress = new(1, activity, " ");
        private long _shown = Stopwatch.GetTimestamp();
        private bool _any;

        /// <summary>The count of now.</summary>
        public void Show(long count)
        {
            if (Stopwatch.GetElapsedTime(_shown) < s_progressStep)
                return;
            _any = true;
            _progress.StatusDescription = $"{count:N0}";
            cmdlet.WriteProgress(_progress);
            _shown = Stopwatch.GetTimestamp();
        }

        /// <summary>Takes the bar away.</summary>
        public void Dispose()
        {
            if (!_any)
                return;
            _any = false;
            _progress.RecordType = ProgressRecordType.Completed;
            cmdlet.WriteProgress(_progress);
        }
    }

    /// <summary>A path as the user gave it, relative to PowerShell's location or on a drive of its own, as the file system has it.</summary>
    protected string ResolveFile(string path)
    {
        string resolved = GetUnresolvedProviderPathFromPSPath(path, out ProviderInfo provider);
        return provider.Name == "FileSystem" ? resolved : throw ErrorRecords.Invalid($"{path} is not in the file system.", path);
    }

    private string GetUnresolvedProviderPathFromPSPath(string path, out ProviderInfo provider) =>
        SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out provider, out _);
}
