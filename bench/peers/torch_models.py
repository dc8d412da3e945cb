"""Whole models in PyTorch: an encoder's pass, a step of training, a step of mask learning, each in every form that may be its fastest.

Requests hold "model" (a folder), "lengths" and "ids" of the sequences, and "expected": what Heartwood computes from the same
weights, in a file of float32. A configuration whose numbers are not those is refused.
"""
import math

import numpy
import torch
import torch.nn.functional as F

from torch_bert import Bert, Inputs, Scripted
from torch_peer import case

NONE = torch.zeros(())


def checked(configurations, request, share=1e-3):
    """The configurations, after each one's numbers were compared with Heartwood's."""
    expected = torch.from_numpy(numpy.fromfile(request["expected"], numpy.float32))
    kept = {}
    for name, (numbers, run) in configurations.items():
        found = numbers().detach().flatten().float()
        if found.shape != expected.shape:
            raise RuntimeError(f"{name}: {len(found)} numbers, Heartwood has {len(expected)}")
        difference = float((found - expected).abs().max() / expected.abs().max())
        if not difference < share:
            raise RuntimeError(f"{name}: differs from Heartwood by {difference:.1e} of the largest value")
        kept[f"{name} (differs by {difference:.0e})"] = run
    return kept


def inferred(run):
    def inside():
        with torch.inference_mode():
            return run()
    return inside


def by_module(bert, inputs, nested):
    """PyTorch's own encoder; nested, its linear layers skip the padding."""
    encoder = bert.encoder.eval()

    def run():
        encoder.enable_nested_tensor = nested
        return encoder(bert.embedded(inputs), src_key_padding_mask=inputs.padding if inputs.ragged else None)
    return inferred(run)


def passes(bert, inputs):
    """Forms of the encoder's pass to the last hidden states, [batch token width]."""
    bias = inputs.bias if inputs.ragged else NONE
    with torch.no_grad():
        frozen = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.script(Scripted(bert).eval())))

    def scripted():
        with torch.no_grad():
            return frozen(bert.embedded(inputs), bias)

    return {
        "TransformerEncoder": by_module(bert, inputs, nested=False),
        "by hand": inferred(lambda: bert.padded(bert.embedded(inputs), inputs.bias)),
        "by hand, frozen for oneDNN": scripted,
    }


@case
def encoder(request):
    """Every hidden state behind the last layer."""
    inputs = Inputs(request)
    bert = Bert(request["model"])
    real = lambda run: inferred(lambda: run().reshape(-1, bert.width)[inputs.real])
    return checked({name: (real(run), run) for name, run in passes(bert, inputs).items()}, request)


@case
def classify(request):
    """Scores of the labels; sequences padded to the longest, or, if the request says so, padding left out."""
    bert, inputs = Bert(request["model"]), Inputs(request)
    ended = lambda run: inferred(lambda: bert.classify(run()[:, 0]))
    packed = lambda each: inferred(lambda: bert.classify(bert.packed(bert.embedded_packed(inputs), inputs, each=each)[inputs.first]))
    forms = {
        "TransformerEncoder, nested tensors": ended(by_module(bert, inputs, nested=True)),
        "by hand, linear layers without padding": packed(False),
        "by hand, each sequence by itself in attention": packed(True),
    } if request["unpadded"] else {name: ended(run) for name, run in passes(bert, inputs).items()}
    return checked({name: (run, run) for name, run in forms.items()}, request)


# ---- training

class Training:
    """Forward, backward, clipping of the gradient's norm, AdamW."""

    def __init__(self, bert, parameters, forward, inputs, request):
        self.forward, self.inputs, self.labels, self.clip = forward, inputs, torch.tensor(request["labels"]), request["clip"]
        self.parameters = [p.requires_grad_(True) for p in parameters]
        matrices, vectors = [p for p in self.parameters if p.dim() > 1], [p for p in self.parameters if p.dim() == 1]
        self.optimizer = torch.optim.AdamW([{"params": matrices, "weight_decay": 0.01}, {"params": vectors, "weight_decay": 0.0}], lr=request["rate"], eps=1e-8, foreach=True)

    def step(self):
        self.optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(self.forward(self.inputs), self.labels)
        loss.backward()
        norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm([p.grad for p in self.parameters])))
        if norm > self.clip:
            torch._foreach_mul_([p.grad for p in self.parameters], float(self.clip / norm))
        self.optimizer.step()
        return loss.detach()

    def losses(self):
        return torch.stack([self.step() for _ in range(3)])


