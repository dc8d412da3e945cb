#!/usr/bin/env python3
"""Makes the BERT goldens: three tiny Hugging Face folders and sites.json.

    cd tests/goldens/bert && python3 make.py        (needs torch and numpy; made with torch 1.13, numpy 1.24)

An independent and plain implementation of BERT for sequence classification (Devlin et al. 2019): every
sequence alone, every head in a loop, no padding and no masks of padding, in double precision; the weights are
the float32 values of the files. The encoder is checked against torch.nn.TransformerEncoderLayer before
anything is written. sites.json:

  sequences    the batch: ids, token types and label of four sequences of 1, 7, 16 and 5 tokens
  embeddings, pooled, logits, loss     after LayerNorm [token width]; [batch width]; [batch label]; mean nats
  sites        layer, site, shape, values, tokens packed one sequence after another; in the order of computing:
                 Query Key Value   projections with bias                        [token width]
                 Heads             context vectors, before the output projection [token width]
                 AttentionOut      output projection with bias, before residual  [token width]
                 Middle            after residual and LayerNorm                  [token width]
                 Neurons           after the activation                          [token neuron]
                 MlpOut            output.dense with bias, before residual       [token width]
                 LayerOut          after residual and LayerNorm                  [token width]
  gradients    of the loss, by the checkpoint's name of the weight
  masks        value := mask * value + (1 - mask) * absence, one mask per head at Heads and per layer at MlpOut;
               headAbsence [layer head headWidth], mlpAbsence [layer width]; then at ones and at a random mask:
               headMask [layer head], mlpMask [layer], loss, logits, and the slopes of the loss in both masks
tiny-old has the same function under older names (gamma, beta, a position_ids buffer); tiny-tanh is another
model (gelu_new, eps 1e-12, four token types, two labels, one layer); its tanh.json has no gradients and no masks.
"""
import math, os, sys
import numpy as np
import torch

torch.set_default_dtype(torch.float64)
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import writing
from writing import golden, numbers, shaped, write_json
WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK] . , the a old young small artist baker doctor guard judge king nurse poet " \
        "saw met thanked followed near behind that who slept ran smiled because if not every some ##s ##ed ##ing ##er".split()
LENGTHS = [1, 7, 16, 5]


def weights(rng, c):
    """Random float32 weights by checkpoint name, large enough that no value is near zero."""
    width, inner, out = c["hidden_size"], c["intermediate_size"], {}

    def normal(name, *shape, scale, mean=0.0):
        out[name] = (mean + scale * rng.standard_normal(shape)).astype(np.float32)

    def linear(name, rows, columns, scale=0.4):
        normal(name + ".weight", rows, columns, scale=scale)
        normal(name + ".bias", rows, scale=0.3)

    def norm(name):
        normal(name + ".weight", width, scale=0.2, mean=1.0)
        normal(name + ".bias", width, scale=0.3)

    for name, rows in (("word", c["vocab_size"]), ("position", c["max_position_embeddings"]), ("token_type", c["type_vocab_size"])):
        normal(f"bert.embeddings.{name}_embeddings.weight", rows, width, scale=0.8)
    norm("bert.embeddings.LayerNorm")
    for i in range(c["num_hidden_layers"]):
        at = f"bert.encoder.layer.{i}."
        for name in ("query", "key", "value"):
            linear(f"{at}attention.self.{name}", width, width)
        linear(at + "attention.output.dense", width, width)
        norm(at + "attention.output.LayerNorm")
        linear(at + "intermediate.dense", inner, width)
        linear(at + "output.dense", width, inner)
        norm(at + "output.LayerNorm")
    linear("bert.pooler.dense", width, width)
    linear("classifier", len(c["id2label"]), width, scale=0.8)
    return out


def gelu(x):
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


def gelu_new(x):
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))


