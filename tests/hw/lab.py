"""What lab programs for samna do over and over, with samna's surface only (chip.md 2.6)."""

from types import ModuleType
from typing import Any, SupportsIndex

NEURON = {
    "SOIF_LEAK_N": (2, 4), "SOIF_GAIN_N": (3, 40), "SOIF_REFR_N": (2, 45), "SOIF_DC_P": (2, 80),
    "SOIF_SPKTHR_P": (3, 40), "SYPD_EXT_N": (3, 200), "DEAM_ETAU_P": (2, 30),
    "DEAM_EGAIN_P": (2, 35), "DEGA_ITAU_P": (1, 50), "DEGA_IGAIN_P": (1, 50),
    "DENM_ETAU_P": (1, 60), "DENM_EGAIN_P": (1, 130), "DESC_ITAU_P": (2, 16),
    "DESC_IGAIN_P": (1, 90), "SYAM_W0_P": (5, 26), "SYAM_W1_P": (3, 74),
    "SYAM_W2_P": (5, 102), "SYAM_W3_P": (5, 102),
}  # fmt: skip
"""Values that labs use (chip.md 1.3)."""

END, PROBE = 2047, 1024
LEAD_US = 20_000
"""Events start so long after the clock was read [us]: what is late when written comes all at
once."""


def set_biases(core: Any, **changed: tuple[int, int]) -> None:
    """Write `NEURON`, and what differs from it, to a core."""
    for name, (coarse, fine) in (NEURON | changed).items():
        core.parameters[name].coarse_value = coarse
        core.parameters[name].fine_value = fine


def listen(
    samna: ModuleType, neuron: Any, word: int, tag: int, weight: list[bool], kind: str = "ampa"
) -> None:
    """Set a CAM word."""
    synapse = neuron.synapses[word]
    synapse.tag, synapse.weight = tag, weight
    synapse.dendrite = getattr(samna.dynapse2.Dendrite, kind)


def report(neuron: Any, tag: int) -> None:
    """Let a neuron's spikes come to the host."""
    word = neuron.destinations[0]
    word.tag, word.core, word.x_hop = tag, [True] * 4, -7


def event(
    samna: ModuleType, tag: SupportsIndex, timestamp: SupportsIndex, x_hop: int = 0, y_hop: int = 0
) -> Any:
    """An event to all cores."""
    made = samna.dynapse2.NormalGridEvent()
    made.event.tag, made.event.x_hop, made.event.y_hop = tag, x_hop, y_hop
    made.event.core = [True] * 4
    made.timestamp = timestamp
    return made


def poll(board: Any, last_tag: int = END, most: int = 100_000) -> list[Any]:
    """Read until a control event comes back."""
    came = []
    for _ in range(most):
        came += board.read_events()
        if any(e.event.tag == last_tag and e.event.y_hop for e in came):
            return came
    raise AssertionError("no control event came back")


def clock_of(samna: ModuleType, board: Any) -> int:
    """What time the board has [us]."""
    board.input_interface_write_events(0, [event(samna, PROBE, 0, -7, -7)])
    return next(e.timestamp for e in poll(board, PROBE) if e.event.tag == PROBE)


def send(samna: ModuleType, board: Any, events: list[Any], duration_us: int) -> int:
    """Send events whose times count from the start, and a control event at the end; when they
    started [us]. They are all made before the clock is read: making them takes a busy machine
    longer than the lead."""
    made = [*events, event(samna, END, duration_us, -7, -7)]
    start = clock_of(samna, board) + LEAD_US
    for one in made:
        one.timestamp += start
    board.input_interface_write_events(0, made)
    return start


def counts(
    samna: ModuleType, board: Any, tags: list[int], period_us: int, duration_us: int = 300_000
) -> dict[int, int]:
    """Spikes by tag while every one of `tags` is sent once per period."""
    times = range(0, duration_us, period_us)
    send(samna, board, [event(samna, tag, t) for t in times for tag in tags], duration_us)
    found: dict[int, int] = {}
    for e in poll(board):
        if not e.event.y_hop:
            found[e.event.tag] = found.get(e.event.tag, 0) + 1
    return found


HIGH_GAIN = {"NCCF_PWLK_P": (3, 160), "NCCF_BIAS_P": (5, 200)}
LOW_GAIN = {"NCCF_PWLK_P": (5, 255), "NCCF_BIAS_P": (3, 40)}
"""The two regimes in which labs use the spiking ADC (chip.md 3)."""


def opened(samna: ModuleType, chips: int = 1) -> Any:
    """Open the first board, load its FPGA and reset its chips."""
    board = samna.device.open_device(samna.device.get_unopened_devices()[0])
    board.reset_fpga()
    assert board.configure_opal_kelly("Dynapse2Stack.bit")
    board.reset_fpga()
    board.get_model().reset(samna.dynapse2.ResetType.PowerCycle, (1 << chips) - 1)
    return board


def convert(chip: Any, regime: dict[str, tuple[int, int]]) -> None:
    """Write the biases of all converters of the sADC of a chip."""
    for groups in (chip.sadc_group_parameters01, chip.sadc_group_parameters23):
        for biases in groups:
            for name, (coarse, fine) in regime.items():
                biases[name].coarse_value, biases[name].fine_value = coarse, fine


def write(parameters: Any, **codes: tuple[int, int]) -> None:
    """Write some biases."""
    for name, (coarse, fine) in codes.items():
        parameters[name].coarse_value, parameters[name].fine_value = coarse, fine


def played(samna: ModuleType, board: Any, tag: int, period_us: int, duration_us: int) -> list[int]:
    """Send a tag regularly (0: nothing); times of the spikes that come, from the start on [us]."""
    times = range(0, duration_us, period_us) if period_us else ()
    start = send(samna, board, [event(samna, tag, t) for t in times], duration_us)
    return [e.timestamp - start for e in poll(board) if not e.event.y_hop]
