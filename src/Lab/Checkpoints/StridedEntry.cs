using System.Runtime.CompilerServices;

namespace Heartwood.Lab.Checkpoints;

/// <summary>
/// A tensor whose numbers do not lie one after another: transposed, a slice, expanded; or are stored with the highest byte first.
/// </summary>
/// <param name="Dtype">how the numbers are stored</param>
/// <param name="Shape">the axes' lengths</param>
/// <param name="Count">how many numbers</param>
/// <param name="Begin">the byte of the file at which the first number begins</param>
/// <param name="Strides">how many numbers lie from one to the next along each axis, from 0</param>
/// <param name="BigEndian">whether the highest byte comes first</param>
internal sealed record StridedEntry(Dtype Dtype, int[] Shape, long Count, long Begin, long[] Strides, bool BigEndian)
    : TensorEntry(Dtype, Shape, Count, Begin)
{
    const int Run = 1 << 16;                                     // bytes

    /// <summary>True if the numbers lie one after another, last axis fastest; the stride of an axis of length 1 says nothing.</summary>
    public static bool Contiguous(ReadOnlySpan<int> shape, ReadOnlySpan<long> strides)
    {
        long expected = 1;
        for (int axis = shape.Length - 1; axis >= 0; axis--)
        {
            if (shape[axis] != 1 && strides[axis] != expected) return false;
            expected *= shape[axis];
        }
        return true;
    }

    /// <summary>Shows the numbers little-endian, last axis fastest, in runs of whole numbers.</summary>
    public unsafe void Visit(FileBytes bytes, FileBytes.Visitor visit)
    {
        if (Count == 0) return;
        int size = Dtype.Size();
        long last = Shape.Zip(Strides, (length, stride) => (length - 1) * stride).Sum();
        bytes.At(Begin, (last + 1) * size, from => Gather(from, size, visit));
    }

    unsafe void Gather(byte* from, int size, FileBytes.Visitor visit)
    {
        byte[] run = new byte[Math.Min(Run, Count * size)];
        int[] index = new int[Shape.Length];
        long at = 0, shown = 0;
        int filled = 0;
        for (long i = 0; i < Count; i++)
        {
            Unsafe.CopyBlockUnaligned(ref run[filled], ref from[at * size], (uint)size);
            if (BigEndian) run.AsSpan(filled, size).Reverse();
            filled += size;
            if (filled == run.Length || i == Count - 1)
            {
                visit(run.AsSpan(0, filled), shown);
                (shown, filled) = (shown + filled, 0);
            }
            for (int axis = Shape.Length - 1; axis >= 0; axis--)
            {
                at += Strides[axis];
                if (++index[axis] < Shape[axis]) break;
                at -= index[axis] * Strides[axis];
                index[axis] = 0;
            }
        }
    }
}
