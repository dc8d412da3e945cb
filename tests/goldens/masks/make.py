"""Circuits in the JSON of MIB's circuit track and EAP-IG, made from the description of the format alone:
cfg, nodes and edges, with json.dump, which writes NaN bare. Run here: python3 make.py"""
import json
import random
import struct


def float32(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def names(layers, heads, parallel):
    writers, edges = ["input"], []
    for layer in range(layers):
        own, mlp = [f"a{layer}.h{h}" for h in range(heads)], f"m{layer}"
        edges += [f"{w}->{a}<{letter}>" for w in writers for a in own for letter in "qkv"]
        if parallel:
            edges += [f"{w}->{mlp}" for w in writers]
            writers += own
        else:
            writers += own
            edges += [f"{w}->{mlp}" for w in writers]
        writers += [mlp]
    return writers + ["logits"], edges + [f"{w}->logits" for w in writers]


def ends(edge):
    start, end = edge.split("->")
    return start, end.split("<")[0]


def write(name, layers, heads, parallel, of_nodes):
    chance = random.Random(name)
    nodes, edges = names(layers, heads, parallel)
    cfg = {"n_layers": layers, "n_heads": heads, "parallel_attn_mlp": parallel, "d_model": 16}
    if of_nodes:
        scores = {n: float32(chance.gauss(0, 1)) for n in nodes if n not in ("input", "logits")}
        kept = {"input", "logits"} | {n for n, s in scores.items() if abs(s) > 0.7}
        described = {n: {"in_graph": n in kept, "score": scores.get(n, float("nan"))} if n != "logits" else {"in_graph": True} for n in nodes}
        described_edges = {e: {"score": 0.0, "in_graph": set(ends(e)) <= kept} for e in edges}
    else:
        scores = {e: float32(chance.gauss(0, 1e-3)) for e in edges}
        there = {e for e, s in scores.items() if s > 5e-4}
        kept = {"logits"} | {n for e in there for n in ends(e)}
        described = {n: {"in_graph": n in kept} for n in nodes}
        described_edges = {e: {"score": scores[e], "in_graph": e in there} for e in edges}
    with open(f"{name}.json", "w") as file:
        json.dump({"cfg": cfg, "nodes": described, "edges": described_edges}, file)


write("nodes", 3, 2, False, True)
write("edges", 3, 2, False, False)
write("edges-parallel", 2, 3, True, False)
