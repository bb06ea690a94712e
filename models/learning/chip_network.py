"""The network of the method `chip`: populations of the chip's own neurons, in a student's form.

Input spikes (spike_encoding.py) excite hidden neurons through AMPA, those of every other channel
through slow NMDA, without its gate: what was there meets what was there before. Hidden neurons
excite each other through NMDA too, and the output neurons through AMPA; all inhibition is GABA.
Half of the output neurons speak for a positive answer, half against it, and a host reads

    y = 1 / `FULL_HZ` * low-passed (mean rate of the first half - mean rate of the second half)

A student's arrays are the signed weights in units of `W_UNIT` and the currents of its neurons,
hidden first, by the names of `NeuronParameters`, so that a chip with mismatch is other currents.
Its constants are the nominal currents and how input becomes spikes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from typing import Any

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from ..dense_play import shaken
from ..mismatch import Draw, lumped_factors
from ..mismatch_table import numbers_of
from ..network import INPUT, Network, Population, Projection
from ..parameters import CURRENTS, NeuronParameters
from ..reference import one_thread
from ..tasks.samples import DT_S
from ..training import W_UNIT
from ..unrolling import unroll_events
from ..virtual_chips import Circuits
from .perturbation import mismatched
from .spike_encoding import SpikeEncoding, spike_counts
from .student import QUIET, Conditions, Perturbed, Response, Student, silenced_thresholds

WEIGHTS = ("w_in", "w_rec", "w_out")
"""[input channel, hidden], [hidden, hidden] and [hidden, output]; rows are presynaptic."""
MISMATCH = tuple(Perturbed(name) for name in WEIGHTS)
"""What mismatch of the seed paper touches besides the neurons: every entry."""
QUANTIZED = WEIGHTS
NAME = "chip"
"""Of the method."""
USED = ("ampa", "nmda", "gaba")
"""Dendrites, in the order of every array here."""
AMPA, NMDA, GABA = range(3)
FULL_HZ = 50.0
"""Difference of the mean rates of the output halves that reads as 1 [Hz]; ours."""
TAU_OUT_S = 0.07
"""Time constant of the host's low-pass, the seed paper's of decoders [s]."""


def encoding_of(student: Student) -> SpikeEncoding:
    """How its input becomes spikes."""
    names = [field.name for field in fields(SpikeEncoding)]
    given = {name: student.constants[name] for name in names if name in student.constants}
    made: dict[str, Any] = given | {"copies": int(given["copies"]), "signed": bool(given["signed"])}
    return SpikeEncoding(**made)


def nominal_of(student: Student) -> NeuronParameters:
    """The currents that its neurons would have on a chip without mismatch."""
    currents: dict[str, Any] = {name: student.constants[name] for name in CURRENTS}
    return NeuronParameters(**currents)


def made(
    task: str,
    weights: Mapping[str, np.ndarray],
    parameters: NeuronParameters,
    encoding: SpikeEncoding,
    provenance: Mapping,
) -> Student:
    """A student on a nominal chip."""
    neurons = sum(weights["w_out"].shape)
    arrays = {name: weights[name].astype(np.float32) for name in WEIGHTS}
    arrays |= {name: np.full(neurons, amps) for name, amps in parameters.currents().items()}
    constants = parameters.currents() | {n: float(v) for n, v in asdict(encoding).items()}
    return Student(NAME, task, arrays, constants, provenance)


def wires(w_in: Tensor, w_rec: Tensor, w_out: Tensor) -> tuple[Tensor, Tensor]:
    """Weight currents [A] from signed weights: [input channel, dendrite, neuron] and [source
    neuron, dendrite, neuron]."""
    hidden, outputs = w_out.shape
    into = w_in.new_zeros(len(w_in), len(USED), hidden + outputs)
    into[::2, AMPA, :hidden] = torch.relu(w_in[::2])
    into[1::2, NMDA, :hidden] = torch.relu(w_in[1::2])
    into[:, GABA, :hidden] = torch.relu(-w_in)
    back = w_in.new_zeros(hidden + outputs, len(USED), hidden + outputs)
    back[:hidden, NMDA, :hidden] = torch.relu(w_rec)
    back[:hidden, GABA, :hidden] = torch.relu(-w_rec)
    back[:hidden, AMPA, hidden:] = torch.relu(w_out)
    back[:hidden, GABA, hidden:] = torch.relu(-w_out)
    return into * W_UNIT, back * W_UNIT


def circuits(parameters: NeuronParameters, neurons: int) -> Circuits:
    """So many neurons with these currents, before any chip is chosen."""
    return Circuits(parameters, neurons, USED, DT_S)


def lead(spikes: Any, hidden: int) -> Any:
    """By how much the first half of the output neurons fires more in each step, [sample, step], of
    spikes [sample, step, neuron]; an array of one, a tensor of the other."""
    half = (spikes.shape[-1] - hidden) // 2
    return spikes[..., hidden : hidden + half].mean(-1) - spikes[..., hidden + half :].mean(-1)


def read_out(spikes: np.ndarray, hidden: int) -> np.ndarray:
    """y of spikes [sample, step, neuron]: float32 [sample, step]."""
    rate = lead(spikes, hidden)
    output, keep, last = np.empty_like(rate), np.exp(-DT_S / TAU_OUT_S), 0.0
    for k in range(rate.shape[1]):
        last = keep * last + (1 - keep) * rate[:, k]
        output[:, k] = last
    return (output / (DT_S * FULL_HZ)).astype(np.float32)


@one_thread()
def respond(student: Student, inputs: np.ndarray, conditions: Conditions = QUIET) -> Response:
    """What a student answers.

    Args:
        inputs: [sample, step, channel].
        conditions: noise is on all neurons, each step that the soma integrates; of hidden neurons
            the first are silenced.
    """
    arrays = dict(student.arrays)
    hidden = arrays["w_out"].shape[0]
    quiet = silenced_thresholds(arrays["i_threshold"][:hidden], conditions.silenced)
    arrays["i_threshold"] = np.concatenate([quiet, arrays["i_threshold"][hidden:]])
    factors = {name: arrays[name] / student.constants[name] for name in CURRENTS}
    neurons = arrays["i_threshold"].size
    c = circuits(nominal_of(student), neurons).coefficients(torch.float32, factors)
    into, back = wires(*(torch.tensor(arrays[name]) for name in WEIGHTS))
    counts = spike_counts(inputs, encoding_of(student))
    with torch.no_grad():
        if conditions.noise:
            spikes = shaken(c, counts, into, back, conditions.noise, conditions.seed)
        else:
            spikes = unroll_events(c, counts, into, back).numpy()
    return Response(read_out(spikes, hidden), spikes.mean((1, 2)) / DT_S)


def with_paper_mismatch(student: Student, level: float, generator: Generator) -> Student:
    """On a chip as the seed paper draws it: time constants and threshold of every neuron, every
    entry of the weights (paper.md 1.6), as `paper` of models/mismatch.py acts on circuits."""
    changed = mismatched(student, level, MISMATCH, generator)
    neurons = student.arrays[CURRENTS[0]].size
    return _with_factors(changed, paper_draw(int(generator.integers(2**31)), level, 1, neurons))


def paper_draw(seed: int, level: float, chips: int, neurons: int, cores: int = 1) -> Draw:
    """The seed paper's mismatch at its own level, a standard deviation [1]."""
    one = numbers_of("paper", "entry")["cv"]
    return Draw(seed, level / one, (chips, cores, neurons), "paper")


