using Heartwood.Tensors;

namespace Heartwood.Lab.Subnetworks;

/// <summary>
/// The hard concrete distribution (Louizos, Welling and Kingma 2018, section 2.3): a mask between 0 and 1 that is often
/// exactly 0 or exactly 1, and through which gradients reach its parameter log α.
/// </summary>
/// <param name="Low">γ, the lower limit that is stretched to, below 0</param>
/// <param name="High">ζ, the upper limit, above 1</param>
/// <param name="Temperature">β, above 0</param>
public sealed record HardConcrete(float Low = -0.1f, float High = 1.1f, float Temperature = 2f / 3)
{
    /// <summary>A random mask (eq. 10 and 11).</summary>
    /// <param name="logAlpha">one per part</param>
    /// <param name="chance">the step's numbers: part i uses the one at index i</param>
    public Tensor Sample(Tensor logAlpha, Chance chance)
    {
        float[] uniform = new float[logAlpha.Count];
        for (int i = 0; i < uniform.Length; i++) uniform[i] = chance.Uniform(i);
        return FromUniform(logAlpha, uniform);
    }

    /// <summary>The mask of these random numbers: clamp(sigmoid((ln u − ln(1 − u) + log α) / β) (ζ − γ) + γ, 0, 1).</summary>
    /// <param name="logAlpha">one per part</param>
    /// <param name="uniform">u, one per part, between 0 and 1</param>
    public Tensor FromUniform(Tensor logAlpha, ReadOnlySpan<float> uniform)
    {
        float[] noise = new float[logAlpha.Count];
        for (int i = 0; i < noise.Length; i++)
        {
            double u = uniform[i];
            noise[i] = (float)(Math.Log(u) - Math.Log(1 - u));
        }
        return Stretch(((Tensor.From(noise, logAlpha.Shape.Axes) + logAlpha) * (1 / Temperature)).Sigmoid());
    }

    /// <summary>The mask without chance (eq. 13): clamp(sigmoid(log α) (ζ − γ) + γ, 0, 1).</summary>
    public Tensor Deterministic(Tensor logAlpha) => Stretch(logAlpha.Sigmoid());

    /// <summary>Probability that each part is not exactly 0 (eq. 12): sigmoid(log α − β ln(−γ / ζ)).</summary>
    public Tensor Present(Tensor logAlpha) => (logAlpha + -Temperature * MathF.Log(-Low / High)).Sigmoid();

    Tensor Stretch(Tensor between) => between.Affine(High - Low, Low).Clamp(0, 1);
}
