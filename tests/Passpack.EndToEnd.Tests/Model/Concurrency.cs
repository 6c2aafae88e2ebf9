namespace Passpack.EndToEnd.Tests.Model;

/// <summary>Several syncs at once: as if one had gone after the other, but each may have pulled at any moment before its turn.</summary>
internal static class Concurrency
{
    public static IEnumerable<AccountState> Together(AccountState state, IReadOnlyList<(int Machine, SyncSettings Settings)> syncs)
    {
        if (syncs.Count == 0)
        {
            yield return state;
            yield break;
        }
        foreach ((int machine, SyncSettings settings) first in syncs)
        {
            (int Machine, SyncSettings Settings)[] rest = [.. syncs.Where(sync => sync != first)];
            for (int early = 0; early < 1 << rest.Length; early++)
            {
                AccountState now = state;
                for (int i = 0; i < rest.Length; i++)
                {
                    if ((early & (1 << i)) != 0)
                        now = Pulled(now, rest[i].Machine, rest[i].Settings);
                }
                foreach (AccountState end in Together(now.Sync(first.machine, first.settings).Last().State, rest))
                    yield return end;
            }
        }
    }

    private static AccountState Pulled(AccountState state, int machine, SyncSettings settings)
    {
        AccountState pulled = state;
        foreach (Stage stage in state.Sync(machine, settings))
        {
            if (stage.State[machine].Outbox is { } outbox && !outbox.Data.Equals(state[machine].Outbox?.Data))
                break;
            pulled = stage.State;
        }
        return pulled;
    }
}
