using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;

namespace Heartwood.Lab.Discovery;

/// <summary>How good a set of parts is: the objective, and what decides between equals.</summary>
/// <param name="Objective">higher is better, for example an accuracy</param>
/// <param name="Tie">higher is better among sets of the same objective, for example the mean log-probability of the correct label</param>
public readonly record struct Worth(double Objective, double Tie) : IComparable<Worth>
{
    /// <summary>By objective, then by what decides between equals.</summary>
    public int CompareTo(Worth other) => (Objective, Tie).CompareTo((other.Objective, other.Tie));
}

/// <summary>One part added.</summary>
/// <param name="Part">the part</param>
/// <param name="Worth">how good the set is with it</param>
public sealed record Addition(Part Part, Worth Worth);

/// <summary>
/// Greedy forward selection: from a set of parts, at each step the part whose addition is worth most; equals go to the lower address.
/// It is handed the worth of sets as a function, and each step follows from the parts added before alone.
/// </summary>
/// <param name="universe">the parts of the model</param>
/// <param name="start">the parts to begin with</param>
/// <param name="worth">the worth of a set (first argument) with each of these parts added (second)</param>
public sealed class GreedyAddition(
    Universe universe, IReadOnlyCollection<Part> start, Func<IReadOnlyList<Part>, IReadOnlyList<Part>, IReadOnlyList<Worth>> worth)
{
    /// <summary>The parts that can still be added, in address order.</summary>
    /// <param name="added">those added before</param>
    public IReadOnlyList<Part> Left(IReadOnlyCollection<Part> added) => [.. universe.Parts.Except(start).Except(added)];

    /// <summary>The best next part.</summary>
    /// <param name="added">those added before</param>
    /// <exception cref="InvalidOperationException">all parts are there already</exception>
    public Addition Next(IReadOnlyList<Part> added)
    {
        IReadOnlyList<Part> left = Left(added);
        if (left.Count == 0) throw new InvalidOperationException("There is no part left to add: the set is the whole model.");
        IReadOnlyList<Worth> with = worth([.. start.Concat(added).Order()], left);
        int best = 0;
        for (int i = 1; i < left.Count; i++) if (with[i].CompareTo(with[best]) > 0) best = i;
        return new(left[best], with[best]);
    }

    /// <summary>How many sets are looked at until so many parts are added: parts left + (parts left − 1) + …</summary>
    public static long SetsLookedAt(int left, int steps) => Enumerable.Range(0, Math.Min(steps, left)).Sum(s => (long)(left - s));
}
