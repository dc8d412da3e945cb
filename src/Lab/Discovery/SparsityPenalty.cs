using Heartwood.Tensors;

namespace Heartwood.Lab.Discovery;

/// <summary>
/// What brings learned masks to their size: λ1 (t − s) + λ2 (t − s)², with the target minus the sparsity as in The Heuristic Core's program
/// (Bhaskar, Friedman and Chen 2024), and s the expected sparsity as in CoFi's (Xia, Zhong and Chen 2022, eq. 3). Both multipliers climb.
/// </summary>
public static class SparsityPenalty
{
    /// <summary>The penalty.</summary>
    /// <param name="sparsity">s, one number</param>
    /// <param name="target">t</param>
    /// <param name="multipliers">λ1 and λ2, [2]</param>
    /// <returns>one number</returns>
    public static Tensor At(Tensor sparsity, float target, Tensor multipliers)
    {
        Tensor gap = (sparsity * -1 + target).As(1);
        return (multipliers * Movement.Concatenate(0, gap, gap * gap)).Sum();
    }
}
