using Heartwood.Tensors.Backends;

namespace Heartwood.Tensors;

/// <summary>AdamW: Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2). Keeps two moments per weight.</summary>
/// <param name="weights">what is trained; changed in place</param>
/// <param name="meanDecay">β1</param>
/// <param name="squareDecay">β2</param>
/// <param name="epsilon">ε, added to the root</param>
public sealed class AdamW(IReadOnlyList<Tensor> weights, float meanDecay = 0.9f, float squareDecay = 0.999f, float epsilon = 1e-8f)
{
    /// <summary>Mean of the gradients, one tensor per weight; part of a checkpoint.</summary>
    public IReadOnlyList<Tensor> Means { get; } = [.. weights.Select(w => Tensor.Lasting(w.Shape.Axes))];

    /// <summary>Mean of the squared gradients, one tensor per weight; part of a checkpoint.</summary>
    public IReadOnlyList<Tensor> Squares { get; } = [.. weights.Select(w => Tensor.Lasting(w.Shape.Axes))];

    /// <summary>Steps taken; part of a checkpoint.</summary>
    public int Steps { get; set; }

    /// <summary>Moves every weight.</summary>
    /// <param name="gradients">one per weight</param>
    /// <param name="rate">learning rate of this step</param>
    /// <param name="decay">weight decay of each weight, multiplied by the rate; null for none</param>
    /// <param name="scale">factor on all gradients: a clipping factor, or −1 to climb</param>
    public void Step(IReadOnlyList<Tensor> gradients, float rate, IReadOnlyList<float>? decay = null, float scale = 1)
    {
        for (int i = 0; i < weights.Count; i++) gradients[i].Require(weights[i].Shape);
        Steps++;
        float meanScale = (float)(1 / (1 - Math.Pow(meanDecay, Steps))), squareScale = (float)(1 / (1 - Math.Pow(squareDecay, Steps)));
        SideBySide.For(weights, i => Machine.Backend.AdamW(weights[i].Change(), gradients[i].Values, Means[i].Writable, Squares[i].Writable,
            new(rate, meanDecay, squareDecay, epsilon, decay?[i] ?? 0, meanScale, squareScale, scale)));
    }
}

/// <summary>Gradient clipping by global norm (Pascanu et al. 2013, algorithm 1).</summary>
public static class Clipping
{
    /// <summary>Euclidean norm of all gradients together.</summary>
    public static double Norm(IReadOnlyList<Tensor> gradients)
    {
        double[] squares = new double[gradients.Count];
        SideBySide.For(gradients, i => squares[i] = Machine.Backend.SumOfSquares(gradients[i].Values));
        double square = 0;
        foreach (double one in squares) square += one;           // in order, whichever thread was first
        return Math.Sqrt(square);
    }

    /// <summary>The factor that brings gradients of this norm to at most <paramref name="most"/>.</summary>
    public static float Factor(double norm, double most) => norm > most ? (float)(most / norm) : 1;
}

/// <summary>
/// Work on each of many tensors: large ones one after another, each shared by the threads; small ones, that nobody can share, side by side.
/// </summary>
static class SideBySide
{
    const int Large = 1 << 16, Run = 1 << 14;                    // values of a large one; of some small ones that a thread takes at a time

    internal static void For(IReadOnlyList<Tensor> tensors, Action<int> body)
    {
        List<List<int>> runs = [];
        int room = 0;
        for (int i = 0; i < tensors.Count; i++)
        {
            int count = tensors[i].Count;
            if (count >= Large)
            {
                body(i);
                continue;
            }
            if (room <= 0)
            {
                runs.Add([]);
                room = Run;
            }
            runs[^1].Add(i);
            room -= count;
        }
        Parallelism.For(runs.Count, run => runs[run].ForEach(body));
    }
}
