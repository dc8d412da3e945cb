using System.Text;
using System.Text.Json.Nodes;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using static System.FormattableString;

namespace Heartwood.Lab.Exports.Transformers;

/// <summary>
/// A model's folder as the transformers library loads it. A cut whose layers are all alike has an ordinary config of its family; another
/// has a modelling file next to it (<see cref="ModellingFile"/>) where its family has one, and is for Heartwood alone where not.
/// </summary>
public sealed class TransformersFolder
{
    readonly IModel model;
    readonly JsonObject config;
    readonly ModellingFile? modelling;
    readonly bool cut;

    /// <param name="model">the model</param>
    public TransformersFolder(IModel model)
    {
        this.model = model;
        cut = model.Config.ContainsKey(OwnKeys.HeadsPerLayer) || model.Config.ContainsKey(OwnKeys.NeuronsPerLayer);
        config = (JsonObject)model.Config.DeepClone();
        bool sameTypes = (string?)config[OwnKeys.TokenTypes] == "sentence";
        if (!cut && !config.ContainsKey(OwnKeys.Biases)) return;
        if (OrdinaryConfig.From(model, config) is { } ordinary)
        {
            if (sameTypes) ordinary.Remove(OwnKeys.TokenTypes);
            // read anew, so that a config that says other sizes than the weights have is never written
            config = (JsonObject)model.With(ordinary, model.Weights).Config.DeepClone();
            return;
        }
        if (ModellingFamily.For(model) is not { } family) return;
        modelling = new(family, model);
        config[OwnKeys.HeadsPerLayer] = Numbers(model.Layers.Select(layer => layer.Heads));
        config[OwnKeys.NeuronsPerLayer] = Numbers(model.Layers.Select(layer => layer.Neurons));
        if (model.Layers.Any(layer => layer.Attention.Shared.Count > 0))
            config[OwnKeys.HeadsPerKeyValueHead] = new JsonArray([.. model.Layers.Select(layer => Numbers(layer.HeadsPerKeyValueHead))]);
        config["architectures"] = new JsonArray(modelling.Class);
        config["auto_map"] = new JsonObject { [modelling.Auto] = $"{ModellingFile.Module}.{modelling.Class}" };
        // the library takes ids of its own for a GPT-2 that names none, whether or not they are in the vocabulary
        if (model.Family == "gpt2")
            foreach (string key in (string[])["bos_token_id", "eos_token_id"])
                if (!config.ContainsKey(key)) config[key] = null;
    }

    /// <summary>Whether the folder of a model has a modelling file of ours.</summary>
    public bool HasModellingFile => modelling is not null;

    /// <summary>The content of config.json.</summary>
    internal JsonObject Config => config;

    /// <summary>Writes the folder.</summary>
    /// <param name="model">the model</param>
    /// <param name="path">the folder: new or empty, unless <paramref name="replace"/></param>
    /// <param name="tokenizer">the tokenizer's files by name</param>
    /// <param name="dtype">how the weights are stored; null for each as it was read</param>
    /// <param name="replace">whether a folder that holds something may be replaced</param>
    /// <exception cref="IOException">it cannot be written</exception>
    public static void Save(
        IModel model, string path, IReadOnlyDictionary<string, byte[]> tokenizer, Dtype? dtype = null, bool replace = false)
    {
        TransformersFolder folder = new(model);
        Dictionary<string, byte[]> files = new(tokenizer);
        if (folder.modelling is { } modelling)
        {
            files[$"{ModellingFile.Module}.py"] = Encoding.UTF8.GetBytes(modelling.Text);
            files["README.md"] = Encoding.UTF8.GetBytes(folder.Readme);
        }
        ModelFolder.Save(model, path, files, dtype, replace, folder.config);
    }

    /// <summary>How other programs load a cut, or why they do not and what to do; null of a model that is no cut.</summary>
    public string? HowLoaded
    {
        get
        {
            if (modelling is not null)
                return $"transformers {ModellingFile.LeastVersion} or newer loads it with "
                    + $"{modelling.Auto}.from_pretrained(FOLDER, trust_remote_code=True), by {ModellingFile.Module}.py in it{Cache}";
            if (!cut) return null;
            if (!config.ContainsKey(OwnKeys.HeadsPerLayer)) return $"its config.json is that of an ordinary {model.Family}";
            return $"only Heartwood loads it: {OrdinaryConfig.WhyNot(model)}, and there is no modelling file for "
                + $"{(ModellingFamily.Families.Contains(model.Family) ? "such" : "a")} {model.Family}. For other programs search with "
                + "--uniform and --ablation zero, or take the model of full size where there is one";
        }
    }

    string Cache => Unequal.Count == 0 ? "" : Invariant($"; in {Unequal.Count} of {model.Layers.Count} layers key and value heads serve ")
        + Invariant($"unequal numbers of heads, each head gets a copy, and the cache of keys and values grows to {Growth:0.00} times");

    IReadOnlyList<LayerShape> Unequal => [.. model.Layers.Where(layer => layer.HeadsPerKeyValueHead.Distinct().Count() > 1)];

    double Growth => (double)model.Layers.Sum(layer => Unequal.Contains(layer) ? layer.Heads : layer.HeadsPerKeyValueHead.Count)
        / model.Layers.Sum(layer => layer.HeadsPerKeyValueHead.Count);

    string Readme => $$"""
        A {{model.Family}} of {{model.Layers.Count}} layers that kept different numbers of heads and neurons, cut by Heartwood.

            from transformers import {{modelling!.Auto}}
            model = {{modelling.Auto}}.from_pretrained("FOLDER", trust_remote_code=True)

        It needs transformers {{ModellingFile.LeastVersion}} or newer and `trust_remote_code=True`: `{{ModellingFile.Module}}.py` makes an
        ordinary `{{modelling.Whole}}` and gives each layer the sizes that config.json lists. Heartwood loads the folder as it is.
        {{(Unequal.Count == 0 ? "" : Invariant($"""

            In {Unequal.Count} of {model.Layers.Count} layers key and value heads serve unequal numbers of query heads. There every query
            head gets a copy of its keys and values as they are computed: the weights are the cut's, but the cache of keys and values of
            generated text grows to {Growth:0.00} times what one copy each would take.

            """))}}
        """.TrimEnd() + "\n";

    static JsonArray Numbers(IEnumerable<int> numbers) => new([.. numbers.Select(n => JsonValue.Create(n))]);
}
