using Heartwood.Lab.Probes;

namespace Heartwood.Lab.Models;

/// <summary>Some neighbours along one axis of a tensor.</summary>
/// <param name="Tensor">the tensor's name</param>
/// <param name="Axis">the axis, from 0</param>
/// <param name="Start">the first of them</param>
/// <param name="Length">how many</param>
public sealed record Stretch(string Tensor, int Axis, int Start, int Length);

/// <summary>One removable part of a model: where its value passes, and which stretches of which tensors are its own.</summary>
/// <param name="Part">its address</param>
/// <param name="Kind">its kind</param>
/// <param name="Site">where its value passes</param>
/// <param name="Start">where its value starts along the width of the site</param>
/// <param name="Length">how wide its value is there</param>
/// <param name="Own">what only it has: gone from the file when it is cut</param>
/// <param name="ReadBy">the stretch of the matrix that reads its value; null where its value is added to the residual stream as it
/// is</param>
/// <param name="FoldsInto">the bias that a constant in its stead can be folded into; null where the checkpoint has none (see
/// <see cref="IModel.WithBiases"/>), or none is needed</param>
public sealed record Place(
    Part Part, PartKind Kind, Site Site, int Start, int Length, IReadOnlyList<Stretch> Own, Stretch? ReadBy, string? FoldsInto)
{
    /// <summary>
    /// Whether, without the part, what entered its layer passes on instead, whatever the ablation is: so without a whole layer. The site
    /// is then <see cref="Point.LayerOut"/>.
    /// </summary>
    public bool PassesOn { get; init; }

    /// <summary>
    /// Whether it is a block of a layer without a residual stream between attention and MLP, see <see cref="LayerShape.Parallel"/>.
    /// </summary>
    public bool Parallel { get; init; }
}
