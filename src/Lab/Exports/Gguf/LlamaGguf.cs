using System.Globalization;
using System.Text.Json;
using Heartwood.Lab.Checkpoints.Gguf;
using Heartwood.Lab.Models;
using Heartwood.Tensors;

namespace Heartwood.Lab.Exports.Gguf;

/// <summary>
/// Llama, Mistral without a window, and Qwen2. What llama.cpp calls <c>qwen2</c> keeps halves for its rotary positions; in <c>llama</c>
/// and <c>deci</c> rows of queries and keys are re-ordered, since they turn neighbours. <c>deci</c> lets every layer have its own number
/// of heads, key and value heads and neurons. It leaves out a layer without neurons, attention included, and the bias of one without
/// heads: the first gets one neuron of zeros, the second one head of zeros, which carries the bias; layer 0 always has heads. A layer
/// that does nothing is left out. Where heads are no multiple of the key and value heads in equal groups, keys and values are repeated,
/// one for each head.
/// </summary>
sealed class LlamaGguf : IGgufArchitecture
{
    const double Unscaled = 1e-9;

    public IReadOnlyList<string> Families => ["llama", "mistral", "qwen2"];

    public double Tolerance => 1e-3;                                                            // sums in another order

    static LlamaConfig Read(IModel model) =>
        LlamaConfig.Read(new(JsonSerializer.SerializeToUtf8Bytes(model.Config), "config.json"), labels: 0);

    public string? WhyNot(IModel model)
    {
        LlamaConfig config = Read(model);
        if (config.Activation != Activation.Silu)
            return $"llama.cpp's Llamas gate their neurons by SiLU; this model's config says {config.Activation}.";
        return !config.Windowed ? null
            : $"llama.cpp's Llamas see all tokens; this model has a sliding window of {config.Windows.Min()} tokens.";
    }

    public GgufContent Content(IModel model)
    {
        LlamaConfig config = Read(model);
        int width = config.Width;
        Layer[] layers = Layers(model, config);
        double theta = Theta(model);
        double[] factors = [.. config.Frequencies.Select((f, i) => Math.Pow(theta, -2.0 * i / config.HeadWidth) / f)];
        bool scaled = factors.Any(f => Math.Abs(f - 1) > Unscaled);
        bool even = layers.All(l => l.Heads.Length > 0 && l.Heads.Length == layers[0].Heads.Length
            && l.KeyValues.Length == layers[0].KeyValues.Length && l.Neurons == layers[0].Neurons && l.Neurons > 0);
        bool ordinary = even && layers[0].Heads.Length * config.HeadWidth == width;
        string architecture = ordinary && !scaled && config.Biases == new LlamaBiases(true, false, false) ? "qwen2"
            : ordinary || even && config.Biases == new LlamaBiases(false, false, false) ? "llama" : "deci";
        bool list = architecture == "deci";
        List<KeyValuePair<string, GgufValue>> keys =
        [
            new("block_count", GgufValue.Whole(layers.Length)),
            new("context_length", GgufValue.Whole(config.Positions)),
            new("embedding_length", GgufValue.Whole(width)),
            new("feed_forward_length", Number(layers.Select(l => Math.Max(1, l.Neurons)))),
            new("attention.head_count", Number(layers.Select(l => l.Written.Length))),
            new("attention.head_count_kv", Number(layers.Select(l => l.WrittenKeyValues.Length))),
            new("rope.freq_base", GgufValue.Real(theta)),
            new("attention.layer_norm_rms_epsilon", GgufValue.Real(config.Epsilon)),
        ];
        if (architecture != "qwen2")
            keys.AddRange(
            [
                new("attention.key_length", GgufValue.Whole(config.HeadWidth)),
                new("attention.value_length", GgufValue.Whole(config.HeadWidth)),
                new("rope.dimension_count", GgufValue.Whole(config.HeadWidth)),
                new("vocab_size", GgufValue.Whole(config.Vocabulary)),
            ]);
        List<GgufTensor> tensors = [];
        IReadOnlyDictionary<string, Tensor> all = model.Weights.All;
        if (!config.Tied) tensors.Add(GgufRows.AsIs(GgufContent.Output, all["lm_head.weight"]));
        tensors.Add(GgufRows.AsIs(GgufContent.Words, all["model.embed_tokens.weight"]));
        if (scaled)
            tensors.Add(GgufRows.Made("rope_freqs.weight", [factors.Length], () => [.. factors.Select(f => (float)f)]));
        for (int i = 0; i < layers.Length; i++)
            tensors.AddRange(layers[i].Tensors($"blk.{i}", all, config, interleaved: architecture != "qwen2"));
        tensors.Add(GgufRows.AsIs("output_norm.weight", all["model.norm.weight"]));
        return new(architecture, keys, tensors);

        GgufValue Number(IEnumerable<int> perLayer) => list ? GgufValue.Wholes(perLayer) : GgufValue.Whole(perLayer.First());
    }

    static double Theta(IModel model) =>
        ((model.Config["rope_parameters"] ?? model.Config["rope_scaling"])?["rope_theta"] ?? model.Config["rope_theta"])
            is { } theta ? double.Parse(theta.ToJsonString(), CultureInfo.InvariantCulture) : 10000;

