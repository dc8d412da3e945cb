using Heartwood.Lab.Evaluation.Statistics;

namespace Heartwood.Lab.Questions;

/// <summary>Parts added back to the core until generalization returns.</summary>
/// <param name="Core">the core's parts, from which every path begins</param>
/// <param name="Tolerance">generalization is back where accuracy out of domain lies no farther than this below the full model's, a
/// fraction</param>
/// <param name="Chosen">how many examples out of domain parts were chosen on</param>
/// <param name="InDomain">the full model's accuracy in-domain</param>
/// <param name="OutOfDomain">its accuracy on the other examples out of domain, on which every path is measured</param>
/// <param name="Paths">the orders in which parts were added</param>
public sealed record AddBackFacts(IReadOnlyList<string> Core, double Tolerance, int Chosen, Proportion InDomain, Proportion OutOfDomain,
    IReadOnlyList<AddBackPath> Paths);

/// <summary>One order of adding.</summary>
/// <param name="Kind">"greedy", "learned" (by masks learned next to the core) or "random" (as many heads and MLPs as the greedy path has
/// at each size)</param>
/// <param name="Seed">seed of the learned masks, number of the random draw; 0 for the greedy path</param>
/// <param name="Order">the parts in the order of their adding</param>
/// <param name="Points">accuracy after each part; the first is the core alone</param>
/// <param name="Back">after how many parts generalization is back for the first time; null where it is not</param>
public sealed record AddBackPath(string Kind, ulong Seed, IReadOnlyList<string> Order, IReadOnlyList<AddBackPoint> Points, int? Back);

/// <summary>Accuracy of the core with parts added.</summary>
/// <param name="Added">how many</param>
/// <param name="InDomain">in-domain</param>
/// <param name="OutOfDomain">out of domain, on examples that chose nothing</param>
public sealed record AddBackPoint(int Added, Proportion InDomain, Proportion OutOfDomain);
