"""A network of the method `chip` in training: its weights, its chips, what they do wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor, nn

from ..errors import InputError
from ..mismatch import Draw
from ..parameters import CURRENTS, NeuronParameters
from ..tasks.samples import DT_S, Samples
from ..training import W_UNIT, FitLevels, hold
from ..unrolling import unroll_events
from .attack import climb
from .chip_network import FULL_HZ, TAU_OUT_S, chip_factors, circuits, lead, paper_draw, wires
from .chip_start import scale
from .spike_encoding import SpikeEncoding, spike_counts

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


@dataclass(frozen=True)
class Settings:
    """How a network is trained, and what its chips go through; 0 switches a thing off."""

    hidden: int = 128
    """Hidden neurons."""
    outputs: int = 24
    """Output neurons for a positive answer, and as many against it."""
    copies: int = 16
    """See `SpikeEncoding`."""
    input_hz: float = 300.0
    """See `SpikeEncoding`."""
    input_full: float = 1.0
    """See `SpikeEncoding`."""
    input_knee: float = 0.0
    """See `SpikeEncoding`."""
    input_signed: bool = True
    """See `SpikeEncoding`."""
    tau_mem_s: float = 0.05
    """Of all neurons [s]."""
    tau_ampa_s: float = 0.02
    """Of excitation from input and to outputs [s]."""
    tau_nmda_s: float = 0.2
    """Of excitation among hidden neurons [s]."""
    tau_gaba_s: float = 0.1
    """Of inhibition [s]."""
    recurrent_sd: float = 2.0
    """Spread of the weights among hidden neurons before training, times the root of their
    number [1]."""
    start_hz: tuple[float, float] = (0.0, 0.0)
    """Rates that the weights of hidden and of output neurons are scaled to before training [Hz],
    see chip_start.py; 0: they are as drawn, whose spread fits temporal XOR."""
    max_fan_in: int = 64
    """Synapses of a neuron, the strongest; the chip has 64."""
    coded: bool = True
    """Whether weights end as those of the 4-bit code."""
    quantized_from: float = 0.6
    """Share of the updates behind which they are [1]."""
    updates: int = 1000
    """Updates of the weights."""
    batch: int = 32
    """Samples per update."""
    learning_rate: float = 0.05
    """Adam's step at the start, in units of the spread of an array's first entries; decays to 0
    along a cosine."""
    mismatch: float = 1.0
    """Level of the measured mismatch."""
    paper_mismatch: float = 0.3
    """Highest level of the seed paper's mismatch of time constants and thresholds, not of weights;
    each `TOGETHER` samples draw their own from 0 on."""
    silenced: float = 0.4
    """Highest share of silent hidden neurons; each `TOGETHER` samples draw their
    own from 0 on, and which [1]."""
    grown_at: float = 0.0
    """Share of the updates by which mismatch and silence have grown to these levels, from none [1];
    0: they begin with them."""
    candidates: int = 1
    """Chips drawn for each sample, of which the most different one is learned from."""
    divergence: float = 0.0
    """Weight of the divergence of a chip's answers from the nominal chip's."""
    attack: float = 0.0
    """How far an attack moves each weight of such a chip along the gradient of the divergence,
    relative to the weight [1]; it needs a `divergence`."""
    attack_steps: int = 3
    """Steps of an attack."""
    error: float = 10.0
    """Weight of the mean square of what an output misses."""
    margin: float = 0.2
    """Where the target is near 0 an output may stray so far [1]."""
    answer: float = 1.5
    """Where it is not, the output shall be so many times the target, and may be larger still [1]:
    silent neurons and mismatch take their part."""
    stray: float = 4.0
    """What strays from the target counts so many times what falls short of it [1]: of an output
    that is decided by its sign one false answer spoils a sample. Where a boundary is chosen for
    the output, high values keep the network silent: it learns nothing until it is sure."""
    rate_hz: float = 10.0
    """Rate above which neurons are discouraged [Hz]."""
    activity: float = 1e-3
    """Weight of the mean square of what is above [1/Hz^2]."""

    def __post_init__(self) -> None:
        if self.copies % 2 or self.copies < 2:
            raise InputError(
                f"copies is {self.copies}, an even number is needed: half of the copies act "
                "through slow dendrites",
                code="SETTING",
            )
        if self.attack and not self.divergence:
            raise InputError(
                f"attack is {self.attack}, which changes a divergence that counts nothing: give a "
                "divergence above 0, such as 1",
                code="SETTING",
            )
        if self.max_fan_in < 1:
            raise InputError(
                f"max_fan_in is {self.max_fan_in}, at least 1 is needed: give a large number "
                "for no limit",
                code="SETTING",
            )

    def encoding(self) -> SpikeEncoding:
        """How input becomes spikes."""
        return SpikeEncoding(
            self.copies, self.input_hz, self.input_full, self.input_knee, self.input_signed
        )


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
        wanted = NeuronParameters.from_times(settings.tau_mem_s, times)
        self.neurons = hardware.legal(wanted) if hardware else wanted
        self.levels: tuple[Tensor, ...] = ()
        self.grown = 1.0
        """Share of mismatch and silence that samples meet now."""

    def fit(self) -> None:
        """Choose the weight code of both cores for the weights as they are."""
        if self.hardware is None:
            return
        with torch.no_grad():
            most = self.settings.max_fan_in
            kept = [hold(w, most, None).abs().numpy() for w in self._cores()]
        fitted = [self.hardware.levels(w * W_UNIT) / W_UNIT for w in kept]
        self.levels = tuple(torch.tensor(levels, dtype=torch.float32) for levels in fitted)

    def held(self) -> dict[str, Tensor]:
        """The weights as the chip would hold them; gradients pass through."""
        levels = self.levels or (None, None)
        most = self.settings.max_fan_in
        hidden, output = (hold(w, most, at) for w, at in zip(self._cores(), levels, strict=True))
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
        alive = torch.ones(settings.hidden)
        if settings.silenced:
            share = self.grown * settings.silenced * generator.random()
            alive = torch.tensor(generator.random(settings.hidden) >= share, dtype=torch.float32)
        quiet = alive[:, None]

        def drives_of(w: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
            return wires(w["w_in"], quiet * w["w_rec"], quiet * w["w_out"])

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

        def change(weights: Mapping[str, Tensor]) -> Tensor:
            return divergence(nominal, self._play(counts, drives_of(weights), factors)[0]).mean()

        if not settings.attack:
            return loss + settings.divergence * divergence(nominal, output).mean()
        begun = {name: w.detach() for name, w in held.items()}
        reach = {name: w.abs() for name, w in begun.items()}
        way = climb(begun, reach, change, settings.attack, settings.attack_steps, generator)
        moved = {name: w + way[name] for name, w in held.items()}
        return loss + settings.divergence * change(moved)

    def _cores(self) -> tuple[Tensor, Tensor]:
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
        """Factors of all currents of a chip for each sample, [sample, neuron]."""
        settings, nominal = self.settings, self.neurons.currents()
        neurons = settings.hidden + 2 * settings.outputs
        level = self.grown * settings.paper_mismatch * generator.random()
        seeds = generator.integers(2**31, size=2)
        measured = Draw(
            int(seeds[0]), self.grown * settings.mismatch, (samples, 2, neurons), "measured"
        )
        paper = paper_draw(int(seeds[1]), level, samples, neurons)
        one, other = (chip_factors(draw, nominal, settings.hidden) for draw in (measured, paper))
        return {name: one[name] * other[name] for name in CURRENTS}

    def _play(
        self,
        counts: np.ndarray,
        drives: tuple[Tensor, Tensor],
        factors: Mapping[str, np.ndarray] | None,
    ) -> tuple[Tensor, Tensor]:
        """Readout [sample, step] and spikes [sample, step, neuron] of chips, None: the nominal."""
        made = circuits(self.neurons, drives[1].shape[-1])
        spikes = unroll_events(made.coefficients(torch.float32, factors), counts, *drives)
        return _low_passed(lead(spikes, self.settings.hidden)) / (DT_S * FULL_HZ), spikes


def _weights(shape: tuple[int, int], sd: float, generator: Generator) -> nn.Parameter:
    begun = generator.normal(0.0, sd / np.sqrt(shape[0]), shape)
    return nn.Parameter(torch.tensor(begun, dtype=torch.float32))


def _low_passed(rate: Tensor) -> Tensor:
    """Along steps, [sample, step], as `chip_network.read_out` has it."""
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
