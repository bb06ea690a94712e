"""Train a network for the chip: fan-in, weight code and mismatch are respected from the start."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from .bookmark import NO_BOOKMARK, Bookmark
from .chain import Held, chain
from .descent import go_on, standing
from .errors import InputError
from .mismatch import Draw, lumped_factors
from .network import Network
from .parameters import DENDRITES, NeuronParameters
from .recording import Stimulus
from .reference import one_thread
from .simulation import STEP_US
from .unrolling import unroll_events
from .virtual_chips import Circuits

W_UNIT = 1e-9
"""Weight current of a trained weight of 1 [A]."""

EXCITE_INHIBIT = (DENDRITES[0], DENDRITES[2])
"""Dendrites of positive and of negative weights."""


@dataclass(frozen=True)
class Settings:
    """How to train; every field is in the provenance of the trained network."""

    hidden: int = 128
    """Neurons of the hidden population."""
    copies: int = 1
    """Output neurons of each label; their spikes are counted together, so that mismatch of one
    decides less."""
    epochs: int = 120
    """Passes through the training set."""
    batch: int = 27
    """Trials per update."""
    learning_rate: float = 0.05
    """Adam's step at the start; decays to 0 along a cosine."""
    max_fan_in: int = 64
    """Synapses a neuron may have: the strongest are kept, at every update."""
    mismatch: float = 1.0
    """Level of mismatch drawn anew for every trial of every batch; 0 trains one nominal chip."""
    quantized_from: float = 0.5
    """Share of the epochs after which the weights of the forward pass are those of the code."""
    rate_target_hz: float = 30.0
    """Mean rate above which hidden neurons are discouraged [Hz]."""
    seed: int = 0
    """Seeds weights, batches and mismatch."""


FitLevels = Callable[[np.ndarray], np.ndarray]
"""Chooses, for the magnitudes of a core's weights [A], the levels the chip would hold them at:
ascending [A], the first one 0."""


class TwoLayers(nn.Module):
    """inputs -> hidden -> output, feed-forward; a synapse excites (AMPA) or inhibits (GABA).

    Weights are signed numbers in units of `W_UNIT`; the sign picks the dendrite.
    """

    def __init__(self, sizes: tuple[int, int, int], generator: torch.Generator):
        super().__init__()
        n_in, n_hidden, n_out = sizes
        self.sizes = sizes
        self.w_hidden = nn.Parameter(
            torch.randn(n_in, n_hidden, generator=generator) * 8.0 / n_in**0.5
        )
        self.w_output = nn.Parameter(
            torch.randn(n_hidden, n_out, generator=generator) * 24.0 / n_hidden**0.5
        )

    def layers(self) -> tuple[Tensor, Tensor]:
        """Signed weights of the two layers."""
        return self.w_hidden, self.w_output


Levels = tuple[Tensor, ...]
"""Levels of each layer in units of `W_UNIT`, or nothing while weights are continuous."""


def fit_levels(model: TwoLayers, fan_in: int, fit: FitLevels) -> Levels:
    """Levels for the weights as they are now."""
    return tuple(levels_for(w, fan_in, fit) for w in model.layers())


def levels_for(w: Tensor, fan_in: int, fit: FitLevels) -> Tensor:
    """Levels of a core for the `fan_in` strongest weights of every neuron [source, neuron], both in
    units of `W_UNIT`."""
    magnitudes = amperes(_strongest(w.detach(), fan_in).abs())
    return torch.tensor(fit(magnitudes) / W_UNIT, dtype=torch.float32)


def held_weights(model: TwoLayers, fan_in: int, levels: Levels) -> list[Tensor]:
    """Signed weights as the chip would hold them; gradients pass straight through."""
    return [
        hold(w, fan_in, levels[layer] if levels else None) for layer, w in enumerate(model.layers())
    ]


def hold(w: Tensor, fan_in: int, levels: Tensor | None) -> Tensor:
    """Signed weights [source, neuron] as the chip would hold them, gradients passing through.

    The `fan_in` strongest of every neuron are kept, each at the nearest of `levels` (ascending,
    the first one 0, in the unit of the weights); None leaves them continuous.

    Raises:
        InputError: LEVELS.
    """
    with torch.no_grad():
        value = _strongest(w, fan_in)
        if levels is not None:
            levels = _checked(levels).to(w)
            nearest = torch.bucketize(value.abs(), (levels[1:] + levels[:-1]) / 2)
            value = torch.sign(value) * levels[nearest]
    return w + (value - w).detach()


def _checked(levels: Tensor) -> Tensor:
    """Levels that magnitudes can be rounded to; on torch's device without memory nobody knows."""
    if levels.is_meta:
        return levels
    whole = levels.ndim == 1 and len(levels) > 1 and bool(torch.isfinite(levels).all())
    if not (whole and levels[0] == 0 and bool((levels.diff() > 0).all())):
        raise InputError(
            f"levels are two magnitudes or more, ascending, the first one 0; these are "
            f"{levels.tolist()}: leave out what stands twice, and sort them",
            code="LEVELS",
        )
    return levels


def _strongest(w: Tensor, fan_in: int) -> Tensor:
    """The `fan_in` strongest weights of every neuron; the others are 0."""
    if w.shape[0] <= fan_in:
        return w
    kept = torch.topk(w.abs(), fan_in, dim=0).indices
    return torch.zeros_like(w).scatter(0, kept, w.gather(0, kept))


