namespace Heartwood.Bench.Harness;

// HOW TO ADD AN ENTRY
//
// 1. Write a file that gives an Entry (name, one line about it, its cases) and name it in the list of Entries.cs.
// 2. A Case is timed (Case.Timed: Prepare does the setup and returns the action that is timed, on as many threads as
//    the row has) or is a figure of another unit (Case.Figured: bytes, seconds of a whole process).
// 3. Peers = [Peer.Torch("case", new { … }), Peer.Onnx("case", new { … })]: the object becomes the JSON request; the
//    peer's side is a function of that name in peers/*.py (decorated @case) or peers/*.mjs (registered in `cases`), which
//    sets up and returns its configurations by name; the fastest is measured, and named in the row. A peer of one kind
//    may stand in a case more than once under other names (Name).
// 4. Rivals are other actions of our own, measured in turn and shown next to the peers (the full model next to its cut).
// 5. Target says what must hold: Target.RatioAtMost(0.85) is against the best of peers and rivals.
//    Entry.Summaries makes rows from rows (a geometric mean), with targets of their own.
//
// Contenders take turns within a round (ours, rivals, the machine's peak, each peer); a turn is one pass unmeasured and
// then some repeats, of which it gives the median; a row holds the median over rounds. Between turns the harness waits
// until the others' threads sleep. A row's seconds are for one call of the action.

/// <summary>A named group of cases: what the command line runs.</summary>
/// <param name="Name">as the command line says it</param>
/// <param name="About">one line for --help and the page</param>
/// <param name="Cases">makes the cases; called when the entry runs, not before</param>
sealed record Entry(string Name, string About, Func<IEnumerable<Case>> Cases)
{
    /// <summary>Rows that follow from the rows of one number of threads, such as means.</summary>
    public Func<IReadOnlyList<Row>, IEnumerable<Row>> Summaries { get; init; } = _ => [];
}

/// <summary>One thing that is measured at one size.</summary>
/// <param name="Size">what and how large, in words; unique within the entry</param>
sealed record Case(string Size)
{
    /// <summary>A case that is timed.</summary>
    /// <param name="size">what and how large</param>
    /// <param name="prepare">the setup, outside the timing; gives the action that is timed</param>
    public static Case Timed(string size, Func<Action> prepare) => new(size) { Prepare = prepare };

    /// <summary>A case that gives a figure of its own, measured once.</summary>
    /// <param name="size">what and how large</param>
    /// <param name="measure">from the number of threads to the figure</param>
    public static Case Figured(string size, Func<int, Figure> measure) => new(size) { Measure = measure };

    /// <summary>The setup of a timed case.</summary>
    public Func<Action>? Prepare { get; private init; }

    /// <summary>What a case that is not timed measures.</summary>
    public Func<int, Figure>? Measure { get; private init; }

    /// <summary>Floating-point operations of one call; with them, the row has a share of the machine's peak.</summary>
    public double? Operations { get; init; }

    /// <summary>About how long the case is measured.</summary>
    public double Seconds { get; init; } = 1.5;

    /// <summary>The backend that computes ours; null for the machine's best.</summary>
    public string? Backend { get; init; }

    /// <summary>Programs of others that do the same.</summary>
    public IReadOnlyList<Peer> Peers { get; init; } = [];

    /// <summary>Other actions of ours that are measured in turn.</summary>
    public IReadOnlyList<Rival> Rivals { get; init; } = [];

    /// <summary>What must hold.</summary>
    public Target? Target { get; init; }

    /// <summary>Whether something must hold of it or of a mean that it is in.</summary>
    public bool IsJudged => Target is not null || Operations is not null;

    /// <summary>Whether the case is long, and measured only where --only names it.</summary>
    public bool Asked { get; init; }

    /// <summary>The numbers of threads at which the case makes sense; null for all that were asked for.</summary>
    public IReadOnlyList<int>? Threads { get; init; }

    /// <summary>What the reader must know about the row.</summary>
    public string? Note { get; init; }
}

/// <summary>Another way of ours to do the work of a case.</summary>
/// <param name="Name">the column that it is shown in</param>
/// <param name="Prepare">as <see cref="Case.Prepare"/></param>
sealed record Rival(string Name, Func<Action> Prepare)
{
    /// <summary>The backend that computes it; null for the case's.</summary>
    public string? Backend { get; init; }
}

/// <summary>A measured figure.</summary>
/// <param name="Value">the figure</param>
/// <param name="Unit">seconds, bytes, or what it counts</param>
/// <param name="Note">what the reader must know</param>
sealed record Figure(double Value, string Unit, string? Note = null);

/// <summary>What must hold of a row.</summary>
/// <param name="Text">in words, for the table</param>
/// <param name="Holds">whether it does; null where it cannot be judged, as when every peer is absent</param>
sealed record Target(string Text, Func<Row, bool?> Holds)
{
    /// <summary>Our time is at most this share of the best peer's.</summary>
    /// <param name="most">the share</param>
    /// <param name="of">what the time is compared with</param>
    public static Target RatioAtMost(double most, string of = "the best peer") =>
        new(FormattableString.Invariant($"at most {most:0.00} of {of}"), r => r.Ratio is { } ratio ? ratio <= most : null);

    /// <summary>We are faster than every peer.</summary>
    public static Target Faster { get; } = new("faster than the best peer", r => r.Ratio is { } ratio ? ratio < 1 : null);

    /// <summary>We reach this share of the machine's peak.</summary>
    public static Target PeakShareAtLeast(double least) =>
        new(FormattableString.Invariant($"at least {100 * least:0} % of peak"), r => r.PeakShare is { } share ? share >= least : null);

    /// <summary>The figure is at most this.</summary>
    /// <param name="most">in the row's unit</param>
    /// <param name="inWords">how it is written, for example "2 GiB"</param>
    public static Target AtMost(double most, string inWords) => new($"at most {inWords}", r => r.Ours <= most);
}
