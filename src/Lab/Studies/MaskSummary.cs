using System.Globalization;
using System.Text;
using Heartwood.Lab.Charts;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Models;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Formats;
using MathNet.Numerics.Statistics;
using static System.FormattableString;

namespace Heartwood.Lab.Studies;

/// <summary>Subnetworks from files in words, and as a map of heads.</summary>
public static class MaskSummary
{
    const int WidestApart = 40, WidestColumn = 80, MostLayers = 100;

    /// <summary>What a file holds.</summary>
    public static string InWords(MaskFile file)
    {
        Subnetwork mask = file.Mask;
        StringBuilder text = new();
        string sizes = mask.Model is { } known ? SizesOf(known) : "";
        string weights = mask.ModelSha256 == "" ? "" : $", weights {Short(mask.ModelSha256)}";
        Line(text, $"{file.Source} ({file.Format}){sizes}{weights}");
        if (mask.Edges is { } edges)
            Line(text,
                $"keeps {edges.Kept.Count:N0} of {edges.Count:N0} edges, sparsity {mask.Sparsity:0.000}; ",
                $"they touch {edges.Touched.Count} of {mask.Parts} parts; {Scored(edges.Scores.Count, edges.Count, "edges")}");
        else
        {
            bool missed = !mask.TargetSparsity.IsSparsity || Math.Abs(mask.TargetSparsity.Value - mask.Sparsity) > 0.005;
            Line(text,
                $"keeps {Kept(mask)}, sparsity {mask.Sparsity:0.00}",
                missed ? (FormattableString)$" (target {mask.TargetSparsity:0.##})" : $"",
                $"; {Scored(mask.Scores.Count, mask.Parts, "parts")}");
        }
        string method = mask.Method == "" ? "method not said" : $"{mask.Method}, seed {mask.Seed}";
        string version = mask.Version == "" ? "" : $"; written by Heartwood {mask.Version}";
        string ablation = mask.Ablation == "" ? "not said" : mask.Ablation;
        string ablationFile = mask.AblationFile == "" ? "" : $" ({mask.AblationFile})";
        Line(text, $"{method}; ablation {ablation}{ablationFile}{version}");
        foreach (DataOrigin data in mask.Data)
        {
            string hash = data.Sha256 == "" ? "" : $", SHA-256 {Short(data.Sha256)}";
            Line(text, $"found on {data.Source}", data.Rows > 0 ? (FormattableString)$", {data.Rows:N0} rows" : $"", $"{hash}");
        }
        foreach (string note in file.Notes) Line(text, $"Note: {note}");
        if (mask.Model is { Layers: <= MostLayers } model) text.AppendLine().Append(Map(mask, model));
        return text.ToString();
    }

    /// <summary>
    /// A line per layer: # for what is kept, . for what is ablated, a space for what is not in play; of kinds of which a layer has too many
    /// for a line, how many it keeps.
    /// </summary>
    public static string Map(Subnetwork mask, ModelSizes model)
    {
        HashSet<Part> kept = [.. mask.Edges?.Touched ?? mask.Kept];
        IReadOnlyList<string> inPlay = mask.Edges is null ? mask.InPlay : PartKinds.InPlay;
        KindSizes[] columns = [.. model.Kinds.Where(kind => inPlay.Contains(kind.Name) || PartKinds.InPlay.Contains(kind.Name))];
        int margin = $"L{model.Layers - 1}".Length;
        string[][] cells = [.. columns.Select(kind => Column(kind, kept, inPlay.Contains(kind.Name)))];
        int[] widths = [.. cells.Select(column => column.Max(cell => cell.Length))];
        StringBuilder text = new();
        for (int line = 0; line <= model.Layers; line++)
        {
            IEnumerable<string> row = cells.Select((column, c) => column[line].PadRight(c < cells.Length - 1 ? widths[c] : 0));
            Line(text, $"{(line == 0 ? "" : $"L{line - 1}").PadRight(margin)}  {string.Join("  ", row)}");
        }
        return text.ToString();
    }

    // a kind's heading, then a cell for each layer
    static string[] Column(KindSizes kind, HashSet<Part> kept, bool inPlay)
    {
        int most = kind.PerLayer.Max();
        if (most > WidestColumn)
        {
            int KeptIn(int layer) => kept.Count(part => part.Kind == kind.Letters && part.Layer == layer);
            return [kind.Name, .. kind.PerLayer.Select((count, layer) => $"{KeptIn(layer)}/{count}")];
        }
        string apart = most <= WidestApart ? " " : "";
        string heading = kind.Numbered
            ? string.Join(apart, Enumerable.Range(0, most).Select(i => (i % 10).ToString(CultureInfo.InvariantCulture)))
            : kind.Letters == "" ? "L" : kind.Letters;
        string Marks(int count, int layer) => string.Join(apart, Enumerable.Range(0, count).Select(i => Mark(layer, i)));
        return [heading, .. kind.PerLayer.Select(Marks)];

        char Mark(int layer, int i) => kept.Contains(new(layer, kind.Letters, kind.Numbered ? i : -1)) ? '#' : inPlay ? '.' : ' ';
    }

