namespace Heartwood.Tensors.Backends.Cpu;

/// <summary>
/// The one team of threads. A job is a number of items, each done by whoever is free; items must not depend on one
/// another. A job started from inside an item, or while the team is busy, runs on the thread that started it, so an
/// outer loop over seeds or sequences takes the team and everything below it is plain serial code.
/// </summary>
static class Workers
{
    sealed class Job(int items, Action<int> body)
    {
        int next;
        int done;
        internal Exception? Error;

        internal bool Done => Volatile.Read(ref done) == items;

        internal void Help()
        {
            for (int i; (i = Interlocked.Increment(ref next) - 1) < items;)
            {
                try
                {
                    if (Error is null) body(i);
                }
                catch (Exception error)
                {
                    Interlocked.CompareExchange(ref Error, error, null);
                }
                Interlocked.Increment(ref done);
            }
        }
    }

    const int SpinsBeforeParking = 2000;
    static readonly Lock door = new();
    static readonly SemaphoreSlim work = new(0);
    static volatile Job? current;
    static int parked, team;
    [ThreadStatic] static bool inside;

    internal static int Threads
    {
        get => field == 0 ? field = Math.Max(1, Environment.ProcessorCount) : field;
        set => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "At least one thread is needed.");
    }

    /// <summary>Runs body(0) … body(items − 1), in any order, on all threads; the first exception is thrown on.</summary>
    internal static void For(int items, Action<int> body)
    {
        if (items <= 1 || Threads == 1 || inside || !door.TryEnter())
        {
            for (int i = 0; i < items; i++) body(i);
            return;
        }
        try
        {
            inside = true;
            for (; team < Threads - 1; team++) new Thread(Serve, 16 << 20) { IsBackground = true, Name = $"heartwood {team + 1}" }.Start();
            Job job = new(items, body);
            current = job;
            int wake = Math.Min(Volatile.Read(ref parked), Math.Min(items, Threads) - 1);
            if (wake > 0) work.Release(wake);
            job.Help();
            for (SpinWait spin = new(); !job.Done;) spin.SpinOnce(sleep1Threshold: -1);
            current = null;
            if (job.Error is not null) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(job.Error);
        }
        finally
        {
            inside = false;
            door.Exit();
        }
    }

    static void Serve()
    {
        inside = true;
        Job? last = null;
        for (int spins = 0; ; spins++)
        {
            Job? job = current;
            if (job is not null && job != last)
            {
                (last, spins) = (job, 0);
                job.Help();
            }
            else if (spins < SpinsBeforeParking)
            {
                Thread.SpinWait(10);
            }
            else
            {
                Interlocked.Increment(ref parked);
                if (current is null || current == last) work.Wait(50);
                Interlocked.Decrement(ref parked);
                spins = 0;
            }
        }
    }
}
