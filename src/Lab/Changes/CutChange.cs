using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Models;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Subnetworks;

namespace Heartwood.Lab.Changes;

/// <summary>
/// The smaller model that a subnetwork is (<see cref="Cutting.Cut"/>): the weights of parts that do not stay are gone, and what stands
/// in for them is a bias.
/// </summary>
public sealed class CutChange : IChange
{
    /// <summary>What is claimed of this change.</summary>
    internal const string Claim = "computes what the masked model does";

    /// <inheritdoc/>
    public string Name => "cut";

    /// <inheritdoc/>
    public string InWords => "the smaller model that the subnetwork is";

    /// <inheritdoc/>
    public IChange With(TenantSpec options)
    {
        options.RefuseUnread();
        return this;
    }

    /// <inheritdoc/>
    public string? WhyNot(Original of) => Cutting.WhyNot(of.Model, of.Kept, of.Ablation);

    /// <inheritdoc/>
    public Changed Apply(Original of) => Proved(of, Cutting.Cut(of.Model, of.Kept, of.Ablation));

    /// <summary>
    /// A model that should compute what the masked one does, as it will be stored, with the largest difference between the two: before it
    /// is rounded to the dtypes of its source and, where that changes a number, after.
    /// </summary>
    internal static Changed Proved(Original of, IModel made)
    {
        IModel stored = made.AsStored();
        double? before = stored == made ? null : Difference(made);
        return new(stored, new(Claim, Difference(stored), of.Examples.Count) { BeforeStoring = before });

        double Difference(IModel model) =>
            MaskMeasuring.LargestDifference(of.Model, model, of.Kept, of.Ablation, of.Problem, of.Examples, of.Stop);
    }
}
