using System.Diagnostics;
using Heartwood.Tensors.Backends;

namespace Heartwood.Bench.Harness;

/// <summary>Measures cases: ours, rivals, peak and peers in turn, medians over rounds.</summary>
sealed class Measuring(PeerPool pool, CancellationToken stop)
{
    const double SecondsPerTurn = 0.02, LongCall = 2;
    const int FewestRounds = 3, ManyRounds = 25, MostTimes = 2, CallsOfWarmth = 60, MostRepeats = 200, MostAttempts = 3, MostWaits = 20;
    const double Settled = 0.02;                                 // a ratio's uncertainty at which no more rounds are taken
    static readonly TimeSpan UntilOthersSleep = TimeSpan.FromMilliseconds(15), UntilCalm = TimeSpan.FromSeconds(2);

    /// <summary>Rivals are there to be faster than; the row says how far ours is from a mark.</summary>
    enum Role { Rival, Mark }

    /// <summary>Who takes a turn: from numbers of passes unmeasured and of repeats to the median seconds of a repeat.</summary>
    sealed record Contender(string Name, Func<int, int, double> Turn, double Guess)
    {
        internal int Passes { get; } = Guess > LongCall ? 0 : 1;

        internal int Repeats { get; } = (int)Math.Clamp(SecondsPerTurn / Guess, 1, MostRepeats);

        internal double Seconds => Guess * (Passes + Repeats) + UntilOthersSleep.TotalSeconds;

        internal List<double> Turns { get; set; } = [];

        internal Role Role { get; init; }

        internal double Median => Measuring.Median(Turns);

        internal void Take() => Turns.Add(Turn(Passes, Repeats));
    }

    /// <summary>Measures one case.</summary>
    /// <exception cref="OperationCanceledException">stopped</exception>
    public Row Measure(string entry, Case work, int threads)
    {
        Machine.Threads = threads;
        Row row = new() { Entry = entry, Size = work.Size, Threads = threads, Note = work.Note, Asked = work.Asked };
        using IDisposable? choice = Backend(work.Backend);
        row = work.Measure is { } measure ? Figured(row, measure(threads)) : Timed(row, work, threads);
        GC.Collect();
        return row.Judged(work.Target);
    }

    static Row Figured(Row row, Figure figure) => row with
    {
        Ours = figure.Value,
        Unit = figure.Unit == "seconds" ? null : figure.Unit,
        Note = figure.Note ?? row.Note,
    };

    Row Timed(Row row, Case work, int threads)
    {
        double warmth = work.Seconds / 8;
        Action action = work.Prepare!();
        List<Contender> contenders =
        [
            Own("ours", action, null, warmth),
            .. work.Rivals.Select(r => Own(r.Name, Prepared(r), r.Backend, warmth)),
        ];
        Contender? Mark(string name, Action? other) => other is null ? null : Own(name, other, null, warmth) with { Role = Role.Mark };
        Peak? most = work.Operations is null ? null : new(threads, work.Backend, contenders[0].Guess);
        Contender? peak = Mark("peak", most is null ? null : most.Run);
        Contender? single = Mark("one thread", OnOneThread(action, threads));
        contenders.AddRange(new[] { peak, single }.OfType<Contender>());
        SortedDictionary<string, string> configurations = new(StringComparer.Ordinal), absent = new(StringComparer.Ordinal);
        List<PeerCase> asked = [];
        foreach (Peer peer in work.Peers)
        {
            stop.ThrowIfCancellationRequested();
            try
            {
                PeerCase ready = pool.Ready(peer, threads);
                configurations[peer.Name] = ready.Configuration;
                asked.Add(ready);
                contenders.Add(new(peer.Name, ready.Go, ready.Seconds));
            }
            catch (PeerException e)
            {
                absent[peer.Name] = e.Message;
            }
        }

        double disturbed = Undisturbed(contenders, asked, absent, work);
        foreach (PeerCase ready in asked) ready.Drop();

        double ours = contenders[0].Median;
        Contender[] against = Against(contenders);
        SortedDictionary<string, double?> peers = new(against.ToDictionary(c => c.Name, c => (double?)c.Median), StringComparer.Ordinal);
        foreach (string name in absent.Keys) peers[name] = null;
        double? runs = work.Operations / most?.Operations;       // how many runs of the peak do as many operations
        return row with
        {
            Ours = ours,
            Peers = peers,
            Note = disturbed > Others.Bearable ? Disturbed(row.Note, disturbed) : row.Note,
            Rounds = contenders[0].Turns.Count,
            RatioInterval = against.MinBy(c => c.Median) is { } best ? Interval.OfRatio(contenders[0].Turns, best.Turns) : null,
            PeakShare = peak?.Median / ours * runs,
            PeakInterval = peak is null ? null : Interval.OfRatio(peak.Turns, contenders[0].Turns).Times(runs!.Value),
            OneThread = single?.Median,
            GainInterval = single is null ? null : Interval.OfRatio(single.Turns, contenders[0].Turns),
            Configurations = configurations.Count > 0 ? configurations : null,
            Absent = absent.Count > 0 ? absent : null,
        };
    }

