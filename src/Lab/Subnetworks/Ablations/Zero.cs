using Heartwood.Lab.Models;

namespace Heartwood.Lab.Subnetworks.Ablations;

/// <summary>Ablated parts contribute nothing.</summary>
public sealed class Zero : IAblation
{
    /// <summary>As the command line names it.</summary>
    public static AblationKind Kind { get; } = new("zero", "nothing: zero", NeedsData: false, _ => _ => new Zero());

    /// <inheritdoc/>
    public string Name => Kind.Name;

    /// <inheritdoc/>
    public bool IsConstant => true;

    /// <inheritdoc/>
    public bool IsZero => true;

    /// <inheritdoc/>
    public float[] Constant(Place place) => new float[place.Length];
}
