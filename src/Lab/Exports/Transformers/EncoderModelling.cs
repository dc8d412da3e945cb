namespace Heartwood.Lab.Exports.Transformers;

/// <summary>The modelling file of BERT and of the families whose layers have its names.</summary>
static class EncoderModelling
{
    internal static ModellingFamily Named(string name, string prefix) => new(
        name, "", $"{prefix}.encoder.layer",
        SizedMap.Block("heads", "attention.output.dense", "attention.self.query", "attention.self.key", "attention.self.value"),
        SizedMap.Block("neurons", "output.dense", "intermediate.dense"),
        """"
        def resized(old, reads, gives, config):
            """A map like this one, of other widths."""
            return nn.Linear(reads, gives, bias=old.bias is not None)


        class Bias(nn.Module):
            """What is left of the map that read heads or neurons where all of them are gone."""

            def __init__(self, width):
                super().__init__()
                self.bias = nn.Parameter(torch.zeros(width))

            def forward(self, x):
                return self.bias.expand(*x.shape[:-1], -1)


        class NoHeads(nn.Module):
            """Attention without heads: nothing reaches the map after it."""

            def forward(self, hidden_states, *_, **__):
                return hidden_states.new_zeros(*hidden_states.shape[:-1], 0), None


        def cut(layer, config, number):
            """Gives a layer its sizes."""
            width, attention = widths(config, number), layer.attention.self
            if width["heads"] == 0:
                layer.attention.self, layer.attention.output.dense = NoHeads(), Bias(width["stream"])
            else:
                resize(layer, ATTENTION, width, config)
                attention.num_attention_heads = width["heads"] // attention.attention_head_size
                attention.all_head_size = width["heads"]
            if width["neurons"] == 0:
                layer.intermediate, layer.output.dense = nn.Identity(), Bias(width["stream"])
            else:
                resize(layer, MLP, width, config)
        """");
}
