using Heartwood.Lab.Charts;
using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Models;
using MathNet.Numerics.Distributions;

namespace Heartwood.Lab.Questions;

/// <summary>Each part alone ablated.</summary>
/// <param name="Parts">every part in play</param>
public sealed record SinglePartsFacts(IReadOnlyList<AblatedFacts> Parts);

/// <summary>What the model loses without each part alone.</summary>
sealed class SingleParts : IQuestion<SinglePartsFacts>
{
    const string Asked = "Which single parts does the model need, in-domain and out of domain?";

    public string Name => "parts";

    public int Version => 2;

    public bool PerPart => true;

    public long Passes(Prospect ahead) => (long)ahead.Universe.Count * ahead.Sets.Examples;

    public SinglePartsFacts? Ask(Subject subject)
    {
        if (subject.Found is null || !subject.Sets.Any) return null;
        IReadOnlyList<Part> parts = subject.Universe.Parts;
        var measured = subject.Ablated([.. parts.Select(p => (IReadOnlyList<Part>)[p])], "ablating each part");
        AblatedFacts[] facts = [.. parts.Zip(measured, (p, m) => CoreAblated.Facts($"{p}", "part", [p], m))];
        AblatedRanks? Among(int i)
        {
            PartKind kind = subject.Universe.KindOf(parts[i]);
            return CoreAblated.Ranks(facts[i], kind.Many, [.. facts.Where((_, j) => j != i && kind.Includes(parts[j]))]);
        }
        return new([.. facts.Select((f, i) => f with { Ranks = Among(i) })]);
    }

    public IReadOnlyList<Figure> Draw(SinglePartsFacts facts, Findings findings)
    {
        if (findings.Shown is not { } study) return [];
        var parts = facts.Parts;
        bool There(DataSet set) => study.Full.On(set) is not null && parts.Any(a => Entry.ForAblated(a).On(set) is not null);
        Loss[][] losses = [.. study.Sets.Where(There).Select(set => Losses(facts, study, set))];
        if (parts.Count == 0 || losses.Length == 0) return [];
        double scale = losses.SelectMany(s => s).Select(l => Math.Abs(l.Lost)).Append(0.05).Max();
        DataSet[] sets = [.. losses.Select(s => s[0].Set)];
        object?[] Row(AblatedFacts a) =>
            [a.Name, .. sets.SelectMany(s => (object?[])[Lost(study, a, s), .. Table.CellsOf(Entry.ForAblated(a).On(s))])];
        return [new("parts", findings.Asking ? Asked
            : "Each part alone", Reading(losses, study), [.. losses.Select(s => Map(study, s, scale, findings.Kinds))], [],
            $"""
            Each square is a part, its number the {study.SharedAccuracy} lost without it, in points (below zero: gained). Only what is
            larger than the noise of
            two measurements, corrected for the number of parts, is coloured, the same in all maps; colour grows with the loss's square
            root.{PartMap.LeftOut(parts.Select(p => p.Name), findings.Kinds)}
            """,
            [new("parts", "each part alone ablated",
                ["part", .. sets.SelectMany(s => (string[])[$"{Measurements.Name(s)} lost", .. Table.ColumnsOf(Measurements.Name(s))])],
                [.. parts.Select(Row)])])];
    }

    // what ablating a part costs on a set, and the largest difference of two measurements that noise explains
    sealed record Loss(DataSet Set, AblatedFacts Facts, double Lost, double Noise);

    static Loss[] Losses(SinglePartsFacts facts, Measurements study, DataSet set)
    {
        // corrected for the number of parts; both measurements are of the same examples, so it is on the wide side
        double wider = Normal.InvCDF(0, 1, 1 - 0.025 / facts.Parts.Count) / Normal.InvCDF(0, 1, 0.975);
        double full = Spread.Half(study.Full.On(set)!);
        Loss? One(AblatedFacts a)
        {
            if (Entry.ForAblated(a).On(set) is not { } p) return null;
            double own = Spread.Half(p);
            return new(set, a, Lost(study, a, set), wider * Math.Sqrt(full * full + own * own));
        }
        return [.. facts.Parts.Select(One).OfType<Loss>().DistinctBy(l => l.Facts.Name)];
    }

    static double Lost(Measurements study, AblatedFacts a, DataSet set) =>
        Entry.ForAblated(a).On(set) is { } p ? study.Full.On(set)!.Value - p.Value : double.NaN;

    static Markup Map(Measurements study, Loss[] losses, double scale, IReadOnlyList<PartKind> kinds)
    {
        DataSet set = losses[0].Set;
        Cell Square(Loss l)
        {
            double strength = Math.Abs(l.Lost) > l.Noise ? Math.Sign(l.Lost) * Math.Sqrt(Math.Abs(l.Lost) / scale) * 0.92 : 0;
            string words = Math.Abs(l.Lost) < 0.005 ? "" : Wording.Number(100 * l.Lost, "0");
            string lost = $"{(l.Lost < 0 ? "gained" : "lost")} {Wording.Points(Math.Abs(l.Lost))}, noise up to ±{Wording.Points(l.Noise)}";
            return new(strength, words, $"{l.Facts.Name} "
                + $"ablated\n{Wording.Full(Entry.ForAblated(l.Facts).On(set))}\n{lost}{Place(l.Facts.Ranks)}", false);
        }
        string what = $"{study.Words(set).Accuracy} lost {study.Where(set)}";
        return PartMap.Draw($"parts-{set}", what, $"{what} by ablating each part alone",
            $"A map of {Wording.Count(losses.Length, "part")}; the largest loss is {Wording.Points(losses.Max(l => l.Lost))}.",
            losses.ToDictionary(l => l.Facts.Name, Square), kinds);
    }

    static string Place(AblatedRanks? ranks) => ranks is null ? ""
        : $"\n{ranks.InDomain.AtLeastAsHarmful} of {ranks.InDomain.Draws} {ranks.Among} cost at least as much in-domain";

    static string Reading(Loss[][] sets, Measurements study)
    {
        string Sentence(Loss[] losses) => Wording.Capital($"{study.Where(losses[0].Set)}, {losses.Count(l => l.Lost > l.Noise)} of "
            + $"{Wording.Count(losses.Length, "part")} cost more than noise (about ±{Wording.Points(losses.Min(l => l.Noise))} at the "
            + "least), "
            + $"the largest loss is {Wording.Points(losses.Max(l => l.Lost))}.");
        return $"{string.Join(" ", sets.Select(Sentence))} The order of parts inside the noise means nothing.";
    }
}
