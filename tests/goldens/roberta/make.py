#!/usr/bin/env python3
"""Makes the RoBERTa goldens: a tiny Hugging Face folder and sites.json.

    cd tests/goldens/roberta && python3 make.py        (needs torch and numpy; made with torch 1.13, numpy 1.24)

An independent and plain implementation of RoBERTa for sequence classification (Liu et al. 2019): every sequence
alone, every head in a loop, in double precision; the weights are the float32 values of the file. The encoder is
checked against torch.nn.TransformerEncoderLayer before anything is written. sites.json is as in ../bert/make.py;
"pooled" is what the head's tanh gives. Positions are counted from behind the padding token's id, and a padding token
inside a sequence (there is one) has its id's position and is not counted. The folder holds what checkpoints of
pretraining hold besides: lm_head, a pooler that no head reads, a buffer of position ids.
"""
import math, os, sys
import numpy as np
import torch

torch.set_default_dtype(torch.float64)
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from writing import golden, numbers, shaped, write_folder, write_json

CONFIG = {"architectures": ["RobertaForSequenceClassification"], "attention_probs_dropout_prob": 0.1, "bos_token_id": 0, "classifier_dropout": None,
          "eos_token_id": 2, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "hidden_size": 12, "id2label": {"0": "CONTRADICTION", "1": "NEUTRAL", "2": "ENTAILMENT"},
          "initializer_range": 0.02, "intermediate_size": 20, "label2id": {"CONTRADICTION": 0, "NEUTRAL": 1, "ENTAILMENT": 2}, "layer_norm_eps": 1e-05,
          "max_position_embeddings": 18, "model_type": "roberta", "num_attention_heads": 3, "num_hidden_layers": 2, "pad_token_id": 1,
          "position_embedding_type": "absolute", "transformers_version": "4.46.3", "type_vocab_size": 1, "use_cache": True, "vocab_size": 40}
WIDTH, HEADS, LAYERS, PADDING = CONFIG["hidden_size"], CONFIG["num_attention_heads"], CONFIG["num_hidden_layers"], CONFIG["pad_token_id"]
SIZE = WIDTH // HEADS


def make_weights(rng):
    out = {}

    def normal(name, *shape, scale, mean=0.0):
        out[name] = (mean + scale * rng.standard_normal(shape)).astype(np.float32)

    def linear(name, rows, columns, scale=0.4):
        normal(name + ".weight", rows, columns, scale=scale)
        normal(name + ".bias", rows, scale=0.3)

    def norm(name):
        normal(name + ".weight", WIDTH, scale=0.2, mean=1.0)
        normal(name + ".bias", WIDTH, scale=0.3)

    inner = CONFIG["intermediate_size"]
    for name, rows in (("word", CONFIG["vocab_size"]), ("position", CONFIG["max_position_embeddings"]), ("token_type", 1)):
        normal(f"roberta.embeddings.{name}_embeddings.weight", rows, WIDTH, scale=0.8)
    norm("roberta.embeddings.LayerNorm")
    for i in range(LAYERS):
        at = f"roberta.encoder.layer.{i}."
        for name in ("query", "key", "value"):
            linear(f"{at}attention.self.{name}", WIDTH, WIDTH)
        linear(at + "attention.output.dense", WIDTH, WIDTH)
        norm(at + "attention.output.LayerNorm")
        linear(at + "intermediate.dense", inner, WIDTH)
        linear(at + "output.dense", WIDTH, inner)
        norm(at + "output.LayerNorm")
    linear("classifier.dense", WIDTH, WIDTH)
    linear("classifier.out_proj", 3, WIDTH, scale=0.8)
    return out


def positions(ids):
    """Row of the position table for each token."""
    real = np.array([t != PADDING for t in ids], dtype=np.int64)
    return np.cumsum(real) * real + PADDING


def linear(w, name, x):
    return x @ w[name + ".weight"].T + w[name + ".bias"]


def norm(w, name, x):
    mean = x.mean(1, keepdim=True)
    return (x - mean) / torch.sqrt(((x - mean) ** 2).mean(1, keepdim=True) + CONFIG["layer_norm_eps"]) * w[name + ".weight"] + w[name + ".bias"]


def run(w, ids, mask, see):
    """One sequence; mask is None or (head mask, head absence, MLP mask, MLP absence). Returns pooled, logits."""
    at = "roberta.embeddings."
    x = torch.stack([w[at + "word_embeddings.weight"][t] + w[at + "position_embeddings.weight"][p] + w[at + "token_type_embeddings.weight"][0]
                     for t, p in zip(ids, positions(ids))])
    x = see(None, "Embeddings", norm(w, at + "LayerNorm", x))
    for i in range(LAYERS):
        at = f"roberta.encoder.layer.{i}."
        q, k, v = (see(i, name.capitalize(), linear(w, f"{at}attention.self.{name}", x)) for name in ("query", "key", "value"))
        heads = []
        for h in range(HEADS):
            part = slice(h * SIZE, (h + 1) * SIZE)
            scores = q[:, part] @ k[:, part].T / math.sqrt(SIZE)
            shares = torch.exp(scores - scores.max(1, keepdim=True).values)
            value = shares / shares.sum(1, keepdim=True) @ v[:, part]
            heads.append(value if mask is None else mask[0][i, h] * value + (1 - mask[0][i, h]) * mask[1][i, h])
        attention = see(i, "AttentionOut", linear(w, at + "attention.output.dense", see(i, "Heads", torch.cat(heads, 1))))
        x = see(i, "Middle", norm(w, at + "attention.output.LayerNorm", x + attention))
        neurons = linear(w, at + "intermediate.dense", x)
        neurons = see(i, "Neurons", 0.5 * neurons * (1 + torch.erf(neurons / math.sqrt(2))))
        mlp = linear(w, at + "output.dense", neurons)
        if mask is not None:
            mlp = mask[2][i] * mlp + (1 - mask[2][i]) * mask[3][i]
        x = see(i, "LayerOut", norm(w, at + "output.LayerNorm", x + see(i, "MlpOut", mlp)))
    pooled = torch.tanh(linear(w, "classifier.dense", x[:1]))
    return pooled, linear(w, "classifier.out_proj", pooled)


