using Heartwood.Lab.Comparison;
using Heartwood.Lab.Evaluation.Statistics;

namespace Heartwood.Lab.Questions;

/// <summary>What the heads outside the core need of it.</summary>
/// <param name="Core">the core's heads</param>
/// <param name="HeadsPerLayer">heads of each layer</param>
/// <param name="Threshold">the least change of a head's output, by its size, for which the graph has an edge</param>
/// <param name="Sets">the figures on each set</param>
public sealed record NeedFacts(IReadOnlyList<string> Core, IReadOnlyList<int> HeadsPerLayer, double Threshold, IReadOnlyList<NeedSet> Sets);

/// <summary>The figures on one set.</summary>
/// <param name="Set">"inDomain" or "outOfDomain"</param>
/// <param name="Examples">how many examples were run</param>
/// <param name="Heads">every head outside the core</param>
/// <param name="Pairs">every head of the core with every head outside it that stands after it</param>
public sealed record NeedSet(string Set, int Examples, IReadOnlyList<HeadNeed> Heads, IReadOnlyList<NeedPair> Pairs);

/// <summary>What one head outside the core needs of the core's heads, all of them together.</summary>
/// <param name="Part">its address</param>
/// <param name="Before">how many of the core's heads stand in layers before it; where none does, its output cannot change</param>
/// <param name="Output">change of its output when the core's heads are ablated, by its size; null where it cannot change</param>
/// <param name="OutputAmong">its place among as many random heads outside the core, drawn from the layers before it; null where there are
/// too few to draw from</param>
/// <param name="Effect">what ablating it in the full model takes from the logit of the correct label, in nats</param>
/// <param name="EffectWithout">the same where the core's heads are ablated too</param>
/// <param name="EffectChange">the second less the first, example by example</param>
/// <param name="EffectAmong">the place of the size of the mean change among as many random heads outside the core ablated instead of it;
/// null where there are too few</param>
public sealed record HeadNeed(
    string Part, int Before, Average? Output, AmongDraws? OutputAmong, Average Effect, Average EffectWithout, Average EffectChange,
        AmongDraws? EffectAmong);

/// <summary>What one head outside the core needs of one head of the core.</summary>
/// <param name="From">the core's head, ablated</param>
/// <param name="To">the head after it</param>
/// <param name="Output">change of its output, by its size</param>
/// <param name="Among">its place among the pairs of two heads outside the core in the same two layers; null where there is none</param>
/// <param name="Edge">whether the change reaches the threshold and is more than chance gives: at most 5 % of such pairs</param>
public sealed record NeedPair(string From, string To, Average Output, AmongDraws? Among, bool Edge);
