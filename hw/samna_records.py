"""The data classes and enumerations of samna.dynapse2, by the names of the Samna API.

Attributes, layouts and ranges follow chip.md 2.4 and the fields of Rockpool 3.1.0's alias classes;
none of it was compared with a real samna. What is uncertain is listed in docs/virtual_samna.md.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from . import chip
from .chip import DYNAPSE2
from .samna_fields import (
    Record,
    choice,
    flag,
    flags,
    letter,
    maps,
    named,
    record,
    rows,
    spelling,
    vector,
    whole,
)

UINT32 = 2**32 - 1
SADC_GROUPS = 3
"""sADC parameter groups of a pair of cores."""


class Dendrite(IntEnum):
    """hw.chip.Dendrite in the vendor's spelling."""

    none = chip.Dendrite.NONE
    shunt = chip.Dendrite.SHUNT
    nmda = chip.Dendrite.NMDA
    gaba = chip.Dendrite.GABA
    ampa = chip.Dendrite.AMPA


class ParameterType(IntEnum):
    """Which transistor a parameter's current comes from."""

    p = 0
    n = 1


class DvsMode(IntEnum):
    """Which event camera is connected."""

    Dvs128 = 0
    Davis240c = 2
    Davis346 = 4


class ResetType(IntEnum):
    """What `Dynapse2Model.reset` resets; the numbers are ours."""

    PowerCycle = 0
    ConfigReset = 1
    LogicReset = 2


class BusId(IntEnum):
    """Output streams; which there are beside sADC and W is uncertain, and so are the numbers."""

    W = 0
    N = 1
    E = 2
    S = 3
    sADC = 4


class ParamGen(IntEnum):
    """The two bias generators of a chip."""

    PG0 = 0
    PG1 = 1


class Dynapse2Parameter(Record):
    """One bias."""

    coarse_value = whole(0, 255)
    fine_value = whole(0, 255)
    type = letter("P")
    _address = whole(0, 2**64 - 1)
    _cookie = whole(0, 2**64 - 1)
    _initial_type = choice(ParameterType, ParameterType.p)
    _switchable_type = flag()

    def __str__(self) -> str:
        return f"({self.coarse_value}, {self.fine_value}, {self.type})"

    def plain(self) -> dict[str, Any]:
        return super().plain() | {"type": ord(self.type)}

    def take(self, plain: dict[str, Any]) -> None:
        super().take(plain | {"type": chr(plain["type"])})


def _parameters(scope: str) -> Any:
    """All biases of one scope, at (0, 0): what a chip starts with is not known."""

    def make() -> dict[str, Record]:
        made: dict[str, Record] = {}
        for name, parameter in DYNAPSE2.parameters.items():
            if parameter.scope == scope:
                made[name] = bias = Dynapse2Parameter()
                bias.type = parameter.transistor or "P"
                bias._initial_type = ParameterType[(parameter.transistor or "P").lower()]
                bias._switchable_type = name.endswith("_V")
        return made

    return make


class Dynapse2Synapse(Record):
    """A CAM word."""

    tag = whole(0, UINT32)
    weight = flags(DYNAPSE2.weight_bits)
    dendrite = choice(Dendrite, Dendrite.none)
    stp = flag()
    precise_delay = flag()
    mismatched_delay = flag()


class Dynapse2Destination(Record):
    """An SRAM word, or the address of an event."""

    core = flags(DYNAPSE2.cores)
    x_hop = whole(-128, 127)
    y_hop = whole(-128, 127)
    tag = whole(0, UINT32)


class NormalGridEvent(Record):
    """An event and when it is, or was [us]."""

    event = record(Dynapse2Destination)
    timestamp = whole(0, UINT32)


class Dynapse2Neuron(Record):
    """A neuron: synapses, destinations, switches."""

    synapses = rows(Dynapse2Synapse, DYNAPSE2.cam_words)
    destinations = rows(Dynapse2Destination, DYNAPSE2.destination_words)
    latch_so_dc = flag()
    latch_so_adaptation = flag()
    latch_soif_kill = flag()
    latch_soif_type = flag()
    latch_coho_ca_mem = flag()
    latch_ho_enable = flag()
    latch_ho_active = flag()
    latch_ho_so_de = flag()
    latch_deam_ampa = flag()
    latch_denm_nmda = flag()
    latch_de_conductance = flag()
    latch_deam_alpha = flag()
    latch_denm_alpha = flag()
    latch_de_mux = flag()


class _Titled(Record):
    """A record whose names in JSON begin with a capital."""

    @staticmethod
    def key_of(name: str) -> str:
        return "".join(word.title() for word in name.split("_"))


