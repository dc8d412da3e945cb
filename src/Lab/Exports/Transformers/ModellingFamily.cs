using Heartwood.Lab.Models;

namespace Heartwood.Lab.Exports.Transformers;

/// <summary>
/// What the modelling file of a family says: which class of the transformers library it makes smaller, where the layers are, which maps
/// they have, and the family's own Python for what is left of a block without heads or neurons.
/// </summary>
/// <param name="Class">how the names of its classes begin: "Bert"</param>
/// <param name="Language">how the class of its language model ends: "ForCausalLM"</param>
/// <param name="Layers">the list of layers in the model: "bert.encoder.layer"</param>
/// <param name="Attention">the maps of attention</param>
/// <param name="Mlp">the maps of the MLP</param>
/// <param name="Python">
/// the family's own part: <c>resized(old, reads, gives, config)</c> makes a map of other widths, <c>cut(layer, config, number)</c> gives a
/// layer its sizes
/// </param>
sealed record ModellingFamily(
    string Class, string Language, string Layers, IReadOnlyList<SizedMap> Attention, IReadOnlyList<SizedMap> Mlp, string Python)
{
    static readonly Dictionary<string, ModellingFamily> families = new(StringComparer.Ordinal)
    {
        ["bert"] = EncoderModelling.Named("Bert", "bert"),
        ["roberta"] = EncoderModelling.Named("Roberta", "roberta"),
        ["xlm-roberta"] = EncoderModelling.Named("XLMRoberta", "roberta"),
        ["electra"] = EncoderModelling.Named("Electra", "electra"),
        ["gpt2"] = Gpt2Modelling.Described,
        ["llama"] = LlamaModelling.Named("Llama"),
        ["mistral"] = LlamaModelling.Named("Mistral"),
        ["qwen2"] = LlamaModelling.Named("Qwen2"),
        ["qwen3"] = LlamaModelling.Named("Qwen3"),
    };

    /// <summary>The families that have one.</summary>
    internal static IReadOnlyCollection<string> Families => families.Keys;

    /// <summary>The family of a model; null where no modelling file is written for it.</summary>
    internal static ModellingFamily? For(IModel model) => families.GetValueOrDefault(model.Family) is { } family
        && family.WhyNot?.Invoke(model) is null ? family : null;

    /// <summary>Why some models of the family have none; null where all have one.</summary>
    internal Func<IModel, string?>? WhyNot { get; init; }

    /// <summary>Further names that the Python imports from the library, a line each.</summary>
    internal string Imports { get; init; } = "";
}
