using Heartwood.Bench.Harness;
using Heartwood.Tensors;

namespace Heartwood.Bench.Ops;

/// <summary>Matrix products: linear layers with weights at rest, and their gradients.</summary>
static class GemmEntries
{
    static readonly int[] tokens = [128, 1024, 4096];
    static readonly (int Output, int Input)[] weights = [(768, 768), (3072, 768), (768, 3072), (384, 384), (1536, 384), (384, 1536)];
    static readonly (int Output, int Input)[] fillingNoTile = [(100, 100), (312, 312), (770, 770), (770, 100), (100, 770)];

    /// <summary>The shapes of small and base models' linear layers.</summary>
    public static Entry Gemm { get; } = new("gemm", "linear layers, 18 shapes of small and base models, against the processor's peak",
        () => Shapes().Select(s => Linear(s) with { Peers = [Peer.Torch("linear", s.Sizes), Peer.Onnx("linear", s.Sizes)] }))
    {
        Summaries = rows => [Means.Geometric(rows, Target.PeakShareAtLeast(0.95))],
    };

    /// <summary>Shapes that fill no tile.</summary>
    public static Entry Ragged { get; } = new("gemm-ragged",
        "linear layers of sizes that fill no tile, against the next size that does", () =>
        from tokens in (int[])[1, 7, 33, 1000]
        from width in fillingNoTile
        let shape = new Shape(tokens, width.Output, width.Input)
        select Linear(shape) with
        {
            Rivals = [new("rounded up", () => Run(shape.RoundedUp))],
            Target = Target.RatioAtMost(1.15, "the rounded-up shape"),
            Seconds = 0.5,
        });

    /// <summary>The backward pass of linear layers.</summary>
    public static Entry Gradients { get; } = new("gemm-gradients",
        "gradients of linear layers: of the input (weights packed once, or in every pass) and of the weights", () =>
        from tokens in (int[])[1024, 2048]
        from width in weights[..3]
        from kind in Enum.GetValues<Kind>()
        let shape = new Shape(tokens, width.Output, width.Input)
        select Gradient(shape, kind))
    {
        Summaries = rows => [Means.Geometric(rows, Target.PeakShareAtLeast(0.93))],
    };

    /// <summary>The 18 shapes without AVX-512.</summary>
    public static Entry Avx2 { get; } = new("gemm-avx2", "the 18 shapes with AVX-512 forbidden, against OpenBLAS with its kernels for AVX2",
        () => Shapes().Select(s => Linear(s) with
        {
            Backend = "avx2",
            Peers =
            [
                Peer.Torch("linear", new { s.Tokens, s.Output, s.Input, blas = true }) with
                {
                    Name = "OpenBLAS",
                    Environments = [PeerProgram.OpenBlasHaswell],
                },
            ],
            Target = Target.RatioAtMost(1),
        }));

    /// <summary>
    /// Linear layers of bf16 weights; the peak is one bf16 dot product in the place of each multiply-add, so twice float32's.
    /// </summary>
    internal static IEnumerable<Case> Bf16(string? note) =>
        from width in weights
        let shape = new Shape(1024, width.Output, width.Input)
        select Case.Timed($"linear, {shape}", () => Run(shape, Precision.Bf16)) with
        {
            Rivals = [new("float32", () => Run(shape))],
            Operations = shape.Operations / 2,
            Note = note,
        };

    enum Kind { InputFrozen, InputTrained, Weight }

    readonly record struct Shape(int Tokens, int Output, int Input)
    {
        internal object Sizes => new { Tokens, Output, Input };

        internal double Operations => 2.0 * Tokens * Output * Input;

        internal Shape RoundedUp => new(Up(Tokens, 8), Up(Output, 48), Up(Input, 48));

        static int Up(int length, int step) => (length + step - 1) / step * step;

        public override string ToString() => $"{Tokens} × {Input} → {Output}";
    }

    static IEnumerable<Shape> Shapes() => from t in tokens from w in weights select new Shape(t, w.Output, w.Input);

    static Case Linear(Shape shape) => Case.Timed($"{shape}", () => Run(shape)) with { Operations = shape.Operations };

    static Action Run(Shape shape, Precision precision = Precision.Float32)
    {
        Tensor x = Draw.Numbers("x", shape.Tokens, shape.Input), weight = Draw.Numbers("weight", shape.Output, shape.Input);
        Tensor bias = Draw.Numbers("bias", shape.Output);
        return Passes.Forward(() => x.Linear(weight, bias, precision: precision));
    }

    static Case Gradient(Shape shape, Kind kind)
    {
        string what = kind switch
        {
            Kind.InputFrozen => "of the input, weights frozen",
            Kind.InputTrained => "of the input, weights trained",
            _ => "of the weights",
        };
        object sizes = new { shape.Tokens, shape.Output, shape.Input, of = kind == Kind.Weight ? "weight" : "x" };
        return Case.Timed($"{shape}, {what}", () =>
        {
            Tensor x = Draw.Numbers("x", shape.Tokens, shape.Input), weight = Draw.Numbers("weight", shape.Output, shape.Input);
            if (kind != Kind.InputFrozen) weight.Track();
            if (kind != Kind.Weight) x.Track();
            return Passes.Backward(x.Linear(weight), kind == Kind.Weight ? weight : x);
        }) with
        {
            Operations = shape.Operations,
            Peers = [Peer.Torch("linear_gradient", sizes)],
            Target = Target.PeakShareAtLeast(0.93),
        };
    }
}
