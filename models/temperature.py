"""Temperature, as global factors on the constants of the silicon. HYPOTHESIS: measured on no chip.

    U_T = k T / q                        the thermal voltage follows the absolute temperature
    I_0 = I_0(nominal) 2^(dT / 10 K)     leakage doubles every 10 K, a rule of thumb (8 to 10 K)

Time constants (C U_T / (kappa I)) are then proportional to the absolute temperature, and the floor
of every current moves. The bias generator is taken to keep its currents, mismatch its factors.
"""

from __future__ import annotations

from dataclasses import replace

from .parameters import CONSTANTS, CircuitConstants

NOMINAL_C = 17.0
"""Temperature of the constants [degree Celsius]: k T / q is their 25 mV at 290 K."""
COLDEST_C, HOTTEST_C = -40.0, 125.0
"""Range of temperatures [degree Celsius], the usual one of silicon."""
DOUBLING_K = 10.0
"""Rise that doubles the dark current [K]; assumed."""
KELVIN = 273.15

TEMPERATURE_MODEL = "hypothesis: U_T ~ T, dark current doubles every 10 K"
"""For the record of a board that is not at the nominal temperature."""


def constants_at(temperature_C: float) -> CircuitConstants:
    """The constants of the silicon at a temperature [degree Celsius]; exact at the nominal one."""
    if temperature_C == NOMINAL_C:
        return CONSTANTS
    return replace(
        CONSTANTS,
        u_t=CONSTANTS.u_t * (temperature_C + KELVIN) / (NOMINAL_C + KELVIN),
        i_0=CONSTANTS.i_0 * 2 ** ((temperature_C - NOMINAL_C) / DOUBLING_K),
    )
