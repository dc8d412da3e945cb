namespace Heartwood.Lab.Exports.Transformers;

/// <summary>
/// The modelling file of Llama and its likes. Where key and value heads serve unequal numbers of query heads, which the library's attention
/// cannot, each query head gets its own copy of keys and values after the linear map: the weights stay the cut's, the cache grows.
/// </summary>
static class LlamaModelling
{
    internal static ModellingFamily Named(string name) => new(
        name, "ForCausalLM", "model.layers",
        [
            new("self_attn.q_proj", "stream", "heads"), new("self_attn.k_proj", "stream", "groups"),
            new("self_attn.v_proj", "stream", "groups"), new("self_attn.o_proj", "heads", "stream"),
        ],
        SizedMap.Block("neurons", "mlp.down_proj", "mlp.gate_proj", "mlp.up_proj"),
        $$""""
        def every_bias(config):
            """Whether all maps have a bias, which the family's own keys cannot say."""
            return getattr(config, "heartwood_biases", False)


        def resized(old, reads, gives, config):
            """A map like this one, of other widths."""
            return nn.Linear(reads, gives, bias=old.bias is not None or every_bias(config))


        class Repeated(nn.Linear):
            """Keys or values of which every query head gets a copy of its own, for heads that serve unequal numbers of them."""

            def __init__(self, old, groups):
                super().__init__(old.in_features, old.out_features, bias=old.bias is not None)
                self.groups = tuple(groups)

            def forward(self, x):
                heads = super().forward(x).unflatten(-1, (len(self.groups), -1))
                copies = [heads[..., i:i + 1, :].expand(*heads.shape[:-2], n, -1) for i, n in enumerate(self.groups)]
                return torch.cat(copies, dim=-2).flatten(-2)


        {{DecoderModelling.BiasOnly}}


        def cut(layer, config, number):
            """Gives a layer its sizes."""
            width, attention, mlp = widths(config, number), layer.self_attn, layer.mlp
            groups = config.heartwood_heads_per_key_value_head[number]
            if width["heads"] == 0:
                biased = attention.o_proj.bias is not None or every_bias(config)
                layer.input_layernorm, layer.self_attn = nn.Identity(), NoAttention("o_proj", width["stream"], biased)
            else:
                resize(layer, ATTENTION, width, config)
                attention.num_key_value_groups = groups[0]
                if len(set(groups)) > 1:
                    attention.k_proj, attention.v_proj = Repeated(attention.k_proj, groups), Repeated(attention.v_proj, groups)
                    attention.num_key_value_groups = 1
            if width["neurons"] == 0:
                biased = mlp.down_proj.bias is not None or every_bias(config)
                layer.post_attention_layernorm, layer.mlp = nn.Identity(), BiasOnly("down_proj", width["stream"], biased)
            else:
                resize(layer, MLP, width, config)


        {{DecoderModelling.Caches("self_attn")}}
        """");
}