class Bert:
    """The function: w holds double tensors by checkpoint name; sites collects what passes, by (layer, site)."""

    def __init__(self, config, w):
        self.c, self.w = config, w
        self.activation = {"gelu": gelu, "gelu_new": gelu_new}[config["hidden_act"]]
        self.heads, self.width = config["num_attention_heads"], config["hidden_size"]

    def linear(self, name, x):
        return x @ self.w[name + ".weight"].T + self.w[name + ".bias"]

    def norm(self, name, x):
        mean = x.mean(1, keepdim=True)
        variance = ((x - mean) ** 2).mean(1, keepdim=True)
        return (x - mean) / torch.sqrt(variance + self.c["layer_norm_eps"]) * self.w[name + ".weight"] + self.w[name + ".bias"]

    def sequence(self, ids, types, mask, see):
        """One sequence; mask is None or (head mask, head absence, MLP mask, MLP absence). Returns pooled, logits."""
        at, size = "bert.embeddings.", self.width // self.heads
        x = torch.stack([self.w[at + "word_embeddings.weight"][t] + self.w[at + "position_embeddings.weight"][p]
                         + self.w[at + "token_type_embeddings.weight"][k] for p, (t, k) in enumerate(zip(ids, types))])
        x = see(None, "Embeddings", self.norm(at + "LayerNorm", x))
        for i in range(self.c["num_hidden_layers"]):
            at = f"bert.encoder.layer.{i}."
            q, k, v = (see(i, name.capitalize(), self.linear(f"{at}attention.self.{name}", x)) for name in ("query", "key", "value"))
            context = []
            for h in range(self.heads):
                part = slice(h * size, (h + 1) * size)
                scores = q[:, part] @ k[:, part].T / math.sqrt(size)
                shares = torch.exp(scores - scores.max(1, keepdim=True).values)
                value = (shares / shares.sum(1, keepdim=True)) @ v[:, part]
                if mask is not None:
                    value = mask[0][i, h] * value + (1 - mask[0][i, h]) * mask[1][i, h]
                context.append(value)
            attention = see(i, "AttentionOut", self.linear(at + "attention.output.dense", see(i, "Heads", torch.cat(context, 1))))
            x = see(i, "Middle", self.norm(at + "attention.output.LayerNorm", x + attention))
            neurons = see(i, "Neurons", self.activation(self.linear(at + "intermediate.dense", x)))
            mlp = self.linear(at + "output.dense", neurons)
            if mask is not None:
                mlp = mask[2][i] * mlp + (1 - mask[2][i]) * mask[3][i]
            x = see(i, "LayerOut", self.norm(at + "output.LayerNorm", x + see(i, "MlpOut", mlp)))
        pooled = torch.tanh(self.linear("bert.pooler.dense", x[:1]))
        return pooled, self.linear("classifier", pooled)

    def batch(self, sequences, mask=None):
        """Returns (pooled, logits, mean cross entropy, sites packed over the batch)."""
        sites, pooled, logits, loss = {}, [], [], 0.0

        def see(layer, site, value):
            sites.setdefault((layer, site), []).append(value)
            return value

        for s in sequences:
            p, l = self.sequence(s["ids"], s["types"], mask, see)
            pooled.append(p)
            logits.append(l)
            loss = loss + torch.log(torch.exp(l[0] - l.max()).sum()) + l.max() - l[0, s["label"]]
        return torch.cat(pooled), torch.cat(logits), loss / len(sequences), {k: torch.cat(v) for k, v in sites.items()}


def check_against_torch(bert, sequences, sites):
    """The same layers by torch's own encoder layer: largest difference must be rounding."""
    c, w, first = bert.c, bert.w, 0
    for s in sequences:
        x = sites[(None, "Embeddings")][first:first + len(s["ids"])]
        for i in range(c["num_hidden_layers"]):
            at = f"bert.encoder.layer.{i}."
            layer = torch.nn.TransformerEncoderLayer(c["hidden_size"], c["num_attention_heads"], c["intermediate_size"], dropout=0.0,
                                                     activation="gelu", layer_norm_eps=c["layer_norm_eps"], batch_first=True)
            names = {"self_attn.out_proj": "attention.output.dense", "linear1": "intermediate.dense", "linear2": "output.dense",
                     "norm1": "attention.output.LayerNorm", "norm2": "output.LayerNorm"}
            state = {f"{a}.{kind}": w[f"{at}{b}.{kind}"] for a, b in names.items() for kind in ("weight", "bias")}
            for kind in ("weight", "bias"):
                state["self_attn.in_proj_" + kind] = torch.cat([w[f"{at}attention.self.{n}.{kind}"] for n in ("query", "key", "value")])
            layer.load_state_dict(state)
            x = layer.train()(x[None])[0]
            difference = (x - sites[(i, "LayerOut")][first:first + len(s["ids"])]).abs().max().item()
            assert difference < 1e-12, (i, difference)
        first += len(s["ids"])


def write_folder(name, config, tensors):
    folder = os.path.join(HERE, name)
    writing.write_folder(folder, config, tensors)
    with open(os.path.join(folder, "vocab.txt"), "w") as f:
        f.write("".join(w + "\n" for w in WORDS))


