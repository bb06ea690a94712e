"""The teacher: a small tanh network, trained on a task without spikes, that ADS and FORCE imitate.

Paper.md 1.2. The weights that the authors released are not ours to ship; this trains others of the
same kind.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ..archive import read_archive, write_archive
from ..bookmark import NO_BOOKMARK, Bookmark
from ..descent import go_on, standing
from ..reference import one_thread
from ..settings import check
from ..tasks.samples import Samples, SequenceTask
from .rate_dynamics import activations, trained_activations

FORMAT, VERSION = "teacher", 1
PENALTY = 1e-2
"""Weight of all penalties together [1]."""
COARSE_SHARE = 0.8
"""Share of the updates that see averaged steps, see `TeacherSettings.coarse` [1]."""

Progress = Callable[[int, float], None]
"""Called with the number of updates done and the loss."""


@dataclass(frozen=True)
class TeacherSettings:
    """How a teacher is trained."""

    units: int = 64
    """Units of the network, 64 for XOR and 128 for the wake phrase."""
    updates: int = 500
    """Updates of the weights."""
    batch: int = 16
    """Sequences per update; the authors took one."""
    learning_rate: float = 3e-3
    """Adam's step at the start; decays to 0 along a cosine."""
    tau_range_s: tuple[float, float] = (0.010, 0.100)
    """Time constants at the start, evenly spread [s]."""
    least_tau_s: float = 0.015
    """Time constants below are pushed up [s]."""
    coarse: int = 1
    """Steps that are averaged into one in the first `COARSE_SHARE` of the updates, which makes them
    as much cheaper; shorter together than the time constants."""
    input_range: float = 5.0
    """Input weights at the start are uniform within plus and minus this [1]."""
    recurrence: float = 1.0
    """Weight of the mean square of recurrent weights, times `PENALTY`; 100 in paper.md [1]."""
    bias: float = 1.0
    """Weight of the mean square of biases, times `PENALTY`; 1e5 in paper.md [1]."""
    long_tau: float = 0.0
    """Weight of the square of how far the longest time constant is above the least, times
    `PENALTY`; 100 in paper.md [1/s^2]."""

    def __post_init__(self) -> None:
        check(self, above=("tau_range_s", "least_tau_s"))


@dataclass(frozen=True, eq=False)
class Teacher:
    """A trained teacher; float32 arrays."""

    w_in: np.ndarray
    """[channel, unit]."""
    w_rec: np.ndarray
    """[presynaptic unit, unit]."""
    w_out: np.ndarray
    """[unit]."""
    bias: np.ndarray
    """[unit]."""
    tau_s: np.ndarray
    """Time constants [s], [unit]."""

    def save(self, path: str | os.PathLike) -> Path:
        """Write it; see models.archive."""
        return write_archive(path, FORMAT, VERSION, {}, vars(self))

    @staticmethod
    def load(path: str | os.PathLike) -> Teacher:
        """Read one.

        Raises:
            FileError: as `read_archive`.
        """
        return Teacher(**read_archive(path, FORMAT, VERSION)[1])

    def input_current(self, samples: Samples) -> np.ndarray:
        """What its units get from outside, float32 [sample, step, unit]; without the bias."""
        return samples.input @ self.w_in

    def activations(self, samples: Samples) -> np.ndarray:
        """tanh of its states, float32 [sample, step, unit]."""
        return activations(self.input_current(samples), self.w_rec, self.bias, self.tau_s)

    def output(self, samples: Samples) -> np.ndarray:
        """[sample, step]."""
        return self.activations(samples) @ self.w_out


def train_teacher(
    task: SequenceTask,
    settings: TeacherSettings,
    generator: np.random.Generator,
    progress: Progress = lambda done, loss: None,
    bookmark: Bookmark = NO_BOOKMARK,
) -> Teacher:
    """Train a teacher for a task by gradient descent through time; same generator, same weights."""
    model = _Model(task.channels, settings, generator)
    optimiser = torch.optim.Adam(model.parameters(), settings.learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, settings.updates)
    first = go_on(bookmark.read(generator), model, optimiser, schedule)
    with one_thread():
        for done in range(first, settings.updates):
            batch = task.draw("train", settings.batch, generator)
            coarse = settings.coarse if done < COARSE_SHARE * settings.updates else 1
            loss = model.loss(
                _averaged(batch.input, coarse), _averaged(batch.target, coarse), coarse
            )
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            model.hold()
            progress(done + 1, float(loss.detach()))
            bookmark.keep(standing(model, optimiser, schedule), generator)
    return model.teacher()


class _Model(nn.Module):
    def __init__(self, channels: int, settings: TeacherSettings, generator: np.random.Generator):
        super().__init__()
        n, wide = settings.units, settings.input_range
        w_rec = generator.uniform(-0.1, 0.1, (n, n))
        np.fill_diagonal(w_rec, 0.0)
        w_rec *= 0.95 / np.abs(np.linalg.eigvals(w_rec)).max()
        self.settings, self.least_tau_s = settings, settings.least_tau_s
        self.w_in = _parameter(generator.uniform(-wide, wide, (channels, n)))
        self.w_rec = _parameter(w_rec)
        self.w_out = _parameter(generator.uniform(-0.2, 0.2, n))
        self.bias = _parameter(np.zeros(n))
        self.log_tau = _parameter(np.log(np.linspace(*settings.tau_range_s, n)))

    def loss(self, given: np.ndarray, target: np.ndarray, coarse: int) -> Tensor:
        """Squared error, and the penalties that keep the teacher imitable; in steps that are as
        many times longer."""
        weigh, tau_s = self.settings, self.log_tau.exp()
        current = torch.tensor(given) @ self.w_in
        output = trained_activations(current, self.w_rec, self.bias, tau_s / coarse) @ self.w_out
        error = (output - torch.tensor(target)).square().mean()
        short = torch.relu(self.least_tau_s - tau_s).sum() / self.least_tau_s
        penalties = (
            weigh.recurrence * self.w_rec.square().mean() + self.w_rec.diagonal().abs().mean()
        )
        penalties = penalties + short + weigh.bias * self.bias.square().mean()
        if weigh.long_tau:
            long_s = torch.relu(tau_s.max() - self.least_tau_s)
            penalties = penalties + weigh.long_tau * long_s.square()
        return error + PENALTY * penalties

    def hold(self) -> None:
        """Keep every step stable."""
        with torch.no_grad():
            self.log_tau.clamp_(min=float(np.log(self.least_tau_s / 3)))

    def teacher(self) -> Teacher:
        """The weights as they are."""
        arrays = (self.w_in, self.w_rec, self.w_out, self.bias, self.log_tau.exp())
        return Teacher(*(array.detach().numpy().copy() for array in arrays))


def _averaged(array: np.ndarray, steps: int) -> np.ndarray:
    """[sample, step, ...] with every so many steps averaged; what is left over is cut off."""
    whole = array.shape[1] // steps
    kept = array[:, : whole * steps]
    return kept.reshape(len(array), whole, steps, *array.shape[2:]).mean(axis=2)


def _parameter(values: np.ndarray) -> nn.Parameter:
    return nn.Parameter(torch.tensor(values, dtype=torch.float32))
