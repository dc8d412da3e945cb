using Heartwood.Lab.Changes;
using Heartwood.Lab.Discovery;
using Heartwood.Lab.Exports;

namespace Heartwood.Lab.Studies;

/// <summary>The lists of tenants that names on the command line are looked up in; handed in, nowhere static.</summary>
public sealed record Tenants
{
    /// <summary>Those that come with the program.</summary>
    public static Tenants Usual => new() { Finders = Discovery.Finders.Usual };

    /// <summary>Ways to make a model of models.</summary>
    public IReadOnlyList<IChange> Changes { get; init; } = Lab.Changes.Changes.Usual;

    /// <summary>Ways to write a model for other programs.</summary>
    public IReadOnlyList<IExport> Exports { get; init; } = Lab.Exports.Exports.Usual;

    /// <summary>Ways to find subnetworks.</summary>
    public required IReadOnlyList<IFinder> Finders { get; init; }
}
