"""The full probe: sound boards pass whole, deaf words fail, the rest is said not to be covered."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analoop.deploy import compile, probe
from analoop.deploy.probe_report import ProbeReport
from analoop.deploy.shipped import shipped_program
from analoop.deploy.watched_board import WatchedBoard
from analoop.hw import DYNAPSE2, Events, open_board, sample_defects
from analoop.hw.samna_board import SamnaBoard, Settings
from analoop.hw.samna_faults import Faults
from analoop.models import Network
from analoop.models.errors import IncompleteError

from .damaged import dropped
from .networks import BOARD, PATIENT, legal_networks, ring
from .probed import ROOMY, cam_words, leaving, probed, recurrent, recurrent_network


def counts(report: ProbeReport) -> dict[str, tuple[int, int, int]]:
    return {c.kind: (c.used, c.proved, c.failed) for c in report.coverage}


def test_the_network_of_these_tests_has_all_that_is_to_be_probed():
    c = recurrent().configuration
    assert c.n_chips == 2
    assert len(np.unique(c.synapses["dendrite"])) == 4
    assert len(np.unique(c.synapses[["chip", "core"]])) == 4
    leaving = c.destinations[c.destinations["x_hop"] != ROOMY.host_hop]
    assert {-1, 0, 1} <= set(leaving["x_hop"].tolist())


@pytest.mark.parametrize(
    "name",
    ["sim:nominal", "sim:seed=1", "sim:seed=2", "sim:seed=4,level=2", "sim:step_us=300"]
    + ["sim:seed=5,noise=1,loss=0.001,jitter_us=50"],
)
def test_on_a_sound_board_every_word_is_proved(name: str):
    report = probed(name=name)
    c = recurrent().configuration
    leaving = int((c.destinations["x_hop"] != ROOMY.host_hop).sum())
    assert [str(f) for f in report.failures] == []
    assert counts(report) == {
        "monitor words": (16, 16, 0),
        "CAM words": (len(c.synapses), len(c.synapses), 0),
        "destinations": (leaving, leaving, 0),
    }
    assert all(c.percent == 100 and not c.not_covered for c in report.coverage)
    assert report.passed


@pytest.mark.parametrize("seed", [1, 2])
def test_the_shipped_program_raises_no_false_alarm(seed: int):
    program = shipped_program()
    with open_board(f"sim:seed={seed}") as board:
        report = probe(program, board)
    assert report.passed
    assert [c.percent for c in report.coverage] == [100, 100, 100]
    assert report.program == program.hash
    assert report.board["seed"] == seed


@pytest.mark.parametrize("seed", [1, 6])
def test_of_a_board_with_defects_exactly_the_deaf_words_fail(seed: int):
    program = compile(recurrent_network())
    words = program.configuration.synapses
    with open_board(f"sim:seed={seed},defects=1") as board:
        report = probe(program, board)
    deaf = [
        sample_defects(seed, chip, DYNAPSE2).deaf for chip in range(program.configuration.n_chips)
    ]
    wanted = {
        (int(w["chip"]), int(w["core"]), int(w["neuron"]), int(w["word"]))
        for w in words
        if deaf[w["chip"]][w["core"], w["neuron"], w["word"], int(w["tag"] >= 1024)]
    }
    found = {
        (*program.address[f.neuron].tolist(), f.word)
        for f in report.failures
        if f.neuron is not None
    }
    assert found == wanted
    assert {f.code for f in report.failures} <= {"NOT_HEARD"}
    assert 0 < len(wanted) == report.coverage[1].failed


def test_words_that_cannot_be_told_apart_are_not_covered():
    program = recurrent()
    words = program.configuration.synapses
    free = next(w for w in words if w["word"] + 1 < ROOMY.cam_words
                and not (words[["chip", "core", "neuron", "word"]]
                         == _next(w)[["chip", "core", "neuron", "word"]]).any())  # fmt: skip
    twin, idle = _next(free), _next(_next(free))
    idle["weight"] = 0
    extra = [twin, idle] if idle["word"] < ROOMY.cam_words else [twin]
    configuration = replace(program.configuration, synapses=np.append(words, extra))
    with open_board("sim:nominal", ROOMY) as board:
        report = probe(replace(program, configuration=configuration), board)
    assert report.passed
    reasons = dict(report.coverage[1].not_covered)
    assert reasons.pop("another word of its neuron hears the same") == 2
    assert reasons in ({}, {"no weight bit is set, so it has no effect": 1})
    assert report.coverage[1].percent < 100


def _next(word: np.void) -> np.void:
    """The same in the next CAM word."""
    other = word.copy()
    other["word"] += 1
    return other


def test_a_destination_that_nobody_listens_to_is_not_covered():
    program = recurrent()
    c = program.configuration
    word = leaving()
    deaf = ~((c.synapses["tag"] == word["tag"])
             & (c.synapses["chip"] == word["chip"] + word["x_hop"]))  # fmt: skip
    with open_board("sim:nominal", ROOMY) as board:
        lonely = replace(program, configuration=replace(c, synapses=c.synapses[deaf]))
        report = probe(lonely, board)
    reason = "on a core of its mask, no other neuron was found to hear its tag"
    assert report.passed
    assert report.coverage[2].not_covered[reason] >= 1


def test_the_record_holds_all_of_it():
    word = cam_words()[0]
    record = probed(dropped("synapses", word)).record()
    assert record["passed"] is False
    (failure,) = record["failures"]
    assert failure["code"] == "NOT_HEARD"
    assert failure["text"].endswith("did not hear [NOT_HEARD]")
    assert [c["kind"] for c in record["coverage"]] == ["monitor words", "CAM words", "destinations"]
    assert record["board"]["name"] == "sim:nominal"
    assert record["images"] > 0 < record["chip_time_s"]


@settings(PATIENT, max_examples=5)
@given(legal_networks(), st.integers(0, 50))
def test_no_network_on_a_sound_board_raises_an_alarm(net: Network, seed: int):
    program = compile(net, BOARD)
    with open_board(f"sim:seed={seed}", BOARD) as board:
        report = probe(program, board)
    assert [str(f) for f in report.failures] == []
    assert report.coverage[0].percent == 100


def test_the_driver_of_real_boards_is_probed_like_any_board():
    program = compile(ring(3))
    with open_board("dynapse2:sim:seed=1") as board:
        report = probe(program, board)
    assert [str(f) for f in report.failures] == []
    assert [c.percent for c in report.coverage] == [100, 100, 100]


def test_books_that_do_not_balance_prove_nothing():
    faulty = SamnaBoard("sim:nominal", Settings(faults=Faults(repeated_words=1)))
    with faulty as board, pytest.raises(IncompleteError) as caught:
        probe(compile(ring(3)), board)
    assert (caught.value.code, caught.value.exit_code) == ("UNBALANCED", 6)


def test_no_word_is_blamed_for_what_a_link_loses_now_and_then():
    report = probed(name="sim:seed=5,loss=0.05")
    assert [str(f) for f in report.failures] == []
    assert [c.percent for c in report.coverage] == [100, 100, 100]


class Losing(WatchedBoard):
    """Every second run with words, all of them are lost."""

    lost = runs = 0

    @property
    def books(self) -> dict[str, int]:
        return super().books | {"lost_in": self.lost}

    def run(self, events: Events, duration_us: int) -> Events:
        self.runs += len(events) > 0
        if self.runs % 2:
            self.lost += len(events)
            events = Events.none()
        return super().run(events, duration_us)


def test_what_was_lost_on_the_way_is_asked_again():
    with Losing(open_board("sim:nominal", ROOMY)) as board:
        report = probe(recurrent(), board)
    assert board.lost > 0 and [str(f) for f in report.failures] == []
    sound = probed()
    assert report.chip_time_s > sound.chip_time_s and report.images == sound.images


def test_a_link_that_loses_whole_bursts_is_blamed_and_not_the_silicon():
    with pytest.raises(IncompleteError, match="were lost on the way") as caught:
        probed(name="sim:loss=0.6")
    assert (caught.value.code, caught.value.exit_code) == ("WORDS_LOST", 4)
