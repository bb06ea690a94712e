"""What the virtual samna accepts without effect: the one list of it.

`inert_in` counts it in a configuration (`model.inert`), `accepted_without_effect` puts it in words
(`analoop doctor`), and a test holds docs/virtual_samna.md against it.
"""

from __future__ import annotations

from collections import Counter

from .chip import DYNAPSE2
from .circuits import (
    CURRENT_TO_REGISTER,
    DELAY_TO_REGISTER,
    DEPRESSION_TO_REGISTER,
    HOMEOSTASIS_TO_REGISTER,
    SIMULATED_LATCHES,
    WEIGHT_TO_REGISTER,
)
from .samna_records import Dynapse2Chip, Dynapse2Core

INERT_LATCHES = tuple(name for name in DYNAPSE2.latches if name not in SIMULATED_LATCHES)
"""Switches of a neuron."""

_USED = {
    *CURRENT_TO_REGISTER.values(),
    *WEIGHT_TO_REGISTER.values(),
    *DELAY_TO_REGISTER.values(),
    *DEPRESSION_TO_REGISTER.values(),
    *HOMEOSTASIS_TO_REGISTER.values(),
    *("NCCF_PWLK_P", "NCCF_BIAS_P", "NCCF_CAL_OFFBIAS_P", "NCCF_CAL_REFBIAS_V"),
}
INERT_BIASES = tuple(name for name in DYNAPSE2.parameters if name not in _USED)
"""Biases; programs set them as a matter of course, so they are listed and not counted."""

INERT_OF_CORE = (
    "neuron_monitoring_on",
    "enable_syaw_stdbuf_an",
    "enable_pulse_extender_monitor1",
    "enable_pulse_extender_monitor2",
)
"""Switches of a core. No membrane comes to a pin; the sADC sees the monitored neuron without it."""

INERT_OF_CHIP = (
    "enable_pg0_reference_monitor",
    "enable_pg1_reference_monitor",
    "param_gen0_powerdown",
    "param_gen1_powerdown",
    "dvs_if",
    "bioamps",
)
"""Switches and parts of a chip."""

ENABLES = "sadc_enables"
"""Of cores and chips; all channels count, unless `virtual_samna` was told otherwise."""

INERT_ON_BOARD = ("enable_output", "set_fpga_dynapse2_module_config", "log.set_log_level")
"""Calls that store what they are given."""


def inert_in(chip: Dynapse2Chip) -> Counter[str]:
    """What of a chip's and its cores' own settings is stored without effect, in words."""
    plain, found = Dynapse2Chip(), Counter()
    for name in (*INERT_OF_CHIP, ENABLES):
        found[f"chips with {name} set"] += getattr(chip, name) != getattr(plain, name)
    bare = Dynapse2Core()
    for core in chip.cores.made.values():
        for name in (*INERT_OF_CORE, ENABLES):
            found[f"cores with {name} set"] += getattr(core, name) != getattr(bare, name)
    return Counter({what: n for what, n in found.items() if n})


def accepted_without_effect() -> dict[str, tuple[str, ...]]:
    """Everything of it, by kind."""
    return {
        "latches": INERT_LATCHES,
        "settings of cores": (*INERT_OF_CORE, ENABLES),
        "settings of chips": (*INERT_OF_CHIP, ENABLES),
        "biases": INERT_BIASES,
        "calls": INERT_ON_BOARD,
    }