    /// <summary>Masks that were measured, each next to random ones of its size.</summary>
    public static string InWords(MaskEvaluation evaluation)
    {
        StringBuilder text = new(CandidateWords.Table(evaluation.Candidates, evaluation.Failed)
            + Summary.Models([("full model", evaluation.Full), .. evaluation.Baselines.Select(b => (b.Key, b.Value))],
                evaluation.TaskCases));
        foreach (EvaluatedMask mask in evaluation.Masks)
        {
            MeasuredSubnetwork found = mask.Subnetwork;
            Measured m = found.Measured;
            Line(text, $"{mask.Source}: {found.Parts.Count} parts, sparsity {found.Sparsity:0.00}; ablation {mask.Ablation}");
            if (evaluation.Full.IsOfScores)
            {
                Line(text, $"    cut and masked differ by at most {found.LargestDifference:0.0e+0}");
                text.Append(TaskFigures.Lines(m.Figures));
                foreach (var (random, draw) in mask.Random.Select((r, i) => (r, i + 1)))
                    text.Append(Invariant($"    random mask {draw} of the same size\n")).Append(TaskFigures.Lines(random.Measured.Figures));
                foreach (string note in mask.Notes) Line(text, $"    Note: {note}");
                continue;
            }
            Line(text, $"    {Summary.Shares(m)}");
            Line(text,
                $"    agreement {Wording.Full(m.Agreement)}, KL {m.Kl:0.000} nats; ",
                $"cut and masked differ by at most {found.LargestDifference:0.0e+0}");
            text.Append(TaskFigures.Lines(m.Figures));
            if (mask.Random.Count > 0)
                Line(text,
                    $"    {mask.Random.Count} random masks of the same size: ",
                    $"in-domain {Range(m.InDomain, mask.Random.Select(r => r.Measured.InDomain))}; ",
                    $"out of domain {Range(m.OutOfDomain, mask.Random.Select(r => r.Measured.OutOfDomain))}; ",
                    $"unseen {Range(m.Unseen, mask.Random.Select(r => r.Measured.Unseen))}");
            foreach (string note in mask.Notes) Line(text, $"    Note: {note}");
        }
        return text.ToString();
    }

    static string Range(Proportion? own, IEnumerable<Proportion?> random)
    {
        double[] values = [.. random.OfType<Proportion>().Where(r => r.N > 0).Select(r => r.Value * 100)];
        return own is null || values.Length == 0
            ? "not measured"
            : Invariant($"median {values.Median():0.0} % ({values.Min():0.0} to {values.Max():0.0}), ")
                + Invariant($"{values.Count(v => v >= own.Value * 100)} do as well");
    }

    static string Kept(Subnetwork mask)
    {
        string all = Invariant($"{mask.Kept.Count} of {mask.Parts} parts");
        if (mask.Model is not { } model) return $"{all} ({string.Join(", ", mask.InPlay)})";
        IEnumerable<KindSizes> shown = model.Kinds.Where(kind => mask.InPlay.Contains(kind.Name) || PartKinds.InPlay.Contains(kind.Name));
        IEnumerable<string> counts = shown.Select(kind => mask.InPlay.Contains(kind.Name)
            ? Invariant($"{mask.Kept.Count(part => part.Kind == kind.Letters)} of {kind.Count} {kind.Name}")
            : $"all {kind.Name} (none is in play)");
        return $"{all}: {string.Join(", ", counts)}";
    }

    static string SizesOf(ModelSizes sizes)
    {
        string family = sizes.Family == "" ? "a model" : sizes.Family;
        string width = sizes.Width > 0 ? Invariant($", width {sizes.Width}") : "";
        return $": {family} of {sizes.InWords}{width}";
    }

    static string Scored(int scored, long all, string what) =>
        scored == 0 ? "no scores" : scored == all ? $"scores of all {what}" : Invariant($"scores of {scored:N0} {what}");

    static string Short(string sha256) => sha256.Length > 12 ? sha256[..12] + "…" : sha256;


    static void Line(StringBuilder text, params FormattableString[] pieces) =>
        text.AppendLine(string.Concat(pieces.Select(Invariant)));
}
