using Heartwood.Tensors.Backends.Cpu;

namespace Heartwood.Bench.Harness;

/// <summary>How long it takes until every thread of the team has begun a job and it has ended: nothing is computed, each waits for all.</summary>
static class HandOver
{
    const int Repeats = 200;

    /// <summary>Median seconds.</summary>
    public static double Seconds(int threads)
    {
        double[] each = new double[Repeats];
        for (int i = 0; i < Repeats; i++)
        {
            int there = 0;
            long begin = System.Diagnostics.Stopwatch.GetTimestamp();
            Workers.For(threads, _ =>
            {
                Interlocked.Increment(ref there);
                while (Volatile.Read(ref there) < threads) Thread.SpinWait(1);
            });
            each[i] = System.Diagnostics.Stopwatch.GetElapsedTime(begin).TotalSeconds;
        }
        return Measuring.Median(each);
    }
}