def config(labels, **other):
    return {"architectures": ["BertForSequenceClassification"], "attention_probs_dropout_prob": 0.1, "classifier_dropout": None,
            "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "hidden_size": 12, "id2label": {str(i): l for i, l in enumerate(labels)},
            "initializer_range": 0.02, "intermediate_size": 20, "label2id": {l: i for i, l in enumerate(labels)}, "layer_norm_eps": 1e-3,
            "max_position_embeddings": 16, "model_type": "bert", "num_attention_heads": 3, "num_hidden_layers": 3, "pad_token_id": 0,
            "position_embedding_type": "absolute", "problem_type": "single_label_classification", "torch_dtype": "float32",
            "transformers_version": "4.46.3", "type_vocab_size": 2, "use_cache": True, "vocab_size": len(WORDS), **other}


def batch(rng, c, lengths):
    return [{"ids": [int(t) for t in rng.integers(0, c["vocab_size"], n)],
             "types": [int(k) for k in np.sort(rng.integers(0, c["type_vocab_size"], n))],
             "label": int(rng.integers(0, len(c["id2label"])))} for n in lengths]


def main():
    rng = np.random.default_rng(20)
    c = config(["entailment", "neutral", "contradiction"])
    raw = weights(rng, c)
    w = {n: torch.tensor(v.astype(np.float64), requires_grad=True) for n, v in raw.items()}
    bert, sequences = Bert(c, w), batch(rng, c, LENGTHS)
    pooled, logits, loss, sites = bert.batch(sequences)
    check_against_torch(bert, sequences, sites)

    asked = ["bert.embeddings.word_embeddings.weight", "bert.encoder.layer.0.attention.self.query.weight",
             "bert.encoder.layer.1.intermediate.dense.bias", "bert.encoder.layer.2.output.LayerNorm.weight", "classifier.bias"]
    slopes = torch.autograd.grad(loss, [w[n] for n in asked])

    layers, heads = c["num_hidden_layers"], c["num_attention_heads"]
    head_absence = torch.tensor(rng.standard_normal((layers, heads, c["hidden_size"] // heads)).astype(np.float32).astype(np.float64))
    mlp_absence = torch.tensor(rng.standard_normal((layers, c["hidden_size"])).astype(np.float32).astype(np.float64))

    def masked(head_mask, mlp_mask):
        head_mask, mlp_mask = (torch.tensor(m.astype(np.float32).astype(np.float64), requires_grad=True) for m in (head_mask, mlp_mask))
        _, at_logits, at, _ = bert.batch(sequences, (head_mask, head_absence, mlp_mask, mlp_absence))
        head_slopes, mlp_slopes = torch.autograd.grad(at, [head_mask, mlp_mask])
        return {"headMask": shaped(head_mask), "mlpMask": shaped(mlp_mask), "loss": numbers(at)[0], "logits": shaped(at_logits),
                "headSlopes": shaped(head_slopes), "mlpSlopes": shaped(mlp_slopes)}

    ones = masked(np.ones((layers, heads)), np.ones(layers))
    assert ones["logits"] == shaped(logits)
    write_json(HERE + "/sites.json", {
        **golden(sequences, pooled, logits, loss, sites),
        "gradients": {n: shaped(s) for n, s in zip(asked, slopes)},
        "masks": {"headAbsence": shaped(head_absence), "mlpAbsence": shaped(mlp_absence), "atOnes": ones,
                  "atRandom": masked(rng.random((layers, heads)), rng.random(layers))}})
    write_folder("tiny", c, raw)

    older = {n.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): v for n, v in raw.items()}
    older["bert.embeddings.position_ids"] = np.arange(c["max_position_embeddings"], dtype=np.int64)[None]
    before = {k: v for k, v in c.items() if k not in ("classifier_dropout", "problem_type", "torch_dtype", "use_cache", "position_embedding_type")}
    write_folder("tiny-old", {**before, "gradient_checkpointing": False, "transformers_version": "4.2.2"}, older)

    c = config(["entailment", "non-entailment"], hidden_act="gelu_new", layer_norm_eps=1e-12, num_hidden_layers=1, type_vocab_size=4)
    raw = weights(rng, c)
    sequences = batch(rng, c, [1, 6, 3])
    write_json(HERE + "/tanh.json", golden(sequences, *Bert(c, {n: torch.tensor(v.astype(np.float64)) for n, v in raw.items()}).batch(sequences)))
    write_folder("tiny-tanh", c, raw)


if __name__ == "__main__":
    main()
