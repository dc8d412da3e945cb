#!/usr/bin/env python3
"""Makes the GPT-2 goldens: three tiny Hugging Face folders, each with a file of its sites.

    cd tests/goldens/gpt2 && python3 make.py        (needs torch and numpy; made with torch 1.13, numpy 1.24)

An independent and plain implementation of GPT-2 (Radford et al. 2019): every sequence alone, every token and head in
loops, so that nothing behind a token can be seen, in double precision; the weights are the float32 values of the files.
The layers are checked against torch.nn.TransformerEncoderLayer (pre-norm, causal) before anything is written.

  language     names without "transformer.", as OpenAI's checkpoint was published, with its buffers; output tied to wte.
               sites.json is as in ../bert/make.py, but "next" has a token for every token, "pooled" (behind ln_f) and
               "logits" are [token ...], and "loss" is the mean over tokens
  classifier   names with "transformer."; score.weight reads the last token; scaled by 1 / layer number; classifier.json
               is as sites.json without gradients and masks, pooled [batch width] and logits [batch label]
  untied       lm_head.weight of its own, scores not divided by the root of the head's width, an n_inner; untied.json
               is as sites.json without gradients and masks
"""
import math, os, sys
import numpy as np
import torch

torch.set_default_dtype(torch.float64)
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from writing import golden, numbers, shaped, write_folder, write_json

LENGTHS = [1, 7, 16, 5]


def config(**other):
    return {"activation_function": "gelu_new", "architectures": ["GPT2LMHeadModel"], "attn_pdrop": 0.1, "bos_token_id": 39, "embd_pdrop": 0.1, "eos_token_id": 39, "initializer_range": 0.02,
            "layer_norm_epsilon": 1e-05, "model_type": "gpt2", "n_ctx": 16, "n_embd": 12, "n_head": 3, "n_layer": 2, "n_positions": 16, "resid_pdrop": 0.1, "summary_activation": None,
            "summary_first_dropout": 0.1, "summary_proj_to_labels": True, "summary_type": "cls_index", "summary_use_proj": True,
            "task_specific_params": {"text-generation": {"do_sample": True, "max_length": 50}}, "vocab_size": 40, **other}


def make_weights(rng, c, prefix):
    width, inner, out = c["n_embd"], c.get("n_inner") or 4 * c["n_embd"], {}

    def normal(name, *shape, scale, mean=0.0):
        out[prefix + name] = (mean + scale * rng.standard_normal(shape)).astype(np.float32)

    def conv(name, rows, columns):
        normal(name + ".weight", rows, columns, scale=0.3)
        normal(name + ".bias", columns, scale=0.3)

    def norm(name):
        normal(name + ".weight", width, scale=0.2, mean=1.0)
        normal(name + ".bias", width, scale=0.3)

    normal("wte.weight", c["vocab_size"], width, scale=0.8)
    normal("wpe.weight", c["n_positions"], width, scale=0.8)
    for i in range(c["n_layer"]):
        at = f"h.{i}."
        norm(at + "ln_1")
        conv(at + "attn.c_attn", width, 3 * width)
        conv(at + "attn.c_proj", width, width)
        norm(at + "ln_2")
        conv(at + "mlp.c_fc", width, inner)
        conv(at + "mlp.c_proj", inner, width)
    norm("ln_f")
    return out


