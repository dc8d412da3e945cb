using Heartwood.Lab.Charts;
using Heartwood.Lab.Evaluation;

namespace Heartwood.Lab.Questions;

/// <summary>What a short training brings back of what pruning lost, next to a random cut that is trained as long.</summary>
sealed class Healing : IQuestion<HealingFacts>
{
    /// <summary>The question's name.</summary>
    internal const string Asked = "healing";

    public string Name => Asked;

    public int Version => 1;

    public bool Usual => false;

    public string? Missing(Subject subject) => subject.Heal is null ? null
        : subject.Facts<CutFacts>()?.Choice is null ? "Nothing was healed, for nothing was cut."
        : subject.WhyNoHealing?.Invoke() is { } why ? $"The cut was not healed. {why}" : null;

    public HealingFacts? Ask(Subject subject) => subject.Heal?.Invoke();

    public IReadOnlyList<Candidate> Candidates(HealingFacts facts, Findings findings)
    {
        if (findings.Facts<AccuracyFacts>() is not { } measured) return [];
        HashSet<string> known = [.. MeasuredCandidates.From(measured, findings.Facts<CutFacts>()).Select(c => c.Name)];
        List<Candidate> rows = [];
        foreach (HealedFacts healed in facts.Healed)
        {
            StoredModel before = healed.Stored with { File = null };
            if (!known.Contains(healed.From))                    // a subnetwork of another method, and the draw that is like it
                rows.Add(MeasuredCandidates.Made(
                    healed.From, healed.IsRandom ? CandidateKind.Random : CandidateKind.Subnetwork, healed.Before, before, measured));
            Candidate after = MeasuredCandidates.Made(healed.Name, CandidateKind.Healed, healed.After, healed.Stored, measured);
            rows.Add(after with { From = healed.From });
        }
        return rows;
    }

    public string Words(HealingFacts facts, Findings findings) =>
        findings.Facts<AccuracyFacts>() is { } measured ? string.Concat(HealingWords.Lines(facts, measured).Select(l => $"{l}\n")) : "";

    // ---- drawing

    public IReadOnlyList<Figure> Draw(HealingFacts facts, Findings findings)
    {
        if (findings.Facts<AccuracyFacts>() is not { } measured || facts.Healed.Count == 0) return [];
        List<Markup> panels = [];
        string[] sets = [.. MeasuredCandidates.SetNames.Where(set => HealingWords.On(set, measured.Full, measured) is not null)];
        foreach (var alike in sets.GroupBy(set => HealingWords.On(set, measured.Full, measured)!.Measure))
        {
            Strip[] rows = [.. alike.Select(set => new Strip(Measurements.Name(set), Marks(set, facts, measured)))];
            bool shares = alike.Key == CandidateFigure.Accuracy;
            IEnumerable<double> ends = rows.SelectMany(row => row.Marks).SelectMany(mark =>
                (double[])[mark.Value, mark.Interval?.Low ?? mark.Value, mark.Interval?.High ?? mark.Value]);
            (double floor, double ceiling) = shares ? (0, 1) : (double.NegativeInfinity, double.PositiveInfinity);
            Scale scale = Scale.Around(ends, 0, 1, ceiling, floor);
            panels.Add(Strips.Draw($"healing-{panels.Count}", alike.Key, $"{Wording.Capital(alike.Key)} before and after healing",
                $"{Wording.Count(rows.Length, "set")}, a row each: the full model, the cut and random parts before and after.",
                rows, scale, alike.Key, shares, lanes: true));
        }
        List<Markup> keys = [Chart.Key(Shape.Diamond, "full", "full model"), Chart.Key(Shape.Disc, "sub", "cut"),
            Chart.Key(Shape.Square, "core", "the cut, healed")];
        if (facts.Healed.Any(h => h.IsRandom))
            keys.AddRange([Chart.Key(Shape.Ring, "random", "random parts of the same make"),
                Chart.Key(Shape.Square, "random", "the same, healed as long")]);
        string random = facts.NoRandom is { } why ? $" No random cut was healed: {why}" : "";
        return [new("healing", findings.Asking ? "What does a short training bring back?" : "The cut, healed",
            string.Join(" ", HealingWords.Lines(facts, measured)), panels, keys, $"""
            Each was trained for {Wording.Count(facts.Steps, "step")} of at most {Wording.Count(facts.TokensPerBatch)} tokens, on
            {Wording.Count(facts.Examples, "example")} of the training data in the same order; the highest learning rate was
            {Wording.Number(facts.LearningRate, "0.#####")}. Thin lines are 95&nbsp;% intervals over examples.{random}
            """, [TableOf(facts, measured, sets)])];
    }

    static List<Mark> Marks(string set, HealingFacts facts, AccuracyFacts measured)
    {
        List<Mark> marks = [];
        foreach (HealedFacts h in facts.Healed.OrderByDescending(h => h.IsRandom))
        {
            string what = h.IsRandom ? "random parts" : "the cut";
            Add(h.Before, h.IsRandom ? "random" : "sub", h.IsRandom ? Shape.Ring : Shape.Disc, what);
            Add(h.After, h.IsRandom ? "random" : "core", Shape.Square, $"{what}, healed");
        }
        Add(measured.Full, "full", Shape.Diamond, MeasuredCandidates.Full);
        return marks;

        void Add(Measured of, string look, Shape shape, string name)
        {
            if (HealingWords.On(set, of, measured) is not { } f) return;
            string tip = $"{name}\n{Measurements.Name(set)} {HealingWords.Value(f)}";
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
        object?[] Row(string name, string? from, string? file, Measured of) => [name, from, file, .. sets.SelectMany(s => Cells(s, of))];
        return new("healing", "cuts before and after healing",
            ["name", "from", "file", .. sets.Select(Measurements.Name).SelectMany(Columns)],
            [Row(MeasuredCandidates.Full, null, measured.Stored?.File, measured.Full), .. facts.Healed.SelectMany(h =>
                (object?[][])[Row(h.From, null, null, h.Before), Row(h.Name, h.From, h.Stored.File, h.After)])]);
    }
}
