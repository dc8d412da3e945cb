using System.Text.Json;

namespace Heartwood.Lab.Checkpoints;

/// <summary>
/// Keys of a Hugging Face config that no model family reads and that do not change what a forward pass of an encoder or decoder computes
/// (transformers 2 to 5: PretrainedConfig, GenerationConfig, the supported families' classes and what older releases and other programs
/// left in published files). Each group says why.
/// </summary>
static class HarmlessKeys
{
    /// <summary>Harmless whatever the value.</summary>
    static readonly HashSet<string> Always =
    [
        // where it comes from, what it is called
        "_name_or_path", "name_or_path", "model_name_or_path", "base_model", "base_model_name_or_path", "_commit_hash", "commit_hash",
        "revision", "architectures", "architecture", "tokenizer_class", "processor_class", "image_processor_type", "finetuning_task",
        "language", "license", "tags", "datasets", "library_name", "pipeline_tag", "model_name", "name", "description", "gpu_required",
        // Unsloth: that its own corrections were applied before the file was written; PEFT: which numbers the base had when adapters were
        // merged
        "unsloth_fixed", "unsloth_optimized", "_pre_quantization_dtype",
        // stored numbers: the weights' file says how they are stored
        "torch_dtype", "dtype", "head_dtype", "use_bfloat16", "fp16", "bf16",
        // names and numbers of labels, and what they are: compared with the head when its labels are read
        "id2label", "label2id", "num_labels", "_num_labels", "problem_type",
        // longest input as the tokenizer cuts it or the first Llama files name it; what the model takes is max_position_embeddings
        "max_sequence_length", "max_seq_length", "max_seq_len", "seq_length", "model_max_length", "tokenizer_model_max_length",
        "max_model_length",
        // training only: first values, memory, noise (dropout: see below)
        "initializer_range", "initializer_factor", "init_std", "gradient_checkpointing", "use_gradient_checkpointing",
        "neftune_noise_alpha", "tf_legacy_loss", "label_smoothing_factor", "loss_type",
        // how the same numbers are computed or handed over, and on which machine
        "use_cache", "cache_implementation", "chunk_size_feed_forward", "output_attentions", "output_hidden_states", "output_past",
        "return_dict", "use_return_dict", "_output_attentions", "output_logits", "torchscript", "xla_device", "model_parallel",
        "pretraining_tp", "use_sdpa", "attn_implementation", "_attn_implementation", "_attn_implementation_internal",
        "_attn_implementation_autoset", "_experts_implementation", "_experts_implementation_internal", "_flash_attn_2_enabled",
        "use_flash_attn", "use_flash_attention", "use_flash_attention_2", "use_memory_efficient_attention", "transformers.js_config",
        "keys_to_ignore_at_inference", "tie_encoder_decoder",
        // BERT's multilingual and Chinese releases: parts of their training code, in no weights
        "directionality", "pooler_fc_size", "pooler_num_attention_heads", "pooler_num_fc_layers", "pooler_size_per_head", "pooler_type",
        // sentence-transformers: what that program does with a model's output, after it
        "sentence_transformers", "sbert_ce_default_activation_function", "similarity_fn_name", "matryoshka_dimensions",
        // generating text
        "max_length", "min_length", "max_new_tokens", "min_new_tokens", "max_time", "do_sample", "early_stopping", "num_beams",
        "num_beam_groups", "diversity_penalty", "temperature", "top_k", "top_p", "min_p", "typical_p", "epsilon_cutoff", "eta_cutoff",
        "repetition_penalty", "encoder_repetition_penalty", "length_penalty", "penalty_alpha", "no_repeat_ngram_size",
        "encoder_no_repeat_ngram_size", "bad_words_ids", "force_words_ids", "constraints", "num_return_sequences", "output_scores",
        "return_dict_in_generate", "forced_decoder_ids", "remove_invalid_values", "renormalize_logits",
        "exponential_decay_length_penalty", "suppress_tokens", "begin_suppress_tokens", "sequence_bias", "guidance_scale", "low_memory",
        "watermarking_config", "token_healing", "stop_strings", "generation_config", "prefix", "task_specific_params",
    ];

