"""The spiking ADC: which of its 64 channels watches what, and how many pulses a current makes.

A channel is a current-to-frequency converter; the host sees its pulses per sample period. What law
it follows is not public. ASSUMED, only so that counts rise with the current over decades, and so
that the two regimes labs calibrate (high gain: PWLK (3,160), BIAS (5,200); low gain: PWLK (5,255),
BIAS (3,40); chip.md 3) are one for small and one for large currents:

    frequency = 1 / (t_dead + Q / I)
    Q         = CHARGE sqrt(I_pwlk / I_bias)        charge per pulse: a larger BIAS, a higher gain
    t_dead    = V_th C_pulse / I_pwlk               the width of a pulse, at which it saturates

On a chip that was drawn (a seed), every channel has a gain of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, sqrt

from ..models.errors import InputError
from ..models.mismatch import Draw
from ..models.parameters import CONSTANTS
from .bias import generated
from .board import VirtualBoard
from .samna_records import Dynapse2Chip, Dynapse2Parameter, ParamGen

CHARGE = 1.2e-13
"""Charge per pulse where PWLK and BIAS make the same current [A s]; assumed."""
GAIN_SPREAD = 0.1
"""Spread of the gain between channels, as the standard deviation of its logarithm [1]; assumed."""
WATCHED = {
    "SOIF_MEM": "soma",
    "SOIF_REFRACTORY": "refractory",
    "SOAD_DPI": "adaptation",
    "SOCA_DPI": "calcium",
    "DEAM_EDPI": "ampa",
    "DEAM_IDPI": None,
    "DENM_EDPI": "nmda",
    "DENM_IDPI": None,
    "DEGA_IDPI": "gaba",
    "DESC_IDPI": "shunt",
    "SY_W42": "weight_42",
    "SY_W21": "weight_21",
    "SOHO_SOGAIN": "soma_gain",
    "SOHO_DEGAIN": "dendrite_gain",
}
"""What the channels of a core watch, by the names of hw.sensing; None: not simulated, dark."""


@dataclass(frozen=True)
class Channel:
    """One converter."""

    name: str
    """What it watches, in the vendor's words."""
    generator: int
    """Bias generator that serves it: 0 for cores 0 and 1, 1 for cores 2 and 3."""
    group: int
    """Which of the generator's three groups of parameters it follows, 0..2."""
    core: int | None = None
    """Whose monitored neuron it watches; None: of no core."""

    @property
    def description(self) -> str:
        """In words."""
        if self.core is None:
            return f"{self.name} group {self.group} PG{self.generator}"
        return f"{self.name} core {self.core}"

    @property
    def enable(self) -> str:
        """Its name among the sADC enables."""
        if self.core is None:
            return f"{self.name.lower()}_group{self.group}_pg{self.generator}"
        return self.name.lower()


def _channels() -> tuple[Channel, ...]:
    """Chosen so that the indices which public scripts read name what those scripts look at, all of
    core 0: 33 SOIF_MEM, 38 SOAD_DPI, 40 SOCA_DPI, 42 DEAM_EDPI, 57 SY_W21, 59 SOHO_SOGAIN."""
    groups = (
        (["SOIF_MEM"], "NCCF_EXTIN_VI"),
        ([*WATCHED][1:10], "NCCF_CAL_REFBIAS_V"),
        ([*WATCHED][10:], "NCCF_CAL_REFBIAS_V"),
    )
    made = []
    for generator in (1, 0):
        for group, (names, extra) in enumerate(groups):
            cores = (2 * generator + 1, 2 * generator)
            made += [Channel(n, generator, group, core) for n in names for core in cores]
            made.append(Channel(extra, generator, group))
        made.append(Channel("NCCF_EXTIN_VI", generator, 2))
    return tuple(made)


CHANNELS = _channels()
"""All 64, in the order of `get_sadc_values`; the order is a guess, see docs/virtual_samna.md."""


def get_sadc_description(address: int) -> str:
    """What a channel watches."""
    if not 0 <= address < len(CHANNELS):
        raise InputError(f"there is no sADC channel {address}: 0..63", code="SADC_CHANNEL")
    return CHANNELS[address].description


def sadc_lookup_aer_address(name: str, core: int) -> int:
    """Address of a channel of a core, 'SOIF_MEM' for example: here, its index."""
    return _found(f"{name} of core {core}", name, core=core)


def sadc_lookup_aer_address_nccf(name: str, group: int, generator: ParamGen) -> int:
    """Address of an external or a calibration channel, 'NCCF_CAL_REFBIAS_V' for example."""
    where = f"{name} of group {group}, generator {int(generator)}"
    return _found(where, name, core=None, group=group, generator=int(generator))


def _found(where: str, name: str, **wanted: int | None) -> int:
    for k, channel in enumerate(CHANNELS):
        alike = channel.name == name.upper().replace("REFECTORY", "REFRACTORY")
        if alike and all(getattr(channel, key) == value for key, value in wanted.items()):
            return k
    raise InputError(f"there is no sADC channel {where}", code="SADC_CHANNEL")


def frequency(amps: float, i_pwlk: float, i_bias: float) -> float:
    """Pulses per second of a current [A]; see the head of this file."""
    dead = CONSTANTS.v_th * CONSTANTS.c_pulse / i_pwlk
    return 1.0 / (dead + CHARGE * sqrt(i_pwlk / i_bias) / amps)


def frequency_of(channel: Channel, chip: Dynapse2Chip, amps: float) -> float:
    """Pulses per second of what a channel watches, as the biases of its group are set."""
    groups = (chip.sadc_group_parameters01, chip.sadc_group_parameters23)[channel.generator]
    biases = groups[channel.group]
    return frequency(
        amps,
        amps_of(biases["NCCF_PWLK_P"], "NCCF_PWLK_P"),
        amps_of(biases["NCCF_BIAS_P"], "NCCF_BIAS_P"),
    )


def calibration_amps(channel: Channel, chip: Dynapse2Chip) -> float:
    """Current of a calibration channel [A]: the reference and the offset; ASSUMED to add up."""
    shared = (chip.shared_parameters01, chip.shared_parameters23)[channel.generator]
    return sum(amps_of(shared[n], n) for n in ("NCCF_CAL_REFBIAS_V", "NCCF_CAL_OFFBIAS_P"))


def amps_of(parameter: Dynapse2Parameter, name: str) -> float:
    """Nominal current of a parameter [A], from the transistor it says."""
    transistor = "N" if parameter.type == "N" else "P"
    return generated(name, transistor, parameter.coarse_value, parameter.fine_value)


def gains(board: VirtualBoard, chip: int) -> list[float]:
    """Gain of every channel of a chip; 1 on a nominal board."""
    if board.seed is None:
        return [1.0] * len(CHANNELS)
    draw = Draw(board.seed, board.level, (1, 1, 1), board.mismatch, chip)
    normal = draw.random("sadc_gain").standard_normal(len(CHANNELS))
    return [exp(GAIN_SPREAD * board.level * float(x)) for x in normal]
