namespace Heartwood.Lab.Exports.Transformers;

/// <summary>What the modelling files of decoders, whose norms stand before each block, have in common.</summary>
static class DecoderModelling
{
    /// <summary>What is left of a block without heads or neurons.</summary>
    internal const string BiasOnly = """"
        class Bias(nn.Module):
            """What is left of the map that read heads or neurons where all of them are gone."""

            def __init__(self, width):
                super().__init__()
                self.bias = nn.Parameter(torch.zeros(width))


        class BiasOnly(nn.Module):
            """A block of which the bias of its last map is left, if it had one: the same for every token."""

            def __init__(self, last, width, biased):
                super().__init__()
                self.last = last if biased else None
                if biased:
                    setattr(self, last, Bias(width))

            def forward(self, hidden_states, *_, **__):
                if self.last is None:
                    return torch.zeros_like(hidden_states)
                return getattr(self, self.last).bias.expand_as(hidden_states)


        class NoAttention(BiasOnly):
            """The same of attention, which gives its weights next to what it computes."""

            def forward(self, hidden_states, *_, **__):
                return super().forward(hidden_states), None
        """";

    /// <summary>
    /// The library asks the first layer's keys (the first of each kind of attention) how many tokens are cached, so a first layer without
    /// attention would answer none: the attentions that are left take the first places of the cache.
    /// </summary>
    /// <param name="attention">what layers call their attention</param>
    internal static string Caches(string attention) => $$""""
        def number_caches(layers, config):
            """Gives the attentions that are left the first places of the cache, those of each kind of attention among its own."""
            kinds = getattr(config, "layer_types", None) or [None] * len(layers)
            places = {kind: [n for n, other in enumerate(kinds) if other == kind] for kind in kinds}
            left = [(layer.{{attention}}, kind) for layer, kind in zip(layers, kinds) if not isinstance(layer.{{attention}}, NoAttention)]
            for attention, kind in left:
                attention.layer_idx = places[kind].pop(0)
            if not left:
                config.use_cache = False
        """";
}
