"""CAM words of a virtual chip that do not hear what is sent to them, and neurons that are stuck.

A word can fail for one half of the tags and work for the other. As measured on three boards
(chip.md 4.4): some cores fail whole for the lower half; the share of failing words differs from
core to core; failing words cluster in neurons and rows of the array, partly in the same rows on
every chip (the layout); more than half of them never hear, the others do in some trials. Numbers:
models/data/mismatch.csv.

    share of a core half: logit normal, both halves of a core correlated
    P(word fails) = sigmoid(a + sd (layout row + chip row + neuron)), a such that the share holds

Assumed, because unknown: a neuron is equally weak in both halves, its words fail on their own, and
an array row is a run of neuron indices. Left out: words that hear tags of others, destination
words. A word that fails in some trials only is drawn once for a board, deaf with the probability
that it fails: failures do not change from trial to trial.

A stuck neuron spikes without input, as fast as its refractory period allows: its threshold lies
below its rest. Labs meet them and silence them with `latch_soif_kill`, on one chip all 512 neurons
of two cores (chip.md 3); no share was published, so it is the user's to say (`stuck=0.01`), each
neuron on its own: ASSUMED.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass

import numpy as np

from ..models.mismatch_table import numbers_of
from .chip import ChipSpec

DEFECTS_VERSION = "analoop-defects-1"
"""Names the numbers and the sampling; changes whenever a seed would give other defects."""

LAYOUT_SEED = 20_1024
"""Which rows are weak on every chip: an arbitrary pattern, the measured one was not published."""

HALVES = ("tags_low", "tags_high")
"""Lower and upper half of the tags, in the order of the last axis."""


@dataclass(frozen=True, eq=False)
class Defects:
    """The CAM words of one virtual chip; arrays [core, neuron, word, half of the tags]."""

    failure: np.ndarray
    """Share of trials in which the word does not hear [1]: 0 good, 1 dead; float32."""
    deaf: np.ndarray
    """Words that do not hear on the simulated board: the dead, and the others by chance; bool."""


def sample_defects(seed: int, number: int, chip: ChipSpec) -> Defects:
    """Draw the CAM words of one chip.

    Args:
        seed: of the board; the same seed gives the same chip on any machine.
        number: which chip of the board.
        chip: how many words there are.
    """
    random = np.random.default_rng(np.random.SeedSequence([seed, number, zlib.crc32(b"defects")]))
    share = _shares(random, chip.cores)
    weakness = _weakness(random, chip)[:, :, None]
    probability = _calibrated(weakness, share[:, None, :])
    shape = (chip.cores, chip.neurons_per_core, chip.cam_words, len(HALVES))
    failing = random.random(shape) < probability[:, :, None, :]
    law = numbers_of("defects", "both")
    dead_share = random.uniform(law["dead_least"], law["dead_most"], (chip.cores, 1, 1, 1))
    dead = (random.random(shape) < dead_share) | (share[:, None, None, :] == 1.0)
    sometimes = random.uniform(law["failing_from"], 1.0, shape)
    failure = np.where(failing, np.where(dead, 1.0, sometimes), 0.0).astype(np.float32)
    return Defects(failure, random.random(shape) < failure)


def sample_stuck(seed: int, number: int, chip: ChipSpec, share: float) -> np.ndarray:
    """Neurons of chip `number` of a board that spike without input, bool [core, neuron].

    Those of a smaller share are among those of a larger one.
    """
    random = np.random.default_rng(np.random.SeedSequence([seed, number, zlib.crc32(b"stuck")]))
    return random.random((chip.cores, chip.neurons_per_core)) < share


def _shares(random: np.random.Generator, cores: int) -> np.ndarray:
    """Share of words that fail, [core, half]; 1 where a core is unusable for a half."""
    rho = numbers_of("defects", "both")["half_correlation"]
    common = np.sqrt(rho) * random.standard_normal(cores)
    shares = []
    for half in HALVES:
        law = numbers_of("defects", half)
        own = np.sqrt(1 - rho) * random.standard_normal(cores)
        share = _sigmoid(law["logit_mean"] + law["logit_sd"] * (common + own))
        unusable = random.random(cores) < law.get("unusable_share", 0.0)
        shares.append(np.where(unusable, 1.0, share))
    return np.stack(shares, axis=1)


def _weakness(random: np.random.Generator, chip: ChipSpec) -> np.ndarray:
    """Logits by which the words of a neuron fail more or less often, [core, neuron]."""
    law = numbers_of("defects", "both")
    side = math.isqrt(chip.neurons_per_core)
    row = np.arange(chip.neurons_per_core) // side
    rows = (chip.cores, row[-1] + 1)
    layout = np.random.default_rng(LAYOUT_SEED).standard_normal(rows)
    layout = (layout - layout.mean(axis=1, keepdims=True)) / layout.std(axis=1, keepdims=True)
    own_share = 1 - law["layout_share"] - law["row_share"]
    return law["neuron_sd"] * (
        np.sqrt(law["layout_share"]) * layout[:, row]
        + np.sqrt(law["row_share"]) * random.standard_normal(rows)[:, row]
        + np.sqrt(own_share) * random.standard_normal((chip.cores, chip.neurons_per_core))
    )


def _calibrated(weakness: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Probabilities sigmoid(a + weakness) with the mean `share` over the neurons (axis 1)."""
    low, high = np.full(share.shape, -50.0), np.full(share.shape, 50.0)
    for _ in range(60):
        middle = (low + high) / 2
        below = _sigmoid(middle + weakness).mean(axis=1, keepdims=True) < share
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.where(share == 1.0, 1.0, _sigmoid(high + weakness))


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-x))
