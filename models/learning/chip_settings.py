"""How the method `chip` trains: its settings."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import InputError
from ..settings import check
from .even_code import MOST_BITS
from .spike_encoding import SpikeEncoding


@dataclass(frozen=True)
class Settings:
    """How a network is trained, and what its chips go through; 0 switches a thing off."""

    hidden: int = 128
    """Hidden neurons of a group."""
    outputs: int = 24
    """Output neurons of a group for a positive answer, and as many against it."""
    groups: int = 1
    """Groups of neurons, which are not joined, learn to answer each by itself, on chips of their
    own, and are read together: where a few neurons of one deviate the others outvote it."""
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
    input_adapt_s: float = 0.0
    """See `SpikeEncoding`."""
    input_quiet: float = 0.0
    """See `SpikeEncoding`."""
    tau_mem_s: float = 0.05
    """Of all neurons [s]."""
    tau_ampa_s: float = 0.02
    """Of excitation from input and to outputs [s]."""
    tau_nmda_s: float = 0.2
    """Of excitation among hidden neurons [s]."""
    tau_gaba_s: float = 0.1
    """Of inhibition [s]."""
    t_refractory_s: float = 0.001
    """Refractory period of all neurons [s]: none fires more than once in it, however excitable
    mismatch of the rest makes it."""
    recurrent_sd: float = 2.0
    """Spread of the weights among hidden neurons before training, times the root of their
    number [1]."""
    start_hz: tuple[float, float] = (0.0, 0.0)
    """Rates that the weights of hidden and of output neurons are scaled to before training [Hz],
    see chip_start.py; 0: they are as drawn, whose spread fits temporal XOR."""
    max_fan_in: int = 64
    """Synapses of a neuron, the strongest; the chip has 64, a large number is no limit."""
    coded: bool = True
    """Whether weights end as those of the 4-bit code."""
    bits: int = 0
    """Of weights at even steps within that code, 2 to 4 (even_code.py); 0: all levels that four
    currents make."""
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
    dead_words: float = 0.0
    """Highest share of dead synapses; each `TOGETHER` samples draw their own from 0 on, and
    which [1]."""
    grown_at: float = 0.0
    """Share of the updates by which mismatch, silence and dead synapses have grown to these levels,
    from none [1]; 0: they begin with them."""
    candidates: int = 1
    """Chips drawn for each sample, of which the most different one is learned from."""
    divergence: float = 0.0
    """Weight of the divergence of a chip's answers from the nominal chip's."""
    attack: float = 0.0
    """How far an attack moves each weight of such a chip along the gradient of the divergence,
    relative to the weight [1]; it needs a `divergence`."""
    attack_circuits: float = 0.0
    """The same of its currents, which set time constants, gains and thresholds of every neuron."""
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
    relative: bool = False
    """Whether a trained network's output is read relative to what the second half of its output
    neurons fires, as readout.read_relative says; learning itself does not know of it."""
    rate_hz: float = 10.0
    """Rate above which neurons are discouraged [Hz]."""
    activity: float = 1e-3
    """Weight of the mean square of what is above [1/Hz^2]."""

    def __post_init__(self) -> None:
        times = ("tau_mem_s", "tau_ampa_s", "tau_nmda_s", "tau_gaba_s", "t_refractory_s")
        above = (*times, "input_full")
        check(self, above, shares=("quantized_from", "silenced", "dead_words", "grown_at"))
        if self.copies % 2 or self.copies < 2:
            raise InputError(
                f"copies is {self.copies}, an even number is needed: half of the copies act "
                "through slow dendrites",
                code="SETTING",
            )
        if self.input_adapt_s and (self.input_signed or self.input_quiet <= 0):
            raise InputError(
                f"input_adapt_s is {self.input_adapt_s}, with input_signed={self.input_signed} and "
                f"input_quiet={self.input_quiet}: what adapts is compared with its mean; give "
                "input_signed=False and an input_quiet above 0",
                code="SETTING",
            )
        if (self.attack or self.attack_circuits) and not self.divergence:
            raise InputError(
                f"attack is {self.attack}, attack_circuits {self.attack_circuits}: they change a "
                "divergence that counts nothing; give a divergence above 0, such as 1",
                code="SETTING",
            )
        if self.bits and not (self.coded and 2 <= self.bits <= MOST_BITS):
            raise InputError(
                f"bits is {self.bits}, with coded={self.coded}; 2 to {MOST_BITS} are needed, of a "
                "code: give 0 for all levels that the chip has",
                code="SETTING",
            )

    @property
    def planned(self) -> int:
        """Updates that progress counts up to."""
        return self.updates

    def encoding(self) -> SpikeEncoding:
        """How input becomes spikes."""
        return SpikeEncoding(
            self.copies,
            self.input_hz,
            self.input_full,
            self.input_knee,
            self.input_signed,
            self.input_adapt_s,
            self.input_quiet,
        )
