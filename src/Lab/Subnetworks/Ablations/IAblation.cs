using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Subnetworks.Ablations;

/// <summary>
/// What stands in for ablated parts. Where it is one constant for every token of every input, a subnetwork can be cut out as a smaller
/// model; else it depends on the input, and subnetworks are measured masked.
/// </summary>
public interface IAblation
{
    /// <summary>As <c>--ablation</c> writes it, with the options that matter: "mean", "resample,seed=3".</summary>
    string Name { get; }

    /// <summary>Whether the same stands in at every token of every input.</summary>
    bool IsConstant { get; }

    /// <summary>Whether that constant is 0 everywhere, so that nothing has to be folded into a bias.</summary>
    bool IsZero => false;

    /// <summary>Whether it takes values from each row's own pair.</summary>
    bool NeedsPairs => false;

    /// <summary>Whether a row has what it takes; other rows are left out, and counted.</summary>
    /// <param name="row">the row</param>
    /// <param name="pair">its own pair; null where it has none</param>
    bool Serves(Sequence row, Sequence? pair) => true;

    /// <summary>What the rows that are left out have not, as the end of a sentence: "have no pair of as many tokens".</summary>
    string Lacking => "";

    /// <summary>
    /// Does once what is slow: takes means over the data, say. It is called before anything else is asked, and may be called again.
    /// </summary>
    /// <param name="stop">ends the work</param>
    void Prepare(CancellationToken stop) { }

    /// <summary>What stands in for a part whatever the input, [place length].</summary>
    /// <exception cref="InvalidOperationException">it depends on the input</exception>
    float[] Constant(Place place) =>
        throw new InvalidOperationException($"The ablation {Name} depends on the input and is no constant. Ask for the values of a batch.");

    /// <summary>
    /// What stands in at the sites of one pass, each of the shape that passes
    /// there: [token width], of the last layer's tokens as many as are computed.
    /// </summary>
    /// <exception cref="InvalidOperationException">it is a constant</exception>
    IReadOnlyDictionary<Site, Tensor> On(AblatedPass pass) =>
        throw new InvalidOperationException($"The ablation {Name} is the same for every batch. Ask for its constant.");

    /// <summary>Whether a run keeps it as a file, because it took long to make.</summary>
    bool IsKept => false;

    /// <summary>Writes what <see cref="Restore"/> reads.</summary>
    void Save(Stream stream) { }

    /// <summary>Takes from a file what <see cref="Prepare"/> would make.</summary>
    /// <exception cref="Checkpoints.CheckpointException">the file cannot be read,
    /// or belongs to another model, other parts or another ablation</exception>
    void Restore(string path) { }
}

/// <summary>The pass for which an ablation is asked.</summary>
/// <param name="Model">the full model</param>
/// <param name="Batch">the pass's input</param>
/// <param name="Pairs">the rows' own pairs, one for each sequence and each of as many tokens; null where they are not known</param>
/// <param name="Last">which tokens the last layer computes</param>
/// <param name="Sites">where values are wanted</param>
public sealed record AblatedPass(IModel Model, Batch Batch, Batch? Pairs, Tokens Last, IReadOnlySet<Site> Sites)
{
    /// <summary>
    /// The values at the sites in a pass of the full model over another input of as many sequences, each as long as its own.
    /// </summary>
    /// <param name="other">the other input</param>
    /// <param name="probe">what changes that pass; nothing where null</param>
    public IReadOnlyDictionary<Site, Tensor> Values(Batch other, IProbe? probe = null)
    {
        if (!other.Offsets.AsSpan().SequenceEqual(Batch.Offsets))
            throw new ArgumentException("The other input's sequences should be as long as the batch's own, one by one.", nameof(other));
        Recorder recorder = new(Sites.Contains, probe);
        Model.Stream(other, recorder, Last);
        return recorder.Seen.ToDictionary(site => site.Key, site => site.Value.Detach());
    }
}
