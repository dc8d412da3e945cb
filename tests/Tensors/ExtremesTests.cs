using Heartwood.Tensors;
using Heartwood.Tensors.Backends;

namespace Heartwood.Tests.Tensors;

/// <summary>NaN stays NaN, and what overflows goes where mathematics says.</summary>
public class ExtremesTests
{
    const float Infinity = float.PositiveInfinity, Tiny = float.Epsilon;

    public static TheoryData<string> Backends => [.. Machine.Backends];

    public static TheoryData<string, string> Everything => [.. from op in OpTable.Rows from backend in Machine.Backends
        where backend != "reference" || op.Inputs.Sum(s => s.Count) < 500 select (op.Name, backend)];

    static IDisposable Using(string backend) => Machine.Using(Machine.All.Single(b => b.Name == backend));

    [Theory, MemberData(nameof(Everything))]
    public void Nothing_but_NaN_comes_of_nothing_but_NaN(string row, string backend)
    {
        using IDisposable choice = Using(backend);
        Op op = OpTable.Named(row);
        Tensor[] inputs = [.. op.Inputs.Select(s => Tensor.Filled(float.NaN, s).Track())];
        Tensor y = op.Function(inputs);
        Assert.All(y.Values.ToArray(), v => Assert.True(float.IsNaN(v), $"{v}"));
        Assert.True(float.IsNaN(y.Sum().Item));
        y.Sum().Gradients(inputs);
    }

    [Theory, MemberData(nameof(Backends))]
    public void Functions_of_extreme_values_are_their_limits(string backend)
    {
        using IDisposable choice = Using(backend);
        Expect("exp", t => t.Exp(), (-Infinity, 0), (-1e30f, 0), (-200, 0), (0, 1), (-0f, 1), (Tiny, 1), (200, Infinity), (1e30f, Infinity), (Infinity, Infinity));
        Expect("log", t => t.Log(), (0, -Infinity), (-0f, -Infinity), (Infinity, Infinity), (-1, float.NaN), (-Infinity, float.NaN), (1, 0), (Tiny, -103.2789f), (1e-40f, -92.1034f), (1e30f, 69.07755f));
        Expect("sqrt", t => t.Sqrt(), (0, 0), (Infinity, Infinity), (-1, float.NaN), (1e30f, 1e15f));
        Expect("sigmoid", t => t.Sigmoid(), (-Infinity, 0), (-1e30f, 0), (-200, 0), (200, 1), (1e30f, 1), (Infinity, 1), (Tiny, 0.5f));
        Expect("tanh", t => t.Tanh(), (-Infinity, -1), (-1e30f, -1), (-50, -1), (50, 1), (1e30f, 1), (Infinity, 1), (0, 0), (Tiny, Tiny), (-1e-38f, -1e-38f));
        Expect("relu", t => t.Relu(), (-Infinity, 0), (Infinity, Infinity), (-1e30f, 0), (1e30f, 1e30f));
        Expect("abs", t => t.Abs(), (-Infinity, Infinity), (-0f, 0), (-1e30f, 1e30f));
        Expect("clamp", t => t.Clamp(0, 1), (-Infinity, 0), (Infinity, 1), (-1e30f, 0), (0.5f, 0.5f), (float.NaN, float.NaN));
        Expect("gelu", t => t.Gelu(), (-Infinity, 0), (-1e30f, 0), (-50, 0), (50, 50), (1e30f, 1e30f), (Infinity, Infinity), (0, 0));
        Expect("silu", t => t.Silu(), (-Infinity, 0), (-1e30f, 0), (-200, 0), (50, 50), (1e30f, 1e30f), (Infinity, Infinity), (0, 0), (-1, -0.26894143f));
        Expect("gelu tanh", t => t.GeluTanh(), (-Infinity, 0), (-1e30f, 0), (-50, 0), (50, 50), (1e30f, 1e30f), (Infinity, Infinity), (0, 0));
    }

