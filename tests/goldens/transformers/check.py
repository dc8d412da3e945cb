"""Runs cuts in the transformers library, for whoever has it: python check.py RUN...

A run's folder holds `cut`, whose layers have sizes of their own, and `full-size`, an ordinary model that computes the same. Both are loaded
by the library and compared: logits alone and in padded batches, by eager attention and by SDPA; of language models also the tokens that
`generate` gives with and without a cache, also padded on the left; then the cut is saved by the library, loaded again and compared. The
library must report no missing and no unexpected tensor.
"""
import json, os, sys, tempfile
import torch
import transformers


def auto(folder):
    """The library's class for what config.json says."""
    with open(os.path.join(folder, "config.json")) as f:
        name = json.load(f)["architectures"][0]
    ending = next(e for e in ("ForSequenceClassification", "ForMaskedLM", "") if name.endswith(e))
    return getattr(transformers, "AutoModel" + (ending or "ForCausalLM"))


def load(folder, attention):
    model, said = auto(folder).from_pretrained(
        folder, trust_remote_code=True, attn_implementation=attention, dtype=torch.float32, output_loading_info=True)
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        assert not said.get(kind), f"{folder}: {kind}: {said[kind]}"
    return model.eval()


def batch(ids, pad_left):
    longest = max(len(row) for row in ids)
    rows, seen = [], []
    for row in ids:
        pad = [0] * (longest - len(row))
        rows.append(pad + row if pad_left else row + pad)
        seen.append(pad + [1] * len(row) if pad_left else [1] * len(row) + pad)
    return {"input_ids": torch.tensor(rows), "attention_mask": torch.tensor(seen)}


@torch.no_grad()
def logits(model, ids, pad_left):
    seen = batch(ids, pad_left)
    if pad_left:
        seen["position_ids"] = (seen["attention_mask"].cumsum(-1) - 1).clamp(min=0)
    out = model(**seen).logits
    return out if out.dim() == 2 else torch.cat([o[m.bool()] for o, m in zip(out, seen["attention_mask"])])


def difference(a, b):
    return (a - b).abs().max().item()


def check(run):
    cut, whole = os.path.join(run, "cut"), os.path.join(run, "full-size")
    most = 0.0
    for attention in ("eager", "sdpa"):
        small, full = load(cut, attention), load(whole, attention)
        speaks = small.can_generate()
        torch.manual_seed(1)
        ids = [torch.randint(1, full.config.vocab_size, (n,)).tolist() for n in (3, 7, 12)]
        if small.config.pad_token_id is None:
            small.config.pad_token_id = full.config.pad_token_id = 0
        for rows in [[row] for row in ids] + [ids]:
            for left in ((False, True) if speaks else (False,)):
                most = max(most, difference(logits(small, rows, left), logits(full, rows, left)))
        if speaks:
            for rows in ([ids[1]], ids):
                asked = dict(batch(rows, True), max_new_tokens=12, min_new_tokens=12, do_sample=False)
                told = [m.generate(**asked, use_cache=c).tolist() for m in (small, full) for c in (True, False)]
                assert all(t == told[0] for t in told), f"{run}, {attention}: generate differs: {told}"
        with tempfile.TemporaryDirectory() as again:
            small.save_pretrained(again)
            most = max(most, difference(logits(small, ids, False), logits(load(again, attention), ids, False)))
    assert most < 1e-4, f"{run}: cut and full-size differ by {most}"
    print(f"{run}: cut and full-size differ by at most {most:.1e} in transformers {transformers.__version__}")


if __name__ == "__main__":
    for folder in sys.argv[1:]:
        check(folder)
