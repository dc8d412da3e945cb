using Heartwood.Lab.Models;
using Heartwood.Lab.Runs;

namespace Heartwood.Lab.Subnetworks.Ablations;

/// <summary>A kind of ablation, as the command line names it.</summary>
/// <param name="Name">its name</param>
/// <param name="Does">what stands in for a part, for help: "zero"</param>
/// <param name="NeedsData">whether it takes something from data</param>
/// <param name="Read">reads its options; gives what makes it of a model and data</param>
public sealed record AblationKind(string Name, string Does, bool NeedsData, Func<TenantSpec, Func<AblationSource, IAblation>> Read);

/// <summary>What an ablation is made from.</summary>
/// <param name="Model">the full model</param>
/// <param name="Universe">the parts in play</param>
/// <param name="Rows">the sequences of the data</param>
/// <param name="Batches">the same as batches, packed as the run packs them</param>
public sealed record AblationSource(IModel Model, Universe Universe, IReadOnlyList<Sequence> Rows, Func<IReadOnlyList<Batch>> Batches)
{
    /// <summary>Of a model alone, for ablations that need no data.</summary>
    public static AblationSource Without(IModel model, Universe universe) => new(model, universe, [], () => []);
}

/// <summary>The ablations that there are. A new one is its own file and a line here.</summary>
public static class Ablations
{
    /// <summary>Those that Heartwood comes with.</summary>
    public static IReadOnlyList<AblationKind> Usual { get; } = [Mean.Kind, Zero.Kind, Resample.Kind, Interchange.Kind, Noise.Kind];

    /// <summary>Reads <c>NAME,key=value,…</c>.</summary>
    /// <param name="kinds">the ablations that there are</param>
    /// <param name="text">the text</param>
    /// <exception cref="ArgumentException">there is none of that name, or
    /// it takes no such option; the message says the next move</exception>
    public static (AblationKind Kind, Func<AblationSource, IAblation> Make) Parse(this IReadOnlyList<AblationKind> kinds, string text)
    {
        TenantSpec spec = TenantSpec.Parse(text, "ablation");
        AblationKind kind = spec.Among(kinds, one => one.Name);
        Func<AblationSource, IAblation> make = kind.Read(spec);
        spec.RefuseUnread();
        return (kind, make);
    }
}