    [Theory, MemberData(nameof(Backends))]
    public void Slopes_at_extreme_values_are_their_limits(string backend)
    {
        using IDisposable choice = Using(backend);
        ExpectSlope("sigmoid", t => t.Sigmoid(), (-Infinity, 0), (-1e30f, 0), (-200, 0), (200, 0), (1e30f, 0), (Infinity, 0));
        ExpectSlope("tanh", t => t.Tanh(), (-Infinity, 0), (-1e30f, 0), (1e30f, 0), (Infinity, 0), (0, 1));
        ExpectSlope("gelu", t => t.Gelu(), (-Infinity, 0), (-1e30f, 0), (-50, 0), (50, 1), (1e30f, 1), (Infinity, 1));
        ExpectSlope("silu", t => t.Silu(), (-Infinity, 0), (-1e30f, 0), (-200, 0), (200, 1), (1e30f, 1), (Infinity, 1), (0, 0.5f));
        ExpectSlope("gelu tanh", t => t.GeluTanh(), (-Infinity, 0), (-1e30f, 0), (-50, 0), (50, 1), (1e30f, 1), (Infinity, 1));
        ExpectSlope("relu", t => t.Relu(), (0, 0), (-1e30f, 0), (1e30f, 1));
        ExpectSlope("abs", t => t.Abs(), (0, 0), (-1e30f, -1), (1e30f, 1));
        ExpectSlope("clamp", t => t.Clamp(0, 1), (0, 0), (1, 0), (0.5f, 1), (-Infinity, 0), (1e30f, 0));
    }

    [Theory, MemberData(nameof(Backends))]
    public void Softmax_of_extreme_rows_is_a_distribution(string backend)
    {
        using IDisposable choice = Using(backend);
        foreach (int width in new[] { 3, 16, 19 })
        {
            float[] row = new float[width];
            Array.Fill(row, -Infinity);
            (row[0], row[1], row[2]) = (1e30f, 1e30f, -1e30f);
            Tensor x = Tensor.From(row, 1, width);
            float[] p = x.Softmax().Values.ToArray(), l = x.LogSoftmax().Values.ToArray();
            Assert.Equal([0.5f, 0.5f, 0], p[..3]);
            Assert.All(p[3..], v => Assert.Equal(0, v));
            Assert.Equal(-0.6931472f, l[0], 6);
            Assert.Equal(-1e30f * 2, l[2]);
            Assert.All(l[3..], v => Assert.Equal(-Infinity, v));
            Assert.All(Tensor.Filled(-1e30f, new(2, width)).Softmax().Values.ToArray(), v => Assert.Equal(1f / width, v, 6));
        }
    }

    [Theory, MemberData(nameof(Backends))]
    public void Layer_norm_of_a_constant_row_is_the_shift(string backend)
    {
        using IDisposable choice = Using(backend);
        float[] y = Tensor.Filled(7, new(2, 19)).LayerNorm(Tensor.Ones(19), Tensor.Filled(3, new(19)), 1e-12f).Values.ToArray();
        Assert.All(y, v => Assert.Equal(3, v, 4));
    }

    static void Expect(string name, Func<Tensor, Tensor> function, params (float X, float Y)[] points) =>
        Points(name, points, x => function(x));

    static void ExpectSlope(string name, Func<Tensor, Tensor> function, params (float X, float Y)[] points) =>
        Points($"slope of {name}", points, x => function(x.Track()).Sum().Gradients(x)[0]);

    // each value alone, so in the scalar tail, and filling whole vectors
    static void Points(string name, (float X, float Y)[] points, Func<Tensor, Tensor> function)
    {
        foreach (var (x, expected) in points)
            foreach (float found in function(Tensor.Filled(x, new(35))).Values)
                Assert.True(found.Equals(expected) || Math.Abs(found - expected) <= 1e-6f * Math.Abs(expected) || found == expected, $"{name} of {x} is {found}, expected {expected}");
    }
}
