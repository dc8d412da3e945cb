using Heartwood.Bench.Harness;
using Heartwood.Tensors;

namespace Heartwood.Bench.Ops;

/// <summary>Matrix products with weights at rest.</summary>
static class GemmEntries
{
    static readonly int[] tokens = [128, 1024, 4096];
    static readonly (int Output, int Input)[] weights = [(768, 768), (3072, 768), (768, 3072), (384, 384), (1536, 384), (384, 1536)];

    /// <summary>The shapes of small and base models' linear layers.</summary>
    public static Entry Gemm { get; } = new("gemm", "linear layers, 18 shapes of small and base models, against the processor's peak",
        () => tokens.SelectMany(t => weights.Select(w => Linear(t, w.Output, w.Input) with { Peers = Peers(t, w.Output, w.Input) })))
    {
        Summaries = rows => [Mean(rows, Target.PeakShareAtLeast(0.95))],
    };

    static IReadOnlyList<Peer> Peers(int tokens, int output, int input) => [Peer.Torch("linear", new { tokens, output, input }), Peer.Onnx("linear", new { tokens, output, input })];

    static Case Linear(int tokens, int output, int input) => Case.Timed($"{tokens} × {input} → {output}", () =>
    {
        Tensor x = Drawn("x", tokens, input), weight = Drawn("weight", output, input), bias = Drawn("bias", output);
        return () =>
        {
            using Scope scope = Scope.Open();
            x.Linear(weight, bias);
        };
    }) with
    { Operations = 2.0 * tokens * output * input };

    static Row Mean(IReadOnlyList<Row> rows, Target target) => new Row
    {
        Entry = rows[0].Entry,
        Size = $"geometric mean of {rows.Count}",
        Threads = rows[0].Threads,
        PeakShare = Geometric(rows.Select(r => r.PeakShare)),
        Ratio = Geometric(rows.Select(r => r.Ratio)),
    }.Judged(target);

    static double? Geometric(IEnumerable<double?> values) => values.All(v => v is not null) ? Math.Exp(values.Average(v => Math.Log(v!.Value))) : null;

    static Tensor Drawn(string purpose, params ReadOnlySpan<int> axes) => Tensor.Normal(new Chance(1, purpose), 0.5f, axes);
}
