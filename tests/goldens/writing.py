"""What the scripts that make model goldens share: files, and numbers as JSON."""
import json, os, struct
import numpy as np


def write_safetensors(path, tensors):
    kinds = {"float32": "F32", "int64": "I64"}
    header, parts, at = {"__metadata__": {"format": "pt"}}, [], 0
    for name in sorted(tensors, key=lambda n: (tensors[n].dtype != np.int64, n)):     # wider element types first, then by name
        data = tensors[name].tobytes()
        header[name] = {"dtype": kinds[str(tensors[name].dtype)], "shape": list(tensors[name].shape), "data_offsets": [at, at + len(data)]}
        parts.append(data)
        at += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + b"".join(parts))


def write_folder(folder, config, tensors):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "config.json"), "w") as f:
        f.write(json.dumps(config, indent=2, sort_keys=True) + "\n")
    write_safetensors(os.path.join(folder, "model.safetensors"), tensors)


def numbers(t):
    """Nine significant digits: a float32 is determined by them."""
    return [float(f"{v:.9g}") for v in t.detach().reshape(-1).tolist()]


def shaped(t):
    return {"shape": list(t.shape), "values": numbers(t)}


def golden(sequences, pooled, logits, loss, sites):
    """A batch and every value that passed: sites by (layer, name), packed over the batch; the embeddings' layer is None."""
    return {"sequences": sequences, "embeddings": shaped(sites[(None, "Embeddings")]), "pooled": shaped(pooled), "logits": shaped(logits), "loss": numbers(loss)[0],
            "sites": [{"layer": k[0], "site": k[1], **shaped(v)} for k, v in sites.items() if k[0] is not None]}


def write_json(path, value):
    with open(path, "w") as f:
        f.write(json.dumps(value, separators=(",", ":")).replace('},{"layer"', '},\n{"layer"').replace(',"s', ',\n"s') + "\n")
