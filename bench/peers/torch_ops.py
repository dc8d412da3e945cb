"""Single operations in PyTorch, each in every form that may be its fastest.

A gradient is the backward pass alone: the forward pass is run once, outside the timing, and its graph is kept; where
PyTorch has the gradient as an operation of its own, that is tried too. Activations are [token width], as in Heartwood.
"""
import math

import torch
from torch.nn import functional as F
from torch.utils import mkldnn

from torch_peer import case


def numbers(*axes):
    return torch.rand(*axes) * 2 - 1


def inference(run):
    run.mode = torch.inference_mode                          # entered once, around the repeats
    return run


def backward(result, inputs, slope):
    return lambda: torch.autograd.grad(result, inputs, slope, retain_graph=True)


def frozen(module, *examples):
    return torch.jit.freeze(torch.jit.trace(module.eval(), examples, check_trace=False))


@case
def linear(r):
    """x [tokens input] · weightᵀ + bias; r["blas"]: with the BLAS library only"""
    x = numbers(r["tokens"], r["input"])
    layer = torch.nn.Linear(r["input"], r["output"]).eval().requires_grad_(False)
    transposed = layer.weight.t().contiguous()
    into = torch.empty(r["tokens"], r["output"])
    configurations = {
        "F.linear": inference(lambda: F.linear(x, layer.weight, layer.bias)),
        "addmm, out": inference(lambda: torch.addmm(layer.bias, x, transposed, out=into)),
    }
    if r.get("blas"):
        return configurations
    jit, packed, x_packed = frozen(torch.nn.Sequential(layer), x), mkldnn.to_mkldnn(torch.nn.Sequential(layer).eval()), x.to_mkldnn()
    return configurations | {"jit freeze": inference(lambda: jit(x)), "oneDNN packed weights": lambda: packed(x_packed)}


@case
def linear_gradient(r):
    """of x (g · weight) or of the weight (gᵀ · x)"""
    g, x, weight = numbers(r["tokens"], r["output"]), numbers(r["tokens"], r["input"]), numbers(r["output"], r["input"])
    if r["of"] == "x":
        into, transposed = torch.empty(r["tokens"], r["input"]), weight.t().contiguous().t()
        return {
            "mm, out": inference(lambda: torch.mm(g, weight, out=into)),
            "mm of the transposed weight, out": inference(lambda: torch.mm(g, transposed, out=into)),
        }
    into, across = torch.empty(r["output"], r["input"]), torch.empty(r["input"], r["output"])
    return {
        "mm, out": inference(lambda: torch.mm(g.t(), x, out=into)),
        "mm of the transposed, out": inference(lambda: torch.mm(x.t(), g, out=across)),
    }


@case
def gelu(r):
    x, kind, into = numbers(*r["shape"]) * 3, r["kind"], torch.empty(*r["shape"])
    x_packed = x.to_mkldnn()
    return {
        "F.gelu": inference(lambda: F.gelu(x, approximate=kind)),
        "out": inference(lambda: torch._C._nn.gelu(x, approximate=kind, out=into)),
        "oneDNN": inference(lambda: F.gelu(x_packed, approximate=kind)),
    }


@case
def gelu_gradient(r):
    x, g, kind = (numbers(*r["shape"]) * 3).requires_grad_(), numbers(*r["shape"]), r["kind"]
    plain = x.detach()
    return {
        "autograd": backward(F.gelu(x, approximate=kind), x, g),
        "gelu_backward": inference(lambda: torch.ops.aten.gelu_backward(g, plain, approximate=kind)),
    }


def soft(logarithm):
    return torch.log_softmax if logarithm else torch.softmax


@case
def softmax(r):
    x, f = numbers(*r["shape"]), soft(r["logarithm"])
    into, x_packed = torch.empty(*r["shape"]), x.to_mkldnn()
    return {
        "softmax": inference(lambda: f(x, -1)),
        "out": inference(lambda: f(x, -1, out=into) if r["logarithm"] else torch._softmax(x, -1, False, out=into)),
        "oneDNN": inference(lambda: f(x_packed, -1)),
    }


@case
def softmax_gradient(r):
    x, g, f = numbers(*r["shape"]).requires_grad_(), numbers(*r["shape"]), soft(r["logarithm"])
    y = f(x, -1)
    made, slope = y.detach(), torch.ops.aten._log_softmax_backward_data if r["logarithm"] else torch.ops.aten._softmax_backward_data
    return {
        "autograd": backward(y, x, g),
        "backward_data": inference(lambda: slope(g, made, -1, torch.float32)),
    }


@case
def layer_norm(r):
    x, width = numbers(*r["shape"]), r["shape"][-1]
    gain, shift = torch.ones(width), torch.zeros(width)
    module = torch.nn.LayerNorm(width)
    jit = frozen(module, x)
    return {
        "F.layer_norm": inference(lambda: F.layer_norm(x, (width,), gain, shift, 1e-12)),
        "native": inference(lambda: torch.native_layer_norm(x, (width,), gain, shift, 1e-12)),
        "jit freeze": inference(lambda: jit(x)),
    }


