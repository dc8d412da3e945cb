#!/usr/bin/env python3
"""Makes the Llama goldens: five tiny Hugging Face folders, each with a file of its sites, and stories.json.

    cd tests/goldens/llama && python3 make.py        (needs torch and numpy; made with torch 1.13, numpy 1.24)

An independent and plain implementation of Llama and its likes (Touvron et al. 2023): every sequence alone, every token and
head in loops, so that nothing behind a token can be seen, rotary positions as products of complex numbers (Su et al. 2021,
eq. 12), in double precision; the weights are the float32 values of the files. The files of sites are as in
../gpt2/make.py; queries and keys are those before their rotation, neurons are silu(gate) * up.

  grouped      4 heads over 2 key and value heads, an output of its own; sites.json has gradients and masks too
  qwen2        biases of queries, keys and values, tied output, a window that is not used
  mistral      a sliding window of 9 tokens over inputs of 9 and 1, heads wider than width / heads, in groups
  llama3       rope_scaling llama3 (all three of its ranges), heads wider than width / heads, all biases
  classifier   score.weight reads the last token; 3 heads over 1 key and value head; rope_scaling linear
  stories.json the real model ../../../../shared/data/models/stories15M, where that is: of two texts the loss of each token
               but the first (the texts stay where they are; the few lines of byte-pair encoding here read them), and the
               greedy continuation of <s> alone
"""
import json, math, os, struct, sys
import numpy as np
import torch

torch.set_default_dtype(torch.float64)
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from writing import golden, numbers, shaped, write_folder, write_json

DATA = os.path.join(HERE, "../../../../shared/data")
LENGTHS = [1, 4, 6, 2]


def config(**other):
    return {"architectures": ["LlamaForCausalLM"], "attention_bias": False, "attention_dropout": 0.0, "bos_token_id": 1, "eos_token_id": 2, "hidden_act": "silu", "hidden_size": 16,
            "initializer_range": 0.02, "intermediate_size": 20, "max_position_embeddings": 48, "mlp_bias": False, "model_type": "llama", "num_attention_heads": 4, "num_hidden_layers": 2,
            "num_key_value_heads": 2, "pretraining_tp": 1, "rms_norm_eps": 1e-05, "rope_scaling": None, "rope_theta": 10000.0, "tie_word_embeddings": False, "torch_dtype": "float32",
            "transformers_version": "4.46.3", "use_cache": True, "vocab_size": 40, **other}


def head_width(c):
    return c.get("head_dim") or c["hidden_size"] // c["num_attention_heads"]


def make_weights(rng, c):
    width, inner, size, out = c["hidden_size"], c["intermediate_size"], head_width(c), {}

    def normal(name, *shape, scale, mean=0.0):
        out[name] = (mean + scale * rng.standard_normal(shape)).astype(np.float32)

    def linear(name, rows, columns, biased):
        normal(name + ".weight", rows, columns, scale=0.3)
        if biased:
            normal(name + ".bias", rows, scale=0.3)

    qwen = c["model_type"] == "qwen2"
    normal("model.embed_tokens.weight", c["vocab_size"], width, scale=0.8)
    for i in range(c["num_hidden_layers"]):
        at = f"model.layers.{i}."
        normal(at + "input_layernorm.weight", width, scale=0.2, mean=1.0)
        linear(at + "self_attn.q_proj", c["num_attention_heads"] * size, width, c["attention_bias"] or qwen)
        for name in ("k_proj", "v_proj"):
            linear(at + "self_attn." + name, c["num_key_value_heads"] * size, width, c["attention_bias"] or qwen)
        linear(at + "self_attn.o_proj", width, c["num_attention_heads"] * size, c["attention_bias"])
        normal(at + "post_attention_layernorm.weight", width, scale=0.2, mean=1.0)
        linear(at + "mlp.gate_proj", inner, width, c["mlp_bias"])
        linear(at + "mlp.up_proj", inner, width, c["mlp_bias"])
        linear(at + "mlp.down_proj", width, inner, c["mlp_bias"])
    normal("model.norm.weight", width, scale=0.2, mean=1.0)
    if "id2label" in c:
        normal("score.weight", len(c["id2label"]), width, scale=0.8)
    elif not c["tie_word_embeddings"]:
        normal("lm_head.weight", c["vocab_size"], width, scale=0.5)
    return out


