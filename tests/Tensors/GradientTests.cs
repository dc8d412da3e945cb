using Heartwood.Tensors;
using Heartwood.Tensors.Backends;

namespace Heartwood.Tests.Tensors;

/// <summary>Every gradient of the table of ops against finite differences of the reference.</summary>
public class GradientTests
{
    const int Probed = 12;                                       // values per input that are moved
    const float Step = 1f / 32;

    public static TheoryData<string> Everything => [.. OpTable.Rows.Select(op => op.Name)];

    [Theory, MemberData(nameof(Everything))]
    public void Gradients_are_the_slopes_of_the_value(string row)
    {
        Op op = OpTable.Named(row);
        Tensor[] slopes = AgreementTests.Evaluate(op, "reference").Slopes, inputs = op.Draw(1);
        using IDisposable choice = Machine.Using(Machine.All.Single(b => b.Name == "reference"));
        Tensor weights = AgreementTests.Weights(op, op.Function(inputs).Shape);
        for (int i = 0; i < inputs.Length; i++)
        {
            double size = Math.Max(1, slopes[i].Values.ToArray().Max(Math.Abs));
            int stride = Math.Max(1, inputs[i].Count / Probed);
            for (int at = 0; at < inputs[i].Count; at += stride)
            {
                double expected = Slope(op, inputs, weights, inputs[i], at), found = slopes[i].Values[at];
                Assert.True(Math.Abs(expected - found) <= op.SlopeTolerance * size, $"{op.Name}: the gradient of value {at} of input {i} is {found}, finite differences give {expected}.");
            }
        }
    }

    // the five-point rule: an error of order step^4
    static double Slope(Op op, Tensor[] inputs, Tensor weights, Tensor input, int at)
    {
        float was = input.Values[at];
        double slope = 0;
        foreach (var (steps, weight) in new[] { (-2, 1.0), (-1, -8.0), (1, 8.0), (2, -1.0) })
        {
            using Scope scope = Scope.Open();
            float moved = was + steps * Step;
            input.Change()[at] = moved;
            slope += weight * Sum(op.Function(inputs), weights) / (12 * Step);
        }
        input.Change()[at] = was;
        return slope;
    }

    static double Sum(Tensor y, Tensor weights)
    {
        double sum = 0;
        for (int i = 0; i < y.Count; i++) sum += (double)y.Values[i] * weights.Values[i];
        return sum;
    }
}
