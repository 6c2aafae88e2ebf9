using System.Runtime.ExceptionServices;

namespace Passpack.Vault.Storage;

/// <summary>Work on many records, on all processors, ahead of the one thread that takes the results in their order: that of the connection.</summary>
internal static class SideBySide
{
    private const int BatchItems = 256;
    /// <summary>A source of so many is a batch of its own.</summary>
    public const int BatchBytes = 1 << 20;

    // One for each processor, and one that is being taken.
    private static readonly int s_batches = Environment.ProcessorCount + 1;

    /// <summary>Results in the order of their sources.</summary>
    /// <param name="sources">Read on the caller's thread, some batches ahead of what is taken.</param>
    /// <param name="work">Uses no connection. What it throws is thrown in the place of its result.</param>
    /// <param name="bytes">About the memory of a source: a batch has at most about 1 MiB.</param>
    public static IEnumerable<TResult> InOrder<TSource, TResult>(IEnumerable<TSource> sources, Func<TSource, TResult> work, Func<TSource, int> bytes)
    {
        var ahead = new Queue<Task<Batch<TResult>>>();
        try
        {
            foreach (Batch<TSource> batch in Batches(sources, bytes))
            {
                ahead.Enqueue(Task.Run(() => Do(batch, work)));
                if (ahead.Count == s_batches)
                {
                    foreach (TResult result in ahead.Dequeue().GetAwaiter().GetResult().Take())
                        yield return result;
                }
            }
            while (ahead.TryDequeue(out Task<Batch<TResult>>? next))
            {
                foreach (TResult result in next.GetAwaiter().GetResult().Take())
                    yield return result;
            }
        }
        finally
        {
            // Nobody takes these any more; but their work is over when the caller goes on.
            Task.WhenAll(ahead).GetAwaiter().GetResult();
        }
    }

    /// <summary>The results of all numbers below a count, made on return. What the work refuses is thrown by its result.</summary>
    /// <param name="count">How many.</param>
    /// <param name="work">Uses no connection.</param>
    public static Func<T>[] All<T>(int count, Func<int, T> work)
    {
        var results = new Func<T>[count];
        Parallel.For(0, count, i => results[i] = Try(() => work(i)));
        return results;
    }

    /// <summary>Does something now; the result gives what came of it, or throws what was refused: the others go on.</summary>
    public static Func<T> Try<T>(Func<T> work)
    {
        try
        {
            T result = work();
            return () => result;
        }
        catch (Exception e) when (e is PasspackException or ArgumentException)
        {
            var refused = ExceptionDispatchInfo.Capture(e);
            return () =>
            {
                refused.Throw();
                return default!;
            };
        }
    }

    private static IEnumerable<Batch<TSource>> Batches<TSource>(IEnumerable<TSource> sources, Func<TSource, int> bytes)
    {
        using IEnumerator<TSource> source = sources.GetEnumerator();
        while (true)
        {
            Batch<TSource> batch = Next(source, bytes, out bool isLast);
            if (batch.Items.Count > 0 || batch.Error is not null)
                yield return batch;
            if (isLast)
                yield break;
        }
    }

    private static Batch<TSource> Next<TSource>(IEnumerator<TSource> source, Func<TSource, int> bytes, out bool isLast)
    {
        var items = new List<TSource>(BatchItems);
        isLast = true;
        try
        {
            for (int size = 0; items.Count < BatchItems && size < BatchBytes; size += bytes(source.Current))
            {
                if (!source.MoveNext())
                    return new Batch<TSource>(items, null);
                items.Add(source.Current);
            }
        }
        catch (Exception e)
        {
            return new Batch<TSource>(items, ExceptionDispatchInfo.Capture(e));
        }
        isLast = false;
        return new Batch<TSource>(items, null);
    }

    private static Batch<TResult> Do<TSource, TResult>(Batch<TSource> sources, Func<TSource, TResult> work)
    {
        var results = new List<TResult>(sources.Items.Count);
        try
        {
            foreach (TSource source in sources.Items)
                results.Add(work(source));
            return new Batch<TResult>(results, sources.Error);
        }
        catch (Exception e)
        {
            return new Batch<TResult>(results, ExceptionDispatchInfo.Capture(e));
        }
    }

    /// <param name="Items">Those before the error.</param>
    /// <param name="Error">What ended the batch before its time. Null if nothing did.</param>
    private sealed record Batch<T>(List<T> Items, ExceptionDispatchInfo? Error)
    {
        public IEnumerable<T> Take()
        {
            foreach (T item in Items)
                yield return item;
            Error?.Throw();
        }
    }
}
