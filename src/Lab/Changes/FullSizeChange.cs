using Heartwood.Lab.Runs;
using Heartwood.Lab.Subnetworks;

namespace Heartwood.Lab.Changes;

/// <summary>
/// A model of full size that computes what the subnetwork does (<see cref="Cutting.FullSize"/>): the weights of parts that do not stay
/// are zero, so that any software that runs the family runs it.
/// </summary>
public sealed class FullSizeChange : IChange
{
    /// <inheritdoc/>
    public string Name => "full-size";

    /// <inheritdoc/>
    public string InWords => "the same function in the original shapes, for any software that runs the family";

    /// <inheritdoc/>
    public IChange With(TenantSpec options)
    {
        options.RefuseUnread();
        return this;
    }

    /// <inheritdoc/>
    public string? WhyNot(Original of) =>
        Cutting.WhyNot(of.Model, of.Kept, of.Ablation) ?? Cutting.WhyNoFullSize(of.Model, of.Ablation.How);

    /// <inheritdoc/>
    public Changed Apply(Original of) => CutChange.Proved(of, Cutting.FullSize(of.Model, of.Kept, of.Ablation));
}
