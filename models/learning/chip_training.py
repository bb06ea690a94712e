"""A group of neurons of the method `chip` in training: weights, chips, what they do wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor, nn

from ..mismatch import Draw
from ..parameters import NeuronParameters
from ..readout import lead
from ..tasks.samples import DT_S, Samples
from ..training import FitLevels, hold, levels_for
from ..unrolling import unroll_events
from .attack import attacked
from .chip_network import (
    FULL_HZ,
    TAU_OUT_S,
    chip_factors,
    circuits,
    paper_draw,
    wires,
)
from .chip_settings import Settings
from .chip_start import scale
from .even_code import even_levels, within
from .spike_encoding import spike_counts

INPUT_SD, OUTPUT_SD = 8.0, 32.0
"""Spreads of weights before training, divided by the square root of the number of sources: neurons
then fire at some Hz on temporal XOR. For other tasks see `Settings.start_hz`."""
HALF = 0.5
"""Where more is asked for than this an answer stands, else silence [1]."""
SHARPNESS = 4.0
"""Slope by which an output becomes the chance of a positive answer, for their divergence [1]."""


@dataclass(frozen=True)
class Hardware:
    """What the bias generator of a chip allows; see deploy.training."""

    legal: Callable[[NeuronParameters], NeuronParameters]
    """Currents that it has, near the given ones."""
    levels: FitLevels
    """Magnitudes that a core would hold these weights at [A]."""


class Model(nn.Module):
    """Signed weights in units of `W_UNIT`, and what the chip makes of them."""

    def __init__(
        self, analog: int, settings: Settings, generator: Generator, hardware: Hardware | None
    ) -> None:
        super().__init__()
        self.settings, self.hardware = settings, hardware
        channels, hidden = settings.encoding().channels(analog), settings.hidden
        self.w_in = _weights((channels, hidden), INPUT_SD, generator)
        self.w_rec = _weights((hidden, hidden), settings.recurrent_sd, generator)
        self.w_out = _weights((hidden, 2 * settings.outputs), OUTPUT_SD, generator)
        times = {"ampa": settings.tau_ampa_s, "nmda": settings.tau_nmda_s}
        times["gaba"] = settings.tau_gaba_s
        wanted = NeuronParameters.from_times(
            settings.tau_mem_s, times, t_refractory=settings.t_refractory_s
        )
        self.neurons = hardware.legal(wanted) if hardware else wanted
        self.circuits = circuits(self.neurons, hidden + 2 * settings.outputs)
        self.levels: tuple[Tensor, ...] = ()
        self.grown = 1.0
        """Share of mismatch, silence and dead synapses that samples meet now."""

    def held(self) -> dict[str, Tensor]:
        """The weights as the chip would hold them; gradients pass through."""
        levels = self.levels or (None, None)
        most = self.settings.max_fan_in
        cores = [hold(w, most, at) for w, at in zip(self.cores(), levels, strict=True)]
        if self.levels and self.settings.bits:
            cores = [within(w, at) for w, at in zip(cores, self.levels, strict=True)]
        hidden, output = cores
        split = len(self.w_in)
        return {"w_in": hidden[:split], "w_rec": hidden[split:], "w_out": output}

    def start(self, samples: Samples) -> None:
        """Scale weights so that neurons fire on these samples as the settings ask for."""
        counts = spike_counts(samples.input, self.settings.encoding())
        hidden = self.settings.hidden

        def rates_hz(which: slice) -> np.ndarray:
            held = self.held()
            _, spikes = self._play(counts, wires(**held), None)
            return spikes[..., which].mean((0, 1)).numpy() / DT_S

        parts = (self.w_in, slice(0, hidden)), (self.w_out, slice(hidden, None))
        for (weights, which), wanted_hz in zip(parts, self.settings.start_hz, strict=True):
            scale(weights, partial(rates_hz, which), wanted_hz)

    def loss(self, batch: Samples, generator: Generator) -> Tensor:
        """What chips do wrong that are drawn for these samples."""
        settings, held = self.settings, self.held()
        working = self._working(held, generator)

        def drives_of(w: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
            return wires(**{name: mask * w[name] for name, mask in working.items()})

        drives = drives_of(held)
        counts = spike_counts(batch.input, settings.encoding())
        factors, nominal = self.chips(counts, drives, generator)
        output, spikes = self._play(counts, drives, factors)
        target = settings.answer * torch.tensor(batch.target)
        wrong = missed(output, target, settings.margin, settings.stray)
        loss = settings.error * wrong.square().mean()
        busy = torch.relu(spikes.mean((0, 1)) / DT_S - settings.rate_hz)
        loss = loss + settings.activity * busy.square().mean()
        if nominal is None or not settings.divergence:
            return loss

        if not (settings.attack or settings.attack_circuits):
            return loss + settings.divergence * divergence(nominal, output).mean()

        def change(there: Mapping[str, Tensor]) -> Tensor:
            chips = {**factors, **{name: there[name] for name in factors if name in there}}
            return divergence(nominal, self._play(counts, drives_of(there), chips)[0]).mean()

        return loss + settings.divergence * change(self._attacked(held, factors, change, generator))

    def _working(self, held: Mapping[str, Tensor], generator: Generator) -> dict[str, Tensor]:
        """1 for every synapse that works, 0 for those of silent neurons and for dead words."""
        settings = self.settings
        working = {name: torch.ones_like(w) for name, w in held.items()}
        if settings.silenced:
            share = self.grown * settings.silenced * generator.random()
            alive = torch.tensor(generator.random(settings.hidden) >= share, dtype=torch.float32)
            working |= {name: alive[:, None] * working[name] for name in ("w_rec", "w_out")}
        if settings.dead_words:
            share = self.grown * settings.dead_words * generator.random()
            for mask in working.values():
                mask *= torch.tensor(generator.random(tuple(mask.shape)) >= share)
        return working

    def _attacked(
        self,
        held: Mapping[str, Tensor],
        factors: Mapping[str, np.ndarray],
        change: Callable[[dict[str, Tensor]], Tensor],
        generator: Generator,
    ) -> dict[str, Tensor]:
        """Weights, and factors of the currents that are attacked, where an attack leaves them."""
        sizes = dict.fromkeys(held, self.settings.attack)
        there = dict(held)
        if self.settings.attack_circuits:
            acting = self.circuits.acting()
            sizes |= dict.fromkeys(acting, self.settings.attack_circuits)
            there |= {n: torch.tensor(factors[n], dtype=torch.float32) for n in acting}
        reach = {name: size * there[name].detach().abs() for name, size in sizes.items() if size}
        return attacked(there, reach, change, self.settings.attack_steps, generator)

    def cores(self) -> tuple[Tensor, Tensor]:
        """Weights [source, neuron] of the hidden core and of the output core."""
        return torch.cat([self.w_in, self.w_rec]), self.w_out

    def chips(
        self, counts: np.ndarray, drives: tuple[Tensor, Tensor], generator: Generator
    ) -> tuple[dict[str, np.ndarray], Tensor | None]:
        """Factors of a chip for each sample, [sample, neuron], and what the nominal chip answers,
        [sample, step], where it was asked."""
        settings, samples = self.settings, len(counts)
        choices = [self.drawn(samples, generator) for _ in range(max(1, settings.candidates))]
        if not settings.divergence and len(choices) == 1:
            return choices[0], None
        with torch.no_grad():
            nominal, _ = self._play(counts, drives, None)
            if len(choices) == 1:
                return choices[0], nominal
            apart = [
                divergence(nominal, self._play(counts, drives, factors)[0]).mean(1)
                for factors in choices
            ]
        worst = torch.stack(apart).argmax(0).numpy()
        chosen = {
            name: np.stack([f[name] for f in choices])[worst, np.arange(samples)]
            for name in choices[0]
        }
        return chosen, nominal

    def drawn(self, samples: int, generator: Generator) -> dict[str, np.ndarray]:
        """Factors of the acting currents of a chip for each sample, [sample, neuron]."""
        settings, neurons, nominal = self.settings, self.circuits.neurons, self.circuits.acting()
        level = self.grown * settings.paper_mismatch * generator.random()
        seeds = generator.integers(2**31, size=2)
        measured = Draw(
            int(seeds[0]), self.grown * settings.mismatch, (samples, 2, neurons), "measured"
        )
        paper = paper_draw(int(seeds[1]), level, samples, neurons)
        one, other = (chip_factors(draw, nominal, settings.hidden) for draw in (measured, paper))
        return {name: one[name] * other[name] for name in nominal}

    def _play(
        self,
        counts: np.ndarray,
        drives: tuple[Tensor, Tensor],
        factors: Mapping[str, np.ndarray | Tensor] | None,
    ) -> tuple[Tensor, Tensor]:
        """Readout [sample, step] and spikes [sample, step, neuron] of chips, None: the nominal."""
        c = self.circuits.coefficients(torch.float32, factors)
        spikes = unroll_events(c, counts, *drives)
        return _low_passed(lead(spikes[..., self.settings.hidden :])) / (DT_S * FULL_HZ), spikes


def fit_codes(groups: Sequence[Model]) -> None:
    """Choose the weight codes for the weights as they are: one for the hidden neurons of all
    groups, so that any of them fit into a core, one for the output neurons."""
    settings, hardware = groups[0].settings, groups[0].hardware
    if hardware is None:
        return
    code = hardware.levels
    if settings.bits:
        code = partial(even_levels, bits=settings.bits, levels=code)
    layers = zip(*(group.cores() for group in groups), strict=True)
    levels = tuple(levels_for(torch.cat(ws, 1), settings.max_fan_in, code) for ws in layers)
    for group in groups:
        group.levels = levels


def _weights(shape: tuple[int, int], sd: float, generator: Generator) -> nn.Parameter:
    begun = generator.normal(0.0, sd / np.sqrt(shape[0]), shape)
    return nn.Parameter(torch.tensor(begun, dtype=torch.float32))


def _low_passed(rate: Tensor) -> Tensor:
    """Along steps, [sample, step], as `readout.course` has it."""
    keep = float(np.exp(-DT_S / TAU_OUT_S))
    steps = rate.shape[1]
    tail = (1 - keep) * keep ** torch.arange(steps, dtype=rate.dtype)
    size = 2 * steps
    made = torch.fft.irfft(torch.fft.rfft(rate, size) * torch.fft.rfft(tail, size), size)
    return made[:, :steps]


def missed(output: Tensor, target: Tensor, margin: float, stray: float) -> Tensor:
    """How far an output falls short of a target, or `stray` times how far it strays beyond a margin
    where there is none, [sample, step]."""
    short = torch.relu(target.abs() - target.sign() * output)
    astray = torch.relu((output - target).abs() - margin)
    return torch.where(target.abs() > HALF, short, stray * astray)


def divergence(nominal: Tensor, other: Tensor) -> Tensor:
    """Kullback-Leibler divergence of the answers' chances, [sample, step]."""
    p, q = (torch.sigmoid(SHARPNESS * y) for y in (nominal.detach(), other))
    p, q = p.clamp(1e-6, 1 - 1e-6), q.clamp(1e-6, 1 - 1e-6)
    return p * torch.log(p / q) + (1 - p) * torch.log((1 - p) / (1 - q))
