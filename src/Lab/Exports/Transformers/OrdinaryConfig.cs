using System.Text.Json.Nodes;
using Heartwood.Lab.Models;

namespace Heartwood.Lab.Exports.Transformers;

/// <summary>
/// What a family's config.json calls the sizes that all layers share, as the transformers library reads them: of such a model a cut whose
/// layers are all alike is an ordinary one.
/// </summary>
/// <param name="Neurons">the key of the MLP's neurons</param>
/// <param name="AnyHeads">whether <c>head_dim</c> says how wide a head is, so that there may be fewer of them than fill the width</param>
/// <param name="HeadsDivideWidth">whether the library refuses a number of heads that does not divide the width all the same</param>
sealed record OrdinaryConfig(string Neurons, bool AnyHeads, bool HeadsDivideWidth)
{
    static readonly OrdinaryConfig ofEncoders = new("intermediate_size", AnyHeads: false, HeadsDivideWidth: true),
        anyHeads = new("intermediate_size", AnyHeads: true, HeadsDivideWidth: false);

    static readonly Dictionary<string, OrdinaryConfig> families = new(StringComparer.Ordinal)
    {
        ["bert"] = ofEncoders,
        ["roberta"] = ofEncoders,
        ["xlm-roberta"] = ofEncoders,
        ["electra"] = ofEncoders,
        ["distilbert"] = ofEncoders with { Neurons = "hidden_dim" },
        ["gpt2"] = ofEncoders with { Neurons = "n_inner" },
        ["gpt_neox"] = ofEncoders,
        ["llama"] = anyHeads with { HeadsDivideWidth = true },
        ["gemma2"] = anyHeads with { HeadsDivideWidth = true },
        ["mistral"] = anyHeads,
        ["qwen2"] = anyHeads,
        ["qwen3"] = anyHeads,
    };

    /// <summary>Whether the family lets every layer have fewer heads; else heads stay whole and only neurons and layers go.</summary>
    internal static bool TakesAnyHeads(string family) => families.TryGetValue(family, out OrdinaryConfig? keys) && keys.AnyHeads;

    /// <summary>Whether an ordinary config of the family can say so many heads in each layer.</summary>
    internal static bool AllowsHeads(IModel model, int count) => families.TryGetValue(model.Family, out OrdinaryConfig? keys)
        && (keys.AnyHeads || count * model.HeadWidth == model.Width) && (!keys.HeadsDivideWidth || model.Width % count == 0);

    /// <summary>
    /// The config of a cut as an ordinary model of its family, without a key of ours; null where layers differ or a key of ours says what
    /// the family's own cannot.
    /// </summary>
    internal static JsonObject? From(IModel model, JsonObject config) => WhyNot(model) is null ? Written(model, config) : null;

    /// <summary>Why a cut is no ordinary model of its family; null where it is one.</summary>
    internal static string? WhyNot(IModel model)
    {
        if (!families.TryGetValue(model.Family, out OrdinaryConfig? keys)) return $"it is a {model.Family}";
        LayerShape first = model.Layers[0];
        if (model.Layers.Any(layer => layer.Heads == 0)) return "a layer has no attention";
        if (model.Layers.Any(layer => layer.Neurons == 0)) return "a layer has no MLP";
        if (model.Layers.Any(layer => layer.Neurons != first.Neurons)) return "layers have unequal numbers of neurons";
        if (model.Layers.Any(layer => layer.Heads != first.Heads)) return "layers have unequal numbers of heads";
        if (model.Layers.Any(layer => layer.HeadsPerKeyValueHead.Any(n => n != first.HeadsPerKeyValueHead[0])
            || layer.HeadsPerKeyValueHead.Count != first.HeadsPerKeyValueHead.Count))
            return "key and value heads serve unequal numbers of heads";
        if (!keys.AnyHeads && first.Heads * model.HeadWidth != model.Width)
            return $"heads of a {model.Family} are always as wide as the model's width over their number, so that fewer are none of its";
        if (keys.HeadsDivideWidth && model.Width % first.Heads != 0)
            return $"the transformers library refuses {first.Heads} heads, which do not divide the width of {model.Width}";
        return model.Config.ContainsKey(OwnKeys.Biases) ? model.WhyOnlyOurBiases ?? "its biases are none of the family's" : null;
    }

    static JsonObject Written(IModel model, JsonObject config)
    {
        OrdinaryConfig keys = families[model.Family];
        LayerShape first = model.Layers[0];
        JsonObject ordinary = (JsonObject)config.DeepClone();
        foreach (string key in (string[])[OwnKeys.HeadsPerLayer, OwnKeys.NeuronsPerLayer, OwnKeys.HeadsPerKeyValueHead])
            ordinary.Remove(key);
        ordinary[keys.Neurons] = first.Neurons;
        if (!keys.AnyHeads) return ordinary;
        ordinary["num_attention_heads"] = first.Heads;
        ordinary["num_key_value_heads"] = first.HeadsPerKeyValueHead.Count;
        if (ordinary.ContainsKey("head_dim") || first.Heads * model.HeadWidth != model.Width) ordinary["head_dim"] = model.HeadWidth;
        return ordinary;
    }
}
