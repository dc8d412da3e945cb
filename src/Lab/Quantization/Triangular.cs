using System.Numerics.Tensors;

namespace Heartwood.Lab.Quantization;

/// <summary>Factors of symmetric matrices.</summary>
static class Triangular
{
    /// <summary>
    /// The upper triangular U with Uᵀ U = H⁻¹: from the reversed Cholesky factor H = T Tᵀ (T upper), U = T⁻¹. H is damped first, by a
    /// share of its mean diagonal.
    /// </summary>
    /// <param name="h">[n n], symmetric, no negative eigenvalue; not changed</param>
    /// <param name="n">its size</param>
    /// <param name="damping">the share</param>
    /// <exception cref="ArithmeticException">it has a negative eigenvalue beyond what damping lifts, or is no number</exception>
    public static double[] UpperOfInverse(double[] h, int n, double damping)
    {
        double mean = 0;
        for (int i = 0; i < n; i++) mean += h[i * n + i] / n;
        // lower Cholesky factor of the reversed matrix
        double[] lower = new double[n * n];
        for (int i = 0; i < n; i++)
        {
            Span<double> own = lower.AsSpan(i * n, n);
            for (int j = 0; j <= i; j++)
            {
                double value = h[(n - 1 - i) * n + (n - 1 - j)] + (i == j ? damping * mean : 0);
                value -= TensorPrimitives.Dot<double>(own[..j], lower.AsSpan(j * n, j));
                if (j < i) own[j] = value / lower[j * n + j];
                else if (value > 0) own[i] = Math.Sqrt(value);
                else throw new ArithmeticException($"A moment of inputs ({n} wide) is not positive: its value {i} is {value:R}.");
            }
        }
        // its inverse, row by row, and reversed back
        double[] inverse = new double[n * n], upper = new double[n * n];
        double[] row = new double[n];
        for (int i = 0; i < n; i++)
        {
            Array.Clear(row, 0, i + 1);
            for (int k = 0; k < i; k++)
                TensorPrimitives.MultiplyAdd(inverse.AsSpan(k * n, k + 1), lower[i * n + k], row.AsSpan(0, k + 1), row.AsSpan(0, k + 1));
            double diagonal = lower[i * n + i];
            for (int j = 0; j < i; j++) inverse[i * n + j] = -row[j] / diagonal;
            inverse[i * n + i] = 1 / diagonal;
        }
        for (int i = 0; i < n; i++)
            for (int j = 0; j <= i; j++) upper[(n - 1 - i) * n + (n - 1 - j)] = inverse[i * n + j];
        return upper;
    }
}
