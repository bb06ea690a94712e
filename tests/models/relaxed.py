"""The definition of the neuron with spikes that can be differentiated by moving: for tests."""

import pytest
import torch
from torch import Tensor

from analoop.models import neuron, unrolling
from analoop.models.surrogate import SpikeAtThreshold


class RelaxedSpikes:
    """About a first run, spikes are spike of that run + s(v) - s(v of that run).

    v is the distance to the threshold in units of the threshold current and s(v) = v / (1 + b |v|),
    whose slope is the surrogate, 1 / (1 + b |v|)^2. Resets and moments are those of the first run,
    as through them no gradient flows. So in the first run nothing is other than it is, and the
    slope there by finite differences is the gradient that training takes. The unit of v, too, is
    that of the first run.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch):
        self.seen: list[tuple[Tensor, Tensor, Tensor]] = []
        self.moments: list[Tensor] = []
        self.at: int | None = None
        plain = neuron._piece  # pyright: ignore[reportAttributeAccessIssue]

        def piece(*arguments):
            z, fired, when = plain(*arguments)
            if self.at is None:
                self.moments.append(when)
                return z, fired, when
            self.at += 1
            return z, fired, self.moments[self.at - 1]

        monkeypatch.setattr(neuron, "_piece", piece)
        monkeypatch.setattr(neuron, "SpikeAtThreshold", self)
        monkeypatch.setattr(unrolling, "has_kernel", lambda: False)

    def apply(self, z: Tensor, z_threshold: Tensor, x_threshold: Tensor) -> Tensor:
        """In the place of `SpikeAtThreshold.apply`."""
        unit = x_threshold if self.at is None else self.seen[self.at][2]
        v = (z - z_threshold) / unit
        s = v / (1.0 + SpikeAtThreshold.SLOPE * v.abs())
        if self.at is None:
            self.seen.append(((v >= 0).to(z.dtype), s.detach(), unit.detach()))
            return self.seen[-1][0]
        spike, first, _ = self.seen[self.at]
        return spike + (s - first)

    def again(self) -> None:
        """From here on, runs move about the one that was."""
        self.at = 0


def slope(
    spikes: RelaxedSpikes, loss, start: Tensor, direction: Tensor, eps: float = 1e-7
) -> float:
    """d loss / d start along a direction, by finite differences; `loss` was run once at `start`."""
    values = []
    for sign in (1, -1):
        spikes.again()
        with torch.no_grad():
            values.append(float(loss(start + sign * eps * direction)))
    return (values[0] - values[1]) / (2 * eps)
