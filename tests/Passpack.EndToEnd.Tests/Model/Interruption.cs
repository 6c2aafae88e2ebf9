using Passpack.Protocol;
using Passpack.Vault.Files;

namespace Passpack.EndToEnd.Tests.Model;

/// <summary>Runs something, perhaps not to its end.</summary>
internal sealed class Interruption : IDisposable
{
    private static readonly AsyncLocal<Interruption?> s_current = new();

    private readonly CancellationTokenSource _cancel = new();
    private readonly int _at;
    private readonly bool _isPowerCut;
    private int _steps;

    static Interruption() => Failpoints.Listener = step => s_current.Value?.Reached(step);

    private Interruption(int at, bool isPowerCut)
    {
        _at = at;
        _isPowerCut = isPowerCut;
    }

    /// <summary>Does it.</summary>
    /// <returns>What it says; or the id of the error that it ended with. Null: it did not come to its end.</returns>
    public static async Task<string?> RunAsync(ModelServer server, Step step, Func<CancellationToken, Task<string>> action)
    {
        using var interruption = new Interruption(step.Break is Break.Cancel or Break.PowerCut ? step.At : 0, step.Break == Break.PowerCut);
        server.Fault = step.Break switch
        {
            Break.CutOnce or Break.CutFromThereOn => new Fault(step.At, step.Break == Break.CutFromThereOn, isAnswerLost: false),
            Break.LoseAnswer or Break.LoseAnswersFromThereOn => new Fault(step.At, step.Break == Break.LoseAnswersFromThereOn, isAnswerLost: true),
            _ => null,
        };
        s_current.Value = interruption;
        try
        {
            return await action(interruption._cancel.Token);
        }
        catch (PasspackException e) when (e.ErrorId != ErrorCodes.ServerUnreachable)
        {
            return e.ErrorId;
        }
        catch (Exception e) when (step.Break != Break.None && e is PasspackException or OperationCanceledException or PowerCutException)
        {
            return null;
        }
        finally
        {
            s_current.Value = null;
            server.Fault = null;
        }
    }

    public void Dispose() => _cancel.Dispose();

    private void Reached(string step)
    {
        if (++_steps != _at)
            return;
        if (_isPowerCut && step != "begun")
            throw new PowerCutException();
        _cancel.Cancel();
    }

    private sealed class PowerCutException : Exception;
}
