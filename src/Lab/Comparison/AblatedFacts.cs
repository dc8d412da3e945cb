using System.Text.Json.Serialization;
using Heartwood.Lab.Evaluation;

namespace Heartwood.Lab.Comparison;

/// <summary>The full model with a set of parts ablated.</summary>
/// <param name="Name">"core", "core heads", "core alone" (all but the core ablated), "random heads 1", "random parts 1", "random parts
/// alone 1" (all others ablated), or a part's address</param>
/// <param name="Kind">"core", "random heads", "random parts", "random parts alone", or "part"</param>
/// <param name="Parts">addresses of the ablated parts</param>
/// <param name="Measured">its figures on every set</param>
/// <param name="Ranks">its place among the random draws of its kind (a part: among all parts of its kind); null for the random draws
/// themselves</param>
public sealed record AblatedFacts(
    string Name, string Kind, IReadOnlyList<string> Parts, Measured Measured, AblatedRanks? Ranks = null)
{
    /// <summary>Its rank by in-domain accuracy.</summary>
    [JsonIgnore]
    public RankFacts? Rank => Ranks?.InDomain;
}

/// <summary>An ablation's place among random draws, in-domain, out of domain and per case.</summary>
/// <param name="Among">what it is compared with: "random parts" for the core, "random heads" for its heads, "random parts alone" for the
/// core alone, "heads" or "MLPs" for a part</param>
/// <param name="InDomain">by in-domain accuracy</param>
/// <param name="OutOfDomain">by accuracy out of domain; null where it was not measured</param>
/// <param name="Cases">by accuracy per case</param>
public sealed record AblatedRanks(string Among, RankFacts InDomain, RankFacts? OutOfDomain, IReadOnlyDictionary<string, RankFacts> Cases);

/// <summary>A figure's place among random draws.</summary>
/// <param name="AtLeastAsHarmful">how many draws have an accuracy at most as high</param>
/// <param name="Draws">how many draws there are</param>
public sealed record RankFacts(int AtLeastAsHarmful, int Draws);