def frequency(c, i):
    """Angle per position of pair i of a head."""
    f = c["rope_theta"] ** (-2 * i / head_width(c))
    scaling = c.get("rope_scaling") or {"rope_type": "default"}
    if scaling["rope_type"] == "linear":
        return f / scaling["factor"]
    if scaling["rope_type"] == "llama3":
        length, original = 2 * math.pi / f, scaling["original_max_position_embeddings"]
        if length > original / scaling["low_freq_factor"]:
            return f / scaling["factor"]
        if length >= original / scaling["high_freq_factor"]:
            smooth = (original / length - scaling["low_freq_factor"]) / (scaling["high_freq_factor"] - scaling["low_freq_factor"])
            return (1 - smooth) * f / scaling["factor"] + smooth * f
    return f


class Llama:
    """The function; w holds double tensors by checkpoint name. Within a window, a token sees so many tokens: itself and those just before it."""

    def __init__(self, c, w):
        self.c, self.w = c, w
        self.heads, self.groups, self.size = c["num_attention_heads"], c["num_key_value_heads"], head_width(c)
        self.window = c["sliding_window"] if c["model_type"] == "mistral" else c["max_position_embeddings"]
        self.frequencies = torch.tensor([frequency(c, i) for i in range(self.size // 2)])

    def linear(self, name, x):
        y = x @ self.w[name + ".weight"].T
        return y + self.w[name + ".bias"] if name + ".bias" in self.w else y

    def norm(self, name, x):
        return x / torch.sqrt((x * x).mean(-1, keepdim=True) + self.c["rms_norm_eps"]) * self.w[name + ".weight"]

    def turned(self, x):
        """One head's rows, row p as complex numbers times e^(i p f)."""
        half = self.size // 2
        z = torch.complex(x[:, :half], x[:, half:])
        angles = torch.arange(len(x))[:, None] * self.frequencies[None]
        z = z * torch.polar(torch.ones_like(angles), angles)
        return torch.cat([z.real, z.imag], 1)

    def attend(self, h, q, k, v):
        """One head's mix for every token, each from itself and the tokens before it."""
        mine, shared = slice(h * self.size, (h + 1) * self.size), h // (self.heads // self.groups)
        theirs = slice(shared * self.size, (shared + 1) * self.size)
        q, k, v, rows = self.turned(q[:, mine]), self.turned(k[:, theirs]), v[:, theirs], []
        for t in range(len(q)):
            seen = slice(max(0, t + 1 - self.window), t + 1)
            scores = k[seen] @ q[t] / math.sqrt(self.size)
            shares = torch.exp(scores - scores.max())
            rows.append(shares / shares.sum() @ v[seen])
        return torch.stack(rows)

    def sequence(self, ids, mask=None, see=lambda layer, site, value: value):
        """One sequence; mask is None or (head mask, head absence, MLP mask, MLP absence). Returns what the last norm gives."""
        x = see(None, "Embeddings", self.w["model.embed_tokens.weight"][ids])
        for i in range(self.c["num_hidden_layers"]):
            at = f"model.layers.{i}."
            normed = self.norm(at + "input_layernorm", x)
            q, k, v = (see(i, name, self.linear(f"{at}self_attn.{name[0].lower()}_proj", normed)) for name in ("Query", "Key", "Value"))
            heads = [self.attend(h, q, k, v) for h in range(self.heads)]
            if mask is not None:
                heads = [mask[0][i, h] * value + (1 - mask[0][i, h]) * mask[1][i, h] for h, value in enumerate(heads)]
            x = see(i, "Middle", x + see(i, "AttentionOut", self.linear(at + "self_attn.o_proj", see(i, "Heads", torch.cat(heads, 1)))))
            normed = self.norm(at + "post_attention_layernorm", x)
            gate = self.linear(at + "mlp.gate_proj", normed)
            mlp = self.linear(at + "mlp.down_proj", see(i, "Neurons", gate / (1 + torch.exp(-gate)) * self.linear(at + "mlp.up_proj", normed)))
            if mask is not None:
                mlp = mask[2][i] * mlp + (1 - mask[2][i]) * mask[3][i]
            x = see(i, "LayerOut", x + see(i, "MlpOut", mlp))
        return self.norm("model.norm", x)

    def scores(self, x):
        return x @ self.w.get("score.weight", self.w.get("lm_head.weight", self.w["model.embed_tokens.weight"])).T

    def batch(self, sequences, mask=None):
        """Returns (pooled, logits, mean cross entropy, sites packed over the batch)."""
        sites, pooled, wanted = {}, [], []

        def see(layer, site, value):
            sites.setdefault((layer, site), []).append(value)
            return value

        for s in sequences:
            x = self.sequence(s["ids"], mask, see)
            pooled.append(x[-1:] if "score.weight" in self.w else x)
            wanted += s["next"] if "next" in s else [s["label"]]
        pooled = torch.cat(pooled)
        logits = self.scores(pooled)
        return pooled, logits, (torch.logsumexp(logits, 1) - logits[range(len(wanted)), wanted]).mean(), {k: torch.cat(v) for k, v in sites.items()}


def double(raw):
    return {n: torch.tensor(v.astype(np.float64), requires_grad=True) for n, v in raw.items()}


def drawn(rng, lengths):
    return [{"ids": [int(t) for t in rng.integers(0, 40, n)], "types": [0] * n, "next": [int(t) for t in rng.integers(0, 40, n)]} for n in lengths]


def grouped(rng):
    c = config()
    raw = make_weights(rng, c)
    llama, sequences = Llama(c, double(raw)), drawn(rng, LENGTHS)
    pooled, logits, loss, sites = llama.batch(sequences)
    asked = ["model.embed_tokens.weight", "model.layers.0.self_attn.k_proj.weight", "model.layers.1.self_attn.q_proj.weight", "model.layers.0.mlp.gate_proj.weight", "model.layers.1.input_layernorm.weight", "model.norm.weight"]
    slopes = torch.autograd.grad(loss, [llama.w[n] for n in asked])
    layers, heads = c["num_hidden_layers"], c["num_attention_heads"]
    head_absence, mlp_absence = (torch.tensor(rng.standard_normal(shape).astype(np.float32).astype(np.float64)) for shape in ((layers, heads, head_width(c)), (layers, c["hidden_size"])))

    def masked(head_mask, mlp_mask):
        head_mask, mlp_mask = (torch.tensor(m.astype(np.float32).astype(np.float64), requires_grad=True) for m in (head_mask, mlp_mask))
        _, at_logits, at, _ = llama.batch(sequences, (head_mask, head_absence, mlp_mask, mlp_absence))
        head_slopes, mlp_slopes = torch.autograd.grad(at, [head_mask, mlp_mask])
        return {"headMask": shaped(head_mask), "mlpMask": shaped(mlp_mask), "loss": numbers(at)[0], "logits": shaped(at_logits), "headSlopes": shaped(head_slopes), "mlpSlopes": shaped(mlp_slopes)}

    write_json(HERE + "/sites.json", {
        **golden(sequences, pooled, logits, loss, sites),
        "gradients": {n: shaped(s) for n, s in zip(asked, slopes)},
        "masks": {"headAbsence": shaped(head_absence), "mlpAbsence": shaped(mlp_absence), "atOnes": masked(np.ones((layers, heads)), np.ones(layers)),
                  "atRandom": masked(rng.random((layers, heads)), rng.random(layers))}})
    buffers = {f"model.layers.{i}.self_attn.rotary_emb.inv_freq": np.array([frequency(c, p) for p in range(head_width(c) // 2)], np.float32) for i in range(layers)}
    write_folder(HERE + "/grouped", c, {**raw, **buffers})


def others(rng):
    c = config(architectures=["Qwen2ForCausalLM"], model_type="qwen2", max_window_layers=2, rope_theta=1000000.0, sliding_window=8, tie_word_embeddings=True, use_sliding_window=False, use_mrope=False)
    own("qwen2", without(c, "attention_bias", "mlp_bias", "pretraining_tp"), make_weights(rng, c), drawn(rng, [4, 2]))
    c = config(architectures=["MistralForCausalLM"], head_dim=4, hidden_size=8, intermediate_size=10, model_type="mistral", rope_theta=100.0, sliding_window=9)
    assert c["head_dim"] != c["hidden_size"] // c["num_attention_heads"]
    own("mistral", without(c, "attention_bias", "mlp_bias", "pretraining_tp", "rope_scaling"), make_weights(rng, c), drawn(rng, [9, 1]))
    c = config(attention_bias=True, head_dim=6, hidden_size=8, intermediate_size=12, mlp_bias=True, num_attention_heads=2,
               rope_scaling={"factor": 4.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0, "original_max_position_embeddings": 32, "rope_type": "llama3"}, rope_theta=50.0)
    waves = [32 / (2 * math.pi / 50.0 ** (-2 * i / 6)) for i in range(3)]
    assert waves[0] > 4 > waves[1] > 1 > waves[2], waves
    own("llama3", c, make_weights(rng, c), drawn(rng, [8]))
    labels = ["entailment", "neutral", "contradiction"]
    c = config(architectures=["LlamaForSequenceClassification"], hidden_size=12, id2label={str(i): l for i, l in enumerate(labels)}, intermediate_size=10, label2id={l: i for i, l in enumerate(labels)},
               num_attention_heads=3, num_key_value_heads=1, pad_token_id=0, rope_scaling={"factor": 2.0, "rope_type": "linear"})
    own("classifier", c, make_weights(rng, c), [{"ids": s["ids"], "types": s["types"], "label": int(rng.integers(0, 3))} for s in drawn(rng, [1, 5, 2])])


def without(c, *keys):
    return {k: v for k, v in c.items() if k not in keys}


def own(name, c, raw, sequences):
    write_json(f"{HERE}/{name}.json", golden(sequences, *Llama(c, double(raw)).batch(sequences)))
    write_folder(f"{HERE}/{name}", c, raw)


def encode(tokenizer, text):
    """Byte-pair encoding as Llama's tokenizer.json says it: spaces are U+2581, one stands in front; unknown characters are bytes."""
    vocabulary, ranks = tokenizer["model"]["vocab"], {tuple(m.split(" ")) if isinstance(m, str) else tuple(m): r for r, m in enumerate(tokenizer["model"]["merges"])}
    pieces = [p for ch in "\u2581" + text.replace(" ", "\u2581") for p in ([ch] if ch in vocabulary else [f"<0x{b:02X}>" for b in ch.encode()])]
    while True:
        best = min((ranks[pair], at) for at, pair in enumerate(zip(pieces, pieces[1:])) if pair in ranks) if any(pair in ranks for pair in zip(pieces, pieces[1:])) else None
        if best is None:
            return [vocabulary[p] for p in pieces]
        pieces[best[1]:best[1] + 2] = [pieces[best[1]] + pieces[best[1] + 1]]


def stories():
    folder = os.path.join(DATA, "models/stories15M")
    if not os.path.isdir(folder):
        print("no stories15M: stories.json is left as it is")
        return
    c, tokenizer = (json.load(open(os.path.join(folder, f))) for f in ("config.json", "tokenizer.json"))
    with open(os.path.join(folder, "model.safetensors"), "rb") as f:
        header = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
        data = f.read()
    w = {n: torch.tensor(np.frombuffer(data[h["data_offsets"][0]:h["data_offsets"][1]], np.float32).reshape(h["shape"]).astype(np.float64)) for n, h in header.items() if n != "__metadata__"}
    llama, texts = Llama(c, w), []
    with torch.no_grad():
        for file, start in (("tinyshakespeare.txt", 1000), ("wikitext-2/valid.txt", 37000)):
            ids = [1] + encode(tokenizer, open(os.path.join(DATA, file), encoding="utf-8").read()[start:start + 500])
            logits = llama.scores(llama.sequence(ids))
            losses = torch.logsumexp(logits[:-1], 1) - logits[range(len(ids) - 1), ids[1:]]
            texts.append({"file": file, "start": start, "length": 500, "losses": numbers(losses)})
        greedy = [1]
        while len(greedy) < 40:
            greedy.append(int(llama.scores(llama.sequence(greedy)[-1:]).argmax()))
    pieces = {i: p for p, i in tokenizer["model"]["vocab"].items()}
    print("".join(pieces[t] for t in greedy[1:]).replace("\u2581", " "), [sum(t["losses"]) / len(t["losses"]) for t in texts])
    write_json(HERE + "/stories.json", {"texts": texts, "greedy": greedy})


if __name__ == "__main__":
    grouped(np.random.default_rng(23))
    others(np.random.default_rng(24))
    stories()
