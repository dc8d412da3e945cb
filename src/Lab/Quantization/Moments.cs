using Heartwood.Tensors;

namespace Heartwood.Lab.Quantization;

/// <summary>
/// What is known of the inputs of a matrix: H = Σ x xᵀ over tokens, by products in float32 of some tokens at a time, summed in double;
/// and of each input the mean and the largest magnitude.
/// </summary>
/// <param name="width">how many inputs</param>
public sealed class Moments(int width)
{
    readonly double[] squares = new double[width * width];
    readonly double[] magnitudes = new double[width];
    readonly float[] largest = new float[width];

    /// <summary>How many inputs.</summary>
    public int Width => width;

    /// <summary>How many tokens were added.</summary>
    public long Tokens { get; private set; }

    /// <summary>Σ x xᵀ, [in in] row by row.</summary>
    public double[] Squares => squares;

    /// <summary>The largest magnitude of each input.</summary>
    public IReadOnlyList<float> Largest => largest;

    /// <summary>The mean magnitude of each input.</summary>
    public double[] MeanMagnitudes => [.. magnitudes.Select(sum => sum / Math.Max(1, Tokens))];

    /// <summary>Adds tokens.</summary>
    /// <param name="x">[token in]</param>
    public void Add(Tensor x)
    {
        var (tokens, own) = x.AsTokens();
        if (own != width) throw new ShapeException($"Moments of {width} inputs cannot take {x.Shape}.");
        using Scope scope = Scope.Open();
        ReadOnlySpan<float> values = x.Values;
        float[] turned = new float[tokens * width];
        for (int t = 0; t < tokens; t++)
            for (int i = 0; i < width; i++)
            {
                float value = values[t * width + i], size = Math.Abs(value);
                turned[i * tokens + t] = value;
                magnitudes[i] += size;
                largest[i] = Math.Max(largest[i], size);
            }
        ReadOnlySpan<float> product = Tensor.From(turned, width, tokens).MatMul(x).Values;
        for (int i = 0; i < squares.Length; i++) squares[i] += product[i];
        Tokens += tokens;
    }

    /// <summary>Those of the same inputs, each divided by a number.</summary>
    public Moments Divided(IReadOnlyList<double> by)
    {
        Moments divided = new(width) { Tokens = Tokens };
        for (int i = 0; i < width; i++)
        {
            divided.magnitudes[i] = magnitudes[i] / by[i];
            divided.largest[i] = (float)(largest[i] / by[i]);
            for (int j = 0; j < width; j++) divided.squares[i * width + j] = squares[i * width + j] / (by[i] * by[j]);
        }
        return divided;
    }

    /// <summary>Σ over tokens of ‖D x‖² = tr(D H Dᵀ).</summary>
    /// <param name="d">[out in] row by row</param>
    public double Energy(float[] d) => Energy(d, squares, width);

    /// <inheritdoc cref="Energy(float[])"/>
    /// <param name="d">[out in] row by row</param>
    /// <param name="h">[in in]</param>
    /// <param name="width">inputs</param>
    internal static double Energy(float[] d, double[] h, int width)
    {
        using Scope scope = Scope.Open();
        float[] single = Array.ConvertAll(h, value => (float)value);
        int rows = d.Length / width;
        ReadOnlySpan<float> products = Tensor.From(d, rows, width).MatMul(Tensor.From(single, width, width)).Values;
        double sum = 0;
        for (int i = 0; i < d.Length; i++) sum += (double)products[i] * d[i];
        return sum;
    }
}
