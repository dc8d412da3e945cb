using Heartwood.Lab.Models;

namespace Heartwood.Lab.Exports.Onnx;

/// <summary>
/// What graphs of decoders have in common: which token sees which, positions, the cache of keys and values, and the scores. A language
/// model takes and gives a cache for each layer that has heads, of its few key and value heads; the first call passes caches of length 0.
/// A classifier reads each row's rightmost token that is kept, so that padding may stand on either side.
/// </summary>
sealed class OnnxDecoder
{
    const string Ids = "input_ids", Kept = "attention_mask";

    // finite, since rows of −∞ alone (padding on the left) would become NaN
    const float Unseen = -1e9f;

    readonly OnnxLayers layers;
    readonly IModel model;
    readonly OnnxGraph graph;
    readonly bool speaks;
    readonly string keys, queries, seen;
    readonly Dictionary<int, string> biases = [];

    /// <summary>The tokens' positions, [batch sequence].</summary>
    internal string Positions { get; }

    /// <summary>The tokens' ids, [batch sequence].</summary>
    internal string Tokens => Ids;

    internal OnnxDecoder(OnnxLayers layers)
    {
        (this.layers, model, graph) = (layers, layers.Model, layers.Graph);
        speaks = model.Output == Output.Vocabulary;
        graph.Input(Ids, OnnxType.Int64, "batch_size", "sequence_length");
        graph.Input(Kept, OnnxType.Int64, "batch_size", speaks ? "total_sequence_length" : "sequence_length");
        Positions = speaks ? graph.Input("position_ids", OnnxType.Int64, "batch_size", "sequence_length")
            : graph.Add("Max", [graph.Add("Sub", [graph.Add("CumSum", [Kept, graph.Whole(1)]), graph.Whole(1)]), graph.Whole(0)]);
        // the tokens that look are the last ones of all; each sees those up to itself
        string all = Single(layers.Length(Kept, 1)), looking = Single(layers.Length(Ids, 1));
        keys = graph.Add("Range", [graph.Whole(0), all, graph.Whole(1)]);
        string places = graph.Add("Range", [graph.Add("Sub", [all, looking]), all, graph.Whole(1)]);
        queries = graph.Add("Unsqueeze", [places, graph.Wholes(1)]);
        string kept = graph.Add("Cast", [graph.Add("Unsqueeze", [Kept, graph.Wholes(1, 2)])], ("to", (long)OnnxType.Bool));
        seen = graph.Add("And", [kept, graph.Add("LessOrEqual", [keys, queries])]);
    }

    string Single(string length) => graph.Add("Squeeze", [length]);

    // [batch 1 query key], one for all layers of a window
    string Bias(int? window)
    {
        int width = window ?? 0;
        if (biases.TryGetValue(width, out string? known)) return known;
        string sees = window is not { } tokens ? seen
            : graph.Add("And", [seen, graph.Add("Greater", [keys, graph.Add("Sub", [queries, graph.Whole(tokens)])])]);
        return biases[width] = graph.Add("Where", [sees, graph.Number(0), graph.Number(Unseen)]);
    }

    /// <summary>What a layer's heads mix, [batch sequence heads·headWidth].</summary>
    /// <param name="layer">the layer, which has heads</param>
    /// <param name="q">queries, [batch head sequence headWidth]</param>
    /// <param name="k">keys of its key and value heads, the same way</param>
    /// <param name="v">their values</param>
    /// <param name="scale">what scores are multiplied by</param>
    internal string Mix(int layer, string q, string k, string v, float scale)
    {
        LayerShape shape = model.Layers[layer];
        IReadOnlyList<int> groups = shape.HeadsPerKeyValueHead;
        if (speaks)
        {
            int shared = groups.Count > 0 ? groups.Count : shape.Heads;
            (k, v) = (Cached("key", k, layer, shared), Cached("value", v, layer, shared));
        }
        if (groups.Any(heads => heads != 1))
        {
            string served = graph.Wholes([.. groups.SelectMany((heads, at) => Enumerable.Repeat((long)at, heads))]);
            k = graph.Add("Gather", [k, served], ("axis", 1L));
            v = graph.Add("Gather", [v, served], ("axis", 1L));
        }
        return layers.Mix(q, k, v, Bias(shape.Window), scale, shape.Heads);
    }

    string Cached(string what, string now, int layer, int heads)
    {
        string past = $"past_key_values.{layer}.{what}", present = $"present.{layer}.{what}";
        graph.Input(past, OnnxType.Float, "batch_size", heads, "past_sequence_length", model.HeadWidth);
        graph.AddNamed("Concat", [past, now], [present], ("axis", 2L));
        graph.Output(present, OnnxType.Float, "batch_size", heads, "total_sequence_length", model.HeadWidth);
        return present;
    }

    /// <summary>The tokens that the head reads: all of a language model's, one of a classifier's row, [batch width].</summary>
    internal string Read(string x)
    {
        if (speaks) return x;
        string numbered = layers.Times(Kept, layers.Plus(keys, graph.Whole(1)));
        string last = graph.Add("ArgMax", [numbered], ("axis", 1L), ("keepdims", 0L));
        string rows = graph.Add("Range", [graph.Whole(0), Single(layers.Length(Ids, 0)), graph.Whole(1)]);
        string places = graph.Add("Concat",
            [graph.Add("Unsqueeze", [rows, graph.Wholes(1)]), graph.Add("Unsqueeze", [last, graph.Wholes(1)])], ("axis", 1L));
        return graph.Add("GatherND", [x, places]);
    }

    /// <summary>Scores of the normalized tokens that the head reads.</summary>
    /// <param name="normed">the tokens</param>
    /// <param name="output">the output matrix of a language model: the word embeddings where they are tied</param>
    internal void Score(string normed, string output)
    {
        string scores = layers.Product(normed, speaks ? output : "score.weight");
        if (speaks) layers.Output(scores, "logits", "batch_size", "sequence_length", model.Vocabulary);
        else layers.Output(scores, "logits", "batch_size", model.Labels.Count);
    }
}
