"""The network of the method `chip`: populations of the chip's own neurons, in a student's form.

Input spikes (spike_encoding.py) excite hidden neurons through AMPA, those of every other channel
through slow NMDA, without its gate: what was there meets what was there before. Hidden neurons
excite each other through NMDA too, and the output neurons through AMPA; all inhibition is GABA.
Half of the output neurons speak for a positive answer, half against it, and a host reads

    y = 1 / `FULL_HZ` * low-passed (mean rate of the first half - mean rate of the second half)

or where `relative` asks for it readout.read_relative of that: on a chip whose neurons all fire less
than nominal ones the difference is less, and so are both halves.

There may be several groups of such neurons, each as large as another, which are not joined. Hidden
neurons are in the order of the groups, and so are output neurons within each half.

A student's arrays are the signed weights in units of `W_UNIT` and the currents of its neurons,
hidden first, by the names of `NeuronParameters`, so that a chip with mismatch is other currents.
Its constants are the nominal currents and how input becomes spikes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from typing import Any

import numpy as np
import torch
from numpy.random import Generator
from scipy.linalg import block_diag
from torch import Tensor

from ..dense_play import shaken
from ..mismatch import Draw, lumped_factors
from ..mismatch_table import numbers_of
from ..network import INPUT, Network, Population, Projection
from ..parameters import CURRENTS, NeuronParameters
from ..readout import Difference, course, read_relative, second_half_hz
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
SHAPES = {
    "w_in": "input hidden", "w_rec": "hidden hidden", "w_out": "hidden output",
    **dict.fromkeys(CURRENTS, "hidden+output"),
}  # fmt: skip
"""Axes of the arrays: of one name, of one length; inputs are those of the encoding."""
NAME = "chip"
"""Of the method."""
USED = ("ampa", "nmda", "gaba")
"""Dendrites, in the order of every array here."""
AMPA, NMDA, GABA = range(3)
FULL_HZ = 50.0
"""Difference of the mean rates of the output halves that reads as 1 [Hz]; ours."""
TAU_OUT_S = 0.07
"""Time constant of the host's low-pass, the seed paper's of decoders [s]."""
CORE_NEURONS = 256
"""Neurons of a core, as the chip's description has it (hw/chip.py)."""


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
    groups: Sequence[Mapping[str, np.ndarray]],
    parameters: NeuronParameters,
    encoding: SpikeEncoding,
    provenance: Mapping,
) -> Student:
    """A student on a nominal chip, of equal groups of neurons whose weights these are by name."""
    halves = [np.split(weights["w_out"], 2, axis=1) for weights in groups]
    joined = {
        "w_in": np.concatenate([weights["w_in"] for weights in groups], axis=1),
        "w_rec": _apart([weights["w_rec"] for weights in groups]),
        "w_out": np.concatenate([_apart(half) for half in zip(*halves, strict=True)], axis=1),
    }
    arrays = {name: weights.astype(np.float32) for name, weights in joined.items()}
    neurons = sum(arrays["w_out"].shape)
    arrays |= {name: np.full(neurons, amps) for name, amps in parameters.currents().items()}
    constants = parameters.currents() | {n: float(v) for n, v in asdict(encoding).items()}
    if len(groups) > 1:
        constants["groups"] = float(len(groups))
    return Student(NAME, task, arrays, constants, provenance)


def _apart(blocks: Sequence[np.ndarray]) -> np.ndarray:
    return np.asarray(block_diag(*blocks))


def groups_of(student: Student) -> list[dict[str, np.ndarray]]:
    """The arrays of each of its groups of neurons, whose hidden neurons come first."""
    number = int(student.constants.get("groups", 1))
    hidden, outputs = student.arrays["w_out"].shape
    answering = np.arange(outputs).reshape(2, number, -1)
    found = []
    for group, inner in enumerate(np.arange(hidden).reshape(number, -1)):
        outer = answering[:, group].ravel()
        own = np.concatenate([inner, hidden + outer])
        arrays = {name: student.arrays[name][own] for name in CURRENTS}
        arrays["w_in"] = student.arrays["w_in"][:, inner]
        arrays["w_rec"] = student.arrays["w_rec"][np.ix_(inner, inner)]
        arrays["w_out"] = student.arrays["w_out"][np.ix_(inner, outer)]
        found.append(arrays)
    return found


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


@one_thread()
def respond(student: Student, inputs: np.ndarray, conditions: Conditions = QUIET) -> Response:
    """What a student answers.

    Args:
        inputs: [sample, step, channel].
        conditions: noise is on all neurons, each step that the soma integrates; of the hidden
            neurons of each group the first are silenced.
    """
    counts, nominal = spike_counts(inputs, encoding_of(student)), nominal_of(student)
    output, second_hz, rate_hz = [], [], []
    for number, arrays in enumerate(groups_of(student)):
        here = replace(conditions, seed=conditions.seed + number)
        spikes = _spikes(arrays, nominal, counts, here)
        answering = spikes[..., len(arrays["w_out"]) :]
        output.append(course(answering, TAU_OUT_S, FULL_HZ))
        second_hz.append(second_half_hz(answering))
        rate_hz.append(spikes.mean((1, 2)) / DT_S)
    second = np.mean(second_hz, axis=0)
    reference_hz = student.constants.get("reference_hz", 0.0)
    read = read_relative(np.mean(output, axis=0), second, reference_hz)
    return Response(read, np.mean(rate_hz, axis=0), second_half_hz=second)