    /// <summary>Harmless at this value, the format's default.</summary>
    static readonly Dictionary<string, string[]> AtDefault = new()
    {
        ["position_embedding_type"] = ["\"absolute\""],
        ["is_decoder"] = ["false"],
        ["is_encoder_decoder"] = ["false"],
        ["add_cross_attention"] = ["false"],
        ["pruned_heads"] = ["{}"],
        ["quantization_config"] = ["{}"],
        ["adapters"] = ["{}"],
        ["attention_bias"] = ["false"],
        ["mlp_bias"] = ["false"],
        ["use_mrope"] = ["false"],
        ["use_qk_norm"] = ["false"],
        ["qk_layernorm"] = ["false"],
        ["qk_layer_norms"] = ["false"],
        ["use_sliding_window"] = ["false"],
        ["per_layer_config"] = ["{}"],
        ["auto_map"] = ["{}"],
        ["tie_word_embeddings"] = ["true", "false"],
    };

    /// <summary>True if this key with this value changes nothing.</summary>
    public static bool Allow(JsonProperty property) =>
        property.Value.ValueKind == JsonValueKind.Null || Always.Contains(property.Name)
        || OfAHarmlessKind(property) || IsAtDefault(property);

    static bool IsAtDefault(JsonProperty property) => AtDefault.TryGetValue(property.Name, out string[]? defaults)
        && defaults.Any(text => JsonElement.DeepEquals(property.Value, JsonElement.Parse(text)));

    // Names that say what they are, in files of every program: which token is a special one (the tokenizer's files are what counts; a
    // family for which an id matters reads it), which release of a program wrote the file, and how much is dropped in training.
    static bool OfAHarmlessKind(JsonProperty property) => property.Value.ValueKind switch
    {
        JsonValueKind.Number => property.Name.EndsWith("_token_id", StringComparison.Ordinal) || OfDropout(property.Name),
        JsonValueKind.String => property.Name.EndsWith("_version", StringComparison.Ordinal),
        JsonValueKind.Array => property.Name.EndsWith("_token_id", StringComparison.Ordinal),
        _ => false,
    };

    static bool OfDropout(string name) => name.EndsWith("dropout", StringComparison.Ordinal)
        || name.EndsWith("dropout_prob", StringComparison.Ordinal)
        || name.EndsWith("_pdrop", StringComparison.Ordinal) || name == "layerdrop";

    /// <summary>
    /// What a key says whose value is not understood though its name is, and what to do about it, to follow the key's name in a message;
    /// null for other keys.
    /// </summary>
    /// <param name="property">the key and its value</param>
    /// <param name="shown">its value in short</param>
    /// <param name="path">the file</param>
    public static string? Explain(JsonProperty property, string shown, string path) => property.Name switch
    {
        "pruned_heads" => "says that heads were taken out of the weights, so that these hold fewer heads than the config says, "
            + "and Heartwood does not load them so. Give the folder of the model before it was pruned, whose config.json has no such key, "
            + $"and this file as a mask: --mask {path}.",
        "quantization_config" => $"says that the weights are stored quantized{Method(property.Value)}, which Heartwood does not read. "
            + "Take the model that it was quantized from, or let the program that quantized it write the weights as float16 or float32.",
        "auto_map" => $"has the value {shown}: Python code that comes with the model and may compute something else than its family does. "
            + "Take a model without code of its own; if you are sure that the code computes the same, remove the key.",
        "adapters" => "says that adapters were added to the model, which Heartwood does not compute. "
            + "Let the program that added them merge them into the weights or remove them, and save the model again.",
        "position_embedding_type" => $"has the value {shown}: positions that each layer compares pair by pair. Heartwood computes "
            + $"\"absolute\" ones; use a model with those.",
        "is_decoder" or "add_cross_attention" or "is_encoder_decoder" =>
            $"has the value {shown}: the model is one half of an encoder and a decoder, "
            + "or an encoder whose tokens see only those before them. Heartwood computes neither; use another model.",
        _ => null,
    };

    static string Method(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty("quant_method", out JsonElement method)
            && method.ValueKind == JsonValueKind.String ? $" ({method.GetString()})" : "";
}
