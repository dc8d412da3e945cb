using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Fast = Heartwood.Tensors.Backends.Cpu.Gemm<Heartwood.Tensors.Backends.Cpu.Avx512Lanes, System.Runtime.Intrinsics.Vector512<float>>;

namespace Heartwood.Tensors.Backends.Cpu;

/// <summary>
/// Matrix products with both sides rounded to bf16 and sums in float32, by the dot product of <see cref="Bf16Code"/>: frozen weights
/// are packed once, two bf16 to a float's place, [panel][pair][48]; activations are rounded as they enter, a block at a time.
/// Every value of c is one chain over the pairs in order, whatever tile or thread computes it, as in <see cref="Gemm{L,V}"/>.
/// <see cref="RoundedProducts"/> is the same in plain C#.
/// </summary>
sealed unsafe class Bf16Products : IProducts
{
    const int InnerBlock = 768;                                  // pairs; a panel of b of this depth stays in the second-level cache,
    const int RowBlock = 96;                                     // and so do this many rows of a, as they are and rounded
    const float RoundCost = 0.7f;                                // what rounding a strip of rows takes as long as, in products of one tile
    const int Panel = Bf16Code.Columns;

    public int PackedCount(int inner, int columns) => checked(Panels(columns) * Panel * Pairs(inner));

    static int Panels(int columns) => (columns + Panel - 1) / Panel;

    static int Pairs(int inner) => (inner + 1) / 2;

    public void Pack(ReadOnlySpan<float> b, int inner, int columns, bool turned, Span<float> packed)
    {
        fixed (float* pb = b, pp = packed)
        {
            (nint from, nint to, int panel) = ((nint)pb, (nint)pp, Panel * Pairs(inner));
            Workers.For(Panels(columns), p =>
                PackPanel((float*)from, inner, columns, turned, (ushort*)((float*)to + (long)p * panel), p * Panel));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void PackPanel(float* b, int inner, int columns, bool turned, ushort* to, int first)
    {
        // zeros beyond the last column, and beyond the last value of an odd inner axis
        new Span<ushort>(to, 2 * Panel * Pairs(inner)).Clear();
        (long across, long along) = turned ? ((long)inner, 1L) : (1L, columns);
        for (int j = first; j < Math.Min(columns, first + Panel); j++)
        {
            float* from = b + j * across;
            for (int k = 0; k < inner; k++) to[(k / 2 * Panel + j - first) * 2 + k % 2] = Bf16.Bits(from[k * along]);
        }
    }

    public void MatMul(
        ReadOnlySpan<float> a, int rows, int inner, ReadOnlySpan<float> packed, int columns, ReadOnlySpan<float> bias, Unary? activation,
        Span<float> c)
    {
        float* start = (float*)NativeMemory.AlignedAlloc((nuint)(Panels(columns) * Panel) * sizeof(float), 64);
        try
        {
            Span<float> begin = new(start, Panels(columns) * Panel);
            begin.Clear();
            bias.CopyTo(begin);
            fixed (float* pa = a, pp = packed, pc = c)
            {
                Work work = new((nint)pa, inner, (nint)pp, columns, (nint)start, (nint)pc, activation);
                int tiles = (rows + Fast.TileRows - 1) / Fast.TileRows, panels = Panels(columns);
                (int rowItems, int panelItems) = Fast.Split(tiles, panels, inner, RowBlock, fewest: 1, panelCost: 0, stripCost: RoundCost);
                Workers.For(rowItems * panelItems, item =>
                {
                    (int p, int r) = Math.DivRem(item, rowItems);
                    int row0 = Fast.Share(r, rowItems, tiles) * Fast.TileRows;
                    int row1 = Math.Min(rows, Fast.Share(r + 1, rowItems, tiles) * Fast.TileRows);
                    Block(work, row0, row1, Fast.Share(p, panelItems, panels), Fast.Share(p + 1, panelItems, panels));
                });
            }
        }
        finally
        {
            NativeMemory.AlignedFree(start);
        }
    }

    readonly record struct Work(nint A, int Inner, nint Packed, int Columns, nint Start, nint C, Unary? Activation);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Block(Work work, int row0, int row1, int panel0, int panel1)
    {
        int pairs = Pairs(work.Inner), columns = work.Columns;
        float* edge = stackalloc float[Bf16Code.Rows * Panel];
        uint* rounded = (uint*)Strips.Take((row1 - row0) * Math.Min(InnerBlock, pairs));
        for (int k0 = 0; k0 == 0 || k0 < pairs; k0 += InnerBlock)
        {
            int depth = Math.Min(InnerBlock, pairs - k0);
            bool onTop = k0 > 0, last = k0 + depth == pairs;
            Round((float*)work.A, work.Inner, row0, row1, k0, depth, rounded);
            for (int p = panel0; p < panel1; p++)
            {
                uint* b = (uint*)work.Packed + ((long)p * pairs + k0) * Panel;
                float* start = (float*)work.Start + p * Panel;
                int width = Math.Min(Panel, columns - p * Panel);
                for (int r = row0; r < row1; r += Bf16Code.Rows)
                {
                    int height = Math.Min(Bf16Code.Rows, row1 - r);
                    float* at = (float*)work.C + (long)r * columns + p * Panel, to = width == Panel ? at : edge;
                    nint step = width == Panel ? columns : Panel;
                    if (to == edge && onTop) Fast.CopyTile(at, columns, edge, Panel, height, width);
                    uint* from = rounded + (long)(r - row0) * depth;
                    nint bytes = step * sizeof(float);
                    Bf16Code.Tile(height)(from, depth * sizeof(uint), b, to, bytes, depth, onTop ? to : start, onTop ? bytes : 0);
                    if (last && work.Activation is { } activation) Activate(activation, to, step, height, width);
                    if (to == edge) Fast.CopyTile(edge, Panel, at, columns, height, width);
                }
            }
        }
    }

    // rows of a, depth pairs from pair k0, as bf16; an odd inner axis ends with a zero
    static void Round(float* a, int inner, int row0, int row1, int k0, int depth, uint* rounded)
    {
        int count = Math.Min(2 * depth, inner - 2 * k0);
        for (int r = row0; r < row1; r++, rounded += depth)
        {
            Bf16.Round(new(a + (long)r * inner + 2 * k0, count), new(rounded, count));
            if (count < 2 * depth) ((ushort*)rounded)[count] = 0;
        }
    }

    static void Activate(Unary activation, float* c, nint step, int height, int width)
    {
        switch (activation)
        {
            case Unary.GeluErf: Fast.Activate<GeluErf>(c, step, height, width); break;
            case Unary.GeluTanh: Fast.Activate<GeluTanh>(c, step, height, width); break;
            case Unary.Tanh: Fast.Activate<Tanh>(c, step, height, width); break;
            case Unary.Relu: Fast.Activate<Relu>(c, step, height, width); break;
            case Unary.Silu: Fast.Activate<Silu>(c, step, height, width); break;
            default:
                throw new ArgumentOutOfRangeException(nameof(activation), activation, "No matrix product is fused with this function.");
        }
    }
}
