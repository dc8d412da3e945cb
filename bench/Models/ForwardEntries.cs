using Heartwood.Bench.Harness;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Bench.Models;

/// <summary>Whole forward passes of a model of BERT-base's size.</summary>
static class ForwardEntries
{
    /// <summary>Without padding: what the layers cost.</summary>
    public static Entry Encoder { get; } = new("encoder", "BERT-base forward to every hidden state, 16 sequences of 64 tokens", () =>
    {
        string folder = Synthetic.Folder("base");
        IModel model = Synthetic.Load("base");
        IReadOnlyList<Example> examples = Pairs.Examples([.. Enumerable.Repeat(64, 16)], model);
        Batch batch = examples.AsBatch();
        object request = Request(folder, batch, "encoder", () => Hidden(model, batch).Values.ToArray());
        return
        [
            Case.Timed("BERT-base, 16 × 64 tokens", () => () =>
            {
                using Scope scope = Scope.Open();
                Hidden(model, batch);
            }) with
            {
                Operations = Arithmetic.Hidden(model, batch),
                Peers = [Peer.Torch("encoder", request), Peer.Onnx("encoder", request)],
                Target = Target.RatioAtMost(0.85),
            },
        ];
    });

    /// <summary>With real lengths: what packing gains.</summary>
    public static Entry Mnli { get; } = new("mnli", "BERT-base forward to the labels' scores, 32 pairs of MNLI's lengths", () =>
    {
        string folder = Synthetic.Folder("base");
        IModel model = Synthetic.Load("base");
        Batch batch = Pairs.Examples(Pairs.Batch, model).AsBatch();
        object padded = Told(false), unpadded = Told(true);
        return
        [
            Classify("padded to the longest in the peers") with
            {
                Peers = [Peer.Torch("classify", padded), Peer.Onnx("classify", padded)],
                Target = Target.RatioAtMost(0.45),
            },
            Classify("without padding in PyTorch, too") with { Peers = [Peer.Torch("classify", unpadded)] },
        ];

        object Told(bool unpadded) =>
            Request(folder, batch, "mnli", () => model.Forward(batch, NoProbe.Instance).Values.ToArray(), unpadded);

        Case Classify(string how) => Case.Timed(SizeInWords(batch, how), () => () =>
        {
            using Scope scope = Scope.Open();
            model.Forward(batch, NoProbe.Instance);
        }) with
        { Operations = Arithmetic.Labels(model, batch) };
    });

    static string SizeInWords(Batch batch, string how) =>
        $"BERT-base, {batch.Count} pairs, {batch.Tokens} tokens, longest {Pairs.Batch.Max()}; {how}";

    /// <summary>What peers are told: the model, the batch, and what we compute of it.</summary>
    internal static object Request(string folder, Batch batch, string name, Func<float[]> ours, bool unpadded = false)
    {
        string expected = Expected.Written(name, ours);
        return new { model = folder, lengths = batch.Lengths(), ids = batch.Ids, types = batch.TokenTypes, unpadded, expected };
    }

    internal static int[] Lengths(this Batch batch) =>
        [.. Enumerable.Range(0, batch.Count).Select(s => batch.Offsets[s + 1] - batch.Offsets[s])];

    internal static Tensor Hidden(IModel model, Batch batch)
    {
        Tensor x = model.Embed(batch, NoProbe.Instance);
        for (int layer = 0; layer < model.Layers.Count; layer++)
        {
            Tensor attended = model.Attend(layer, x, batch, Tokens.All, NoProbe.Instance);
            x = model.Finish(layer, x, attended, batch, Tokens.All, NoProbe.Instance);
        }
        return x;
    }
}
