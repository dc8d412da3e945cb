using Heartwood.Lab.Models;

namespace Heartwood.Lab.Exports.Transformers;

/// <summary>
/// The small Python file next to a cut whose layers have sizes of their own: a class that makes the ordinary model of the transformers
/// library, then gives the linear maps of every layer the widths that config.json says. Written for one model: its family and its head.
/// </summary>
/// <param name="family">the family</param>
/// <param name="model">the cut</param>
sealed class ModellingFile(ModellingFamily family, IModel model)
{
    /// <summary>The module: the file's name without its ending.</summary>
    internal const string Module = OwnKeys.Module;

    /// <summary>The least version of the library: the oldest in which the form was run.</summary>
    internal const string LeastVersion = "4.57";

    /// <summary>The class of the library with all heads and neurons.</summary>
    internal string Whole => family.Class + (model.Output == Output.Labels ? "ForSequenceClassification"
        : model.Causal ? family.Language : "ForMaskedLM");

    /// <summary>The class of the file.</summary>
    internal string Class => OwnKeys.ClassPrefix + Whole;

    /// <summary>The library's class that loads such models.</summary>
    internal string Auto => "AutoModel" + (model.Output == Output.Labels ? "ForSequenceClassification"
        : model.Causal ? "ForCausalLM" : "ForMaskedLM");

    /// <summary>The file's text.</summary>
    internal string Text => $$""""
        """A {{model.Family}} whose layers kept different numbers of heads and neurons, for the transformers library; written by Heartwood.

        The model is an ordinary {{Whole}}, except that each layer has the sizes that config.json gives in
        `heartwood_heads_per_layer` and `heartwood_neurons_per_layer`. Load it with

            {{Auto}}.from_pretrained(FOLDER, trust_remote_code=True)
        """
        import transformers

        if tuple(int(n) for n in transformers.__version__.split(".")[:2]) < ({{LeastVersion.Replace(".", ", ", StringComparison.Ordinal)}}):
            raise ImportError(f"This model needs transformers {{LeastVersion}} or newer, and this is {transformers.__version__}: "
                              "pip install --upgrade transformers")

        import torch
        from torch import nn
        from transformers import {{Whole}}
        {{family.Imports}}
        # the linear maps of a layer: name, width of what it reads, width of what it gives
        ATTENTION = (
        {{Rows(family.Attention)}}
        )
        MLP = (
        {{Rows(family.Mlp)}}
        )


        def widths(config, number):
            """How wide the values of a layer are: the stream, all its heads, all its neurons."""
            width = config.hidden_size
            head = getattr(config, "head_dim", None) or width // config.num_attention_heads
            heads, neurons = config.heartwood_heads_per_layer[number], config.heartwood_neurons_per_layer[number]
            groups = getattr(config, "heartwood_heads_per_key_value_head", None)
            return {
                "stream": width,
                "heads": heads * head,
                "groups": len(groups[number]) * head if groups else heads * head,
                "queries, keys, values": 3 * heads * head,
                "neurons": neurons,
            }


        def resize(layer, maps, width, config):
            """Gives the maps of a block their widths."""
            for name, reads, gives in maps:
                path, _, child = name.rpartition(".")
                module = layer.get_submodule(path)
                setattr(module, child, resized(getattr(module, child), width[reads], width[gives], config))


        {{family.Python}}


        class {{Class}}({{Whole}}):
            def __init__(self, config):
                super().__init__(config)
                for number, layer in enumerate(self.{{family.Layers}}):
                    cut(layer, config, number)
        {{(model.Causal ? Renumbered : "")}}
        """".TrimEnd() + "\n";

    string Renumbered => $"        number_caches(self.{family.Layers}, config)";

    static string Rows(IEnumerable<SizedMap> maps) =>
        string.Join('\n', maps.Select(map => $"    (\"{map.Name}\", \"{map.Reads}\", \"{map.Gives}\"),"));
}