@case
def layer_norm_gradient(r):
    """of the input, the gain and the shift"""
    x, g, width = numbers(*r["shape"]).requires_grad_(), numbers(*r["shape"]), r["shape"][-1]
    gain, shift = torch.ones(width, requires_grad=True), torch.zeros(width, requires_grad=True)
    return {"autograd": backward(F.layer_norm(x, (width,), gain, shift, 1e-12), (x, gain, shift), g)}


def attentions(r):
    """From q, k, v [batch tokens width] to the context of the same shape; shorter sequences are padded to the longest."""
    lengths, heads, head = r["lengths"], r["heads"], r["headWidth"]
    batch, tokens = len(lengths), max(lengths)
    ragged = min(lengths) < tokens
    absent = torch.zeros(batch, 1, 1, tokens)
    for i, length in enumerate(lengths):
        absent[i, :, :, length:] = -1e9
    flat = absent.expand(batch, heads, 1, tokens).reshape(batch * heads, 1, tokens).contiguous()

    def split(x):
        return x.view(batch, tokens, heads, head).transpose(1, 2)

    def joined(context):
        return context.transpose(1, 2).reshape(batch, tokens, heads * head)

    def matmuls(q, k, v):
        scores = torch.matmul(split(q) * (1 / math.sqrt(head)), split(k).transpose(-1, -2))
        return joined(torch.matmul(torch.softmax(scores + absent if ragged else scores, -1), split(v)))

    def batched(q, k, v):
        q, k, v = (split(x).reshape(batch * heads, tokens, head) for x in (q, k, v))
        scores = torch.baddbmm(flat, q, k.transpose(1, 2), beta=1 if ragged else 0, alpha=1 / math.sqrt(head))
        return joined(torch.bmm(torch.softmax(scores, -1), v).view(batch, heads, tokens, head))

    def scaled(q, k, v):
        context, _ = F._scaled_dot_product_attention(split(q), split(k), split(v), absent if ragged else None, 0.0, False, False)
        return joined(context)

    def inputs():
        return [numbers(batch, tokens, heads * head) for _ in range(3)]

    return {"matmul": matmuls, "baddbmm, softmax, bmm": batched, "scaled_dot_product_attention": scaled}, inputs


@case
def attention(r):
    forms, inputs = attentions(r)
    qkv = inputs()
    return {name: inference(lambda form=form: form(*qkv)) for name, form in forms.items()}


@case
def attention_gradient(r):
    """of queries, keys and values"""
    forms, inputs = attentions(r)
    g = numbers(*inputs()[0].shape)
    configurations = {}
    for name, form in forms.items():
        qkv = [x.requires_grad_() for x in inputs()]
        configurations[name] = backward(form(*qkv), qkv, g)
    return configurations


@case
def cross_entropy(r):
    logits, labels = numbers(*r["shape"]), torch.randint(r["shape"][1], (r["shape"][0],))
    rows = torch.arange(r["shape"][0])
    return {
        "F.cross_entropy": inference(lambda: F.cross_entropy(logits, labels)),
        "log_softmax, pick": inference(lambda: -torch.log_softmax(logits, -1)[rows, labels].mean()),
        "logsumexp, pick": inference(lambda: (torch.logsumexp(logits, -1) - logits[rows, labels]).mean()),
    }


@case
def cross_entropy_gradient(r):
    logits, labels = numbers(*r["shape"]).requires_grad_(), torch.randint(r["shape"][1], (r["shape"][0],))
    return {"autograd": backward(F.cross_entropy(logits, labels), logits, torch.ones(()))}


@case
def rows(r):
    """rows of a table [vocabulary width]"""
    table, indices = numbers(r["vocabulary"], r["width"]), torch.randint(r["vocabulary"], (r["tokens"],))
    into = torch.empty(r["tokens"], r["width"])
    return {
        "F.embedding": inference(lambda: F.embedding(indices, table)),
        "index_select, out": inference(lambda: torch.index_select(table, 0, indices, out=into)),
    }


@case
def rows_gradient(r):
    """the whole table's gradient, zeros included"""
    indices, g = torch.randint(r["vocabulary"], (r["tokens"],)), numbers(r["tokens"], r["width"])
    into = torch.zeros(r["vocabulary"], r["width"])
    return {
        "embedding_dense_backward": inference(lambda: torch.ops.aten.embedding_dense_backward(g, indices, r["vocabulary"], -1, False)),
        "zero, index_add": inference(lambda: into.zero_().index_add_(0, indices, g)),
    }


@case
def adamw(r):
    """one step over weights of these shapes"""
    weights = [torch.nn.Parameter(numbers(*shape) * 0.02) for shape in r["shapes"]]
    for weight in weights:
        weight.grad = numbers(*weight.shape) * 1e-3
    configurations = {}
    for foreach in (False, True):
        optimizer = torch.optim.AdamW(weights, lr=1e-5, weight_decay=0.01, foreach=foreach)
        configurations["AdamW, foreach" if foreach else "AdamW"] = optimizer.step
    count = sum(w.numel() for w in weights)
    if count <= 1 << 24:                                     # all weights as one tensor, where a second copy is no burden
        flat = torch.nn.Parameter(numbers(count) * 0.02)
        flat.grad = numbers(count) * 1e-3
        configurations["AdamW, one tensor"] = torch.optim.AdamW([flat], lr=1e-5, weight_decay=0.01).step
    return configurations