class Dynapse2Core_CoreSadcEnables(_Titled):
    """Which currents of a core the sADC watches."""

    soif_mem = flag()
    soif_refectory = flag()
    soif_refractory = spelling("soif_refectory")
    soad_dpi = flag()
    soca_dpi = flag()
    deam_edpi = flag()
    deam_idpi = flag()
    denm_edpi = flag()
    denm_idpi = flag()
    dega_idpi = flag()
    desc_idpi = flag()
    sy_w42 = flag()
    sy_w21 = flag()
    soho_sogain = flag()
    soho_degain = flag()


class Dynapse2Core(Record):
    """A core."""

    neurons = rows(Dynapse2Neuron, DYNAPSE2.neurons_per_core)
    parameters = named(_parameters("core"))
    neuron_monitoring_on = flag()
    monitored_neuron = whole(0, DYNAPSE2.neurons_per_core - 1)
    sadc_enables = record(Dynapse2Core_CoreSadcEnables)
    enable_syaw_stdbuf_an = flag()
    enable_pulse_extender_monitor1 = flag()
    enable_pulse_extender_monitor2 = flag()
    _id = whole(0, UINT32)
    _cookie = whole(0, UINT32)

    def get_id(self) -> int:
        """Number of the core."""
        return self._id


class Dynapse2Chip_ConfigSadcEnables(_Titled):
    """Which external and calibration currents the sADC watches."""

    nccf_extin_vi_group0_pg1 = flag()
    nccf_cal_refbias_v_group1_pg1 = flag()
    nccf_cal_refbias_v_group2_pg1 = flag()
    nccf_extin_vi_group2_pg1 = flag()
    nccf_extin_vi_group0_pg0 = flag()
    nccf_cal_refbias_v_group1_pg0 = flag()
    nccf_cal_refbias_v_group2_pg0 = flag()
    nccf_extin_vi_group2_pg0 = flag()


class Vec2_int(Record):
    """Two whole numbers."""

    x = whole(-(2**31), 2**31 - 1)
    y = whole(-(2**31), 2**31 - 1)


class Vec2_unsigned_int(Record):
    """Two whole numbers, not negative."""

    x = whole(0, UINT32)
    y = whole(0, UINT32)


class Dynapse2DvsInterface(Record):
    """The event-camera interface: stored, without effect."""

    drop_events = flag()
    dvs_mode = choice(DvsMode, DvsMode.Dvs128)
    off_events = flag()
    on_events = flag()
    pooling_shift = record(Vec2_unsigned_int)
    copy_events = flag()
    copy_hop = record(Vec2_int)
    davis_req_ack_bugfix_delay_ns = whole(0, UINT32)
    origin = record(Vec2_unsigned_int)
    max = record(Vec2_unsigned_int)
    pixel_destinations = vector(Dynapse2Destination)

    @staticmethod
    def key_of(name: str) -> str:
        if name == "davis_req_ack_bugfix_delay_ns":
            return "davisReqAckBugfixDelay_ns"
        return Record.key_of(name)


class Dynapse2Bioamps(Record):
    """The bioamplifiers: stored, without effect. Names of their biases are uncertain: none here."""

    common_parameters = named(dict)
    param_gen2_powerdown = flag()
    gain = whole(0, UINT32)
    separate_parameters = flag()
    monitor_channel_thuc = flag()
    monitor_channel_thdc = flag()
    monitor_channel_qfruc = flag()
    monitor_channel_oruc = flag()
    monitor_channel_osuc = flag()
    monitor_channel_oauc = flag()
    route = rows(Dynapse2Destination, 2)


class Dynapse2Chip(Record):
    """A chip."""

    cores = rows(Dynapse2Core, DYNAPSE2.cores)
    global_parameters = named(_parameters("global"))
    shared_parameters01 = named(_parameters("shared"))
    shared_parameters23 = named(_parameters("shared"))
    sadc_group_parameters01 = maps(_parameters("sadc"), SADC_GROUPS)
    sadc_group_parameters23 = maps(_parameters("sadc"), SADC_GROUPS)
    sadc_enables = record(Dynapse2Chip_ConfigSadcEnables)
    dvs_if = record(Dynapse2DvsInterface)
    bioamps = record(Dynapse2Bioamps)
    enable_pg0_reference_monitor = flag()
    enable_pg1_reference_monitor = flag()
    param_gen0_powerdown = flag()
    param_gen1_powerdown = flag()


class Dynapse2Configuration(Record):
    """All registers of a board."""

    chips = vector(Dynapse2Chip, DYNAPSE2.max_chips)
