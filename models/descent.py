"""Where a descent by Adam along a cosine stands, as arrays for a bookmark."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from .bookmark import Arrays

MOMENTS = ("step", "exp_avg", "exp_avg_sq")
"""What Adam knows of a parameter."""
Schedule = torch.optim.lr_scheduler.CosineAnnealingLR


def standing(model: nn.Module, optimiser: torch.optim.Optimizer, schedule: Schedule) -> Arrays:
    """Where a descent stands."""
    named = dict(model.named_parameters())
    arrays = {f"{name}.value": p.detach().numpy() for name, p in named.items()}
    for name, p in named.items():
        arrays |= {f"{name}.{m}": optimiser.state[p][m].numpy() for m in MOMENTS}
    rates = [group["lr"] for group in optimiser.param_groups]
    return arrays | {"rates": np.array(rates), "done": schedule.last_epoch}


def go_on(
    arrays: Arrays, model: nn.Module, optimiser: torch.optim.Optimizer, schedule: Schedule
) -> int:
    """Put a fresh descent where `standing` says that one stood; returns the steps of the schedule
    that are done, 0 if there is nothing to go on from."""
    if not arrays:
        return 0
    for name, p in model.named_parameters():
        with torch.no_grad():
            p.copy_(torch.tensor(arrays[f"{name}.value"]))
        optimiser.state[p] = {m: torch.tensor(arrays[f"{name}.{m}"]) for m in MOMENTS}
    for group, rate in zip(optimiser.param_groups, arrays["rates"], strict=True):
        group["lr"] = float(rate)
    schedule.last_epoch = arrays["done"].item()
    return schedule.last_epoch
