using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;
using Passpack.Sync.Session;

namespace Passpack.PowerShell.Commands;

// Progress of long work: a bar with counts and time left; with -Verbose, a sentence for each part.
public abstract partial class PasspackCmdlet
{
    private static readonly TimeSpan s_progressStep = TimeSpan.FromMilliseconds(250);

    private ProgressRecord? _bar;
    private long _shown;
    private long _started;
    private string _part = "";

    /// <summary>Shows the progress, at most four times a second.</summary>
    /// <param name="activity">The name of the work.</param>
    /// <param name="done">How much is done.</param>
    /// <param name="total">The total. Null while it is unknown.</param>
    /// <param name="share">The share that is done, from 0 to 1. Null if the counts are the best measure.</param>
    /// <param name="started">When it began. Null for now.</param>
    private protected void ShowProgress(string activity, long done, long? total, double? share = null, long? started = null)
    {
        activity = View.Text(activity);
        long now = Stopwatch.GetTimestamp();
        if (_bar?.Activity != activity)
            (_bar, _started) = (new ProgressRecord(1, activity, " "), started ?? now);
        else if (Stopwatch.GetElapsedTime(_shown, now) < s_progressStep)
            return;
        _shown = now;
        // Limited, because the count may exceed the total, and PowerShell refuses more than 100 percent.
        double? part = share ?? (total is > 0 ? Math.Min(1, (double)done / total.Value) : null);
        _bar.StatusDescription = total is null
            ? string.Create(CultureInfo.CurrentCulture, $"{done:N0}")
            : string.Create(CultureInfo.CurrentCulture, $"{done:N0} of {total:N0}");
        _bar.PercentComplete = part is null ? -1 : (int)(part * 100);
        _bar.SecondsRemaining = part is > 0 ? (int)(Stopwatch.GetElapsedTime(_started, now).TotalSeconds * (1 - part.Value) / part.Value) : -1;
        WriteProgress(_bar);
    }

    /// <summary>Removes the bar, which would stay on the screen otherwise.</summary>
    private protected void EndProgress()
    {
        if (_bar is null)
            return;
        _bar.RecordType = ProgressRecordType.Completed;
        WriteProgress(_bar);
        _bar = null;
    }

    /// <summary>Passes items on, and shows their number as progress.</summary>
    protected IEnumerable<T> Counted<T>(IEnumerable<T> items, string activity, long? total = null, Func<double>? share = null)
    {
        ArgumentNullException.ThrowIfNull(items);
        long count = 0, started = Stopwatch.GetTimestamp();
        foreach (T item in items)
        {
            yield return item;
            count++;
            // Short work shows no bar.
            if (_bar is not null || Stopwatch.GetElapsedTime(started) >= s_progressStep)
                ShowProgress(activity, count, total, share?.Invoke(), started);
        }
        EndProgress();
    }

    /// <summary>Runs work that asks a server, and shows its progress.</summary>
    private protected async Task<T> ShowingAsync<T>(string activity, Func<IProgress<SyncProgress>, Task<T>> work)
    {
        try
        {
            return await work(new Progress<SyncProgress>(Tell));
        }
        finally
        {
            EndProgress();
            _part = "";
        }

        void Tell(SyncProgress progress)
        {
            if (_part != progress.Activity)
            {
                _part = progress.Activity;
                WriteVerbose(progress.Total is long total ? $"{activity}: {progress.Activity} ({total:N0})." : $"{activity}: {progress.Activity}.");
            }
            ShowProgress($"{activity}: {progress.Activity}", progress.Done, progress.Total);
        }
    }
}
