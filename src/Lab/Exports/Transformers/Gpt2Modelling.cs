namespace Heartwood.Lab.Exports.Transformers;

/// <summary>The modelling file of GPT-2, whose maps are stored with what they read first.</summary>
static class Gpt2Modelling
{
    internal static ModellingFamily Described => new(
        "GPT2", "LMHeadModel", "transformer.h",
        [new("attn.c_attn", "stream", "queries, keys, values"), new("attn.c_proj", "heads", "stream")],
        SizedMap.Block("neurons", "mlp.c_proj", "mlp.c_fc"),
        $$""""
        def resized(old, reads, gives, config):
            """A map of other widths."""
            return Conv1D(gives, reads)


        {{DecoderModelling.BiasOnly}}


        def cut(layer, config, number):
            """Gives a layer its sizes."""
            width, attention = widths(config, number), layer.attn
            if width["heads"] == 0:
                layer.ln_1, layer.attn = nn.Identity(), NoAttention("c_proj", width["stream"], True)
            else:
                resize(layer, ATTENTION, width, config)
                attention.num_heads, attention.split_size = width["heads"] // attention.head_dim, width["heads"]
            if width["neurons"] == 0:
                layer.ln_2, layer.mlp = nn.Identity(), BiasOnly("c_proj", width["stream"], True)
            else:
                resize(layer, MLP, width, config)


        {{DecoderModelling.Caches("attn")}}
        """")
    {
        Imports = "from transformers.pytorch_utils import Conv1D\n",
        WhyNot = model => model.Layers.Any(layer => layer.Heads == 0) && (bool?)model.Config["scale_attn_by_inverse_layer_idx"] == true
            ? "a layer has no attention, and the others are scaled by their number, by which the library numbers its cache too" : null,
    };
}