@case
def training(request):
    """A step of training; the losses of the first three are compared."""
    by_hand, module, inputs = Bert(request["model"]), Bert(request["model"]), Inputs(request)
    encoder, padding = module.encoder.train(), inputs.padding if inputs.ragged else None
    layered = {id(p) for layer in module.layers for p in layer.parameters()}
    outside = [p for p in module.parameters() if id(p) not in layered]
    forms = {
        "by hand": Training(by_hand, by_hand.parameters(), lambda i: by_hand.classify(by_hand.padded(by_hand.embedded(i), i.bias)[:, 0]), inputs, request),
        "TransformerEncoder": Training(module, [*outside, *encoder.parameters()], lambda i: module.classify(encoder(module.embedded(i), src_key_padding_mask=padding)[:, 0]), inputs, request),
    }
    return checked({name: (form.losses, form.step) for name, form in forms.items()}, request)


# ---- mask learning

class MaskLearning:
    """
    Structured pruning as in The Heuristic Core (Bhaskar, Friedman and Chen 2024) after CoFi (Xia, Zhong and Chen 2022):
    weights frozen, hard-concrete masks on heads and MLPs, KL divergence to the full model, a sparsity penalty whose
    multipliers climb.
    """

    low, high, temperature, target = -0.1, 1.1, 2 / 3, 0.5

    def __init__(self, bert, logits, reference):
        self.bert, self.logits, self.reference = bert, logits, reference      # logits(head mask, mlp mask); the full model's scores
        layers, heads = len(bert.layers), bert.heads
        self.shape = (layers, heads + 1)
        self.log_alpha = torch.full(self.shape, 10.0).requires_grad_(True)
        self.multipliers = torch.zeros(2, requires_grad=True)
        self.optimizer = torch.optim.AdamW([self.log_alpha], lr=0.1)
        self.climb = torch.optim.AdamW([self.multipliers], lr=1.0, maximize=True)

    def kl(self, mask):
        full = torch.log_softmax(self.reference(), -1)
        return F.kl_div(torch.log_softmax(self.logits(mask[:, :-1], mask[:, -1]), -1), full, log_target=True, reduction="batchmean")

    def step(self):
        u = torch.empty(self.shape).uniform_(1e-6, 1 - 1e-6)
        stretched = torch.sigmoid((torch.log(u / (1 - u)) + self.log_alpha) / self.temperature) * (self.high - self.low) + self.low
        present = torch.sigmoid(self.log_alpha - self.temperature * math.log(-self.low / self.high))
        gap = self.target - (1 - present.mean())
        loss = self.kl(stretched.clamp(0, 1)) + self.multipliers[0] * gap + self.multipliers[1] * gap * gap
        self.optimizer.zero_grad(set_to_none=True)
        self.climb.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        self.climb.step()

    def slopes(self):
        """KL and its gradient at a fixed mask, for comparison."""
        count = self.shape[0] * self.shape[1]
        mask = (0.2 + 0.6 * torch.arange(count) / count).view(self.shape).requires_grad_(True)
        kl = self.kl(mask)
        kl.backward()
        return torch.cat([kl.detach()[None], mask.grad.flatten()])


@case
def published_masks(request):
    """A step of mask learning as published: every sequence padded to 128 tokens, the full model run beside the masked one."""
    bert, inputs = Bert(request["model"]), Inputs(request, 128)

    def full():
        with torch.no_grad():
            return bert.classify(bert.padded(bert.embedded(inputs), inputs.bias)[:, 0])

    masked = lambda heads, mlps: bert.classify(bert.padded(bert.embedded(inputs), inputs.bias, heads, mlps)[:, 0])
    forms = {"by hand": MaskLearning(bert, masked, full)}
    return checked({name: (form.slopes, form.step) for name, form in forms.items()}, request)


@case
def best_masks(request):
    """The same without padding in the linear layers, and with the full model's scores computed beforehand."""
    bert, inputs = Bert(request["model"]), Inputs(request)
    start = lambda: bert.embedded_packed(inputs)
    with torch.no_grad():
        full = bert.classify(bert.packed(start(), inputs)[inputs.first])
    masked = lambda each: lambda heads, mlps: bert.classify(bert.packed(start(), inputs, heads, mlps, each)[inputs.first])
    forms = {
        "attention padded to the longest": MaskLearning(bert, masked(False), lambda: full),
        "attention of each sequence by itself": MaskLearning(bert, masked(True), lambda: full),
    }
    return checked({name: (form.slopes, form.step) for name, form in forms.items()}, request)
