using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Tensors;

namespace Heartwood.Lab.Subnetworks.Ablations;

/// <summary>
/// Ablated parts have the value that they have on the row's own pair: a prompt's corrupted form (and the prompt for that form), the other
/// sentence of a minimal pair, a column that the data names with <c>other=</c> (interchange intervention, Geiger et al. 2021; activation
/// patching). Pairs are aligned token by token, so rows whose pair has another number of tokens are left out.
/// </summary>
public sealed class Interchange : IAblation
{
    /// <summary>As the command line names it.</summary>
    public static AblationKind Kind { get; } = new(
        "interchange",
        "the value on the row's own pair: the corrupted prompt, the other sentence of a minimal pair, "
            + "a column named with other= in the data",
        NeedsData: false, _ => _ => new Interchange());

    /// <inheritdoc/>
    public string Name => Kind.Name;

    /// <inheritdoc/>
    public bool IsConstant => false;

    /// <inheritdoc/>
    public bool NeedsPairs => true;

    /// <inheritdoc/>
    public string Lacking => "have no pair of as many tokens";

    /// <inheritdoc/>
    public bool Serves(Sequence row, Sequence? pair) => pair is { } other && other.Ids.Length == row.Ids.Length;

    /// <inheritdoc/>
    public IReadOnlyDictionary<Site, Tensor> On(AblatedPass pass) =>
        pass.Values(pass.Pairs ?? throw new InvalidOperationException("The rows have no pairs to take values from."));
}
