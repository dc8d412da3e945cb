using Heartwood.Lab.Changes;
using Heartwood.Lab.Discovery;
using Heartwood.Lab.Exports;
using Heartwood.Lab.Models;

namespace Heartwood.Lab.Studies;

/// <summary>The tenants of the house, each a list; names that users write are looked up here and nowhere else.</summary>
public sealed record Tenants
{
    /// <summary>All that Heartwood comes with.</summary>
    public static Tenants Usual { get; } = new();

    /// <summary>The kinds of part.</summary>
    public IReadOnlyList<PartKind> PartKinds { get; init; } = Subnetworks.PartKinds.Usual;

    /// <summary>Ways to make a model of models.</summary>
    public IReadOnlyList<IChange> Changes { get; init; } = Lab.Changes.Changes.Usual;

    /// <summary>Ways to write a model for other programs.</summary>
    public IReadOnlyList<IExport> Exports { get; init; } = Lab.Exports.Exports.Usual;

    /// <summary>Ways to find subnetworks.</summary>
    public IReadOnlyList<IFinder> Finders { get; init; } = Discovery.Finders.Usual;
}
