using Heartwood.Tensors;
using Heartwood.Tensors.Backends;

namespace Heartwood.Tests.Tensors;

/// <summary>Products that pack their right side themselves give the bits of those whose right side was packed before, however the work is divided.</summary>
[Collection("the thread team")]
public class ProductsTests
{
    public static TheoryData<string, int, int, int> Cases => [.. from backend in Machine.All
        from size in ((int Rows, int Inner, int Columns)[])[(1, 1, 1), (3, 17, 50), (8, 0, 48), (9, 33, 47), (40, 70, 96), (97, 130, 145), (200, 1030, 97), (530, 48, 200), (9, 1100, 4000), (0, 5, 7), (5, 7, 0),
            (33, 100, 100), (33, 312, 312), (1, 770, 770), (7, 770, 100), (7, 64, 770), (96, 130, 330), (90, 1100, 60)]
        select (backend.Name, size.Rows, size.Inner, size.Columns)];

    [Theory, MemberData(nameof(Cases))]
    public void Bits_do_not_depend_on_who_packs_or_on_how_the_sides_are_stored(string backend, int rows, int inner, int columns)
    {
        IBackend machine = Machine.All.Single(b => b.Name == backend);
        float[] a = Numbers("a", rows * inner), b = Numbers("b", inner * columns), bias = Numbers("bias", columns);
        float[] turnedA = Turned(a, rows, inner), turnedB = Turned(b, inner, columns);
        int before = Machine.Threads;
        try
        {
            foreach (int threads in new[] { 1, 2, 3 })
            {
                Machine.Threads = threads;
                foreach (Unary? activation in new Unary?[] { null, Unary.GeluTanh })
                {
                    float[] expected = [.. Enumerable.Repeat(float.NaN, rows * columns)], packed = new float[machine.PackedCount(inner, columns)];
                    machine.Pack(b, inner, columns, false, packed);
                    machine.MatMul(a, rows, inner, packed, columns, bias, activation, expected);
                    foreach (bool transposed in new[] { false, true })
                        foreach (bool turned in new[] { false, true })
                        {
                            float[] found = [.. Enumerable.Repeat(float.NaN, rows * columns)];
                            machine.MatMulOnce(transposed ? turnedA : a, rows, inner, transposed, turned ? turnedB : b, columns, turned, bias, activation, found);
                            Assert.Equal(expected.Select(BitConverter.SingleToInt32Bits), found.Select(BitConverter.SingleToInt32Bits));
                        }
                }
            }
        }
        finally
        {
            Machine.Threads = before;
        }
    }

    [Fact]
    public void A_number_of_threads_that_changes_meanwhile_leaves_nothing_out()
    {
        IBackend machine = Machine.All[0];
        const int rows = 33, inner = 100, columns = 312;
        float[] a = Numbers("a", rows * inner), bias = Numbers("bias", columns), packed = new float[machine.PackedCount(inner, columns)];
        machine.Pack(Numbers("b", inner * columns), inner, columns, false, packed);
        int before = Machine.Threads;
        bool enough = false;
        Thread changes = new(() =>
        {
            for (int threads = 0; !Volatile.Read(ref enough); threads = (threads + 1) % 3) Machine.Threads = threads + 1;
        });
        changes.Start();
        try
        {
            for (int call = 0; call < 2000; call++)
            {
                float[] found = [.. Enumerable.Repeat(float.NaN, rows * columns)];
                machine.MatMul(a, rows, inner, packed, columns, bias, null, found);
                Assert.DoesNotContain(found, float.IsNaN);
            }
        }
        finally
        {
            Volatile.Write(ref enough, true);
            changes.Join();
            Machine.Threads = before;
        }
    }

    static float[] Numbers(string name, int count) => count == 0 ? [] : Tensor.Normal(new(1, name), 1, count).Values.ToArray();

    static float[] Turned(float[] x, int rows, int columns)
    {
        float[] turned = new float[x.Length];
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < columns; c++) turned[c * rows + r] = x[r * columns + c];
        return turned;
    }
}
