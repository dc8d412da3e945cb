using Heartwood.Lab.Discovery;
using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Subnetworks;

namespace Heartwood.Lab.Questions;

/// <summary>What each part costs when it alone is ablated, example by example.</summary>
/// <param name="Measure">"loss", "accuracy" or an objective's name</param>
/// <param name="Meaning">what is measured, in words: "loss of the right answers, nats per example"</param>
/// <param name="Unit">the unit of costs, "nats"; "" where there is no word for it, and "points" of shares, which are fractions here</param>
/// <param name="Ablation">what stands in for the part</param>
/// <param name="Scores">the file of scores in the run folder</param>
/// <param name="Sets">every set that it was measured on, the first the one that the scores are of</param>
public sealed record PartEffectsFacts(
    string Measure, string Meaning, string Unit, string Ablation, string Scores, IReadOnlyList<SetEffects> Sets)
{
    /// <summary>What the unit of a share is called.</summary>
    internal const string Points = "points";

    /// <summary>Whether costs are shares.</summary>
    internal bool Percent => Unit == Points;
}

/// <summary>The same on one set.</summary>
/// <param name="Set">"inDomain" (the data that was named first), "outOfDomain" or "unseen"</param>
/// <param name="Name">the names of the files in it</param>
/// <param name="N">examples that every part was ablated on</param>
/// <param name="Parts">every part in play, in address order</param>
public sealed record SetEffects(string Set, string Name, int N, IReadOnlyList<PartEffect> Parts)
{
    /// <summary>
    /// Effects from paired sums. Ranks are those that intervals which hold together allow (Klein, Wright and Wieczorek 2020, "A joint
    /// confidence region for an overall ranking of populations", JRSS C 69:589): a part comes after all whose interval lies wholly above
    /// its own, and before all whose interval lies wholly below.
    /// </summary>
    /// <param name="set">the set</param>
    /// <param name="name">its files</param>
    /// <param name="universe">the parts in play</param>
    /// <param name="sums">one for each part</param>
    /// <param name="accuracy">whether accuracy was measured</param>
    internal static SetEffects From(string set, string name, Universe universe, IReadOnlyList<PairedSums> sums, bool accuracy)
    {
        int tests = universe.Count;
        (Quantity Own, Quantity Together)[] each = [.. sums.Select(s => accuracy && s.OneEach
            ? (Counted(s, 1), Counted(s, tests)) : (Quantity.Ratio(s), Quantity.Ratio(s, tests)))];
        PartEffect One(int i)
        {
            var (own, together) = each[i];
            int above = each.Count(other => other.Together.Low > together.High);
            int below = each.Count(other => other.Together.High < together.Low);
            bool real = together.Low > 0 || together.High < 0;
            return new($"{universe.Parts[i]}", universe.Places[i].Kind.Name, own.Value, own.Low, own.High, together.Low, together.High,
                real ? above + 1 : null, real ? each.Length - below : null);
        }
        return new(set, name, sums.Count == 0 ? 0 : sums[0].N, [.. sums.Select((_, i) => One(i))]);
    }

    static Quantity Counted(PairedSums sums, int tests)
    {
        PairedDifference difference = PairedDifference.FromCounts(sums.Lost, sums.Gained, sums.N, tests);
        return new(difference.Value, difference.N, difference.Low, difference.High);
    }
}

/// <summary>What one part costs: the figure without it against the figure with it, on the same examples.</summary>
/// <param name="Part">its address</param>
/// <param name="Kind">its kind, "heads"</param>
/// <param name="Cost">what is lost without it: the loss rises, accuracy falls by so much; below zero the model is better without it</param>
/// <param name="Low">lower end of its 95 % interval; null below two examples</param>
/// <param name="High">upper end</param>
/// <param name="LowTogether">lower end of the interval at which those of all parts hold together (Bonferroni)</param>
/// <param name="HighTogether">upper end</param>
/// <param name="RankFrom">the best rank that it may have, 1 for the part that costs most; null where the interval that holds together has
/// zero in it: the part is not to be told from one without effect</param>
/// <param name="RankTo">the worst</param>
public sealed record PartEffect(
    string Part, string Kind, double Cost, double Low, double High, double LowTogether, double HighTogether, int? RankFrom, int? RankTo)
{
    /// <summary>Whether it is more than noise.</summary>
    internal bool IsReal => RankFrom is not null;

    /// <summary>"1", "2 to 5", "none".</summary>
    internal string Rank => RankFrom is not { } from ? "none" : from == RankTo ? $"{from}" : $"{from} to {RankTo}";
}
