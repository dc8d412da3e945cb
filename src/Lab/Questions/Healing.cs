using Heartwood.Lab.Charts;
using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation;

namespace Heartwood.Lab.Questions;

/// <summary>What a short training brings back of what pruning lost, next to a random cut that is trained as long.</summary>
sealed class Healing : IQuestion<HealingFacts>
{
    /// <summary>The question's name.</summary>
    internal const string Asked = "healing";

    public string Name => Asked;

    public int Version => 3;

    public bool Usual => false;

    public string? Missing(Subject subject) => subject.Heal is null ? null
        : subject.Facts<CutFacts>()?.Choice is null ? "Nothing was healed, for nothing was cut."
        : subject.WhyNoHealing?.Invoke() is { } why ? $"The cut was not healed. {why}" : null;

    public HealingFacts? Ask(Subject subject) => subject.Heal?.Invoke();

    public IReadOnlyList<Candidate> Candidates(HealingFacts facts, Findings findings)
    {
        if (findings.Facts<AccuracyFacts>() is not { } measured) return [];
        IEnumerable<Candidate> others = findings.Facts<FinderTable>() is { } finders
            ? MeasuredCandidates.FromFinders(finders, measured) : [];
        HashSet<string> known = [.. MeasuredCandidates.From(measured, findings.Facts<CutFacts>()).Concat(others).Select(c => c.Name)];
        List<Candidate> rows = [];
        foreach (HealedFacts healed in facts.First)
        {
            bool scratch = healed.Start == HealingStart.Scratch;
            StoredModel before = healed.Stored with { File = null };
            if (!scratch && !known.Contains(healed.From))        // a subnetwork of another method, and the draw that is like it
            {
                CandidateKind kind = healed.Start == HealingStart.Random ? CandidateKind.Random : CandidateKind.Subnetwork;
                rows.Add(MeasuredCandidates.Made(healed.From, kind, healed.Before, before, measured));
            }
            Candidate after = MeasuredCandidates.Made(
                healed.Name, scratch ? CandidateKind.Baseline : CandidateKind.Healed, healed.After, healed.Stored, measured);
            rows.Add(scratch ? after : after with
            {
                From = healed.From,
                SecondsPer1000Tokens = healed.Start == HealingStart.Cut ? findings.Facts<CutFacts>()?.SecondsPer1000TokensAfter : null,
            });
        }
        return rows;
    }

    public string Words(HealingFacts facts, Findings findings) =>
        findings.Facts<AccuracyFacts>() is not { } measured ? ""
            : string.Concat(HealingWords.Lines(facts, measured, each: true).Select(line => $"{line}\n"));

    // ---- drawing

    public IReadOnlyList<Figure> Draw(HealingFacts facts, Findings findings)
    {
        if (findings.Facts<AccuracyFacts>() is not { } measured || facts.Healed.Count == 0) return [];
        HealedGroup[] groups = HealedGroup.All(facts);
        string[] sets = [.. MeasuredCandidates.SetNames.Where(set => HealingWords.On(set, measured.Full, measured) is not null)
            .OrderBy(set => set == "outOfDomain" ? 0 : 1)];
        List<Markup> panels = [.. sets.Select((set, i) => Panel(i, set, groups, measured))];
        List<Markup> keys = [Chart.Key(Shape.Diamond, "full", "full model"), Chart.Key(Shape.Disc, "sub", "before"),
            Chart.Key(Shape.Square, "core", facts.Seeds.Count > 1 ? "healed, a mark for each seed" : "healed")];
        if (groups.Any(g => g.Start != HealingStart.Cut))
            keys.AddRange([Chart.Key(Shape.Ring, "random", "what stands beside the cut, before"),
                Chart.Key(Shape.Square, "random", "the same, trained as long")]);
        string leftOut = string.Concat(facts.LeftOut.Select(why => $" Not trained: {why}"));
        string taught = facts.Healed.Any(h => h.Teacher is not null)
            ? " Where a loss has a teacher, it is the full model unless another is named." : "";
        string seeds = facts.Seeds.Count == 1 ? "in the same order"
            : $"in the same order by each of {Wording.Count(facts.Seeds.Count, "seed")}";
        string examples = facts.Sampled > 0 ? $"{Wording.Count(facts.Sampled, "text")} that the full model wrote"
            : $"{Wording.Count(facts.Examples, "example")} of the training data";
        return [new("healing", findings.Asking ? "What does a short training bring back?" : "The cut, healed",
            string.Join(" ", HealingWords.Lines(facts, measured)), panels, keys, $"""
            Each was trained for {Wording.Count(facts.Steps, "step")} of at most {Wording.Count(facts.TokensPerBatch)} tokens, on
            {examples} {seeds}; the highest learning rate was
            {Wording.Number(facts.LearningRate, "0.#####")}. Thin lines are 95&nbsp;% intervals over examples.{taught}{leftOut}
            """, [TableOf(facts, measured, sets)])];
    }

