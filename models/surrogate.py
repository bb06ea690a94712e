"""The spike and its surrogate gradient."""

from __future__ import annotations

import torch
from torch import Tensor


class SpikeAtThreshold(torch.autograd.Function):
    """1 where z reached its threshold; backward, a fast sigmoid scaled to the threshold.

    With v = (z - z_threshold) / x_threshold, the distance in units of the threshold current,
    ds/dv = 1 / (1 + SLOPE |v|)^2: of order one whatever the currents are (Rockpool's is 1 per
    ampere: weight gradients of 1e-11). `x_threshold` is the unit only, and gets no gradient.
    """

    SLOPE = 5.0

    @staticmethod
    def forward(ctx, z: Tensor, z_threshold: Tensor, x_threshold: Tensor) -> Tensor:
        ctx.save_for_backward(z, z_threshold, x_threshold)
        return (z >= z_threshold).to(z.dtype)

    @staticmethod
    def backward(ctx, grad: Tensor):  # pyright: ignore[reportIncompatibleMethodOverride]
        z, z_threshold, x_threshold = ctx.saved_tensors
        far = 1.0 + SpikeAtThreshold.SLOPE * ((z - z_threshold) / x_threshold).abs()
        found = grad / (far * far * x_threshold)
        return found, -found, None
