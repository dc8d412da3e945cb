extern alias bench;

using bench::Heartwood.Bench.Harness;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Tensors;
using Heartwood.Tensors.Backends;

namespace Heartwood.Tests.Lab.Models;

/// <summary>A model's precision: every product with its frozen weights obeys it, whatever is made of the model keeps it.</summary>
public class PrecisionOfModelsTests
{
    public static TheoryData<string> Families => [.. ModelFolder.Families];

    // the fastest, also where HEARTWOOD_BACKEND names one without bf16; it notes its float32 products, and leaves bf16's to the other
    static IDisposable Noting(out TimedBackend backend) => Machine.Using(backend = new(Machine.All[0]));

    static string[] ProductsIn(TimedBackend backend, Action pass)
    {
        backend.Clear();
        pass();
        return [.. backend.Seconds.Keys.Where(name => name.StartsWith("MatMul", StringComparison.Ordinal))];
    }

    static float[] Scores(IModel model)
    {
        using Scope scope = Scope.Open();
        return model.Forward(Small.Batch(), NoProbe.Instance, Tokens.All).Values.ToArray();
    }

    static float[] MaskSlopes(IModel model)
    {
        using Scope scope = Scope.Open();
        Tensor mask = Tensor.Filled(0.5f, new(model.Universe().Count)).Track();
        Tensor scores = model.Forward(Small.Batch(), new MaskProbe(mask, Ablation.Zero(model.Universe())));
        return scores.Sum().Gradients(mask)[0].Values.ToArray();
    }

    [Theory, MemberData(nameof(Families))]
    public void At_bf16_no_product_with_a_frozen_weight_is_float32_forward_or_backward(string family)
    {
        using IDisposable choice = Noting(out TimedBackend backend);
        IModel model = Small.Model(family: family), half = model.At(Precision.Bf16);
        Assert.NotEmpty(ProductsIn(backend, () => Scores(model)));
        Assert.NotEmpty(ProductsIn(backend, () => MaskSlopes(model)));
        Assert.Empty(ProductsIn(backend, () => Scores(half)));
        Assert.Empty(ProductsIn(backend, () => MaskSlopes(half)));
    }

    [Theory]
    [InlineData("gpt2/language"), InlineData("llama/grouped"), InlineData("llama/qwen2")]
    public void So_it_is_in_language_models(string golden)
    {
        using IDisposable choice = Noting(out TimedBackend backend);
        IModel model = GoldenModelTests.Load(golden), half = model.At(Precision.Bf16);
        Batch batch = new([new([1, 2, 3, 4, 5], new int[5])]);
        Assert.NotEmpty(ProductsIn(backend, () => model.Forward(batch, NoProbe.Instance)));
        Assert.Empty(ProductsIn(backend, () => half.Forward(batch, NoProbe.Instance)));
    }

    [Theory, MemberData(nameof(Families))]
    public void A_precision_asked_for_and_given_back_leaves_every_bit(string family)
    {
        using IDisposable choice = Noting(out _);
        IModel model = Small.Model(family: family), half = model.At(Precision.Bf16);
        float[] exact = Scores(model), rounded = Scores(half);
        Assert.Same(model, model.At(Precision.Float32));
        Assert.NotEqual(exact, rounded);
        Small.SameBits(exact, Scores(half.At(Precision.Float32)), "float32 again");
        Small.SameBits(rounded, Scores(half), "bf16 after float32");
        Small.SameBits(model, half);
    }

    [Theory, MemberData(nameof(Families))]
    public void What_is_made_of_a_model_keeps_its_precision(string family)
    {
        using IDisposable choice = Noting(out _);
        IModel model = Small.Model(family: family), half = model.At(Precision.Bf16);
        IReadOnlyList<Part> kept = Small.Some(model.Universe(), 3);
        Ablation ablation = Ablation.Zero(model.Universe());
        IModel[] made =
        [
            half.Frozen(), half.WithBiases(), Cutting.Cut(half, kept, ablation), Cutting.FullSize(half, kept, ablation),
            half.With(half.Config, half.Weights.Map((_, t) => t.KeepForever())),
            half.With(half.Config, half.Weights.With(half.Weights.All.Take(1))),
            half.With(half.Config, half.Weights.Renamed(half.Weights.All.Keys.Select(name => KeyValuePair.Create(name, name)))),
        ];
        Assert.All(made, m => Assert.Equal(Precision.Bf16, m.Weights.Precision));
        Small.SameBits(Scores(half), Scores(made[0]), "frozen");
        Small.SameBits(Scores(Cutting.Cut(model, kept, ablation)), Scores(made[2].At(Precision.Float32)), "cut, in float32");
    }

    [Fact]
    public void A_body_without_a_head_has_a_precision_too()
    {
        using IDisposable choice = Noting(out TimedBackend backend);
        using HuggingFaceFolder folder = HuggingFaceFolder.Open(Goldens.Path("bert/tiny"));
        IModel body = ModelFolder.LoadBody(folder).At(Precision.Bf16);
        Assert.Equal(Precision.Bf16, body.Frozen().Weights.Precision);
        Assert.Empty(ProductsIn(backend, () => body.Stream(GoldenModelTests.Batch("bert"), NoProbe.Instance, Tokens.All)));
    }

    [Fact]
    public void What_is_trained_stays_float32()
    {
        using IDisposable choice = Noting(out _);
        IModel model = Small.Model(), half = model.At(Precision.Bf16);
        Small.SameBits(Trained(model), Trained(half), "trained");

        static float[] Trained(IModel from)
        {
            IModel tracked = from.With(from.Config, from.Weights.Map((_, t) => t.KeepForever().Track()));
            Tensor scores = tracked.Forward(Small.Batch(), NoProbe.Instance);
            return [.. scores.Values, .. scores.Sum().Gradients([.. tracked.Weights.All.Values]).SelectMany(g => g.Values.ToArray())];
        }
    }

    [Fact]
    public void A_backend_without_bf16_refuses_before_anything_is_computed()
    {
        using IDisposable choice = Machine.Using(Machine.Preferred("reference"));
        Assert.Contains("leave out --precision bf16", Assert.Throws<NotSupportedException>(() => Small.Model().At(Precision.Bf16)).Message);
    }
}