def on_silicon(student: Student, level: float, generator: Generator) -> Student:
    """On a chip as measured: spread within its two cores and between them (models/mismatch.py)."""
    neurons = student.arrays[CURRENTS[0]].size
    draw = Draw(int(generator.integers(2**31)), level, (1, 2, neurons), "measured")
    return _with_factors(student, draw)


def _with_factors(student: Student, draw: Draw) -> Student:
    factors = chip_factors(draw, nominal_of(student).currents(), len(student.arrays["w_out"]))
    arrays = {name: student.arrays[name] * factor[0] for name, factor in factors.items()}
    return replace(student, arrays=dict(student.arrays) | arrays)


def chip_factors(draw: Draw, nominal: Mapping[str, float], hidden: int) -> dict[str, np.ndarray]:
    """Factors of all currents, [chip, neuron]; output neurons are those of the last core."""
    factors = lumped_factors(draw, nominal)
    return {
        name: np.concatenate([f[:, 0, :hidden], f[:, -1, hidden:]], axis=1)
        for name, f in factors.items()
    }


def network_of(student: Student) -> Network:
    """The network to compile, of a student on a nominal chip; its input channels are those of
    `spike_counts`, its output neurons those that `read_out` reads."""
    parameters = nominal_of(student)
    w_in, w_rec, w_out = (student.arrays[n].astype(np.float64) * W_UNIT for n in WEIGHTS)
    hidden, outputs = w_out.shape
    slow = (np.arange(len(w_in)) % 2 == 1)[:, None]
    parts = (
        (INPUT, "hidden", "ampa", np.where(slow, 0.0, w_in)),
        (INPUT, "hidden", "nmda", np.where(slow, w_in, 0.0)), (INPUT, "hidden", "gaba", -w_in),
        ("hidden", "hidden", "nmda", w_rec), ("hidden", "hidden", "gaba", -w_rec),
        ("hidden", "output", "ampa", w_out), ("hidden", "output", "gaba", -w_out),
    )  # fmt: skip
    return Network(
        n_inputs=len(w_in),
        populations=(
            Population("hidden", hidden, parameters),
            Population("output", outputs, parameters),
        ),
        projections=tuple(Projection(a, b, d, np.maximum(w, 0.0)) for a, b, d, w in parts),
        output="output",
        provenance={"student": student.hash, **student.provenance},
    )
