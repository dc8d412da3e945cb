using Heartwood.Bench.Harness;
using Heartwood.Bench.Ops;
using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;
using Heartwood.Tensors.Backends;

namespace Heartwood.Bench.Models;

/// <summary>bf16 next to float32, both ours.</summary>
static class Bf16Entry
{
    const string About = "frozen weights in bf16 against float32, both ours: BERT-base forward, a step of mask learning, linear layers";

    /// <summary>Encoder, search and matrix products.</summary>
    public static Entry Bf16 { get; } = new("bf16", About, () =>
    {
        string? note = Machine.WhyBf16IsSlow is { } why ? $"without the processor's bf16 dot product: {why}" : null;
        IModel single = Synthetic.Load("base"), half = single.At(Precision.Bf16);
        Batch batch = Pairs.Examples([.. Enumerable.Repeat(64, 16)], half).AsBatch();
        IReadOnlyList<Example> pairs = Pairs.Examples(Pairs.Batch, half);
        return
        [
            AgainstFloat32("BERT-base forward, 16 × 64 tokens", model => Forward(model, batch)) with
            {
                Target = Target.RatioAtMost(0.6, "float32"),
            },
            AgainstFloat32("a step of mask learning, BERT-base, 32 pairs of MNLI's lengths", model => Step(model, pairs)),
            .. GemmEntries.Bf16(note),
            Case.Figured("a mask's gradient, its distance from float32's, BERT-base, 32 pairs",
                _ => new(100 * Distance(single, pairs.AsBatch()), "% of its length")),
        ];

        Case AgainstFloat32(string size, Func<IModel, Action> pass) => Case.Timed(size, () => pass(half)) with
        {
            Rivals = [new("float32", () => pass(single))],
            Note = note,
        };
    });

    // of the gradients of one mask; the first number is the loss
    static double Distance(IModel model, Batch batch)
    {
        float[][] slopes = [.. new[] { Precision.Float32, Precision.Bf16 }.Select(precision =>
        {
            using Scope scope = Scope.Open();
            return SubnetworkEntries.Slopes(model.At(precision), batch)[1..];
        })];
        return Math.Sqrt(slopes[0].Zip(slopes[1], (a, b) => Math.Pow(a - b, 2)).Sum() / slopes[0].Sum(a => (double)a * a));
    }

    static Action Forward(IModel model, Batch batch) => () =>
    {
        using Scope scope = Scope.Open();
        ForwardEntries.Hidden(model, batch);
    };

    static Action Step(IModel model, IReadOnlyList<Example> pairs)
    {
        var search = SubnetworkEntries.Search(model, pairs, Ablation.Mean(model, model.Universe(SubnetworkEntries.InPlay), [pairs.AsBatch()]));
        return () => search.Advance();
    }
}
