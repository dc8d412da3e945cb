using System.Collections.Concurrent;
using Heartwood.Bench.Harness;
using Heartwood.Bench.Ops;
using Heartwood.Tensors.Backends;

namespace Heartwood.Bench.Models;

/// <summary>
/// What a second thread adds where no work is divided: the same work twice, with operands of its own on each of two threads,
/// nothing shared and nobody waited for, beside one thread alone. What is missing to twice is lost in the caches, the memory
/// and the processor behind both. One piece of work shared by two may gain more: its operands take the caches' room once.
/// </summary>
static class ApartEntry
{
    const int FewestRounds = 9, MostRounds = 15;
    const double LeastOperations = 5e6;                          // of work long enough that what a call costs beside it does not count
    const double Seconds = 6, SecondsPerTurn = 0.02;

    /// <summary>Of the entries whose work is long and is judged.</summary>
    public static Entry Apart { get; } = new(Results.ApartEntry, "the same work twice, one on each of two threads and nothing shared, against one thread: what two gain where no work is divided", () =>
        from entry in (Entry[])[GemmEntries.Gemm, GemmEntries.Ragged, GemmEntries.Gradients, ForwardEntries.Encoder, ForwardEntries.Mnli, TrainingEntries.Training, SubnetworkEntries.MaskStep, Bf16Entry.Bf16]
        from work in entry.Cases()
        where work.Prepare is not null && !(work.Operations < LeastOperations)
        select Case.Figured($"{entry.Name}: {work.Size}", _ => Gain(work.Prepare!)) with { Threads = [2] });

    static Figure Gain(Func<Action> prepare)
    {
        Machine.Threads = 1;
        Action mine = prepare(), theirs = prepare();
        double call = Math.Max(Turn(mine, 2), Turn(theirs, 2)) / 2;
        int repeats = (int)Math.Clamp(SecondsPerTurn / call, 1, 1000), rounds = (int)Math.Clamp(Seconds / (3 * repeats * call), FewestRounds, MostRounds);
        List<double> alone = [], both = [];
        for (int round = 0; round < rounds; round++)
        {
            alone.Add(Turn(mine, repeats));
            both.Add(Turn(mine, repeats, theirs));
        }
        Interval interval = Interval.OfRatio(alone, both).Times(2);
        return new(2 * Measuring.Median(alone) / Measuring.Median(both), "times") { Interval = interval, Rounds = rounds };
    }

    // seconds until each has run so often, the first on this thread
    static double Turn(Action mine, int repeats, Action? theirs = null)
    {
        if (theirs is null) return Measuring.Seconds(() => Run(mine));
        beside.Value.Add(() => Together(theirs));
        return Together(mine);

        void Run(Action action)
        {
            for (int i = 0; i < repeats; i++) action();
        }

        double Together(Action action)
        {
            line.SignalAndWait();
            return Measuring.Seconds(() =>
            {
                Run(action);
                line.SignalAndWait();
            });
        }
    }

    static readonly Barrier line = new(2);

    // one thread for as long as the program runs: the memory that it works in is kept from turn to turn
    static readonly Lazy<BlockingCollection<Action>> beside = new(() =>
    {
        BlockingCollection<Action> jobs = [];
        new Thread(() =>
        {
            foreach (Action job in jobs.GetConsumingEnumerable()) job();
        }, 16 << 20)
        { IsBackground = true, Name = "beside" }.Start();
        return jobs;
    });
}
