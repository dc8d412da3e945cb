using Heartwood.Lab.Models;

namespace Heartwood.Lab.Subnetworks;

/// <summary>What one subnetwork keeps, checked against the universe and counted by stratum.</summary>
/// <param name="Parts">the kept parts</param>
/// <param name="Counts">how many of them lie in each stratum of the universe</param>
sealed record KeptParts(IReadOnlySet<Part> Parts, IReadOnlyList<int> Counts)
{
    /// <exception cref="ArgumentException">a part is not of this universe or stands there twice, or there is no subnetwork</exception>
    public static IReadOnlyList<KeptParts> OfEach(Universe universe, IReadOnlyList<IReadOnlyCollection<Part>> subnetworks) =>
        subnetworks.Count > 0 ? [.. subnetworks.Select((parts, i) => Checked(universe, parts, $"Subnetwork {i}"))]
            : throw new ArgumentException("There is no subnetwork to compare; give at least one.", nameof(subnetworks));

    public static KeptParts Checked(Universe universe, IReadOnlyCollection<Part> parts, string name)
    {
        var kept = new HashSet<Part>();
        foreach (Part part in parts)
        {
            if (!universe.Contains(part))
                throw new ArgumentException($"{name} keeps {part}, which the model does not have; its parts run from {universe.Parts[0]} "
                    + $"to {universe.Parts[^1]}. Compare subnetworks of one model.");
            if (!kept.Add(part)) throw new ArgumentException($"{name} names {part} twice; each kept part should stand there once.");
        }
        return new(kept, universe.Counts(kept));
    }
}
