"""Which register sets which current: the one table between our names and the vendor's.

Left, the currents of `models.parameters.NeuronParameters`; right, the chip's bias parameters.
Source: chip.md 1.3 and the 23 names Rockpool writes (rockpool.md 2.3).
"""

from __future__ import annotations

CURRENT_TO_REGISTER = {
    "i_tau_mem": "SOIF_LEAK_N",
    "i_gain_mem": "SOIF_GAIN_N",
    "i_threshold": "SOIF_SPKTHR_P",
    "i_refractory": "SOIF_REFR_N",
    "i_dc": "SOIF_DC_P",
    "i_pulse": "SYPD_EXT_N",
    "i_tau_ampa": "DEAM_ETAU_P",
    "i_gain_ampa": "DEAM_EGAIN_P",
    "i_tau_nmda": "DENM_ETAU_P",
    "i_gain_nmda": "DENM_EGAIN_P",
    "i_nmda_gate": "DENM_NMREV_N",
    "i_tau_gaba": "DEGA_ITAU_P",
    "i_gain_gaba": "DEGA_IGAIN_P",
    "i_tau_shunt": "DESC_ITAU_P",
    "i_gain_shunt": "DESC_IGAIN_P",
    "i_tau_ahp": "SOAD_TAU_P",
    "i_gain_ahp": "SOAD_GAIN_P",
    "i_w_ahp": "SOAD_W_N",
    "i_pulse_ahp": "SOAD_PWTAU_N",
}
"""Neuron currents."""

WEIGHT_TO_REGISTER = {f"i_w{bit}": f"SYAM_W{bit}_P" for bit in range(4)}
"""Base currents of the weight bits."""

DELAY_TO_REGISTER = {
    "i_delay_0": "SYPD_DLY0_P",
    "i_delay_1": "SYPD_DLY1_P",
    "i_delay_2": "SYPD_DLY2_P",
}
"""Currents of the pulse extender's delays; each adds V_th C_pulse / I, see hw/virtual_chip.py."""

DEPRESSION_TO_REGISTER = {
    "i_std_weight": "SYAM_STDW_N",
    "i_std_recovery": "SYAW_STDSTR_N",
}
"""Currents of short-term depression, see models/plasticity.py."""

HOMEOSTASIS_TO_REGISTER = {
    "i_tau": "SOCA_TAU_P",
    "i_gain": "SOCA_GAIN_P",
    "i_w": "SOCA_W_N",
    "i_pulse": "SOAD_PWTAU_N",
    "i_reference": "SOHO_VREF_P",
    "i_low": "SOHO_VREF_L_P",
    "i_middle": "SOHO_VREF_M_P",
    "i_high": "SOHO_VREF_H_P",
}
"""Currents of calcium and homeostasis, see hw/homeostasis.py."""

FLAG_TO_DELAYS = {
    "precise_delay": ("i_delay_0", "i_delay_1"),
    "mismatched_delay": ("i_delay_0", "i_delay_2"),
}
"""Delays of a CAM word with a flag; one with both has all three, each once. A word without a flag
has none: public settings leave DLY0 at (0, 0), as a current a delay of seconds."""

SWITCH_TO_LATCH = {
    "exponential": "latch_soif_type",
    "nmda_gate": "latch_denm_nmda",
    "adaptation": "latch_so_adaptation",
    "dc": "latch_so_dc",
}
"""Switches of a neuron; `latch_soif_type` set means an exponential soma."""

HOMEOSTASIS_LATCHES = ("latch_ho_enable", "latch_ho_active", "latch_ho_so_de")
"""Switches of homeostasis: there, moving, on the dendrites."""

SIMULATED_LATCHES = frozenset({*SWITCH_TO_LATCH.values(), "latch_soif_kill", *HOMEOSTASIS_LATCHES})
"""Latches the simulated board obeys; it refuses a configuration that sets another."""
