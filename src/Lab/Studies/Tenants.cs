using Heartwood.Lab.Discovery;
using Heartwood.Lab.Models;
using Heartwood.Lab.Training.Objectives;

namespace Heartwood.Lab.Studies;

/// <summary>The tenants of the house, each a list; names that users write are looked up here and nowhere else.</summary>
public sealed record Tenants
{
    /// <summary>All that Heartwood comes with.</summary>
    public static Tenants Usual { get; } = new();

    /// <summary>The kinds of part.</summary>
    public IReadOnlyList<PartKind> PartKinds { get; init; } = Subnetworks.PartKinds.Usual;

    /// <summary>What searches and training make small.</summary>
    public IReadOnlyList<IObjective> Objectives { get; init; } = Training.Objectives.Objectives.Usual;

    /// <summary>Ways to find subnetworks.</summary>
    public IReadOnlyList<IFinder> Finders { get; init; } = Discovery.Finders.Usual;
}
