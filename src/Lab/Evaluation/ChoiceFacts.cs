using System.Text.Json.Serialization;
using Heartwood.Lab.Subnetworks.Targets;

namespace Heartwood.Lab.Evaluation;

/// <summary>Which of a run's subnetworks was written as a model, and what chose it.</summary>
/// <param name="Subnetwork">the name of its file in the run's folder <c>subnetworks</c>, without its ending</param>
/// <param name="By">"inDomain": the lowest loss on the in-domain set; "choosing": on the data of --choose-on; "name": --subnetwork</param>
/// <param name="Sparsity">the sparsity whose subnetworks it was chosen among</param>
/// <param name="On">the data that chose, as it was named; none where the subnetwork was named</param>
/// <param name="N">how many examples that data has; 0 where the subnetwork was named</param>
/// <param name="Losses">what was compared, by the name of the subnetwork; none where the subnetwork was named</param>
public sealed record ChoiceFacts(
    string Subnetwork, string By, Target Sparsity, IReadOnlyList<string> On, int N, IReadOnlyList<ChoiceLoss> Losses)
{
    /// <summary>What chose it, in words that follow "seed 3 at sparsity 0.6:" or stand in a table.</summary>
    [JsonIgnore]
    public string Reason => By == "name" ? "named by --subnetwork"
        : Losses.Count == 1 ? FormattableString.Invariant($"the only subnetwork at {Sparsity.UnitName} {Sparsity.Value}")
        : By == "choosing" ? FormattableString.Invariant(
            $"the lowest loss of {Losses.Count} on {string.Join(", ", On)}, {N:N0} examples that are reported nowhere else")
        : FormattableString.Invariant($"the lowest in-domain loss of {Losses.Count}; out-of-domain data did not choose");
}

/// <summary>The loss of one subnetwork on the data that chooses.</summary>
/// <param name="Subnetwork">the name of its file in the run's folder <c>subnetworks</c>, without its ending</param>
/// <param name="Loss">
/// nats per example, of text per token, of scores the mean squared error; of a task without a loss the share that is wrong
/// </param>
public sealed record ChoiceLoss(string Subnetwork, double Loss);