class Gpt2:
    """The function; w holds double tensors by checkpoint name."""

    def __init__(self, c, w, prefix):
        self.c, self.all, self.w = c, w, {n[len(prefix):]: t for n, t in w.items() if n.startswith(prefix)}
        self.width, self.heads = c["n_embd"], c["n_head"]
        self.size = self.width // self.heads

    def conv(self, name, x):
        return x @ self.w[name + ".weight"] + self.w[name + ".bias"]

    def norm(self, name, x):
        mean = x.mean(-1, keepdim=True)
        return (x - mean) / torch.sqrt(((x - mean) ** 2).mean(-1, keepdim=True) + self.c["layer_norm_epsilon"]) * self.w[name + ".weight"] + self.w[name + ".bias"]

    def attend(self, i, h, q, k, v):
        """One head's mix for every token, each from itself and the tokens before it."""
        part, rows = slice(h * self.size, (h + 1) * self.size), []
        for t in range(len(q)):
            scores = k[:t + 1, part] @ q[t, part]
            if self.c.get("scale_attn_weights", True):
                scores = scores / math.sqrt(self.size)
            if self.c.get("scale_attn_by_inverse_layer_idx", False):
                scores = scores / (i + 1)
            shares = torch.exp(scores - scores.max())
            rows.append(shares / shares.sum() @ v[:t + 1, part])
        return torch.stack(rows)

    def sequence(self, ids, mask, see):
        """One sequence; mask is None or (head mask, head absence, MLP mask, MLP absence). Returns what ln_f gives."""
        x = see(None, "Embeddings", torch.stack([self.w["wte.weight"][t] + self.w["wpe.weight"][p] for p, t in enumerate(ids)]))
        for i in range(self.c["n_layer"]):
            at = f"h.{i}."
            fused = self.conv(at + "attn.c_attn", self.norm(at + "ln_1", x))
            q, k, v = (see(i, name, fused[:, n * self.width:(n + 1) * self.width]) for n, name in enumerate(("Query", "Key", "Value")))
            heads = [self.attend(i, h, q, k, v) for h in range(self.heads)]
            if mask is not None:
                heads = [mask[0][i, h] * value + (1 - mask[0][i, h]) * mask[1][i, h] for h, value in enumerate(heads)]
            x = see(i, "Middle", x + see(i, "AttentionOut", self.conv(at + "attn.c_proj", see(i, "Heads", torch.cat(heads, 1)))))
            neurons = self.conv(at + "mlp.c_fc", self.norm(at + "ln_2", x))
            neurons = see(i, "Neurons", 0.5 * neurons * (1 + torch.tanh(math.sqrt(2 / math.pi) * (neurons + 0.044715 * neurons ** 3))))
            mlp = self.conv(at + "mlp.c_proj", neurons)
            if mask is not None:
                mlp = mask[2][i] * mlp + (1 - mask[2][i]) * mask[3][i]
            x = see(i, "LayerOut", x + see(i, "MlpOut", mlp))
        return self.norm("ln_f", x)

    def batch(self, sequences, mask=None):
        """Returns (pooled, logits, mean cross entropy, sites packed over the batch)."""
        sites, pooled, logits, wanted = {}, [], [], []

        def see(layer, site, value):
            sites.setdefault((layer, site), []).append(value)
            return value

        for s in sequences:
            x = self.sequence(s["ids"], mask, see)
            if "score.weight" in self.all:
                x = x[-1:]
            pooled.append(x)
            logits.append(x @ self.all.get("score.weight", self.all.get("lm_head.weight", self.w["wte.weight"])).T)
            wanted += s["next"] if "next" in s else [s["label"]]
        pooled, logits = torch.cat(pooled), torch.cat(logits)
        return pooled, logits, (torch.logsumexp(logits, 1) - logits[range(len(wanted)), wanted]).mean(), {k: torch.cat(v) for k, v in sites.items()}


def check_against_torch(gpt2, sequences, sites):
    """The same layers by torch's own layer: largest difference must be rounding."""
    c, w, first = gpt2.c, gpt2.w, 0
    activation = lambda x: 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))
    for s in sequences:
        n = len(s["ids"])
        x = sites[(None, "Embeddings")][first:first + n]
        for i in range(c["n_layer"]):
            at = f"h.{i}."
            layer = torch.nn.TransformerEncoderLayer(c["n_embd"], c["n_head"], 4 * c["n_embd"], dropout=0.0, activation=activation, layer_norm_eps=c["layer_norm_epsilon"], batch_first=True, norm_first=True)
            names = {"self_attn.in_proj_": "attn.c_attn.", "self_attn.out_proj.": "attn.c_proj.", "linear1.": "mlp.c_fc.", "linear2.": "mlp.c_proj.", "norm1.": "ln_1.", "norm2.": "ln_2."}
            layer.load_state_dict({a + kind: w[at + b + kind].T if kind == "weight" and "ln" not in b else w[at + b + kind] for a, b in names.items() for kind in ("weight", "bias")})
            x = layer.train()(x[None], src_mask=torch.triu(torch.full((n, n), float("-inf")), 1))[0]
            assert (x - sites[(i, "LayerOut")][first:first + n]).abs().max().item() < 1e-12, i
        first += n


