namespace Heartwood.Tensors.Backends.Cpu;

/// <summary>
/// The one team of threads. A job is a number of items that must not depend on one another. Every thread begins with its
/// own run of neighbouring items, the same in every job of as many items, so that what it wrote in one operation lies in
/// its own cache in the next; whoever is done takes what the others have left. A job started from inside an item, or
/// while the team is busy, runs on the thread that started it, so an outer loop over seeds or sequences takes the team
/// and everything below it is plain serial code.
/// </summary>
static class Workers
{
    sealed class Job(int items, int threads, Action<int> body)
    {
        const int Apart = 32;                                    // counters, so that none shares a cache line with another, or with the job
        readonly int[] taken = new int[(threads + 1) * Apart];         // items of each thread's run that were begun
        int done;
        internal Exception? Error;

        internal bool Done => Volatile.Read(ref done) == items;

        internal void Help(int member)
        {
            int finished = 0;
            for (int k = 0; k < threads; k++)
            {
                int owner = (member + k) % threads, start = Start(owner), count = Start(owner + 1) - start;
                for (int i; (i = Interlocked.Increment(ref taken[(owner + 1) * Apart]) - 1) < count; finished++) Do(start + i);
            }
            if (finished > 0) Interlocked.Add(ref done, finished);
        }

        int Start(int thread) => (int)((long)items * thread / threads);

        void Do(int item)
        {
            try
            {
                if (Error is null) body(item);
            }
            catch (Exception error)
            {
                Interlocked.CompareExchange(ref Error, error, null);
            }
        }
    }

    const int SpinsBeforeParking = 4000, BriefSpins = 2000;      // brief ones first: who looks every 40 ns sees a job, or its end, soon
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
            for (; team < Threads - 1; team++)
            {
                int member = team + 1;
                new Thread(() => Serve(member), 16 << 20) { IsBackground = true, Name = $"heartwood {member}" }.Start();
            }
            Job job = new(items, Threads, body);
            current = job;
            int wake = Math.Min(Volatile.Read(ref parked), Math.Min(items, Threads) - 1);
            if (wake > 0) work.Release(wake);
            job.Help(0);
            for (int spins = 0; spins < BriefSpins && !job.Done; spins++) Thread.SpinWait(1);
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

    static void Serve(int member)
    {
        inside = true;
        Job? last = null;
        for (int spins = 0; ; spins++)
        {
            Job? job = current;
            if (job is not null && job != last)
            {
                (last, spins) = (job, 0);
                if (member < Threads) job.Help(member);
            }
            else if (spins < SpinsBeforeParking)
            {
                Thread.SpinWait(spins < BriefSpins ? 1 : 10);
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
