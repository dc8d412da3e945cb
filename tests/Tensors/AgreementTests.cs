using Heartwood.Tensors;
using Heartwood.Tensors.Backends;

namespace Heartwood.Tests.Tensors;

/// <summary>Speed never defines truth: every backend against the reference, over the table of ops.</summary>
public class AgreementTests
{
    public static TheoryData<string, string> Everything =>
        [.. from op in OpTable.Rows from backend in Machine.All where backend.Name != "reference" select (op.Name, backend.Name)];

    public static TheoryData<string, string> FrozenWeights =>
        [.. from op in OpTable.Rows where op.InBf16 is not null
            from backend in Machine.All where backend.Bf16 is not null select (op.Name, backend.Name)];

    [Theory, MemberData(nameof(Everything))]
    public void Every_backend_agrees_with_the_reference(string row, string backend)
    {
        Op op = OpTable.Named(row);
        Compare(op, Evaluate(op, "reference"), Evaluate(op, backend), op.Tolerance);
    }

    // an untracked weight is frozen and its product bf16; a tracked one stays float32
    [Theory, MemberData(nameof(FrozenWeights))]
    public void Every_backend_s_bf16_is_near_the_reference_s_float32_and_what_is_trained_agrees(string row, string backend)
    {
        Op op = OpTable.Named(row);
        Compare(op, Evaluate(op, "reference"), Evaluate(op with { Function = op.InBf16! }, backend), OfBf16);
    }

    [Theory, MemberData(nameof(Everything))]
    public void A_gradient_is_the_same_to_the_bit_whatever_else_is_tracked(string row, string backend)
    {
        Op op = OpTable.Named(row);
        Tensor[] all = Evaluate(op, backend).Slopes;
        for (int i = 0; i < op.Inputs.Length; i++)
            Assert.Equal(all[i].Values.ToArray(), Evaluate(op, backend, only: i).Slopes[i].Values.ToArray());
    }

    /// <summary>The op without and with tracking, and the gradients of a weighted sum of its result.</summary>
    internal static (Tensor Plain, Tensor Recorded, Tensor[] Slopes) Evaluate(Op op, string backend, int? only = null)
    {
        using IDisposable choice = Machine.Using(Machine.All.Single(b => b.Name == backend));
        Tensor plain = op.Function(op.Draw(1));
        Tensor[] inputs = op.Draw(1);
        for (int i = 0; i < inputs.Length; i++) if (only is null || only == i) inputs[i].Track();
        Tensor recorded = op.Function(inputs), sum = (recorded * Weights(op, recorded.Shape)).Sum();
        return (plain, recorded, [.. inputs.Select(t => t.Tracked ? sum.Gradients(t)[0] : t)]);
    }

    /// <summary>The weights of the sum that gradients are taken of.</summary>
    internal static Tensor Weights(Op op, Shape shape) => Tensor.Normal(new Chance(2, op.Name), 1, shape.Axes);

    /// <summary>Both factors of a product are off by at most 2⁻⁹ of themselves; 2⁻⁶ of the largest value leaves room for sums that cancel.</summary>
    const double OfBf16 = 1.0 / 64;

    static void Compare(
        Op op, (Tensor Plain, Tensor Recorded, Tensor[] Slopes) expected,
        (Tensor Plain, Tensor Recorded, Tensor[] Slopes) found, double ofPlain)
    {
        Near(op, expected.Plain, found.Plain, "value", ofPlain);
        Near(op, expected.Recorded, found.Recorded, "value, tracked", op.Tolerance);
        for (int i = 0; i < expected.Slopes.Length; i++) Near(op, expected.Slopes[i], found.Slopes[i], $"gradient {i}", op.Tolerance);
    }

    static void Near(Op op, Tensor expected, Tensor found, string what, double tolerance)
    {
        Assert.Equal(expected.Shape, found.Shape);
        double size = 1, worst = 0;
        for (int i = 0; i < expected.Count; i++)
        {
            Assert.True(float.IsFinite(found.Values[i]), $"{op.Name}, {what}: value {i} is {found.Values[i]}");
            size = Math.Max(size, Math.Abs(expected.Values[i]));
            worst = Math.Max(worst, Math.Abs((double)expected.Values[i] - found.Values[i]));
        }
        Assert.True(worst <= tolerance * size, $"{op.Name}, {what}: differs by {worst / size:e2} of the largest value, allowed is {tolerance:e0}.");
    }
}
