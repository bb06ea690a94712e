"""Homeostasis of the simulated board: one rate from above and from below, and nothing unasked."""

import numpy as np
import pytest

from analoop.hw import Bias, Configuration, Events, SimulatedBoard, VirtualBoard
from analoop.hw.board import Trial
from analoop.models.errors import InputError

from .boards import Place, biases, columns_of, events, latches, monitor, registers, synapse

REFERENCES = {
    "SOCA_TAU_P": Bias(0, 100),
    "SOCA_GAIN_P": Bias(0, 200),
    "SOCA_W_N": Bias(4, 100),
    "SOAD_PWTAU_N": Bias(4, 80),
    "SOHO_VREF_P": Bias(1, 100),
    "SOHO_VREF_L_P": Bias(2, 15),
    "SOHO_VREF_M_P": Bias(2, 60),
    "SOHO_VREF_H_P": Bias(2, 240),
}
"""As a public program sets them: by our equations 48 Hz."""
WEAK, STRONG, OFF = Place(neuron=3), Place(neuron=4), Place(neuron=5)
SECOND = 1_000_000


def configured(*more: str) -> Configuration:
    """Two neurons with homeostasis, driven weakly and strongly, and one without as the strong."""
    places = [(WEAK, 0b0101), (STRONG, 0b1111), (OFF, 0b1111)]
    weights = {f"i_w{k}": 3e-10 * 2**k for k in range(4)}
    return registers(
        [synapse(p, weight=mask) for p, mask in places],
        [monitor(p) for p, _ in places],
        [latches(p, "latch_ho_enable", *more) for p in (WEAK, STRONG)],
        biases(**weights) | REFERENCES,
    )


def driving(duration_us: int) -> Events:
    """400 Hz."""
    return events(np.arange(0, duration_us, 2_500))


def rates(answer: Events, from_us: int, until_us: int) -> dict[int, float]:
    inside = (answer.time_us >= from_us) & (answer.time_us < until_us)
    return {
        p.neuron: float((answer.tag[inside] == p.neuron).sum() / (until_us - from_us) * 1e6)
        for p in (WEAK, STRONG, OFF)
    }


@pytest.mark.parametrize("seed", [None, 3])
@pytest.mark.parametrize("more", [(), ("latch_ho_so_de",)], ids=["soma", "dendrites"])
def test_the_rate_comes_to_the_same_reference_from_above_and_from_below(more, seed):
    board = SimulatedBoard(VirtualBoard(seed=seed))
    board.program(configured("latch_ho_active", *more))
    answer = board.run(driving(5 * SECOND), 5 * SECOND)
    first, last = rates(answer, 0, SECOND // 4), rates(answer, 4 * SECOND, 5 * SECOND)
    assert first[3] < 30 and first[4] > 80
    assert 42 < last[3] < 55 and 42 < last[4] < 55
    assert last[5] == pytest.approx(first[5], rel=0.1)


def test_without_ho_active_nothing_moves():
    answers = []
    for registers_of in (configured(), configured("latch_ho_so_de")):
        board = SimulatedBoard(VirtualBoard())
        board.program(registers_of)
        answers.append(board.run(driving(SECOND), SECOND))
    plain = configured()
    without = Configuration(
        1, plain.biases, plain.synapses, plain.destinations, np.zeros(0, plain.latches.dtype)
    )
    board = SimulatedBoard(VirtualBoard())
    board.program(without)
    expected = columns_of(board.run(driving(SECOND), SECOND))
    for answer in answers:
        assert all(np.array_equal(*pair) for pair in zip(columns_of(answer), expected, strict=True))


def test_runs_cut_anywhere_and_the_same_registers_again_change_nothing():
    played = []
    for cuts in ([600_000], [3_000, 4_000, 10_000, 333_000, 600_000]):
        board, start, came = SimulatedBoard(VirtualBoard()), 0, []
        board.program(configured("latch_ho_active"))
        for end in cuts:
            all_of_it = driving(600_000)
            mine = (all_of_it.time_us >= start) & (all_of_it.time_us < end)
            part = board.run(all_of_it.chosen(mine, -start), end - start)
            came += [(t + start, tag) for t, tag in zip(part.time_us, part.tag, strict=True)]
            board.reprogram(configured("latch_ho_active"))
            start = end
        played.append(came)
    assert len(played[0]) > 50 and played[0] == played[1]


def test_gains_stay_while_enabled_and_go_with_the_latch():
    board = SimulatedBoard(VirtualBoard())
    board.program(configured("latch_ho_active"))
    board.run(driving(3 * SECOND), 3 * SECOND)
    place = [WEAK, STRONG]
    gains = []
    for registers_of in (configured(), registers([synapse(WEAK)], [monitor(WEAK)])):
        board.reprogram(registers_of, place)
        gains.append(board.measure().amps["soma_gain"])
    assert gains[0][0] > 1.1 * gains[1][0] and gains[0][1] < 0.9 * gains[1][1]
    board.settle()
    assert board.measure().amps["soma_gain"] == pytest.approx(gains[1])


def test_trials_side_by_side_are_refused():
    board = SimulatedBoard(VirtualBoard())
    board.program(configured())
    with pytest.raises(InputError) as caught:
        board.run_trials([Trial(Events.none(), 1000)])
    assert caught.value.code == "HOMEOSTASIS_SIDE_BY_SIDE"
    with pytest.raises(InputError, match="outside"):
        board.run(events([2000]), 1000)
