"""Delays of the pulse extender: from flags and registers to arrivals, nominal and mismatched."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analoop.hw import (
    Bias,
    Configuration,
    Events,
    VirtualBoard,
    build_fleet,
    current,
    decode,
    nearest,
    open_board,
)
from analoop.hw.circuits import DELAY_TO_REGISTER
from analoop.hw.fleet import MAX_DELAY_STEPS
from analoop.hw.virtual_chip import board_delays
from analoop.models import CONSTANTS, RegisterError

from .boards import (
    ORIGIN,
    Place,
    between,
    biases,
    events,
    few,
    monitor,
    played,
    registers,
    rows_of,
    spike_counts,
    synapse,
)

CHARGE = CONSTANTS.v_th * CONSTANTS.c_pulse
OFF = Bias(0, 0)
STRONG = biases(i_w3=4e-7, i_threshold=1e-10)


def delay_biases(*seconds: float) -> dict[str, Bias]:
    """DLY0, DLY1, DLY2 for these delays; 0 is off."""
    pairs = zip(DELAY_TO_REGISTER.values(), seconds, strict=True)
    return {name: nearest(name, CHARGE / t) if t else OFF for name, t in pairs}


def seconds(register: str, core: dict[str, Bias]) -> float:
    """The delay a register really makes [s]."""
    bias = core[register]
    return CHARGE / float(current(register, bias.coarse, bias.fine)) if bias.fine else 0.0


def word(*flags: str, place: Place = ORIGIN, tag: int = 1024) -> tuple:
    """A CAM word with flags."""
    *rest, _, _, _ = synapse(place, tag, weight=0b1000)
    return (*rest, "stp" in flags, "precise_delay" in flags, "mismatched_delay" in flags)


def one(*flags: str, core: dict[str, Bias]) -> Configuration:
    return registers([word(*flags)], [monitor()], core=STRONG | core)


def first_spike(c: Configuration, name: str = "sim") -> int:
    return int(played(c, events([2_000]), 300_000, name).time_us[0])


BOTH = ("precise_delay", "mismatched_delay")
FLAGS = [(), BOTH[:1], BOTH[1:], BOTH]
PARTS = {(): (), BOTH[:1]: (0, 1), BOTH[1:]: (0, 2), BOTH: (0, 1, 2)}


@pytest.mark.parametrize("flags", FLAGS)
@pytest.mark.parametrize("step_us", [1000, 100])
def test_a_flagged_word_acts_later_by_the_delays_of_its_flags(flags, step_us: int):
    core = delay_biases(0.011, 0.023, 0.042)
    own = sum(seconds(list(DELAY_TO_REGISTER.values())[k], core) for k in PARTS[flags])
    name = f"sim:step_us={step_us}"
    late = first_spike(one(*flags, core=core), name) - first_spike(one(core={}), name)
    assert late == step_us * round(own * 1e6 / step_us)
    assert bool(late) == bool(flags)


def test_a_register_with_fine_code_0_is_no_delay_and_not_one_of_seconds():
    core = delay_biases(0, 0.005, 0)
    assert core["SYPD_DLY0_P"] == OFF
    assert first_spike(one("mismatched_delay", core=core)) == first_spike(one(core={}))
    late = first_spike(one("precise_delay", core=core)) - first_spike(one(core={}))
    assert late == 5_000


def test_the_settings_of_public_programs_are_as_short_as_their_synapses_need():
    """DLY1 (5,250) is below a microsecond, DLY2 (1,80) a millisecond."""
    public = {"SYPD_DLY0_P": OFF, "SYPD_DLY1_P": Bias(5, 250), "SYPD_DLY2_P": Bias(1, 80)}
    assert seconds("SYPD_DLY1_P", public) < 1e-6
    assert seconds("SYPD_DLY2_P", public) == pytest.approx(1.3e-3, rel=0.1)


@pytest.mark.parametrize("flags", FLAGS[1:])
def test_a_flag_needs_its_own_registers_and_no_others(flags):
    with pytest.raises(RegisterError) as caught:
        decode(one(*flags, core={}))
    needs = [v.need for v in caught.value.violations]
    assert needs == [f"biases SYPD_DLY{k}_P" for k in PARTS[flags]]


def crowd(flag: str) -> Configuration:
    """Every neuron of a core with one delayed word."""
    places = [Place(neuron=n) for n in range(256)]
    core = STRONG | delay_biases(0, 0.02, 0.02)
    return registers([word(flag, place=p) for p in places], [monitor(p) for p in places], core=core)


def test_the_mismatched_delay_varies_widely_between_neurons_and_the_precise_one_little():
    spread = {}
    for flag in BOTH:
        c = crowd(flag)
        circuits = decode(c)
        boards = [VirtualBoard(), *(VirtualBoard(seed) for seed in range(20))]
        nominal, *delays = board_delays(c, circuits, boards)
        assert np.ptp(nominal) == 0
        spread[flag] = np.mean([np.log(d).std() for d in delays])
        assert np.median(delays) == pytest.approx(nominal[0], rel=0.06)
    assert spread["precise_delay"] == pytest.approx(0.1, rel=0.05)
    assert spread["mismatched_delay"] == pytest.approx(np.sqrt(np.log1p(0.4**2)), rel=0.05)


def test_neurons_of_a_virtual_chip_answer_one_event_each_at_its_own_time():
    c = crowd("mismatched_delay")
    out = played(c, events([0]), 200_000, "sim:seed=2")
    first = [out.time_us[out.tag == n][0] for n in range(256)]
    delays = build_fleet(c, [VirtualBoard(2)]).delays[0]
    target = decode(c).target
    assert np.corrcoef(np.array(first)[target], delays)[0, 1] > 0.99
    assert len(spike_counts(out)) == 256


@given(cuts=st.lists(st.integers(0, 60), max_size=4).map(sorted))
@few
def test_a_run_cut_while_events_are_on_their_way_equals_the_whole(cuts):
    """Also where a later part is the first to send to the longest delay."""
    core = STRONG | delay_biases(0, 0.007, 0.019)
    words = [
        word(place=Place(neuron=0), tag=5),
        word("precise_delay", place=Place(neuron=1), tag=6),
        word("mismatched_delay", place=Place(neuron=2), tag=7),
    ]
    c = registers(words, [monitor(Place(neuron=n)) for n in range(3)], core=core)
    tags = np.repeat([5, 6, 7], 4)
    time = np.arange(12) * 4_500
    some = Events(time, tags, np.ones(12), np.zeros(12), np.zeros(12))
    whole, parts = rows_of(played(c, some, 60_000)), []
    with open_board("sim") as board:
        board.program(c)
        edges = [0, *(1000 * cut for cut in cuts), 60_000]
        for start, stop in zip(edges[:-1], edges[1:], strict=True):
            out = board.run(between(some, start, stop), stop - start)
            parts += [(time + start, *word) for time, *word in rows_of(out)]
    assert parts == whole and {tag for _, tag, *_ in whole} == {0, 1, 2}


def test_a_delay_that_needs_too_much_memory_is_refused_when_the_board_is_programmed():
    c = one("precise_delay", core=delay_biases(0.5, 0.6, 0))
    for name in ("sim", "sim:step_us=500"):
        with open_board(name) as board, pytest.raises(RegisterError) as caught:
            board.program(c)
        (violation,) = caught.value.violations
        assert violation.code == "DELAY_TOO_LONG" and violation.object == "chip 0 core 0"
        assert str(MAX_DELAY_STEPS) in violation.need
    long = one("precise_delay", core=delay_biases(0, 0.9, 0))
    with open_board("sim") as board:
        board.program(long)
        out = board.run(events([0]), 1_000_000)
    assert out.time_us.min() > 850_000
