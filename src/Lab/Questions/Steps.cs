using Heartwood.Lab.Charts;
using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Exports;
using static System.FormattableString;

namespace Heartwood.Lab.Questions;

/// <summary>
/// The steps of a recipe's run: what each came to, its main figures, and the way to its own page. Only such a run has them.
/// </summary>
sealed class Steps : IQuestion<StepsFacts>
{
    public string Name => "steps";

    public int Version => 2;

    public bool Usual => false;

    public IReadOnlyList<Candidate> Candidates(StepsFacts facts, Findings findings) => StepCandidates.Joined(facts.Steps);

    IReadOnlyList<Failure> IQuestion.FailuresFor(object facts) => StepCandidates.Failed(((StepsFacts)facts).Steps);

    IReadOnlyList<ExportFacts> IQuestion.ExportsFor(object facts) => [.. ((StepsFacts)facts).Steps.SelectMany(s => s.Exports)];

    public string? Missing(Subject subject) => subject.Settings.Asked.Contains(Name)
        ? "Steps are left out: only the run of a recipe has them (heartwood run RECIPE)." : null;

    public StepsFacts? Ask(Subject subject) => null;

    Answer IQuestion.AnswerOnce(Subject subject, string? leftOut) => new(this, null, leftOut);

    /// <summary>The main figures of a step's own result.</summary>
    internal static IReadOnlyList<StepFigures> FiguresIn(Result result)
    {
        if (result.Facts<TrainingFacts>() is { Final: { } final } training)
            return [Model("trained model", StepFigureKind.Full, final), .. BaselinesIn(training.Baselines)];
        if (result.Facts<AccuracyFacts>() is not { } accuracy) return [];
        IEnumerable<StepFigures> found = result.Facts<FinderTable>() is { Rows.Count: > 0 } table
            ? table.Rows.SelectMany(row => row.Sizes.SelectMany(size => AtSize(row.Method, size)))
            : accuracy.Subnetworks.GroupBy(s => s.TargetSparsity).SelectMany(at => (StepFigures[])[
                Several($"subnetworks at {Wording.Sparsity(at.Key)}", StepFigureKind.Subnetworks, [.. at]),
                Several($"random parts at {Wording.Sparsity(at.Key)}", StepFigureKind.Random,
                    [.. accuracy.RandomSubnetworks.Where(r => r.TargetSparsity == at.Key)])]);
        StepFigures full = Model("full model", StepFigureKind.Full, accuracy.Full);
        return [full, .. found.Where(f => f.Count > 0), .. BaselinesIn(accuracy.Baselines)];
    }

    static IEnumerable<StepFigures> BaselinesIn(IReadOnlyDictionary<string, Measured> baselines) =>
        baselines.Select(b => Model(b.Key, StepFigureKind.Baseline, b.Value));

    static StepFigures[] AtSize(string method, FinderAtSize size) =>
    [
        new($"{method} at {Wording.Sparsity(size.TargetSparsity)}", StepFigureKind.Subnetworks, size.Found.Subnetworks,
            size.Found.InDomain, size.Found.OutOfDomain),
        new($"random parts next to {method} at {Wording.Sparsity(size.TargetSparsity)}", StepFigureKind.Random, size.Random.Subnetworks,
            size.Random.InDomain, size.Random.OutOfDomain),
    ];

    static StepFigures Model(string name, StepFigureKind kind, Measured measured) =>
        new(name, kind, 1, Interval(measured.InDomain), Interval(measured.OutOfDomain));

    static StepFigures Several(string name, StepFigureKind kind, MeasuredSubnetwork[] all) =>
        new(name, kind, all.Length, Over(all.Select(s => s.Measured.InDomain)), Over(all.Select(s => s.Measured.OutOfDomain)));

    static MeanAndRange? Interval(Proportion? share) => share is { N: > 0 } ? new(share.Value, share.Low, share.High) : null;

    static MeanAndRange? Over(IEnumerable<Proportion?> shares) =>
        MeanAndRange.Over([.. shares.OfType<Proportion>().Where(s => s.N > 0).Select(s => s.Value)]);

    // ---- words