def batch(w, sequences, mask=None):
    sites, pooled, logits, losses = {}, [], [], []

    def see(layer, site, value):
        sites.setdefault((layer, site), []).append(value)
        return value

    for s in sequences:
        p, l = run(w, s["ids"], mask, see)
        pooled.append(p)
        logits.append(l)
        losses.append(torch.logsumexp(l[0], 0) - l[0, s["label"]])
    return torch.cat(pooled), torch.cat(logits), torch.stack(losses).mean(), {k: torch.cat(v) for k, v in sites.items()}


def check_against_torch(w, sequences, sites):
    """The same layers by torch's own encoder layer: largest difference must be rounding."""
    first = 0
    for s in sequences:
        x = sites[(None, "Embeddings")][first:first + len(s["ids"])]
        for i in range(LAYERS):
            at = f"roberta.encoder.layer.{i}."
            layer = torch.nn.TransformerEncoderLayer(WIDTH, HEADS, CONFIG["intermediate_size"], dropout=0.0, activation="gelu", layer_norm_eps=CONFIG["layer_norm_eps"], batch_first=True)
            names = {"self_attn.out_proj": "attention.output.dense", "linear1": "intermediate.dense", "linear2": "output.dense", "norm1": "attention.output.LayerNorm", "norm2": "output.LayerNorm"}
            state = {f"{a}.{kind}": w[f"{at}{b}.{kind}"] for a, b in names.items() for kind in ("weight", "bias")}
            for kind in ("weight", "bias"):
                state["self_attn.in_proj_" + kind] = torch.cat([w[f"{at}attention.self.{n}.{kind}"] for n in ("query", "key", "value")])
            layer.load_state_dict(state)
            x = layer.train()(x[None])[0]
            assert (x - sites[(i, "LayerOut")][first:first + len(s["ids"])]).abs().max().item() < 1e-12, i
        first += len(s["ids"])


def main():
    rng = np.random.default_rng(21)
    raw = make_weights(rng)
    w = {n: torch.tensor(v.astype(np.float64), requires_grad=True) for n, v in raw.items()}
    sequences = [{"ids": [int(t) for t in rng.integers(0, CONFIG["vocab_size"], n)], "types": [0] * n, "label": int(rng.integers(0, 3))} for n in (1, 7, 16, 5)]
    sequences[2]["ids"][4] = PADDING
    assert list(positions([0, 7, PADDING, 9])) == [2, 3, 1, 4]
    pooled, logits, loss, sites = batch(w, sequences)
    check_against_torch(w, sequences, sites)

    asked = ["roberta.embeddings.position_embeddings.weight", "roberta.embeddings.token_type_embeddings.weight", "roberta.encoder.layer.0.attention.self.key.weight",
             "roberta.encoder.layer.1.output.dense.bias", "classifier.dense.weight"]
    slopes = torch.autograd.grad(loss, [w[n] for n in asked])
    head_absence, mlp_absence = (torch.tensor(rng.standard_normal(shape).astype(np.float32).astype(np.float64)) for shape in ((LAYERS, HEADS, SIZE), (LAYERS, WIDTH)))

    def masked(head_mask, mlp_mask):
        head_mask, mlp_mask = (torch.tensor(m.astype(np.float32).astype(np.float64), requires_grad=True) for m in (head_mask, mlp_mask))
        _, at_logits, at, _ = batch(w, sequences, (head_mask, head_absence, mlp_mask, mlp_absence))
        head_slopes, mlp_slopes = torch.autograd.grad(at, [head_mask, mlp_mask])
        return {"headMask": shaped(head_mask), "mlpMask": shaped(mlp_mask), "loss": numbers(at)[0], "logits": shaped(at_logits), "headSlopes": shaped(head_slopes), "mlpSlopes": shaped(mlp_slopes)}

    write_json(HERE + "/sites.json", {
        **golden(sequences, pooled, logits, loss, sites),
        "gradients": {n: shaped(s) for n, s in zip(asked, slopes)},
        "masks": {"headAbsence": shaped(head_absence), "mlpAbsence": shaped(mlp_absence), "atOnes": masked(np.ones((LAYERS, HEADS)), np.ones(LAYERS)),
                  "atRandom": masked(rng.random((LAYERS, HEADS)), rng.random(LAYERS))}})
    besides = {"lm_head.bias": np.zeros(40, np.float32), "lm_head.dense.weight": np.eye(WIDTH, dtype=np.float32), "roberta.pooler.dense.weight": np.eye(WIDTH, dtype=np.float32),
               "roberta.embeddings.position_ids": np.arange(18, dtype=np.int64)[None]}
    write_folder(HERE + "/tiny", CONFIG, {**raw, **besides})


if __name__ == "__main__":
    main()
