using Heartwood.Bench.Harness;
using Heartwood.Tensors;

namespace Heartwood.Bench.Ops;

/// <summary>Single operations at the sizes of a base model and of the demo's, forward and backward, against PyTorch.</summary>
static class OpEntries
{
    // lengths of 32 pairs of sentences, the quantiles of MNLI's training set under BERT's tokenizer
    static readonly int[] natural =
    [
        12, 15, 17, 19, 20, 22, 23, 24, 26, 27, 28, 29, 31, 32, 33, 34,
        36, 37, 39, 40, 42, 44, 46, 48, 50, 53, 57, 61, 66, 73, 84, 107,
    ];

    /// <summary>The operations of an encoder, its losses and its optimizer.</summary>
    public static Entry Ops { get; } = new("ops", "single operations, forward and gradient, against PyTorch's fastest form of each",
        () => [.. Gelus(), .. Softmaxes(), .. Norms(), .. Attentions(), .. Losses(), .. Lookups(), .. Steps()]);

    static IEnumerable<Case> Gelus() =>
        from kind in (string[])["erf", "tanh"]
        from shape in (int[][])[[1024, 3072], [2048, 3072], [1024, 256]]
        let sizes = new { shape, kind = kind == "erf" ? "none" : "tanh" }
        from c in Pair($"GELU {kind} {Text(shape)}", "gelu", sizes, t => kind == "erf" ? t[0].Gelu() : t[0].GeluTanh(),
            () => [Draw.Numbers("x", shape)])
        select c;

    static IEnumerable<Case> Softmaxes() =>
        from logarithm in (bool[])[false, true]
        from shape in logarithm ? (int[][])[[12288, 64], [256, 30522], [32, 3]] : [[12288, 64], [12288, 128], [8192, 24]]
        let name = logarithm ? "log softmax" : "softmax"
        from c in Pair($"{name} {Text(shape)}", "softmax", new { shape, logarithm }, t => logarithm ? t[0].LogSoftmax() : t[0].Softmax(),
            () => [Draw.Numbers("x", shape)])
        select c;

    static IEnumerable<Case> Norms() =>
        from shape in (int[][])[[1024, 768], [2048, 768], [1024, 128]]
        from c in Pair($"layer norm {Text(shape)}", "layer_norm", new { shape }, t => t[0].LayerNorm(t[1], t[2], 1e-12f),
            () => [Draw.Numbers("x", shape), Draw.Numbers("gain", shape[1]), Draw.Numbers("shift", shape[1])])
        select c;

    static IEnumerable<Case> Attentions()
    {
        (string Name, int[] Lengths, int Heads, int HeadWidth)[] batches =
        [
            ("16 × 64", Equal(16, 64), 12, 64),
            ("8 × 128", Equal(8, 128), 12, 64),
            ("MNLI's lengths", natural, 12, 64),
            ("128 × 20, the demo's heads", Equal(128, 20), 8, 16),
        ];
        foreach (var (name, lengths, heads, headWidth) in batches)
        {
            int[] offsets = [0, .. lengths.Select((_, i) => lengths[..(i + 1)].Sum())];
            Tensor[] Inputs() => [.. ((string[])["q", "k", "v"]).Select(n => Draw.Numbers(n, offsets[^1], heads * headWidth))];
            var cases = Pair($"attention {name}", "attention", new { lengths, heads, headWidth },
                t => t[0].Attention(t[1], t[2], offsets, heads), Inputs);
            foreach (Case made in cases) yield return made;
        }
    }

    static int[] Equal(int count, int length) => [.. Enumerable.Repeat(length, count)];

    static IEnumerable<Case> Losses() =>
        from shape in (int[][])[[32, 3], [256, 30522]]
        let labels = Draw.Indices("labels", shape[0], shape[1])
        from c in Pair($"cross entropy {Text(shape)}", "cross_entropy", new { shape }, t => t[0].CrossEntropy(labels),
            () => [Draw.Numbers("x", shape)])
        select c;

    static IEnumerable<Case> Lookups() =>
        from sizes in ((int Tokens, int Vocabulary, int Width)[])[(1024, 30522, 768), (2048, 30522, 768), (1024, 137, 128)]
        let indices = Draw.Indices("tokens", sizes.Tokens, sizes.Vocabulary)
        let name = $"embedding {sizes.Tokens} of {Text([sizes.Vocabulary, sizes.Width])}"
        from c in Pair(name, "rows", new { sizes.Tokens, sizes.Vocabulary, sizes.Width },
            t => t[0].Rows(indices), () => [Draw.Numbers("table", sizes.Vocabulary, sizes.Width)])
        select c;

    static IEnumerable<Case> Steps()
    {
        int[][] small = [.. Equal(16, 64).SelectMany(_ => (int[][])[[256, 250], [256]])];
        int[][] attention = [.. Enumerable.Repeat((int[][])[[768, 768], [768]], 4).SelectMany(linear => linear)], norm = [[768], [768]];
        int[][] layer = [.. attention, .. norm, [3072, 768], [3072], [768, 3072], [768], .. norm];
        int[][] layers = [.. Enumerable.Repeat(layer, 12).SelectMany(l => l)];
        int[][] large = [[30522, 768], [512, 768], [2, 768], .. norm, .. layers, [768, 768], [768], [3, 768], [3]];
        foreach (var (name, shapes) in ((string, int[][])[])[("1 M weights", small), ("BERT-base, 110 M weights", large)])
        {
            yield return Case.Timed($"AdamW {name}", () =>
            {
                Tensor[] weights = [.. shapes.Select((s, i) => Draw.Numbers($"weight {i}", s))];
                Tensor[] gradients = [.. shapes.Select((s, i) => Draw.Numbers($"gradient {i}", s))];
                float[] decay = [.. shapes.Select(_ => 0.01f)];
                AdamW optimizer = new(weights);
                return () => optimizer.Step(gradients, 1e-5f, decay);
            }) with
            { Peers = [Peer.Torch("adamw", new { shapes })], Target = Target.Faster };
        }
    }

    // forward, and gradient of all inputs
    static IEnumerable<Case> Pair(string size, string peer, object sizes, Func<Tensor[], Tensor> operation, Func<Tensor[]> inputs)
    {
        yield return Case.Timed(size, () =>
        {
            Tensor[] given = inputs();
            return Passes.Forward(() => operation(given));
        }) with
        { Peers = [Peer.Torch(peer, sizes)], Target = Target.Faster };
        yield return Case.Timed($"{size}, gradient", () =>
        {
            Tensor[] given = [.. inputs().Select(t => t.Track())];
            return Passes.Backward(operation(given), given);
        }) with
        { Peers = [Peer.Torch($"{peer}_gradient", sizes)], Target = Target.Faster };
    }

    static string Text(IEnumerable<int> shape) => string.Join(" × ", shape);
}
