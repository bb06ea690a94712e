"""Convert a network of another library for the chip: models/conversion with its legal codes."""

from __future__ import annotations

from collections.abc import Callable

from ..models.conversion import conversion
from ..models.conversion.conversion import Conversion
from ..models.conversion.source import SourceNetwork
from ..models.conversion.stimuli import random_stimulus
from ..models.conversion.tuning import Tuning
from ..models.recording import Stimulus
from .training import chip_levels, legal_parameters

TRIALS, DURATION_US, RATE_HZ = 160, 200_000, 20.0
"""The input that is made up where none is given: trials, their length, and mean rate."""


def convert(
    source: SourceNetwork,
    stimulus: Stimulus | None = None,
    held_out: Stimulus | None = None,
    tuning: Tuning = conversion.DEFAULTS,
    code: bool = True,
    labels: tuple[str, ...] = (),
    news: Callable[[str, float], None] = lambda stage, loss: None,
) -> Conversion:
    """A network that fits the chip and spikes as its source does.

    Args:
        source: from `read_rockpool` or `read_nir` (analoop.models.conversion).
        stimulus: what to tune on, best the network's own training input; None: random trains,
            which say little about labels.
        held_out: what to measure on; None: a quarter of `stimulus`.
        tuning: how long, with which seed, under which mismatch.
        code: whether weights are held at what the 4-bit code can hold; else they stay continuous
            until the network is compiled.
        labels: what each output neuron stands for.
        news: called after every pass with its stage and loss.

    Raises:
        InputError: CHANNELS, TRIALS. NetworkError: NO_INPUT.
    """
    if stimulus is None:
        stimulus = random_stimulus(source.n_inputs, TRIALS, DURATION_US, RATE_HZ, tuning.seed)
    fit = chip_levels if code else None
    return conversion.convert(
        source, stimulus, held_out, tuning, legal_parameters, fit, labels, news
    )
