using System.Buffers;

namespace Heartwood.Tensors.Backends.Cpu;

/// <summary>
/// Matrix products with both sides rounded to bf16 and sums in float32, by float32's own instructions: what <see cref="Bf16Products"/>
/// computes, for processors and systems without it (slower than plain float32 by the rounding), and its measure in the tests. The bits are
/// the same wherever no sum lies below float32's normal range: products of two bf16 are exact in float32, and the values of each
/// pair change places so that the chain of multiply-adds runs in the dot product's order.
/// </summary>
/// <param name="plain">the float32 products</param>
sealed class RoundedProducts(IProducts plain) : IProducts
{
    public int PackedCount(int inner, int columns) => plain.PackedCount(inner, columns);

    public void Pack(ReadOnlySpan<float> b, int inner, int columns, bool turned, Span<float> packed)
    {
        float[] rounded = new float[b.Length];
        (int across, int along) = turned ? (inner, 1) : (1, columns);
        for (int j = 0; j < columns; j++)
            for (int k = 0; k < inner; k++) rounded[j * across + Place(k, inner) * along] = Round(b[j * across + k * along]);
        plain.Pack(rounded, inner, columns, turned, packed);
    }

    public void MatMul(
        ReadOnlySpan<float> a, int rows, int inner, ReadOnlySpan<float> packed, int columns, ReadOnlySpan<float> bias, Unary? activation,
        Span<float> c)
    {
        float[] rounded = ArrayPool<float>.Shared.Rent(a.Length);
        for (int r = 0; r < rows; r++)
            for (int k = 0; k < inner; k++) rounded[r * inner + Place(k, inner)] = Round(a[r * inner + k]);
        plain.MatMul(rounded.AsSpan(0, a.Length), rows, inner, packed, columns, bias, activation, c);
        ArrayPool<float>.Shared.Return(rounded);
    }

    // the second of a pair comes first
    static int Place(int k, int inner) => (k ^ 1) < inner ? k ^ 1 : k;

    // as the dot product reads a bf16: what lies below the normal range is zero
    static float Round(float x) => Bf16.Value(Bf16.Bits(x)) is var near && float.IsSubnormal(near) ? 0 * near : near;
}