def _spikes(
    arrays: Mapping[str, np.ndarray],
    nominal: NeuronParameters,
    counts: np.ndarray,
    conditions: Conditions,
) -> np.ndarray:
    """Of a group of neurons, [sample, step, neuron]."""
    hidden, neurons = len(arrays["w_out"]), sum(arrays["w_out"].shape)
    quiet = silenced_thresholds(arrays["i_threshold"][:hidden], conditions.silenced)
    thresholds = np.concatenate([quiet, arrays["i_threshold"][hidden:]])
    now = {**arrays, "i_threshold": thresholds}
    factors = {name: now[name] / amps for name, amps in nominal.currents().items()}
    c = circuits(nominal, neurons).coefficients(torch.float32, factors)
    into, back = wires(*(torch.tensor(arrays[name]) for name in WEIGHTS))
    with torch.no_grad():
        if conditions.noise:
            return shaken(c, counts, into, back, conditions.noise, conditions.seed)
        return unroll_events(c, counts, into, back).numpy()


def with_paper_mismatch(student: Student, level: float, generator: Generator) -> Student:
    """On a chip as the seed paper draws it: time constants and threshold of every neuron, every
    entry of the weights (paper.md 1.6), as `paper` of models/mismatch.py acts on circuits."""
    changed = mismatched(student, level, MISMATCH, generator)
    neurons = student.arrays[CURRENTS[0]].size
    draw = paper_draw(int(generator.integers(2**31)), level, 1, neurons)
    factors = lumped_factors(draw, nominal_of(student).currents())
    return _with_factors(changed, {name: f[:, 0] for name, f in factors.items()})


def paper_draw(seed: int, level: float, chips: int, neurons: int, cores: int = 1) -> Draw:
    """The seed paper's mismatch at its own level, a standard deviation [1]."""
    one = numbers_of("paper", "entry")["cv"]
    return Draw(seed, level / one, (chips, cores, neurons), "paper")


def on_silicon(student: Student, level: float, generator: Generator) -> Student:
    """On a chip as measured: spread within its cores and between them (models/mismatch.py), each
    neuron where `compile` puts it."""
    hidden, outputs = student.arrays["w_out"].shape
    core, position = placed(hidden, outputs)
    shape = (1, int(core[-1]) + 1, CORE_NEURONS)
    draw = Draw(int(generator.integers(2**31)), level, shape, "measured")
    factors = lumped_factors(draw, nominal_of(student).currents())
    return _with_factors(student, {name: f[:, core, position] for name, f in factors.items()})


def placed(hidden: int, outputs: int) -> tuple[np.ndarray, np.ndarray]:
    """Core of each neuron and its place there, int64 [neuron]: hidden neurons fill cores, output
    neurons begin one of their own, as `compile` has it where the cores of a chip suffice."""
    first = -(-hidden // CORE_NEURONS)
    slot = np.append(np.arange(hidden), first * CORE_NEURONS + np.arange(outputs))
    core, position = np.divmod(slot, CORE_NEURONS)
    return core, position


def _with_factors(student: Student, factors: Mapping[str, np.ndarray]) -> Student:
    """With currents changed by factors [1, neuron]."""
    arrays = {name: student.arrays[name] * factor[0] for name, factor in factors.items()}
    return replace(student, arrays=dict(student.arrays) | arrays)


def chip_factors(draw: Draw, nominal: Mapping[str, float], hidden: int) -> dict[str, np.ndarray]:
    """Factors of these currents, [chip, neuron]: of hidden neurons in the first core of a draw, of
    output neurons in the last one."""
    factors = lumped_factors(draw, nominal)
    return {
        name: np.concatenate([f[:, 0, :hidden], f[:, -1, hidden:]], axis=1)
        for name, f in factors.items()
    }


def student_network(student: Student) -> Network:
    """The network to compile, of a student on a nominal chip; its input channels are those of
    `spike_counts` by the `encoding` of its provenance. Where outputs are not signed it has a
    boundary."""
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
        provenance={
            "student": student.hash,
            "task": student.task,
            "encoding": asdict(encoding_of(student)),
            **student.provenance,
        },
        difference=Difference(
            TAU_OUT_S,
            FULL_HZ,
            signed="boundary" not in student.constants,
            boundary=student.constants.get("boundary", 0.0),
            reference_hz=student.constants.get("reference_hz", 0.0),
        ),
    )
