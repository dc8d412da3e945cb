"""BERT in PyTorch, written to be as fast as PyTorch can do it: by its own encoder module, and by hand."""

import functools
import json
import math

import numpy
import torch
import torch.nn.functional as F


def read_model(folder):
    """config.json and the tensors of model.safetensors (float32) by name."""
    with open(f"{folder}/config.json") as file:
        config = json.load(file)
    with open(f"{folder}/model.safetensors", "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = numpy.frombuffer(file.read(), numpy.float32)
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            tensors[name] = torch.from_numpy(data[begin // 4:end // 4].reshape(entry["shape"]).copy())
    return config, tensors


class Inputs:
    """Sequences of the given lengths, padded to `width` tokens (0: to the longest), with the request's ids."""

    def __init__(self, request, width=0):
        self.lengths = request["lengths"]
        self.width = width or max(self.lengths)
        count = len(self.lengths)
        self.ids = torch.zeros(count, self.width, dtype=torch.long)
        self.types = torch.zeros_like(self.ids)
        self.packed_ids, self.packed_types = torch.tensor(request["ids"]), torch.tensor(request["types"])
        at = 0
        for s, length in enumerate(self.lengths):
            self.ids[s, :length], self.types[s, :length] = self.packed_ids[at:at + length], self.packed_types[at:at + length]
            at += length
        self.padding = torch.arange(self.width).expand(count, -1) >= torch.tensor(self.lengths)[:, None]   # True where nothing is
        self.ragged = bool(self.padding.any())
        self.bias = torch.zeros(count, 1, 1, self.width).masked_fill(self.padding[:, None, None], -1e9) if self.ragged else None
        self.real = (~self.padding).flatten().nonzero()[:, 0]                   # places of the real tokens among the padded ones
        self.positions = torch.cat([torch.arange(n) for n in self.lengths])
        self.first = torch.tensor([0, *self.lengths[:-1]]).cumsum(0)            # places of [CLS] among the real tokens


class Layer:
    """The weights of one layer, queries, keys and values in one matrix."""

    def __init__(self, tensors, index):
        name = f"bert.encoder.layer.{index}."
        both = lambda *names: [torch.cat([tensors[f"{name}{n}.{kind}"] for n in names]) for kind in ("weight", "bias")]
        self.qkv, self.out = both("attention.self.query", "attention.self.key", "attention.self.value"), both("attention.output.dense")
        self.up, self.down = both("intermediate.dense"), both("output.dense")
        self.norm1, self.norm2 = both("attention.output.LayerNorm"), both("output.LayerNorm")

    def parameters(self):
        return [*self.qkv, *self.out, *self.up, *self.down, *self.norm1, *self.norm2]


class Bert:
    def __init__(self, folder):
        config, tensors = read_model(folder)
        self.heads, self.width, self.neurons = config["num_attention_heads"], config["hidden_size"], config["intermediate_size"]
        embed = lambda n: tensors[f"bert.embeddings.{n}.weight"]
        self.words, self.positions, self.types = embed("word_embeddings"), embed("position_embeddings"), embed("token_type_embeddings")
        self.norm = [tensors[f"bert.embeddings.LayerNorm.{kind}"] for kind in ("weight", "bias")]
        self.layers = [Layer(tensors, i) for i in range(config["num_hidden_layers"])]
        self.pooler, self.classifier = ([tensors[f"{n}.{kind}"] for kind in ("weight", "bias")] for n in ("bert.pooler.dense", "classifier"))

    def parameters(self):
        return [self.words, self.positions, self.types, *self.norm, *(p for layer in self.layers for p in layer.parameters()), *self.pooler, *self.classifier]

    def normed(self, x, norm):
        return F.layer_norm(x, (self.width,), *norm, 1e-12)

    def embed(self, ids, types, positions):
        return self.normed(F.embedding(ids, self.words) + F.embedding(types, self.types) + F.embedding(positions, self.positions), self.norm)

    def embedded(self, inputs):
        """[batch token width], padded."""
        return self.embed(inputs.ids, inputs.types, torch.arange(inputs.width))

    def embedded_packed(self, inputs):
        """[token width], real tokens only."""
        return self.embed(inputs.packed_ids, inputs.packed_types, inputs.positions)

    def classify(self, first):
        return F.linear(torch.tanh(F.linear(first, *self.pooler)), *self.classifier)

    def attend(self, q, k, v, bias):
        scores = torch.matmul(q * (1 / math.sqrt(q.shape[-1])), k.transpose(-1, -2))
        return torch.matmul(torch.softmax(scores if bias is None else scores + bias, -1), v)

    def attention(self, layer, x, bias):
        """Every head's mix of values, [batch token head headWidth]."""
        batch, tokens, width = x.shape
        q, k, v = F.linear(x, *layer.qkv).view(batch, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        return self.attend(q, k, v, bias).transpose(1, 2)

    def rest(self, layer, x, mixed, mlp_mask=None):
        """The layer behind its heads."""
        x = self.normed(x + F.linear(mixed.reshape(x.shape), *layer.out), layer.norm1)
        added = F.linear(F.gelu(F.linear(x, *layer.up)), *layer.down)
        return self.normed(x + (added if mlp_mask is None else added * mlp_mask), layer.norm2)

    def padded(self, x, bias, head_mask=None, mlp_mask=None):
        """All layers over padded sequences; masks are [layer head] and [layer]."""
        for i, layer in enumerate(self.layers):
            mixed = self.attention(layer, x, bias)
            x = self.rest(layer, x, mixed if head_mask is None else mixed * head_mask[i][:, None], None if mlp_mask is None else mlp_mask[i])
        return x

    def packed(self, x, inputs, head_mask=None, mlp_mask=None, each=False):
        """All layers over real tokens only, x [token width]; attention over padded sequences, or over each by itself."""
        for i, layer in enumerate(self.layers):
            qkv = F.linear(x, *layer.qkv)
            mixed = (self.mixed_each if each else self.mixed_padded)(qkv, inputs)
            x = self.rest(layer, x, mixed if head_mask is None else mixed * head_mask[i][:, None], None if mlp_mask is None else mlp_mask[i])
        return x

    def mixed_padded(self, qkv, inputs):
        count, width = len(inputs.lengths), inputs.width
        room = qkv.new_zeros(count * width, qkv.shape[1]).index_copy(0, inputs.real, qkv)
        q, k, v = room.view(count, width, 3, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        return self.attend(q, k, v, inputs.bias).transpose(1, 2).reshape(count * width, self.heads, -1).index_select(0, inputs.real)

    def mixed_each(self, qkv, inputs):
        mixed = []
        for part in qkv.view(len(qkv), 3, self.heads, -1).split(inputs.lengths):
            q, k, v = part.permute(1, 2, 0, 3).unbind(0)
            mixed.append(self.attend(q, k, v, None).transpose(0, 1))
        return torch.cat(mixed)

    @functools.cached_property
    def encoder(self):
        """The same weights in PyTorch's own encoder, with its fast path in inference."""
        layer = torch.nn.TransformerEncoderLayer(self.width, self.heads, self.neurons, dropout=0.0, activation="gelu", layer_norm_eps=1e-12, batch_first=True)
        encoder = torch.nn.TransformerEncoder(layer, len(self.layers), enable_nested_tensor=True)
        with torch.no_grad():
            for made, ours in zip(encoder.layers, self.layers):
                mine = [made.self_attn.in_proj_weight, made.self_attn.in_proj_bias, *made.self_attn.out_proj.parameters(), *made.linear1.parameters(), *made.linear2.parameters(), *made.norm1.parameters(), *made.norm2.parameters()]
                for to, value in zip(mine, ours.parameters()):
                    to.copy_(value)
        return encoder


class Scripted(torch.nn.Module):
    """The hand-written layers as a module that TorchScript can freeze and hand to oneDNN, weights rearranged."""

    def __init__(self, bert):
        super().__init__()
        self.layers = torch.nn.ModuleList([ScriptedLayer(layer, bert) for layer in bert.layers])

    def forward(self, x: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = layer(x, bias)
        return x


class ScriptedLayer(torch.nn.Module):
    def __init__(self, layer, bert):
        super().__init__()
        self.heads: int = bert.heads
        self.qkv, self.out, self.up, self.down = (self.linear(*pair) for pair in (layer.qkv, layer.out, layer.up, layer.down))
        self.norm1, self.norm2 = (self.norm(*pair) for pair in (layer.norm1, layer.norm2))

    @staticmethod
    def linear(weight, bias):
        made = torch.nn.Linear(weight.shape[1], weight.shape[0])
        made.weight, made.bias = torch.nn.Parameter(weight.clone()), torch.nn.Parameter(bias.clone())
        return made

    @staticmethod
    def norm(gain, shift):
        made = torch.nn.LayerNorm(len(gain), 1e-12)
        made.weight, made.bias = torch.nn.Parameter(gain.clone()), torch.nn.Parameter(shift.clone())
        return made

    def forward(self, x: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        batch, tokens, width = x.shape
        q, k, v = self.qkv(x).view(batch, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        scores = torch.matmul(q * (1 / math.sqrt(width // self.heads)), k.transpose(-1, -2))
        mixed = torch.matmul(torch.softmax(scores + bias, -1), v).transpose(1, 2).reshape(batch, tokens, width)
        x = self.norm1(x + self.out(mixed))
        return self.norm2(x + self.down(torch.nn.functional.gelu(self.up(x))))
