"""What `bptt` and `robust` share: parameters, losses and updates (paper.md 4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from statistics import median

import numpy as np
import torch
from torch import Tensor, nn

from ..bookmark import Bookmark
from ..descent import go_on, standing
from ..errors import InputError
from ..settings import check
from ..tasks.samples import Samples
from .bptt_dynamics import chip_of, given_of, trained
from .bptt_network import BIASES, GRADED, SPIKING, TAUS_S
from .teacher import Progress

TOGETHER = 8
"""Samples played at a time, which bounds memory."""
LONGEST_PART = 2.0
"""Longest gradient of a part of a batch, in units of the median part's [1]."""
REST = 10
"""Updates between places where a training can go on."""
STEP_OF_OTHERS = 0.2
"""Scale of an update of biases and of logarithms of time constants [1]."""


@dataclass(frozen=True)
class Training:
    """How a network is trained; abstract.

    Raises:
        InputError: SETTING, UNKNOWN_OUTPUTS, at construction.
    """

    neurons: int = 256
    """Neurons of each of the two layers."""
    outputs: str = SPIKING
    """What layers pass on: 'spiking', or 'graded' as the authors had it, which no chip can."""
    teacher_init: bool = False
    """Begin with projections of a teacher's weights, as the authors did."""
    input_gain: float = 1.0
    """Factor of the input weights before training, for input that is weaker than that of XOR."""
    updates: int = 500
    """Updates of the weights."""
    batch: int = 16
    """Samples per update."""
    learning_rate: float = 0.04
    """Adam's step at the start, in units of the spread of an array's first entries, for others
    than weights in units of 0.2; decays to 0 along a cosine."""
    bias: float = -0.3
    """Where V rests at the start; -1 is the reset and 0 the threshold."""
    error: float = 1000.0
    """Weight of the mean squared error."""
    short_taus: float = 1e4
    """Weight of the mean of exp((least - tau) / least) over time constants below the least."""
    least_tau_s: float = 0.010
    """Time constants below are pushed up [s]."""
    weights: float = 1.0
    """Weight of the mean squares of `w_in` and `w_rec`; the authors' 1e5 was for smaller ones."""
    activity: float = 2.0
    """Weight of what a neuron passes on in a step, on the average."""
    potential: float = 2.0
    """Weight of the mean squared V."""

    def __post_init__(self) -> None:
        check(self, above=("least_tau_s",))
        if self.outputs not in (SPIKING, GRADED):
            raise InputError(
                f"outputs are '{SPIKING}' or '{GRADED}', not '{self.outputs}'",
                code="UNKNOWN_OUTPUTS",
            )

    @property
    def planned(self) -> int:
        """Updates that progress counts up to."""
        return self.updates


Parameters = Mapping[str, Tensor]
"""The network's arrays; time constants in seconds."""


class Model(nn.Module):
    """Parameters in training: of time constants, the logarithms."""

    def __init__(self, arrays: Mapping[str, np.ndarray]) -> None:
        super().__init__()
        for name, array in arrays.items():
            given = np.log(array) if name in TAUS_S else array
            self.register_parameter(name, nn.Parameter(torch.tensor(given)))

    def now(self) -> dict[str, Tensor]:
        """All parameters as the network has them."""
        named = dict(self.named_parameters())
        return {name: p.exp() if name in TAUS_S else p for name, p in named.items()}

    def arrays(self) -> dict[str, np.ndarray]:
        """The same as arrays of their own."""
        return {name: p.detach().numpy().copy() for name, p in self.now().items()}

    def groups(self, rate: float, spreads: Mapping[str, float]) -> list[dict]:
        """For an optimiser, each parameter with the step that fits it."""
        scale = {name: STEP_OF_OTHERS for name in (*BIASES, *TAUS_S)} | dict(spreads)
        named = self.named_parameters()
        return [{"params": [p], "lr": rate * scale[name]} for name, p in named]


