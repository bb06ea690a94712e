"""The network of `bptt` and `robust`: its arrays, and what it answers (paper.md 1.6, 4)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..tasks.samples import DT_S
from .bptt_dynamics import chip_of, given_of, played
from .student import QUIET, Conditions, Perturbed, Response, Student
from .teacher import Teacher

WEIGHTS = ("w_in", "w_link", "w_rec", "w_out")
BIASES = ("bias_in", "bias")
TAUS_S = {"tau_syn_in": 0.1, "tau_syn": 0.07, "tau_mem_in": 0.1, "tau_mem": 0.05, "tau_out": 0.07}
"""Time constants before training [s]."""
MISMATCH = (
    Perturbed("tau_mem", positive=True),
    Perturbed("tau_syn", positive=True),
    Perturbed("bias", scale=1.0),
    *(Perturbed(name) for name in WEIGHTS),
)
"""As the authors had it (paper.md 1.6); `w_link` is no weight of theirs, but one of ours."""
QUANTIZED = WEIGHTS
SHAPES = {
    "w_in": "channel neuron", "w_link": "neuron", "w_rec": "neuron neuron", "w_out": "neuron",
    **dict.fromkeys((*BIASES, *TAUS_S), "neuron"), "tau_out": "one",
}  # fmt: skip
"""Axes of the arrays: of one name, of one length."""
SPIKING, GRADED = "spiking", "graded"
"""What layers pass on: spikes, or the authors' smooth function of V."""
W_IN_SD, W_LINK, W_REC_SD, W_OUT_SD = 0.05, 0.5, 0.3, 0.5
"""Weights before training: the value of links, and the spreads of the others; those are divided by
the square root of the number of sources."""
GRADED_OUT = 0.02
"""Factor of weights out where layers pass on about 1 in every step [1]."""
PROJECTION_SD, INTO, OUT = 0.01, 0.2, 0.1
"""Of the authors' projections of teachers: spread, and factors of weights in and out [1]."""


def initial(
    channels: int, neurons: int, bias: float, generator: np.random.Generator
) -> dict[str, np.ndarray]:
    """Small random weights, float32.

    Args:
        bias: where V rests; -1 is the reset and 0 the threshold.
    """
    arrays = {
        "w_in": generator.normal(0, W_IN_SD / np.sqrt(channels), (channels, neurons)),
        "w_link": np.full(neurons, W_LINK),
        "w_rec": generator.normal(0, W_REC_SD / np.sqrt(neurons), (neurons, neurons)),
        "w_out": generator.normal(0, W_OUT_SD / np.sqrt(neurons), neurons),
    }
    arrays |= {name: np.full(neurons, bias) for name in BIASES}
    arrays |= {name: np.full(neurons, tau_s) for name, tau_s in TAUS_S.items()}
    arrays["tau_out"] = arrays["tau_out"][:1]
    return {name: array.astype(np.float32) for name, array in arrays.items()}


def from_teacher(
    arrays: Mapping[str, np.ndarray], teacher: Teacher, generator: np.random.Generator
) -> dict[str, np.ndarray]:
    """With weights in and out that are random projections of a teacher's, and none within."""
    units, neurons = len(teacher.bias), len(arrays["bias"])
    projection = PROJECTION_SD * generator.normal(size=(units, neurons))
    begun = {
        "w_in": INTO * teacher.w_in @ projection,
        "w_rec": np.zeros((neurons, neurons)),
        "w_out": OUT * teacher.w_out @ projection,
    }
    return dict(arrays) | {name: array.astype(np.float32) for name, array in begun.items()}


def respond(student: Student, inputs: np.ndarray, conditions: Conditions = QUIET) -> Response:
    """What a student answers, one sample after the other.

    Args:
        student: of this method, possibly perturbed.
        inputs: [sample, step, channel].
        conditions: noise is on both layers; only neurons of the recurrent layer are silenced.
    """
    chip = chip_of(student.arrays)
    samples, steps, _ = inputs.shape
    neurons = chip.bias.size
    alive = np.arange(neurons) >= round(conditions.silenced * neurons)
    output, spikes = np.empty((samples, steps), np.float32), np.empty(samples)
    seeds = np.random.SeedSequence(conditions.seed).spawn(samples)
    for sample, seed in enumerate(seeds):
        noise = None
        if conditions.noise:
            noise = np.random.default_rng(seed).standard_normal((1, steps, 2, neurons), np.float32)
            noise *= np.float32(conditions.noise)
        graded = bool(student.constants["graded"])
        given = given_of(inputs[sample : sample + 1], chip, alive, graded, noise)
        trace = played(chip, given, rows=1)
        output[sample], spikes[sample] = trace.output[0], trace.total[0, 0]
    return Response(output, spikes / (2 * neurons * steps * DT_S))
