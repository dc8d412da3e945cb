using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks.Ablations;

namespace Heartwood.Lab.Studies;

/// <summary>The tenants of the house, each a list; names that users write are looked up here and nowhere else.</summary>
public sealed record Tenants
{
    /// <summary>All that Heartwood comes with.</summary>
    public static Tenants Usual { get; } = new();

    /// <summary>The kinds of part.</summary>
    public IReadOnlyList<PartKind> PartKinds { get; init; } = Subnetworks.PartKinds.Usual;

    /// <summary>The ablations.</summary>
    public IReadOnlyList<AblationKind> Ablations { get; init; } = Subnetworks.Ablations.Ablations.Usual;
}
