"""Makes adamw.json: steps of torch.optim.AdamW and torch.nn.utils.clip_grad_norm_ in float64, for OptimizerTests.
Run: python3 make.py   (made with PyTorch 1.13)"""
import json
import torch

torch.manual_seed(0)
n, steps, rate, decay, most = 37, 12, 0.01, 0.1, 1.0
start = [torch.randn(n, dtype=torch.float64), torch.randn(3, dtype=torch.float64)]
weights = [torch.nn.Parameter(s.clone()) for s in start]
optimizer = torch.optim.AdamW([{"params": [weights[0]], "weight_decay": decay}, {"params": [weights[1]], "weight_decay": 0.0}], lr=rate)
out = {"rate": rate, "decay": decay, "most": most, "start": [s.tolist() for s in start], "steps": []}
for step in range(steps):
    gradients = [torch.randn(w.shape, dtype=torch.float64) * (10 ** (step % 4 - 2)) for w in weights]
    for w, g in zip(weights, gradients):
        w.grad = g.clone()
    for group in optimizer.param_groups:
        group["lr"] = rate * (1 - step / steps)
    norm = torch.nn.utils.clip_grad_norm_(weights, most)
    optimizer.step()
    out["steps"].append({"gradients": [g.tolist() for g in gradients], "norm": norm.item(), "weights": [w.tolist() for w in weights]})
json.dump(out, open("adamw.json", "w"))
