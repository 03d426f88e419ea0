"""torch.nn.functional's losses, with the gradients of everything that can have one."""

import itertools

import torch
import torch.nn.functional as F
from golden import rounded, save, start, tensor, tensors

CAMEL = {
    "label_smoothing": "labelSmoothing",
    "ignore_index": "ignoreIndex",
    "pos_weight": "posWeight",
    "log_target": "logTarget",
}
OPS = {
    "crossEntropy": F.cross_entropy,
    "nllLoss": F.nll_loss,
    "mseLoss": F.mse_loss,
    "l1Loss": F.l1_loss,
    "smoothL1Loss": F.smooth_l1_loss,
    "huberLoss": F.huber_loss,
    "bceWithLogits": F.binary_cross_entropy_with_logits,
    "klDiv": F.kl_div,
}
REDUCTIONS = ["mean", "sum", "none"]


def case(op: str, input: torch.Tensor, target: torch.Tensor, **options) -> dict:
    input.requires_grad_()
    if target.is_floating_point() and op != "huberLoss":
        target.requires_grad_()
    loss = OPS[op](input, target, **options)
    cotangent = rounded(*loss.shape)
    (loss * cotangent).sum().backward()
    named = {"input": input, "target": target}
    plain = {CAMEL.get(k, k): v for k, v in options.items() if not torch.is_tensor(v)}
    given = {CAMEL.get(k, k): tensor(v) for k, v in options.items() if torch.is_tensor(v)}
    return {
        "name": ", ".join(
            [op, str(list(input.shape)), *(f"{k} {v}" for k, v in plain.items()), *given]
        ),
        "op": op,
        "options": plain,
        "tensors": given,
        **tensors(named),
        "cotangent": tensor(cotangent),
        "loss": tensor(loss),
        "grads": tensors({k: v.grad for k, v in named.items()}),
    }


def weights(n: int) -> torch.Tensor:
    return rounded(n).abs() + 0.1


start()
cases = []
for shape, reduction in itertools.product([(5,), (4, 5), (2, 5, 3)], REDUCTIONS):
    samples = [d for i, d in enumerate(shape) if i != min(1, len(shape) - 1)]
    classes = torch.randint(0, 5, samples)
    some = classes.clone()
    if samples:
        some.view(-1)[1] = -100
        other = classes.clone()
        other.view(-1)[2] = 3
    for options in [
        {},
        {"weight": weights(5)},
        {"label_smoothing": 0.1},
        {"weight": weights(5), "label_smoothing": 0.25},
    ]:
        cases.append(case("crossEntropy", rounded(*shape), some, reduction=reduction, **options))
    probabilities = torch.softmax(rounded(*shape), min(1, len(shape) - 1)).mul(1000).round() / 1000
    for options in [{}, {"weight": weights(5), "label_smoothing": 0.25}]:
        target = probabilities.clone()
        cases.append(case("crossEntropy", rounded(*shape), target, reduction=reduction, **options))
    logs = -rounded(*shape).abs()
    cases.append(case("nllLoss", logs, some, reduction=reduction, weight=weights(5)))
    if samples:
        options = {"ignore_index": 3, "reduction": reduction}
        cases.append(case("nllLoss", logs.detach().clone(), other, **options))
cases.append(case("crossEntropy", rounded(2, 3), torch.full((2,), -100)))
cases.append(case("crossEntropy", rounded(2, 3) * 1e4, torch.tensor([0, 2])))

PAIRS = [
    ("mseLoss", {}),
    ("l1Loss", {}),
    ("smoothL1Loss", {}),
    ("smoothL1Loss", {"beta": 0.5}),
    ("smoothL1Loss", {"beta": 0.0}),
    ("huberLoss", {}),
    ("huberLoss", {"delta": 0.5}),
    ("bceWithLogits", {}),
    ("klDiv", {}),
    ("klDiv", {"log_target": True}),
]
for (op, options), reduction in itertools.product(PAIRS, REDUCTIONS):
    x, y = rounded(3, 4), rounded(3, 4)
    x.view(-1)[0] = y.view(-1)[0]  # the kink
    x.view(-1)[1] = y.view(-1)[1] + 0.5
    x.view(-1)[2] = y.view(-1)[2] - 1
    if op == "bceWithLogits":
        y = torch.rand(3, 4).mul(1000).round() / 1000
        y.view(-1)[:2] = torch.tensor([0.0, 1.0])
    if op == "klDiv":
        x, y = -x.abs(), (-y.abs() if options else y.abs())
    cases.append(case(op, x, y, reduction=reduction, **options))
weight, pos = rounded(3, 1).abs(), rounded(4).abs()
for options in [{"weight": weight}, {"pos_weight": pos}, {"weight": weight, "pos_weight": pos}]:
    y = torch.rand(3, 4).mul(1000).round() / 1000
    cases.append(case("bceWithLogits", rounded(3, 4) * 30, y, **options))
for log in [False, True]:
    y = rounded(3, 4).abs()
    y = -y if log else y
    cases.append(case("klDiv", -rounded(3, 4).abs(), y, reduction="batchmean", log_target=log))
for op in ["mseLoss", "l1Loss", "huberLoss"]:
    for reduction in REDUCTIONS:
        options = {"weight": rounded(3, 4).abs(), "reduction": reduction}
        cases.append(case(op, rounded(3, 4), rounded(3, 4), **options))
save("losses", cases)
