using System.Text.Json;
using Heartwood.Lab.Discovery;
using Heartwood.Lab.Subnetworks;
using Heartwood.Tensors;
using Heartwood.Tests.Lab.Models;

namespace Heartwood.Tests.Lab.Discovery;

/// <summary>
/// The gates, the expected size and the penalty of learned masks, as the programs of "The Heuristic Core" and of CoFi compute them
/// (shared/goldens/heuristic-core). The two differ: the first takes the size of the gates that were just drawn, and target minus sparsity; the
/// second the expected size, and sparsity minus target. We take CoFi's expected size with the Heuristic Core's sign: one formula with
/// either's numbers, λ1 of the other sign. What we do not do is the rounding of both programs' masks without noise, layer by layer.
/// </summary>
public class HeuristicCoreGoldenTests
{
    static readonly HardConcrete concrete = new();

    public static TheoryData<string> Blocks => ["heads_3x4", "mlps_3x1", "heads_12x12"];

    [Theory, MemberData(nameof(Blocks))]
    public void Gates_and_their_gradient_are_the_programs(string block)
    {
        GoldenTensors golden = new GoldenFolder("heuristic-core").Tensors("gates");
        Tensor logAlpha = golden.Tensor($"{block}.log_alpha").Track();
        Tensor gates = concrete.FromUniform(logAlpha, golden.Floats($"{block}.u"));
        golden.Near($"{block}.z", gates.Values, 3e-6);
        Tensor weighed = (golden.Tensor($"{block}.weights") * gates).Sum();
        golden.Near($"{block}.grad_weighted_z", weighed.Gradients(logAlpha)[0].Values, 3e-6);
    }

    [Theory, MemberData(nameof(Blocks))]
    public void The_expected_number_that_is_kept_and_its_gradient_are_the_programs(string block)
    {
        GoldenFolder folder = new("heuristic-core");
        GoldenTensors golden = folder.Tensors("gates");
        JsonElement counts = folder.Json("tables").GetProperty("counts").GetProperty(block);
        Tensor logAlpha = golden.Tensor($"{block}.log_alpha").Track();
        Tensor present = concrete.Present(logAlpha), kept = present.Sum();
        golden.Near($"{block}.prob_zero", (1 - present).Values, 3e-6);
        Assert.Equal(counts.GetProperty("expected_nonzero").GetDouble(), kept.Item, 1e-5 * kept.Item);
        Assert.Equal(counts.GetProperty("expected_sparsity").GetDouble(), (1 - present.Mean()).Item, 1e-5);
        golden.Near($"{block}.grad_expected_nonzero", kept.Gradients(logAlpha)[0].Values, 3e-6);
    }

    public static TheoryData<string> Penalties =>
        [.. from size in (string[])["bert", "big"] from mode in (string[])["train_a", "train_b"] select $"{size}.{mode}"];

    [Theory, MemberData(nameof(Penalties))]
    public void With_the_size_of_the_gates_drawn_the_penalty_and_its_gradients_are_the_Heuristic_Cores(string mode)
    {
        GoldenTensors golden = new GoldenFolder("heuristic-core").Tensors("penalty");
        string size = mode.Split('.')[0];
        float[] settings = golden.Floats($"{mode}.settings");
        Tensor heads = golden.Tensor($"{size}.log_alpha_heads").Track(), mlps = golden.Tensor($"{size}.log_alpha_mlps").Track();
        Tensor multipliers = Tensor.From([settings[1], settings[2]], 2).Track();
        // the noise is one per part in all modes, train_a and train_b differ in the settings
        Tensor z = concrete.FromUniform(heads, golden.Floats($"{size}.u_heads")).Sum() + concrete.FromUniform(mlps, golden.Floats($"{size}.u_mlps")).Sum();
        Tensor sparsity = 1 - z * (1f / (heads.Count + mlps.Count));
        Assert.Equal(golden.Floats($"{mode}.sparsity")[0], sparsity.Item, 2e-6);
        Tensor penalty = SparsityPenalty.At(sparsity, settings[0], multipliers);
        Assert.Equal(golden.Floats($"{mode}.penalty")[0], penalty.Item, 2e-6);
        Tensor[] slopes = penalty.Gradients(heads, mlps, multipliers);
        golden.Near($"{mode}.grad_heads", slopes[0].Values, 2e-6);
        golden.Near($"{mode}.grad_mlps", slopes[1].Values, 2e-6);
        golden.Near($"{mode}.grad_lambdas", slopes[2].Values, 2e-6);
    }

    [Theory, InlineData("no_hidden"), InlineData("hidden")]
    public void With_the_expected_size_and_the_first_multiplier_of_the_other_sign_the_penalty_is_CoFis(string name)
    {
        JsonElement one = new GoldenFolder("heuristic-core").Json("cofi").GetProperty("cases").GetProperty(name);
        Tensor multipliers = Tensor.From([-one.GetProperty("lambda_1").GetSingle(), one.GetProperty("lambda_2").GetSingle()], 2).Track();
        foreach (JsonElement step in one.GetProperty("penalty").EnumerateArray())
        {
            Tensor sparsity = Tensor.From([step.GetProperty("expected_sparsity").GetSingle()], 1);
            Tensor penalty = SparsityPenalty.At(sparsity, step.GetProperty("target").GetSingle(), multipliers);
            Assert.Equal(step.GetProperty("penalty").GetDouble(), penalty.Item, 2e-6);
            float[] slopes = penalty.Gradients(multipliers)[0].Values.ToArray();
            Assert.Equal(-step.GetProperty("grad_lambda_1").GetDouble(), slopes[0], 2e-6);
            Assert.Equal(step.GetProperty("grad_lambda_2").GetDouble(), slopes[1], 2e-6);
        }
    }
}
