using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Heartwood.Lab.Checkpoints.Gguf;

/// <summary>
/// A GGUF file as a Hugging Face folder in memory: config.json, the weights (F16 and BF16 as they are, quantized ones as float32) and
/// tokenizer.json. Of the architectures <c>llama</c>, whose rows of queries and keys go back into halves, and <c>qwen2</c>; a key or tensor
/// that is not understood is refused.
/// </summary>
static class GgufFolder
{
    const string Next = "Take the model's folder as Hugging Face's libraries keep it.";

    static readonly string[] biased = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"];

    static readonly (string Theirs, string Ours)[] ofLayer =
    [
        ("attn_norm", "input_layernorm"), ("ffn_norm", "post_attention_layernorm"), ("attn_q", "self_attn.q_proj"),
        ("attn_k", "self_attn.k_proj"), ("attn_v", "self_attn.v_proj"), ("attn_output", "self_attn.o_proj"), ("ffn_gate", "mlp.gate_proj"),
        ("ffn_up", "mlp.up_proj"), ("ffn_down", "mlp.down_proj"),
    ];

    /// <summary>Whether a path names such a file: by its ending.</summary>
    public static bool IsOne(string path) => path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) && File.Exists(path);

    /// <summary>The files by name.</summary>
    /// <exception cref="CheckpointException">the architecture, a key, a tensor or the tokenizer is none that Heartwood reads</exception>
    public static IReadOnlyDictionary<string, byte[]> Files(GgufFile file)
    {
        Reading keys = new(file);
        string architecture = keys.Text("general.architecture");
        if (architecture is not ("llama" or "qwen2"))
            throw new CheckpointException($"{file.Path}: its architecture is '{architecture}'; of GGUF files Heartwood reads llama and "
                + $"qwen2. {Next}");
        int width = keys.Whole("embedding_length"), heads = keys.Whole("attention.head_count");
        int shared = keys.Whole("attention.head_count_kv", heads);
        int headWidth = keys.Whole("attention.key_length", Math.Max(1, width / heads));
        Same(file, "attention.value_length", headWidth, keys.Whole("attention.value_length", headWidth));
        Same(file, "rope.dimension_count", headWidth, keys.Whole("rope.dimension_count", headWidth));
        int layers = keys.Whole("block_count");
        Dictionary<string, string> ours = Names(file, layers);
        bool Has(string name) => ours.ContainsValue(name);
        bool queries = Has($"model.layers.0.{biased[0]}.bias"), output = Has("model.layers.0.self_attn.o_proj.bias");
        if (architecture == "llama" && queries != output)
            throw new CheckpointException($"{file.Path}: expected biases on queries, keys, values and the attention's output, or on none, "
                + $"found {(output ? "only the output's" : "none on the output")}. {Next}");
        JsonObject config = new()
        {
            ["model_type"] = architecture,
            ["architectures"] = new JsonArray(architecture == "llama" ? "LlamaForCausalLM" : "Qwen2ForCausalLM"),
            ["hidden_act"] = "silu",
            ["hidden_size"] = width,
            ["intermediate_size"] = keys.Whole("feed_forward_length"),
            ["num_hidden_layers"] = layers,
            ["num_attention_heads"] = heads,
            ["num_key_value_heads"] = shared,
            ["head_dim"] = headWidth,
            ["vocab_size"] = file.Contains("token_embd.weight") ? file.Shape("token_embd.weight")[0] : keys.Whole("vocab_size"),
            ["max_position_embeddings"] = keys.Whole("context_length"),
            ["rms_norm_eps"] = keys.Real("attention.layer_norm_rms_epsilon"),
            ["rope_theta"] = keys.Real("rope.freq_base", 10000),
            ["tie_word_embeddings"] = !file.Contains("output.weight"),
        };
        if (architecture == "llama")
            (config["attention_bias"], config["mlp_bias"]) = (queries, Has("model.layers.0.mlp.down_proj.bias"));
        keys.RefuseOthers();
        long bytes = file.Names.Sum(name => file.Count(name) * (file.Type(name) is GgufType.F16 or GgufType.BF16 ? 2L : 4L));
        if (bytes > Array.MaxLength - (1 << 24))
            throw new CheckpointException($"{file.Path}: its numbers take {bytes} bytes as floats; Heartwood takes at most "
                + $"{Array.MaxLength - (1 << 24)} of a GGUF file. {Next}");
        using MemoryStream weights = new();
        SafetensorsWriter.Write(weights, file.Names.Select(name => Tensor(file, name, ours[name], architecture == "llama", heads, shared)));
        Dictionary<string, byte[]> files = GgufTokenizerFiles.Read(file, config);
        files["config.json"] = JsonSerializer.SerializeToUtf8Bytes(config);
        files[Checkpoint.SingleFile] = weights.ToArray();
        return files;
    }

    static NamedTensor Tensor(GgufFile file, string name, string ours, bool interleaved, int heads, int shared)
    {
        Dtype dtype = file.Type(name) switch { GgufType.F16 => Dtype.F16, GgufType.BF16 => Dtype.BF16, _ => Dtype.F32 };
        int groups = !interleaved ? 0 : ours.Contains(".q_proj.", StringComparison.Ordinal) ? heads
            : ours.Contains(".k_proj.", StringComparison.Ordinal) ? shared : 0;
        return new(ours, file.Shape(name), dtype, () =>
        {
            float[] values = new float[file.Count(name)];
            file.Read(name, values);
            int rows = file.Shape(name)[0];
            if (groups > 0 && rows % (2 * groups) != 0)
                throw new CheckpointException($"{file.Path}: tensor '{name}': expected rows of {groups} heads of even width, found {rows}. "
                    + Next);
            return groups == 0 ? values : InHalves(values, rows, groups);
        });
    }

    // row h n + p n/2 + i is row h n + 2 i + p of the file, n rows a head
    static float[] InHalves(float[] values, int rows, int heads)
    {
        int columns = values.Length / rows, n = rows / heads;
        float[] made = new float[values.Length];
        for (int r = 0; r < rows; r++)
        {
            int within = r % n, source = r - within + 2 * (within % (n / 2)) + within / (n / 2);
            values.AsSpan(source * columns, columns).CopyTo(made.AsSpan(r * columns));
        }
        return made;
    }

    static Dictionary<string, string> Names(GgufFile file, int layers)
    {
        Dictionary<string, string> known = new()
        {
            ["token_embd.weight"] = "model.embed_tokens.weight",
            ["output_norm.weight"] = "model.norm.weight",
            ["output.weight"] = "lm_head.weight",
        };
        for (int i = 0; i < Math.Min(layers, file.Names.Count); i++)
            foreach (var (theirs, ours) in ofLayer)
                foreach (string end in (string[])["weight", "bias"])
                    known[$"blk.{i}.{theirs}.{end}"] = $"model.layers.{i}.{ours}.{end}";
        if (file.Names.FirstOrDefault(name => !known.ContainsKey(name)) is { } unknown)
            throw new CheckpointException($"{file.Path}: expected the tensors of {layers} layers of a Llama, found '{unknown}', which "
                + $"Heartwood does not read. {Next}");
        return file.Names.ToDictionary(name => name, name => known[name]);
    }

    static void Same(GgufFile file, string key, int expected, int found)
    {
        if (found != expected)
            throw new CheckpointException(
                $"{file.Path}: '{key}': expected {expected}, as wide as the keys of a head, found {found}. {Next}");
    }

    /// <summary>The architecture's keys, which remembers which were asked for.</summary>
    sealed class Reading(GgufFile file)
    {
        readonly HashSet<string> read = [];
        string prefix = "";

        public string Text(string key)
        {
            prefix = file.Metadata.GetValueOrDefault(key) is { Value: string text } ? text
                : throw new CheckpointException($"{file.Path}: expected the key '{key}' with a text, found none. {Next}");
            read.Add($"{prefix}.vocab_size");
            return prefix;
        }

        public int Whole(string key, int? otherwise = null) => Value(key) switch
        {
            uint number when number is > 0 and <= ModelConfig.MostOfASize => (int)number,
            int number when number is > 0 and <= ModelConfig.MostOfASize => number,
            null when otherwise is { } usual => usual,
            var other => throw Wrong(key, $"a whole number from 1 to {ModelConfig.MostOfASize}", other),
        };

        // a float32 as the shortest decimal that is it
        public double Real(string key, double? otherwise = null) => Value(key) switch
        {
            float number => double.Parse(number.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture),
            null when otherwise is { } usual => usual,
            var other => throw Wrong(key, "a float", other),
        };

        public void RefuseOthers()
        {
            foreach (string key in file.Keys.Where(key => key.StartsWith(prefix + ".", StringComparison.Ordinal) && !read.Contains(key)))
                throw new CheckpointException($"{file.Path}: the key '{key}' ({file.Metadata[key]}) could change what the model computes, "
                    + $"and Heartwood does not know it. {Next}");
        }

        object? Value(string key)
        {
            read.Add($"{prefix}.{key}");
            return file.Metadata.GetValueOrDefault($"{prefix}.{key}")?.Value;
        }

        CheckpointException Wrong(string key, string expected, object? found) =>
            new($"{file.Path}: '{prefix}.{key}': expected {expected}, found {(found is Array ? "an array" : found ?? "none")}. {Next}");
    }
}
