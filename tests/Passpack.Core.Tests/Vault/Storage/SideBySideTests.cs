using Passpack.Vault.Storage;

namespace Passpack.Core.Tests.Vault;

public sealed class SideBySideTests
{
    private const int Many = 5000;

    [Fact]
    public void Results_come_in_the_order_of_their_sources_whichever_is_ready_first()
    {
        IEnumerable<int> results = SideBySide.InOrder(Enumerable.Range(0, Many), i =>
        {
            Thread.SpinWait(i % 7 * 100);
            return -i;
        }, i => i % 500 == 0 ? SideBySide.BatchBytes : 1);
        Assert.Equal(Enumerable.Range(0, Many).Select(i => -i), results);
    }

    [Theory, InlineData(0), InlineData(1), InlineData(700), InlineData(Many - 1)]
    public void What_the_work_throws_comes_in_its_place_after_all_results_before_it(int bad)
    {
        var taken = new List<int>();
        InvalidDataException error = Assert.Throws<InvalidDataException>(() =>
            Take(SideBySide.InOrder(Enumerable.Range(0, Many), i => i >= bad ? throw new InvalidDataException($"{i}") : i, _ => 1), taken));
        Assert.Equal($"{bad}", error.Message);
        Assert.Equal(Enumerable.Range(0, bad), taken);
    }

    [Theory, InlineData(0), InlineData(1), InlineData(256), InlineData(700)]
    public void What_the_sources_throw_comes_after_the_results_of_those_before(int bad)
    {
        var taken = new List<int>();
        Assert.Throws<InvalidDataException>(() => Take(SideBySide.InOrder(Sources(), i => i, _ => 1), taken));
        Assert.Equal(Enumerable.Range(0, bad), taken);

        IEnumerable<int> Sources()
        {
            for (int i = 0; i < bad; i++)
                yield return i;
            throw new InvalidDataException();
        }
    }

    [Fact]
    public void Large_sources_are_not_read_far_ahead_and_no_work_goes_on_when_nobody_wants_more()
    {
        int read = 0, working = 0, over = 0;
        foreach (int result in SideBySide.InOrder(Sources(), Work, _ => SideBySide.BatchBytes))
        {
            if (result == 3)
                break;
        }
        Assert.Equal(0, working);
        Assert.Equal(read, over);
        Assert.InRange(read, 4, 4 + Environment.ProcessorCount + 1);

        IEnumerable<int> Sources()
        {
            for (int i = 0; i < Many; i++)
            {
                read++;
                yield return i;
            }
        }

        int Work(int i)
        {
            Interlocked.Increment(ref working);
            Thread.SpinWait(10_000);
            Interlocked.Decrement(ref working);
            Interlocked.Increment(ref over);
            return i;
        }
    }

    private static void Take(IEnumerable<int> results, List<int> taken)
    {
        foreach (int result in results)
            taken.Add(result);
    }
}