    /// <summary>The page's headline: what the road came to, where one was gone to its end; else how many steps are done.</summary>
    internal static string Headline(StepsFacts facts)
    {
        int done = facts.Steps.Count(s => s.Status == StepStatus.Done);
        return done < facts.Steps.Count ? $"{done} of {Wording.Count(facts.Steps.Count, "step")} done"
            : Road(StepCandidates.Joined(facts.Steps)) ?? $"{Wording.Count(done, "step")}, all done";
    }

    // from the full model over the cut that was written to what was made of it last
    static string? Road(IReadOnlyList<Candidate> all)
    {
        if (all.FirstOrDefault(c => c.Kind == CandidateKind.Full) is not { InDomain: { } before } full
            || all.Where(c => c.Chosen).ToArray() is not [var cut]
            || all.FirstOrDefault(c => c.Kind == CandidateKind.Healed && c.From == cut.Name) is not { InDomain: { } after } healed)
            return null;
        string Figures(Candidate c, CandidateFigure inDomain)
        {
            string Said(CandidateFigure f) => f.Measure == CandidateFigure.Accuracy ? Wording.Percent(f.Value)
                : $"{CandidateRows.Value(f.Measure, f.Value)} {f.Measure}";
            return c.OutOfDomain is { } out_ ? $"{Said(inDomain)} in-domain and {Said(out_)} out of domain" : $"{Said(inDomain)} in-domain";
        }
        string size = full.Weights is { } whole && healed.Weights is { } left
            ? $", with {Wording.Percent((double)left / whole)} of the weights" : "";
        return $"{Figures(healed, after)}{size}; the full model {Figures(full, before)}";
    }

    /// <summary>A sentence for each step, what failed first.</summary>
    internal static IReadOnlyList<string> Sentences(StepsFacts facts) =>
        [.. facts.Steps.OrderBy(s => s.Status == StepStatus.Failed ? 0 : 1).Select(s => $"{s.Name} ({s.Verb}): {Outcome(s)}")];

    static string Outcome(StepFacts step) => step.Status switch
    {
        StepStatus.Failed => $"failed. {step.Headline}",
        StepStatus.Waiting => "not done yet; the same command goes on there.",
        _ => step.Headline.EndsWith('.') ? step.Headline : $"{step.Headline}.",
    };

    public string Words(StepsFacts facts, Findings findings) => string.Concat(facts.Steps.Select(step =>
        $"{step.Name} ({step.Verb}): {Outcome(step).Replace('\u00A0', ' ')}\n"
            + string.Concat(step.Figures.Where(f => f.Kind is not StepFigureKind.Baseline && step.Candidates.Count == 0)
                .Select(f => Invariant($"  {Line(f)}\n")))));

    static string Line(StepFigures f)
    {
        string many = f.Count > 1 ? $" ({f.Count})" : "";
        return $"{f.Name + many,-60} in-domain {Range(f.InDomain),-24} out of domain {Range(f.OutOfDomain)}";
    }

    static string Range(MeanAndRange? r) =>
        r is null ? "not measured" : Invariant($"{100 * r.Mean:0.0} % ({100 * r.Least:0.0} to {100 * r.Most:0.0})");

    // ---- drawing

    public IReadOnlyList<Figure> Draw(StepsFacts facts, Findings findings)
    {
        Table table = new("steps", "steps", ["step", "verb", "status", "seconds", "command"],
            [.. facts.Steps.Select(s => (object?[])[s.Name, s.Verb, InWords(s.Status), s.Seconds, s.Command])]);
        string settings = facts.Settings.Count == 0 ? ""
            : $" Settings: {string.Join("; ", facts.Settings.Select(s => $"{s.Key} = {s.Value}"))}.";
        string what = facts.Recipe == "" ? "What was done" : $"The recipe {facts.Recipe}";
        Figure steps = new("steps", "The steps", $"{what}, step by step; each page says more.{settings}", [], [], Markup.Empty, [table])
        { Closer = [$"<ol class=\"steps\">{facts.Steps.Select(Item)}</ol>\n"] };
        return facts.Steps.Any(s => s.Figures.Count > 0) ? [steps, Main(facts)] : [steps];
    }

