"""Single operations in PyTorch, each in every form that may be its fastest."""
import torch
from torch.nn import functional as F
from torch.utils import mkldnn

from torch_peer import case


def inference(run):
    def inferred():
        with torch.inference_mode():
            return run()
    return inferred


@case
def linear(r):
    """x [tokens input] · weightᵀ + bias"""
    x = torch.rand(r["tokens"], r["input"]) - 0.5
    layer = torch.nn.Linear(r["input"], r["output"]).eval().requires_grad_(False)
    transposed = layer.weight.t().contiguous()
    into = torch.empty(r["tokens"], r["output"])
    packed, x_packed = mkldnn.to_mkldnn(torch.nn.Sequential(layer).eval()), x.to_mkldnn()
    frozen = torch.jit.freeze(torch.jit.trace(torch.nn.Sequential(layer).eval(), x, check_trace=False))
    return {
        "F.linear": inference(lambda: F.linear(x, layer.weight, layer.bias)),
        "addmm, out": inference(lambda: torch.addmm(layer.bias, x, transposed, out=into)),
        "jit freeze": inference(lambda: frozen(x)),
        "oneDNN packed weights": lambda: packed(x_packed),
    }
