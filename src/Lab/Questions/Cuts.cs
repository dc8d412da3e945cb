using System.Globalization;
using Heartwood.Lab.Charts;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Subnetworks;
using static System.FormattableString;

namespace Heartwood.Lab.Questions;

/// <summary>The cut model: its size, its speed and the proof that it is the masked one.</summary>
sealed class Cuts : IQuestion<CutFacts>
{
    const string Asked = "What does a subnetwork save once it is cut out?";

    /// <summary>How far logits of two orders of summing may lie apart in single precision.</summary>
    const double Rounding = 1e-3;

    public string Name => "cut";

    public int Version => 3;

    public string? Missing(Subject subject) =>
        subject.Find is not null && subject.MakeAblation?.Invoke() is { IsConstant: false } ablation
            ? $"Nothing was cut. {Cutting.WhyNot(subject.Model, subject.Universe.Parts, ablation)}" : null;

    public CutFacts? Ask(Subject subject) => subject.Cut?.Invoke();

    public string Words(CutFacts cut, Findings findings)
    {
        string proof = Invariant($"logits equal to the masked model's within {cut.LargestDifference:0.0e+0} on {cut.Compared} examples")
            + Rounded(cut);
        string size = Invariant($"{cut.ParametersBefore:N0} to {cut.ParametersAfter:N0} weights, ")
            + $"{DiskSpace.InWords(cut.BytesBefore)} to {DiskSpace.InWords(cut.BytesAfter)}, "
            + (findings.CutFailed ? "its speed is not compared, for it failed" : Invariant($"{cut.SpeedUp:0.00} times as fast"));
        string full = cut.NoFullSize is { } why ? $"{why}\n" : "";
        string chosen = cut.Choice is { } choice ? Invariant($"Chosen to be written: seed {cut.Seed}, {choice.Reason}\n") : "";
        return chosen + Invariant($"Cut out (seed {cut.Seed}): {size}, {proof}\n{Figures(cut)}{full}");
    }

    /// <summary>The cut model's own figures, as whole lines; "" where nothing was measured.</summary>
    internal static string Figures(CutFacts cut)
    {
        if (cut.Own is not { } own) return "";
        string unseen = own.Unseen is null ? "" : $"; unseen {Wording.Full(own.Unseen)}";
        string shares = own.IsOfScores ? "The cut model\n"
            : $"The cut model: in-domain {Wording.Full(own.InDomain)}; out of domain {Wording.Full(own.OutOfDomain)}{unseen}\n";
        return shares + TaskFigures.Lines(own.Figures);
    }

    /// <summary>What storing rounded, to follow the largest difference; "" where it rounds nothing.</summary>
    internal static string Rounded(CutFacts cut) => cut.BeforeStoring is not { } before ? ""
        : Invariant($" as stored in {cut.Dtype} (before it was rounded to that, within {before:0.0e+0})");

