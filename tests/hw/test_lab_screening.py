"""A lab's screening of CAM words, as a program for samna: it finds exactly the injected defects."""

from pathlib import Path

import numpy as np
import pytest

from analoop.hw.virtual_samna import virtual_samna

from .lab import END, clock_of, event, listen, opened, poll, report, set_biases
from .snapshots import snapshot

NEURONS = range(0, 256, 16)
"""Of core 1, screened at once."""
HALVES = (100, 1100)
"""First tag of 64, in each half of the tags."""
APART_US, BURST = 60_000, 8


@pytest.mark.parametrize("seed", ["", "seed=6,"], ids=["nominal", "mismatched"])
def test_screening_finds_exactly_the_injected_defects(tmp_path: Path, seed: str):
    random = np.random.default_rng(5)
    words = {(0, 1, n, w, half) for n in NEURONS for w in range(64) for half in (0, 1)}
    dead = {place for place in sorted(words) if random.random() < 0.15}
    stuck = {(0, 1, 48)}
    dead = {place for place in dead if place[:3] not in stuck}
    snapshot(dead, stuck).save(tmp_path / "chip.npz")
    with virtual_samna([f"sim:{seed}snapshot={tmp_path}/chip.npz"]) as samna:
        found, noisy = screened(samna)
    assert noisy == {n for _, _, n in stuck}
    assert found - {p for p in found if p[2] in noisy} == dead


def screened(samna) -> tuple[set[tuple[int, ...]], set[int]]:
    """Words that do not answer, and neurons that spike without input."""
    board = opened(samna)
    model = board.get_model()
    config = model.get_configuration()
    core = config.chips[0].cores[1]
    set_biases(core, SYAM_W0_P=(4, 100), SOIF_REFR_N=(2, 45))
    for n in NEURONS:
        report(core.neurons[n], 256 + n)
    model.apply_configuration(config)
    noisy = {tag - 256 for _, tag in answers(samna, board, [])}
    missing = set()
    for half, first in enumerate(HALVES):
        for n in NEURONS:
            core.neurons[n].latch_soif_kill = n in noisy
            for word in range(64):
                listen(samna, core.neurons[n], word, first + word, [True, False, False, False])
        model.apply_configuration(config)
        heard = answers(samna, board, [first + word for word in range(64)])
        missing |= {
            (0, 1, n, word, half)
            for n in NEURONS
            for word in range(64)
            if (word, 256 + n) not in heard
        }
    return missing, noisy


def answers(samna, board, tags: list[int]) -> set[tuple[int, int]]:
    """Which turn each neuron answered in: every tag has its turn, a burst and quiet after it."""
    start = clock_of(samna, board) + 500_000
    sent = [
        event(samna, tag, start + turn * APART_US + 200 * k)
        for turn, tag in enumerate(tags)
        for k in range(BURST)
    ]
    end = start + APART_US * max(1, len(tags))
    board.input_interface_write_events(0, [*sent, event(samna, END, end, -7, -7)])
    return {
        ((e.timestamp - start) // APART_US, e.event.tag)
        for e in poll(board)
        if not e.event.y_hop and start <= e.timestamp < end
    }
