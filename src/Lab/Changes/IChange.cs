using Heartwood.Lab.Models;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Changes;

/// <summary>A way to make a model of models, with the proof of what it claims.</summary>
public interface IChange
{
    /// <summary>Its name on the command line, and that of the folder of what it makes: "cut".</summary>
    string Name { get; }

    /// <summary>What it makes, in a few words, for help.</summary>
    string InWords { get; }

    /// <summary>The same change with options.</summary>
    /// <exception cref="ArgumentException">an option is not the change's, or out of range</exception>
    IChange With(TenantSpec options);

    /// <summary>Why it cannot be made of this, with the next move; null where it can.</summary>
    string? WhyNot(Original of);

    /// <summary>Makes the new model and proves what is claimed of it.</summary>
    /// <exception cref="NotSupportedException">it cannot be made: see <see cref="WhyNot"/></exception>
    Changed Apply(Original of);
}

/// <summary>What a change is made of.</summary>
/// <param name="Models">the models, the full one first; most changes take one</param>
/// <param name="Kept">the parts of the first that stay, in address order</param>
/// <param name="Ablation">what stands in for what does not stay</param>
/// <param name="Problem">what the examples ask</param>
/// <param name="Examples">what the proof is made on</param>
/// <param name="Stop">ends the work</param>
public sealed record Original(
    IReadOnlyList<IModel> Models, IReadOnlyList<Part> Kept, Ablation Ablation, IProblem Problem, IReadOnlyList<Example> Examples,
    CancellationToken Stop = default)
{
    /// <summary>The full model.</summary>
    public IModel Model => Models[0];
}

/// <summary>What a change made.</summary>
/// <param name="Model">the new model, as it will be stored (<see cref="ModelPasses.AsStored"/>), which is what the proof is of</param>
/// <param name="Proof">what was claimed of it, and how well that held</param>
public sealed record Changed(IModel Model, Proof Proof)
{
    /// <summary>Further files by name, to be written next to the weights where a folder is written.</summary>
    public IReadOnlyDictionary<string, byte[]> Files { get; init; } = new Dictionary<string, byte[]>();

    /// <summary>What its weights take where they are stored as they are meant to be; null for what the file takes.</summary>
    public long? Bytes { get; init; }
}

/// <summary>A claim, and how well it held.</summary>
/// <param name="Claim">what is claimed: "computes what the masked model does"</param>
/// <param name="LargestDifference">largest difference of any logit from what it should be</param>
/// <param name="Compared">number of examples that it was measured on</param>
public sealed record Proof(string Claim, double LargestDifference, int Compared)
{
    /// <summary>
    /// The same difference before the weights were rounded to the dtypes that the model is stored in; null where storing rounds nothing.
    /// </summary>
    public double? BeforeStoring { get; init; }
}
