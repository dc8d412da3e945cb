using Heartwood.Lab.Evaluation.Statistics;
using Heartwood.Lab.Subnetworks.Targets;

namespace Heartwood.Lab.Questions;

/// <summary>How far the subnetworks of one sparsity lie apart on a case or a group, see <see cref="Spread"/>.</summary>
/// <param name="Name">the case or the group</param>
/// <param name="Set">"inDomain", "outOfDomain" or "unseen"; "" where that is not known</param>
/// <param name="TargetSparsity">the sparsity that was asked for</param>
/// <param name="Subnetworks">how many subnetworks were measured on it</param>
/// <param name="Low">the smallest share</param>
/// <param name="High">the largest</param>
/// <param name="Noise">the largest half-width of one share's 95 % interval</param>
/// <param name="PValue">probability of a spread at least this large where all are truly alike, not corrected</param>
public sealed record SpreadFacts(
    string Name, string Set, Target TargetSparsity, int Subnetworks, double Low, double High, double Noise, double PValue)
{
    /// <summary>The spread itself.</summary>
    internal Spread Spread => new(Subnetworks, Low, High, Noise, PValue);

    /// <summary>The spread of some shares.</summary>
    internal static SpreadFacts Over(string name, string set, Target sparsity, IEnumerable<Proportion?> shares)
    {
        Spread spread = Spread.Across(shares);
        return new(name, set, sparsity, spread.N, spread.Low, spread.High, spread.Noise, spread.PValue);
    }
}