    // the layers that do something, or the first where none does
    static Layer[] Layers(IModel model, LlamaConfig config)
    {
        List<Layer> layers = [];
        for (int i = 0; i < config.Layers; i++)
        {
            Layer layer = Layer.Read(i, model, config);
            if (layer.DoesSomething) layers.Add(layer);
        }
        if (layers.Count == 0) layers.Add(Layer.Read(0, model, config));
        layers[0] = layers[0] with { IsFirst = true };
        return [.. layers];
    }

    /// <summary>A layer of the model, as it is written.</summary>
    /// <param name="From">what its tensors' names begin with</param>
    /// <param name="Heads">its heads</param>
    /// <param name="KeyValues">for each key and value head of the file, which it is of the layer's</param>
    /// <param name="Neurons">how many neurons</param>
    /// <param name="Constant">whether a layer without heads still adds a bias</param>
    /// <param name="DoesSomething">whether it changes the residual stream</param>
    sealed record Layer(string From, int[] Heads, int[] KeyValues, int Neurons, bool Constant, bool DoesSomething)
    {
        /// <summary>Whether it is the file's first, which has heads.</summary>
        public bool IsFirst { get; init; }

        /// <summary>The heads in the file, one of zeros included.</summary>
        public int[] Written => HeadOfZeros ? [0] : Heads;

        /// <summary>The key and value heads in the file, one of zeros included.</summary>
        public int[] WrittenKeyValues => HeadOfZeros ? [0] : KeyValues;

        bool HeadOfZeros => Heads.Length == 0 && (Constant || IsFirst);

        public static Layer Read(int number, IModel model, LlamaConfig config)
        {
            string from = $"model.layers.{number}";
            int[] groups = config.GroupsPerLayer[number];
            bool equal = groups.Distinct().Count() <= 1;
            int[] keyValues = [.. groups.SelectMany((heads, group) => Enumerable.Repeat(group, equal ? 1 : heads))];
            bool constant = Adds($"{from}.self_attn.o_proj.bias");
            int neurons = config.NeuronsPerLayer[number];
            return new(from, [.. Enumerable.Range(0, groups.Sum())], keyValues, neurons, constant,
                groups.Length > 0 || neurons > 0 || constant || Adds($"{from}.mlp.down_proj.bias"));

            bool Adds(string bias) =>
                model.Weights.All.TryGetValue(bias, out Tensor? values) && values.Values.IndexOfAnyExcept(0f) >= 0;
        }

        public IEnumerable<GgufTensor> Tensors(
            string to, IReadOnlyDictionary<string, Tensor> all, LlamaConfig config, bool interleaved)
        {
            int width = config.Width, head = config.HeadWidth;
            if (HeadOfZeros)
            {
                yield return GgufRows.Constant($"{to}.attn_norm.weight", 1, width);
                foreach (string name in (string[])["attn_q", "attn_k", "attn_v"])
                    yield return GgufRows.Constant($"{to}.{name}.weight", 0, head, width);
                yield return GgufRows.Constant($"{to}.attn_output.weight", 0, width, head);
                if (Constant) yield return GgufRows.AsIs($"{to}.attn_output.bias", all[$"{From}.self_attn.o_proj.bias"]);
            }
            else if (Heads.Length > 0)
            {
                yield return GgufRows.AsIs($"{to}.attn_norm.weight", all[$"{From}.input_layernorm.weight"]);
                foreach (string end in Ends("self_attn.q_proj"))
                {
                    yield return GgufRows.Ordered($"{to}.attn_q.{end}", all[$"{From}.self_attn.q_proj.{end}"], Turned(Heads));
                    yield return GgufRows.Ordered($"{to}.attn_k.{end}", all[$"{From}.self_attn.k_proj.{end}"], Turned(KeyValues));
                    yield return GgufRows.Ordered($"{to}.attn_v.{end}", all[$"{From}.self_attn.v_proj.{end}"],
                        GgufRows.Plain(KeyValues, head));
                }
                foreach (string end in Ends("self_attn.o_proj"))
                    yield return GgufRows.AsIs($"{to}.attn_output.{end}", all[$"{From}.self_attn.o_proj.{end}"]);
            }
            if (Neurons == 0)
            {
                yield return GgufRows.Constant($"{to}.ffn_norm.weight", 1, width);
                yield return GgufRows.Constant($"{to}.ffn_gate.weight", 0, 1, width);
                yield return GgufRows.Constant($"{to}.ffn_up.weight", 0, 1, width);
                yield return GgufRows.Constant($"{to}.ffn_down.weight", 0, width, 1);
                if (all.TryGetValue($"{From}.mlp.down_proj.bias", out Tensor? bias))
                    yield return GgufRows.AsIs($"{to}.ffn_down.bias", bias);
                yield break;
            }
            yield return GgufRows.AsIs($"{to}.ffn_norm.weight", all[$"{From}.post_attention_layernorm.weight"]);
            foreach (string part in (string[])["gate", "up", "down"])
                foreach (string end in Ends($"mlp.{part}_proj"))
                    yield return GgufRows.AsIs($"{to}.ffn_{part}.{end}", all[$"{From}.mlp.{part}_proj.{end}"]);

            int[] Turned(int[] heads) => interleaved ? GgufRows.Interleaved(heads, head) : GgufRows.Plain(heads, head);

            IEnumerable<string> Ends(string of) => ((string[])["weight", "bias"]).Where(end => all.ContainsKey($"{From}.{of}.{end}"));
        }
    }
}