    static Markup Panel(int number, string set, HealedGroup[] groups, AccuracyFacts measured)
    {
        Strip[] rows = [.. groups.Select(group => new Strip(group.Name, Marks(set, group, measured)))];
        string measure = HealingWords.On(set, measured.Full, measured)!.Measure;
        bool shares = measure == CandidateFigure.Accuracy;
        IEnumerable<double> ends = rows.SelectMany(row => row.Marks).SelectMany(mark =>
            (double[])[mark.Value, mark.Interval?.Low ?? mark.Value, mark.Interval?.High ?? mark.Value]);
        (double floor, double ceiling) = shares ? (0, 1) : (double.NegativeInfinity, double.PositiveInfinity);
        string title = $"{Wording.Capital(measure)} {Measurements.Name(set)}, before and after healing";
        return Strips.Draw($"healing-{number}", title, title,
            $"{Wording.Count(rows.Length, "row")}: what was trained, on which loss; the full model, before, after.",
            rows, Scale.Around(ends, 0, 1, ceiling, floor), measure, shares, lanes: true);
    }

    static List<Mark> Marks(string set, HealedGroup group, AccuracyFacts measured)
    {
        List<Mark> marks = [];
        bool own = group.Start == HealingStart.Cut;
        Add(measured.Full, "full", Shape.Diamond, MeasuredCandidates.Full);
        Add(group.Each[0].Before, own ? "sub" : "random", own ? Shape.Disc : Shape.Ring, "before");
        foreach (HealedFacts h in group.Each) Add(h.After, own ? "core" : "random", Shape.Square, $"healed, seed {h.Seed}");
        return marks;

        void Add(Measured of, string look, Shape shape, string name)
        {
            if (HealingWords.On(set, of, measured) is not { } f) return;
            string tip = $"{group.Name}\n{name}: {HealingWords.Value(f)}";
            marks.Add(new(f.Value, look, shape, tip, f is { Low: { } low, High: { } high } ? (low, high) : null));
        }
    }

    static Table TableOf(HealingFacts facts, AccuracyFacts measured, string[] sets)
    {
        object?[] Cells(string set, Measured of)
        {
            CandidateFigure? f = HealingWords.On(set, of, measured);
            return [f?.Measure, f?.Value, f?.N, f?.Low, f?.High];
        }
        string[] Columns(string set) => [$"{set} measure", .. Table.ColumnsOf(set)];
        object?[] Row(string name, HealedFacts? h, string? file, Measured of) =>
            [name, h?.Loss, h?.Teacher, h?.Seed, file, .. sets.SelectMany(s => Cells(s, of))];
        return new("healing", "models before and after healing",
            ["name", "loss", "teacher", "seed", "file", .. sets.Select(Measurements.Name).SelectMany(Columns)],
            [Row(MeasuredCandidates.Full, null, measured.Stored?.File, measured.Full), .. facts.Healed.SelectMany(h =>
                (object?[][])[Row(h.From, h, null, h.Before), Row(h.Name, h, h.Stored.File, h.After)])]);
    }
}