    public IReadOnlyList<Figure> Draw(CutFacts cut, Findings findings)
    {
        if (cut.ParametersBefore <= 0) return [];
        List<Markup> panels = [Pair("cut-size", "weights", "Weights", cut.ParametersBefore, cut.ParametersAfter, n =>
            Wording.Count((long)n))];
        if (cut.SecondsPer1000TokensBefore > 0 && cut.SecondsPer1000TokensAfter > 0 && !findings.CutFailed)
            panels.Add(Pair("cut-speed", "time per 1,000 tokens", "Time per 1,000 tokens",
                cut.SecondsPer1000TokensBefore, cut.SecondsPer1000TokensAfter, Seconds));
        Measurements? study = findings.Shown;
        double proven = (study?.LargestDifferences ?? []).Where(double.IsFinite).DefaultIfEmpty(double.NaN).Max();
        string seed = cut.Seed.ToString(CultureInfo.InvariantCulture);
        string subnetwork = $"seed {seed} at {Wording.Sparsity(cut.Sparsity)}";
        string why = cut.Choice is { } choice ? $" ({choice.Reason})" : "";
        string own = cut.Own is { } measured && !measured.IsOfScores
            ? $" As it is stored ({cut.Dtype}), it reaches {Wording.Full(measured.InDomain)} in-domain"
                + $"{(measured.OutOfDomain is { } outside ? $" and {Wording.Full(outside)} out of domain" : "")}." : "";
        Markup which = $"The cut is the subnetwork of {subnetwork}{why}, in the folder <code>{cut.Folder}</code>.{own}";
        return [new("cut", findings.Asking ? Asked : "The cut model", Sentence(cut, findings.CutFailed), panels, [], $"""
            {which} Times are medians of several passes of both models in turn. Every subnetwork of this report was measured as a cut model;
            the largest difference of a logit from its masked one, over all of them, was {Wording.Small(proven)}.
            {cut.NoFullSize ?? ""}
            """,
            [new("cut", "the cut model", ["subnetwork", "seed", "sparsity", "folder", "parameters before", "parameters after",
                "bytes before", "bytes after", "dtype", "seconds per 1000 tokens before", "seconds per 1000 tokens after", "speed-up",
                .. Table.ColumnsOf("in-domain"), .. Table.ColumnsOf("out of domain"), .. Table.ColumnsOf("unseen"),
                "largest difference", "largest difference before storing", "full-size difference", "examples compared"],
                [[cut.Choice?.Subnetwork, cut.Seed, cut.Sparsity, cut.Folder, cut.ParametersBefore, cut.ParametersAfter,
                    cut.BytesBefore, cut.BytesAfter, cut.Dtype, cut.SecondsPer1000TokensBefore, cut.SecondsPer1000TokensAfter, cut.SpeedUp,
                    .. Table.CellsOf(cut.Own?.InDomain), .. Table.CellsOf(cut.Own?.OutOfDomain), .. Table.CellsOf(cut.Own?.Unseen),
                    cut.LargestDifference, cut.BeforeStoring, cut.FullSizeDifference, cut.Compared]])])];
    }

    static Markup Pair(string id, string heading, string title, double before, double after, Func<double, string> words) =>
        Bars.Draw(id, heading, $"{title} before and after the cut", $"{words(before)} before, {words(after)} after.",
            [("full model", before, "full", words(before)), ("cut model", after, "sub", words(after))]);

    /// <summary>The cut, in a sentence.</summary>
    /// <param name="cut">the cut</param>
    /// <param name="failed">whether the subnetwork failed: then nothing is said of its speed</param>
    internal static string Sentence(CutFacts cut, bool failed = false)
    {
        string size = $"The cut model has {Wording.Percent((double)cut.ParametersAfter / cut.ParametersBefore)} of the weights";
        string speed = failed ? "; what it is of failed, so that its speed is no gain" : cut.SpeedUp > 0
            ? $" and is {Wording.Number(cut.SpeedUp, "0.00")} times as fast on this machine (a median, without an interval)"
            : "; its speed was not measured";
        string examples = $"over {Wording.Count(cut.Compared, "example")}", difference = Wording.Small(cut.LargestDifference);
        // the model of full size for stock software, where it was written
        string stock = double.IsNaN(cut.FullSizeDifference) ? ""
            : $" (in the full-size folder for stock software, by more than {Wording.Small(cut.FullSizeDifference)})";
        string rounding = cut.BeforeStoring is { } before
            ? $" as it is stored in {cut.Dtype}, and before it was rounded to that by more than {Wording.Small(before)}" : "";
        string proof = cut.Compared <= 0 || double.IsNaN(cut.LargestDifference) ? "but its equality with the masked model was not measured"
            : (cut.BeforeStoring ?? cut.LargestDifference) <= Rounding
                ? $"and it computes the masked model's function: {examples} no logit differs by more than {difference}{rounding}{stock}"
                : $"but it does not compute the masked model's function: {examples} a logit differs by {difference}, more than rounding "
                    + "explains";
        return $"{size}{speed}, {proof}.";
    }

    static string Seconds(double seconds) =>
        seconds < 0.1 ? $"{Wording.Number(1000 * seconds, "0.00")} ms" : $"{Wording.Number(seconds, "0.00")} s";
}
