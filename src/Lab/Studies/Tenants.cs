using Heartwood.Lab.Discovery;

namespace Heartwood.Lab.Studies;

/// <summary>The lists of tenants that names on the command line are looked up in; handed in, nowhere static.</summary>
public sealed record Tenants
{
    /// <summary>Those that come with the program.</summary>
    public static Tenants Usual => new() { Finders = Discovery.Finders.Usual };

    /// <summary>Ways to find subnetworks.</summary>
    public required IReadOnlyList<IFinder> Finders { get; init; }
}