def descend(
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    updates: int,
    losses: Callable[[int], Iterable[Tensor]],
    progress: Progress,
    place: tuple[Bookmark, np.random.Generator],
) -> None:
    """Follow the gradient of a loss that comes in parts, one at a time in memory.

    Args:
        losses: parts of the loss of an update, so many done before.
        progress: gets the median part times their number: that of a chip whose activity runs away
            may have twenty digits.
        place: where it is kept how far this is, and the random numbers of the losses.
    """
    bookmark, generator = place
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, updates)
    parameters = list(model.parameters())
    for done in range(go_on(bookmark.read(generator), model, optimiser, schedule), updates):
        parts, gradients = [], []
        for part in losses(done):
            # A part may be of some of the parameters only: the others' gradients are 0.
            gradients.append(torch.autograd.grad(part, parameters, materialize_grads=True))
            parts.append(float(part.detach()))
        for parameter, gradient in zip(parameters, _sum(gradients), strict=True):
            parameter.grad = gradient
        optimiser.step()
        schedule.step()
        progress(done + 1, median(parts) * len(parts))
        if (done + 1) % REST == 0:
            bookmark.keep(standing(model, optimiser, schedule), generator)


def _sum(parts: list[tuple[Tensor, ...]]) -> list[Tensor]:
    """Sum of gradients, each at most `LONGEST_PART` times as long as their median, so that one
    chip whose activity runs away does not drown all others; and that at most of length 1."""
    norms = torch.stack([_norm(part) for part in parts])
    finite = torch.isfinite(norms)
    if not finite.any():
        return [torch.zeros_like(g) for g in parts[0]]
    longest = LONGEST_PART * norms[finite].median()
    scales = torch.where(finite, (longest / norms.clamp(min=1e-30)).clamp(max=1.0), 0.0)
    kept = [(scale, part) for scale, part in zip(scales, parts, strict=True) if scale > 0]
    total = [torch.zeros_like(g) for g in parts[0]]
    for scale, part in kept:
        for sum_, gradient in zip(total, part, strict=True):
            sum_ += scale * gradient
    return [g / _norm(total).clamp(min=1.0) for g in total]


def _norm(gradients: Iterable[Tensor]) -> Tensor:
    return torch.stack([g.norm() for g in gradients]).norm()


@dataclass(frozen=True, eq=False)
class Situation:
    """What a chip is played under while it is trained."""

    samples: Samples
    """What comes in, and what is wanted."""
    graded: bool
    """What layers pass on."""
    alive: np.ndarray | None = None
    """See `bptt_dynamics.given_of`."""
    noise: np.ndarray | None = None
    """See `bptt_dynamics.given_of`."""

    def play(self, parameters: Parameters) -> tuple[Tensor, Tensor]:
        """See `bptt_dynamics.trained`."""
        chip = chip_of({name: p.detach().numpy() for name, p in parameters.items()})
        given = given_of(self.samples.input, chip, self.alive, self.graded, self.noise)
        return trained(parameters, given)


def misfit(
    settings: Training, parameters: Parameters, situation: Situation
) -> tuple[Tensor, Tensor]:
    """What a chip does wrong, and its readout [sample, step]."""
    output, total = situation.play(parameters)
    each = total / (output.numel() * 2 * parameters["bias"].numel())
    error = (output - torch.tensor(situation.samples.target)).square().mean()
    loss = settings.error * error + settings.activity * each[0] + settings.potential * each[1]
    return loss, output


def penalties(settings: Training, parameters: Parameters) -> Tensor:
    """What is wrong with parameters, whatever is played."""
    squares = parameters["w_in"].square().mean() + parameters["w_rec"].square().mean()
    tau_s = torch.cat([parameters[name] for name in TAUS_S])
    below = (settings.least_tau_s - tau_s) / settings.least_tau_s
    short = torch.where(below > 0, below.exp(), 0.0).mean()
    return settings.weights * squares + settings.short_taus * short