@one_thread()
def train(
    data: Stimulus,
    labels: tuple[str, ...],
    parameters: NeuronParameters,
    settings: Settings,
    fit: FitLevels | None = None,
    progress: Callable[[int, float, float], None] = lambda epoch, loss, accuracy: None,
    bookmark: Bookmark = NO_BOOKMARK,
) -> Network:
    """Train a two-layer network to make the output neurons of the right label fire most.

    Args:
        data: trials with targets.
        labels: what trials can be.
        parameters: of both populations; the chip's legal values, so that what is trained is
            what will be programmed.
        fit: the chip's weight code, or None to leave the weights continuous.
        progress: called after every epoch with its number, mean loss and training accuracy.

    Deterministic for a seed on one machine; runs on one thread (the steps are too small to share).
    """
    generator = torch.Generator().manual_seed(settings.seed)
    outputs = tuple(label for label in labels for _ in range(settings.copies))
    model = TwoLayers((data.n_channels, settings.hidden, len(outputs)), generator)
    optimizer = torch.optim.Adam(model.parameters(), lr=settings.learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, settings.epochs)
    levels: Levels = ()
    if kept := bookmark.read(None):
        generator.set_state(torch.tensor(kept["generator"]))
    for epoch in range(go_on(kept, model, optimizer, schedule), settings.epochs):
        if fit is not None and epoch >= settings.quantized_from * settings.epochs:
            levels = fit_levels(model, settings.max_fan_in, fit)
        losses, right = [], 0
        for number, chosen in enumerate(_batches(data, settings.batch, generator)):
            batch = data.select(chosen)
            seed = (settings.seed, epoch, number)
            loss, hits = _loss(model, batch, parameters, settings, levels, seed)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            losses.append(loss.item())
            right += hits
        schedule.step()
        progress(epoch, float(np.mean(losses)), right / data.n_trials)
        state = {"generator": generator.get_state().numpy()}
        bookmark.keep({**standing(model, optimizer, schedule), **state}, None)
    if fit is not None:
        levels = fit_levels(model, settings.max_fan_in, fit)
    return _network(held_weights(model, settings.max_fan_in, levels), outputs, parameters)


def _batches(data: Stimulus, size: int, generator: torch.Generator) -> Iterator[np.ndarray]:
    """Trials of similar duration together (less padding), in random order."""
    jitter = torch.rand(data.n_trials, generator=generator).numpy() * 20_000
    order = np.argsort(data.duration_us + jitter, kind="stable")
    groups = np.array_split(order, max(1, round(data.n_trials / size)))
    for k in torch.randperm(len(groups), generator=generator):
        yield groups[int(k)]


def _loss(
    model: TwoLayers,
    batch: Stimulus,
    parameters: NeuronParameters,
    settings: Settings,
    levels: Levels,
    seed: tuple[int, int, int],
) -> tuple[Tensor, int]:
    n_in, n_hidden, n_out = model.sizes
    neurons = n_hidden + n_out
    w_hidden, w_output = held_weights(model, settings.max_fan_in, levels)
    w_in = w_hidden.new_zeros(n_in, 2, neurons)
    w_in[:, 0, :n_hidden], w_in[:, 1, :n_hidden] = torch.relu(w_hidden), torch.relu(-w_hidden)
    w_rec = w_hidden.new_zeros(neurons, 2, neurons)
    w_rec[:n_hidden, 0, n_hidden:] = torch.relu(w_output)
    w_rec[:n_hidden, 1, n_hidden:] = torch.relu(-w_output)

    c = _mismatched(parameters, settings.mismatch, batch.n_trials, neurons, seed)
    spikes = unroll_events(c, batch.counts(STEP_US), w_in * W_UNIT, w_rec * W_UNIT)

    steps = torch.tensor(batch.duration_us // STEP_US)
    valid = (torch.arange(spikes.shape[1]) < steps[:, None]).to(spikes.dtype)[..., None]
    total = (spikes * valid).sum(1)
    score = total[:, n_hidden:].unflatten(1, (-1, settings.copies)).mean(-1)
    target = torch.tensor(batch.target)
    seconds = steps[:, None] * STEP_US * 1e-6
    busy = torch.relu(total[:, :n_hidden] / seconds - settings.rate_target_hz)
    loss = nn.functional.cross_entropy(score * 0.5, target) + 1e-5 * busy.square().mean()
    return loss, int((score.argmax(1) == target).sum())


def _mismatched(
    parameters: NeuronParameters, level: float, trials: int, neurons: int, seed: tuple[int, ...]
):
    """Coefficients [trial, neuron], every trial on a chip of its own."""
    number = int(np.random.SeedSequence(seed).generate_state(1)[0])
    circuits = Circuits(parameters, neurons, EXCITE_INHIBIT, STEP_US * 1e-6)
    factors = lumped_factors(Draw(number, level, (trials, 1, neurons)), circuits.acting())
    return circuits.coefficients(torch.float32, {name: f[:, 0] for name, f in factors.items()})


def _network(held: list[Tensor], labels: tuple[str, ...], parameters: NeuronParameters) -> Network:
    return chain([Held(parameters, EXCITE_INHIBIT, amperes(w)) for w in held], labels)


def amperes(weight: Tensor) -> np.ndarray:
    """Weight currents [A] of weights in units of `W_UNIT`, float64."""
    return weight.detach().cpu().numpy().astype(np.float64) * W_UNIT