def double(raw):
    return {n: torch.tensor(v.astype(np.float64), requires_grad=True) for n, v in raw.items()}


def own(name, c, raw, sequences):
    write_json(f"{HERE}/{name}.json", golden(sequences, *Gpt2(c, double(raw), "transformer.").batch(sequences)))
    write_folder(f"{HERE}/{name}", c, raw)


def main():
    rng = np.random.default_rng(22)
    c = config()
    raw = make_weights(rng, c, "")
    gpt2 = Gpt2(c, double(raw), "")
    sequences = [{"ids": [int(t) for t in rng.integers(0, 40, n)], "types": [0] * n, "next": [int(t) for t in rng.integers(0, 40, n)]} for n in LENGTHS]
    pooled, logits, loss, sites = gpt2.batch(sequences)
    check_against_torch(gpt2, sequences, sites)
    asked = ["wte.weight", "wpe.weight", "h.0.attn.c_attn.weight", "h.1.mlp.c_fc.bias", "h.1.ln_1.weight"]
    slopes = torch.autograd.grad(loss, [gpt2.w[n] for n in asked])
    layers, heads = c["n_layer"], c["n_head"]
    head_absence, mlp_absence = (torch.tensor(rng.standard_normal(shape).astype(np.float32).astype(np.float64)) for shape in ((layers, heads, 4), (layers, 12)))

    def masked(head_mask, mlp_mask):
        head_mask, mlp_mask = (torch.tensor(m.astype(np.float32).astype(np.float64), requires_grad=True) for m in (head_mask, mlp_mask))
        _, at_logits, at, _ = gpt2.batch(sequences, (head_mask, head_absence, mlp_mask, mlp_absence))
        head_slopes, mlp_slopes = torch.autograd.grad(at, [head_mask, mlp_mask])
        return {"headMask": shaped(head_mask), "mlpMask": shaped(mlp_mask), "loss": numbers(at)[0], "logits": shaped(at_logits), "headSlopes": shaped(head_slopes), "mlpSlopes": shaped(mlp_slopes)}

    write_json(HERE + "/sites.json", {
        **golden(sequences, pooled, logits, loss, sites),
        "gradients": {n: shaped(s) for n, s in zip(asked, slopes)},
        "masks": {"headAbsence": shaped(head_absence), "mlpAbsence": shaped(mlp_absence), "atOnes": masked(np.ones((layers, heads)), np.ones(layers)),
                  "atRandom": masked(rng.random((layers, heads)), rng.random(layers))}})
    buffers = {f"h.{i}.attn.bias": np.tril(np.ones((1, 1, 16, 16), np.float32)) for i in range(layers)}
    write_folder(HERE + "/language", c, {**raw, **buffers})

    labels = ["entailment", "neutral", "contradiction"]
    c = config(architectures=["GPT2ForSequenceClassification"], id2label={str(i): l for i, l in enumerate(labels)}, label2id={l: i for i, l in enumerate(labels)}, n_inner=20, pad_token_id=39,
               scale_attn_by_inverse_layer_idx=True, scale_attn_weights=True, reorder_and_upcast_attn=False, use_cache=True, transformers_version="4.46.3")
    raw = make_weights(rng, c, "transformer.")
    raw["score.weight"] = (0.8 * rng.standard_normal((3, 12))).astype(np.float32)
    own("classifier", c, raw, [{"ids": s["ids"][:n], "types": s["types"][:n], "label": int(rng.integers(0, 3))} for s, n in zip(sequences, [1, 5, 3])])

    c = config(scale_attn_weights=False, tie_word_embeddings=False, n_inner=20, n_layer=1)
    raw = make_weights(rng, c, "transformer.")
    raw["lm_head.weight"] = (0.8 * rng.standard_normal((40, 12))).astype(np.float32)
    own("untied", c, raw, sequences[:2])


if __name__ == "__main__":
    main()
