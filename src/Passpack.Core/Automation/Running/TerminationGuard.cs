using System.Runtime.InteropServices;
using Passpack.Vault.Files;

namespace Passpack.Automation.Running;

/// <summary>
/// Holds back a termination of this process (SIGTERM, SIGHUP) while a child runs, passes it on, and lets it through at the end: so what was made for the
/// child is removed first.
/// </summary>
public sealed class TerminationGuard : IDisposable
{
    private const int Hangup = 1;

    private readonly object _gate = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private ChildRun? _child;
    private int _received;

    /// <summary>Begins to hold back.</summary>
    public TerminationGuard()
    {
        if (OperatingSystem.IsWindows())
            return;
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Hold(context, ProcessTree.Terminated)));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => Hold(context, Hangup)));
    }

    /// <summary>Names the child. If a termination came before, it ends at once.</summary>
    public void PassOnTo(ChildRun? child)
    {
        lock (_gate)
        {
            _child = child;
            if (_received != 0)
                child?.Terminate();
        }
    }

    /// <summary>Lets a termination through that came meanwhile.</summary>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
        if (_received != 0)
            _ = Posix.Kill(Environment.ProcessId, _received);
    }

    private void Hold(PosixSignalContext context, int signal)
    {
        context.Cancel = true;
        lock (_gate)
        {
            _received = signal;
            _child?.Terminate();
        }
    }
}