    static string InWords(StepStatus status) => status switch
    {
        StepStatus.Done => "done",
        StepStatus.Failed => "failed",
        _ => "not done yet",
    };

    static Markup Item(StepFacts step)
    {
        Markup name = step.Page is { } page ? $"<a href=\"{page}\">{step.Name}</a>" : Markup.From($"{step.Name}");
        string took = step.Seconds is { } seconds ? $", {Wording.Time(seconds)}" : "";
        string words = step.Sentences.Count > 0 ? string.Join(" ", step.Sentences) : "";
        Markup more = step.Said == "" ? Markup.Empty
            : $"<details class=\"data\"><summary>What {step.Verb} says</summary><div "
                + $"class=\"scroll\"><pre>{step.Said}</pre></div></details>\n";
        return $"""
            <li id="step-{step.Name}"><p><strong>{name}</strong> ({step.Verb}): {InWords(step.Status)}{took}. {step.Headline}</p>
            <p><code class="command">{step.Command}</code></p>
            {(words == "" ? Markup.Empty : Markup.From($"<p class=\"note\">{words}</p>\n"))}{more}</li>

            """;
    }

    static Figure Main(StepsFacts facts)
    {
        List<Markup> panels = [Panel(facts, "steps-in-domain", "In-domain", f => f.InDomain)];
        if (facts.Steps.Any(s => s.Figures.Any(f => f.OutOfDomain is not null)))
            panels.Add(Panel(facts, "steps-out-of-domain", "Out of domain", f => f.OutOfDomain));
        Table table = new("step-figures", "accuracy of what the steps measured",
            ["step", "of", "count", "in-domain", "in-domain low", "in-domain high", "out of domain", "out of domain low", "out of domain "
                + "high"],
            [.. facts.Steps.SelectMany(s => s.Figures.Select(f => (object?[])[s.Name, f.Name, f.Count, f.InDomain?.Mean,
                f.InDomain?.Least, f.InDomain?.Most, f.OutOfDomain?.Mean, f.OutOfDomain?.Least, f.OutOfDomain?.Most]))]);
        return new("step-figures", "Accuracy, step by step",
            "What was found stands next to random parts of the same make, the full model and baselines that need no model.", panels,
            [Chart.Key(Shape.Diamond, "full", "full model"), Chart.Key(Shape.Disc, "sub", "subnetworks"),
                Chart.Key(Shape.Ring, "random", "random parts"), Chart.Key(Shape.Cross, "base", "baseline")],
            $"Of models, lines are 95\u00A0% intervals over examples; of several subnetworks, marks are means and lines reach from the "
                + $"least to the largest.",
            [table]);
    }

    static Markup Panel(StepsFacts facts, string id, string title, Func<StepFigures, MeanAndRange?> on)
    {
        List<Strip> rows = [];
        foreach (StepFacts step in facts.Steps.Where(s => s.Figures.Any(f => on(f) is not null)))
        {
            rows.Add(Strip.Heading(step.Name));
            foreach (StepFigures f in step.Figures)
                if (on(f) is { } value) rows.Add(new(f.Name, [MarkOf(step, f, value)], Right: Wording.Percent(value.Mean)));
        }
        IEnumerable<double> ends = facts.Steps.SelectMany(s => s.Figures).Select(on).OfType<MeanAndRange>()
            .SelectMany(r => (double[])[r.Least, r.Most]);
        return Strips.Draw(id, title, $"Accuracy {title.ToLowerInvariant()}, step by step",
            "One row for each thing that was measured, under the step that measured "
                + "it.", rows, Scale.Around(ends, 0, 1, 1), "accuracy", true);
    }

    static Mark MarkOf(StepFacts step, StepFigures f, MeanAndRange value)
    {
        var (look, shape) = f.Kind switch
        {
            StepFigureKind.Full => ("full", Shape.Diamond),
            StepFigureKind.Random => ("random", Shape.Ring),
            StepFigureKind.Baseline => ("base", Shape.Cross),
            _ => ("sub", Shape.Disc),
        };
        string tip = $"{step.Name}: {f.Name}\n{Wording.Percent(value.Mean)} ({Wording.Range(value.Least, value.Most)})";
        return new(value.Mean, look, shape, tip, (value.Least, value.Most));
    }
}
