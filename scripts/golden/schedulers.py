"""60 steps of torch.optim.lr_scheduler's schedules: the rates of two groups, and the momentum where it moves."""

import torch
from golden import save, start
from torch.optim import lr_scheduler as L

STEPS = 60
CAMEL = {
    "step_size": "stepSize",
    "total_iters": "totalIters",
    "start_factor": "startFactor",
    "end_factor": "endFactor",
    "T_max": "tMax",
    "eta_min": "etaMin",
    "max_lr": "maxLr",
    "total_steps": "totalSteps",
    "steps_per_epoch": "stepsPerEpoch",
    "pct_start": "pctStart",
    "anneal_strategy": "annealStrategy",
    "cycle_momentum": "cycleMomentum",
    "base_momentum": "baseMomentum",
    "max_momentum": "maxMomentum",
    "div_factor": "divFactor",
    "final_div_factor": "finalDivFactor",
    "three_phase": "threePhase",
    "threshold_mode": "thresholdMode",
    "min_lr": "minLr",
}
CONFIGURATIONS = [
    ("StepLR", {"step_size": 7}),
    ("StepLR", {"step_size": 1, "gamma": 0.9}),
    ("StepLR", {"step_size": 25, "gamma": 0.5}),
    ("MultiStepLR", {"milestones": [3, 10, 10, 40]}),
    ("MultiStepLR", {"milestones": [], "gamma": 0.5}),
    ("MultiStepLR", {"milestones": [1, 59], "gamma": 0.25}),
    ("ConstantLR", {}),
    ("ConstantLR", {"factor": 0.25, "total_iters": 20}),
    ("ConstantLR", {"factor": 1.0, "total_iters": 1}),
    ("ExponentialLR", {"gamma": 0.9}),
    ("ExponentialLR", {"gamma": 0.99}),
    ("ExponentialLR", {"gamma": 1.0}),
    ("LinearLR", {}),
    ("LinearLR", {"start_factor": 0.1, "total_iters": 40}),
    ("LinearLR", {"start_factor": 1.0, "end_factor": 0.0, "total_iters": 50}),
    ("CosineAnnealingLR", {"T_max": 60}),
    ("CosineAnnealingLR", {"T_max": 20, "eta_min": 0.001}),
    ("CosineAnnealingLR", {"T_max": 7, "eta_min": 0.0}),
    ("OneCycleLR", {"max_lr": 0.5, "total_steps": 60}),
    ("OneCycleLR", {"max_lr": [0.5, 0.1], "total_steps": 61, "anneal_strategy": "linear"}),
    ("OneCycleLR", {"max_lr": 0.5, "epochs": 6, "steps_per_epoch": 10, "three_phase": True}),
    (
        "OneCycleLR",
        {
            "max_lr": 1.0,
            "total_steps": 80,
            "pct_start": 0.1,
            "div_factor": 10.0,
            "final_div_factor": 100.0,
            "base_momentum": 0.5,
            "max_momentum": 0.99,
        },
    ),
    ("OneCycleLR", {"max_lr": 1.0, "total_steps": 60, "cycle_momentum": False}),
]
PLATEAUS = [
    {},
    {"patience": 2, "factor": 0.5},
    {"patience": 1, "cooldown": 3, "min_lr": 0.001},
    {"mode": "max", "patience": 3, "threshold": 0.01},
    {"patience": 2, "threshold": 0.05, "threshold_mode": "abs", "min_lr": [0.01, 0.0001]},
    {"mode": "max", "patience": 0, "threshold_mode": "abs", "threshold": 0.1, "eps": 0.001},
]


def optimizer(beta: bool):
    a, b = torch.nn.Parameter(torch.zeros(1)), torch.nn.Parameter(torch.zeros(1))
    groups = [{"params": [a], "lr": 0.1}, {"params": [b], "lr": 0.02}]
    return torch.optim.Adam(groups) if beta else torch.optim.SGD(groups, momentum=0.9)


def camel(options: dict) -> dict:
    return {CAMEL.get(k, k): v for k, v in options.items()}


def follow(opt, step, beta: bool) -> dict:
    rates, momenta = [], []
    for k in range(STEPS):
        rates.append([g["lr"] for g in opt.param_groups])
        momenta.append(opt.param_groups[0]["betas"][0] if beta else opt.param_groups[0]["momentum"])
        opt.step()
        if k < STEPS - 1:
            step(k)
    return {"rates": rates, "momenta": momenta}


start()
cases = []
for i, (op, options) in enumerate(CONFIGURATIONS):
    beta = i % 2 == 1
    opt = optimizer(beta)
    scheduler = getattr(L, op)(opt, **options)
    run = follow(opt, lambda k: scheduler.step(), beta)
    cases.append({"op": op, "options": camel(options), "beta": beta, **run})
metrics = [round(float(x), 3) for x in torch.rand(STEPS) + torch.linspace(1, 0.5, STEPS)]
for options in PLATEAUS:
    opt = optimizer(False)
    scheduler = L.ReduceLROnPlateau(opt, **options)
    run = follow(opt, lambda k: scheduler.step(metrics[k]), False)
    plateau = {"op": "ReduceLROnPlateau", "options": camel(options), "beta": False}
    cases.append({**plateau, "metrics": metrics, **run})
for milestones in [[5, 20], [1, 30], [10, 11]]:
    opt = optimizer(False)
    parts = [
        ("LinearLR", {"start_factor": 0.1, "total_iters": 5}),
        ("ExponentialLR", {"gamma": 0.9}),
        ("CosineAnnealingLR", {"T_max": 30}),
    ]
    schedulers = [getattr(L, op)(opt, **options) for op, options in parts]
    scheduler = L.SequentialLR(opt, schedulers, milestones)
    run = follow(opt, lambda k: scheduler.step(), False)
    described = [{"op": op, "options": camel(options)} for op, options in parts]
    sequence = {"schedulers": described, "milestones": milestones}
    cases.append({"op": "SequentialLR", "options": sequence, "beta": False, **run})
save("schedulers", cases)
