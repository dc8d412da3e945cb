using Heartwood.Tensors;
using Heartwood.Tensors.Backends;

namespace Heartwood.Tests.Tensors;

/// <summary>The thread team.</summary>
[Collection("the thread team")]
public class WorkersTests : IDisposable
{
    readonly int before = Machine.Threads;

    public WorkersTests() => Machine.Threads = 3;

    public void Dispose() => Machine.Threads = before;

    [Fact]
    public void Every_item_is_done_exactly_once()
    {
        foreach (int items in new[] { 0, 1, 2, 3, 7, 1000, 100_000 })
        {
            int[] done = new int[items];
            Parallelism.For(items, i => Interlocked.Increment(ref done[i]));
            Assert.All(done, times => Assert.Equal(1, times));
        }
    }

    [Fact]
    public void An_exception_in_an_item_is_thrown_on_and_the_team_survives()
    {
        for (int round = 0; round < 50; round++)
        {
            var error = Assert.Throws<InvalidDataException>(() => Parallelism.For(20, i => { if (i == 13) throw new InvalidDataException("item 13"); }));
            Assert.Equal("item 13", error.Message);
            int sum = 0;
            Parallelism.For(20, i => Interlocked.Add(ref sum, i));
            Assert.Equal(190, sum);
        }
    }

    [Fact]
    public void A_loop_inside_an_item_runs_on_the_same_thread()
    {
        int strangers = 0;
        Parallelism.For(12, _ =>
        {
            int thread = Environment.CurrentManagedThreadId;
            Parallelism.For(12, _ => { if (Environment.CurrentManagedThreadId != thread) Interlocked.Increment(ref strangers); });
        });
        Assert.Equal(0, strangers);
    }

    [Fact]
    public void Two_threads_at_once_both_finish_with_the_right_bits()
    {
        float[] expected = Network.Run();
        float[][] found = new float[2][];
        Thread[] threads = [.. Enumerable.Range(0, 2).Select(t => new Thread(() => { for (int i = 0; i < 20; i++) found[t] = Network.Run(); }))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) Assert.True(thread.Join(TimeSpan.FromMinutes(2)));
        Assert.Equal(expected, found[0]);
        Assert.Equal(expected, found[1]);
    }

    [Fact]
    public void Networks_run_side_by_side_have_the_bits_of_one_alone()
    {
        float[] expected = Network.Run();
        float[][] found = new float[9][];
        Parallelism.For(found.Length, i => found[i] = Network.Run());
        Assert.All(found, one => Assert.Equal(expected, one));
    }

    [Fact]
    public void Fewer_threads_than_one_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Machine.Threads = 0);
    }

    [Fact]
    public void The_number_of_threads_is_a_limit_also_after_it_was_higher()
    {
        Machine.Threads = 4;
        Parallelism.For(100, _ => { });
        Machine.Threads = 2;
        for (int round = 0; round < 20; round++)
        {
            HashSet<int> seen = [];
            Parallelism.For(200, _ =>
            {
                lock (seen) seen.Add(Environment.CurrentManagedThreadId);
                Thread.SpinWait(500);
            });
            Assert.InRange(seen.Count, 1, 2);
        }
    }
}