    static string Disturbed(string? note, double share) =>
        $"{(note is null ? "" : note + "; ")}disturbed: other programs took {Tables.Percent(share)} of the processors";

    // Takes the rounds again while other programs disturb them, and keeps the calmest; the share of the processors that others took.
    double Undisturbed(List<Contender> contenders, IReadOnlyList<PeerCase> asked, IDictionary<string, string> absent, Case work)
    {
        PeerProcess[] peers = [.. asked.Select(a => a.Process).Distinct()];
        double calmest = double.PositiveInfinity;
        int attempts = work.IsJudged ? MostAttempts : 1;
        for (int attempt = 0; attempt < attempts && calmest > Others.Bearable; attempt++)
        {
            if (attempt > 0) stop.WaitHandle.WaitOne(UntilCalm);
            Others others = new(peers);
            List<double>[] before = [.. contenders.Select(c => c.Turns.ToList())];
            foreach (Contender contender in contenders) contender.Turns.Clear();
            Contender[] there = [.. contenders];
            Rounds(contenders, peers, absent, work);
            double share = others.Share() ?? 0;
            if (share < calmest) calmest = share;
            else
                foreach (Contender contender in contenders) contender.Turns = before[Array.IndexOf(there, contender)];
        }
        return calmest;
    }

    // A peer's threads spin for a while after its turn (ONNX Runtime's for longer than any other's): wait until none computes.
    static void LetSleep(PeerProcess[] peers)
    {
        double before = double.NaN;
        for (int wait = 0; wait < MostWaits && peers.Length > 0; wait++)
        {
            double now = peers.Sum(p => p.Seconds);
            if (now == before) return;
            before = now;
            Thread.Sleep(UntilOthersSleep);
        }
    }

    // as many rounds as there is time for; more while figures that are judged are uncertain
    void Rounds(List<Contender> contenders, PeerProcess[] peers, IDictionary<string, string> absent, Case work)
    {
        int rounds = (int)Math.Clamp(work.Seconds / contenders.Sum(c => c.Seconds), FewestRounds, ManyRounds);
        int most = work.IsJudged ? MostTimes * rounds : rounds;
        for (int round = 0; round < rounds || (round < most && !AreSettled(contenders)); round++)
            foreach (Contender contender in contenders.ToArray())
                try
                {
                    stop.ThrowIfCancellationRequested();
                    LetSleep(peers);
                    contender.Take();
                }
                catch (PeerException e)
                {
                    contenders.Remove(contender);
                    absent[contender.Name] = e.Message;
                }
    }

    static Contender[] Against(List<Contender> contenders) => [.. contenders.Skip(1).Where(c => c.Role == Role.Rival)];

    // against the fastest rival, and against the marks
    static bool AreSettled(List<Contender> contenders)
    {
        Contender? fastest = Against(contenders).MinBy(c => c.Median);
        return contenders.Where(c => c.Role == Role.Mark).Append(fastest).OfType<Contender>()
            .All(c => Interval.OfRatio(contenders[0].Turns, c.Turns).HalfWidth <= Settled);
    }

    // the same on one thread; null where there is no other
    static Action? OnOneThread(Action action, int threads) => threads == 1 ? null : () =>
    {
        Machine.Threads = 1;
        try
        {
            action();
        }
        finally
        {
            Machine.Threads = threads;
        }
    };

    static IDisposable? Backend(string? name) => name is null ? null : Machine.Using(Machine.Preferred(name));

    static Action Prepared(Rival rival)
    {
        using IDisposable? choice = Backend(rival.Backend);
        return rival.Prepare();
    }

    Contender Own(string name, Action action, string? backend, double warmth)
    {
        using IDisposable? warming = Backend(backend);
        double guess = 0;
        long begin = Stopwatch.GetTimestamp();
        for (int call = 0; call < CallsOfWarmth && (call < 2 || Stopwatch.GetElapsedTime(begin).TotalSeconds < warmth); call++)
        {
            stop.ThrowIfCancellationRequested();
            guess = Seconds(action);
        }
        return new(name, (passes, repeats) =>
        {
            using IDisposable? choice = Backend(backend);
            for (int i = 0; i < passes; i++) action();
            double[] each = new double[repeats];
            for (int i = 0; i < repeats; i++) each[i] = Seconds(action);
            return Median(each);
        }, guess);
    }

    /// <summary>How long one call takes.</summary>
    public static double Seconds(Action action)
    {
        long begin = Stopwatch.GetTimestamp();
        action();
        return (Stopwatch.GetTimestamp() - begin) / (double)Stopwatch.Frequency;
    }

    /// <summary>The middle value; between two, their mean.</summary>
    public static double Median(IReadOnlyCollection<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
