using System.Text.Json;

namespace Heartwood.Lab.Checkpoints;

/// <summary>
/// Keys of a Hugging Face config that no model family reads and that do not change what a forward pass of an encoder or decoder computes
/// (transformers 3 to 5: PretrainedConfig, GenerationConfig, BertConfig and what their older releases wrote).
/// </summary>
static class HarmlessKeys
{
    /// <summary>Harmless whatever the value.</summary>
    static readonly HashSet<string> Always =
    [
        // where it comes from, what it is called
        "_name_or_path", "name_or_path", "_commit_hash", "transformers_version", "architectures", "tokenizer_class", "finetuning_task", "language", "license", "tags", "gpu_required", "architecture",
        // stored numbers: the weights' file says how they are stored
        "torch_dtype", "dtype",
        // names and numbers of labels: compared with the head when its labels are read
        "id2label", "label2id", "num_labels", "_num_labels",
        // special tokens: the tokenizer's files say which they are
        "pad_token_id", "bos_token_id", "eos_token_id", "sep_token_id", "cls_token_id", "mask_token_id", "unk_token_id", "decoder_start_token_id",
        // training only: first values, memory (dropout is for a family to name)
        "initializer_range", "initializer_factor", "gradient_checkpointing",
        // how the same numbers are computed or handed over
        "use_cache", "chunk_size_feed_forward", "output_attentions", "output_hidden_states", "output_past", "return_dict", "torchscript", "attn_implementation", "_attn_implementation", "_attn_implementation_autoset",
        "_output_attentions", "use_bfloat16", "tie_encoder_decoder",
        // BERT's multilingual and Chinese releases: parts of their training code, in no weights
        "directionality", "pooler_fc_size", "pooler_num_attention_heads", "pooler_num_fc_layers", "pooler_size_per_head", "pooler_type",
        // generating text
        "max_length", "min_length", "do_sample", "early_stopping", "num_beams", "num_beam_groups", "diversity_penalty", "temperature", "top_k", "top_p", "typical_p", "repetition_penalty", "length_penalty",
        "no_repeat_ngram_size", "encoder_no_repeat_ngram_size", "bad_words_ids", "num_return_sequences", "output_scores", "return_dict_in_generate", "forced_bos_token_id", "forced_eos_token_id",
        "remove_invalid_values", "exponential_decay_length_penalty", "suppress_tokens", "begin_suppress_tokens", "prefix", "task_specific_params", "tf_legacy_loss",
    ];

    /// <summary>Harmless at this value, the format's default.</summary>
    static readonly Dictionary<string, string[]> AtDefault = new()
    {
        ["position_embedding_type"] = ["\"absolute\""],
        ["problem_type"] = ["\"single_label_classification\"", "\"regression\""],      // compared with the head when its labels are read
        ["is_decoder"] = ["false"],
        ["is_encoder_decoder"] = ["false"],
        ["add_cross_attention"] = ["false"],
        ["pruned_heads"] = ["{}"],
        ["attention_bias"] = ["false"],
        ["mlp_bias"] = ["false"],
        ["use_mrope"] = ["false"],
        ["per_layer_config"] = ["{}"],
        ["auto_map"] = ["{}"],
        ["tie_word_embeddings"] = ["true", "false"],
    };

    /// <summary>True if this key with this value changes nothing.</summary>
    public static bool Allow(JsonProperty property) =>
        property.Value.ValueKind == JsonValueKind.Null || Always.Contains(property.Name)
        || (AtDefault.TryGetValue(property.Name, out string[]? defaults) && defaults.Any(text => JsonElement.DeepEquals(property.Value, JsonElement.Parse(text))));
}
