"""The full probe: sound boards pass whole, and a damaged word is named, that one and no other."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache, reduce

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analoop.deploy import Program, compile, probe
from analoop.deploy.probe_report import ProbeReport
from analoop.deploy.shipped import shipped_program
from analoop.hw import DYNAPSE2, open_board, sample_defects
from analoop.models import DENDRITES, INPUT, Network

from .damaged import Damage, DamagedBoard, changed, dropped, nothing
from .networks import BOARD, LIVELY, PATIENT, legal_networks, network, population, wires

ROOMY = replace(BOARD, cam_words=16)
"""Three cores of five neurons to a chip."""


def recurrent_network() -> Network:
    """Four populations on four cores of two chips; each dendrite within and between them."""
    rng = np.random.default_rng(5)
    populations = [population(f"p{k}", 4, threshold=1e-9 * (k + 1)) for k in range(4)]
    names = [p.name for p in populations]
    projections = []
    for d, dendrite in enumerate(DENDRITES):
        for k, target in enumerate(names):
            source = names[(k + d) % len(names)]
            # A neuron that excites only itself on a core cannot show that it does.
            some = (rng.random((4, 4)) < 0.4) & ~(np.eye(4) > 0)
            projections.append(
                wires(source, target, dendrite, some * rng.choice([LIVELY, LIVELY / 3], (4, 4)))
            )
    into = wires(INPUT, "p0", "ampa", np.eye(3, 4) * LIVELY)
    return network(3, populations, into, *projections)


@cache
def recurrent() -> Program:
    """It, compiled for a tiny board: three cores to a chip."""
    return compile(recurrent_network(), ROOMY)


def probed(
    damage: Damage = nothing, name: str = "sim:nominal", program: Program | None = None
) -> ProbeReport:
    program = program or recurrent()
    with DamagedBoard(damage, name, ROOMY) as board:
        report = probe(program, board)
        assert board.programmed[-1] == program.configuration.hash
    return report


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


def exactly(report: ProbeReport, kind: str, words: Sequence[np.void]) -> list[str]:
    """What was found of these words, which are all that failed, each under its own name."""
    program, found = recurrent(), {(f.neuron, f.word): f for f in report.failures}
    memory, texts = "CAM" if kind == "CAM words" else "SRAM", []
    for word in words:
        neuron = program.address.tolist().index([word["chip"], word["core"], word["neuron"]])
        failure = found.pop((neuron, int(word["word"])))
        where = f"(chip {word['chip']} core {word['core']} neuron {word['neuron']})"
        assert str(failure).startswith(
            f"{program.names[neuron]} {where}, {memory} word {word['word']}, "
        )
        texts.append(failure.found)
    assert [str(f) for f in found.values()] == []
    assert len(report.failures) == len(words)
    for c in report.coverage:
        assert c.failed == (len(words) if c.kind == kind else 0), c
    return texts


DENDRITE = {"ampa": 1024, "nmda": 256, "gaba": 512, "shunt": 128}


def cam_words() -> list[np.void]:
    """A CAM word for each dendrite, of four neurons."""
    words, taken, found = recurrent().configuration.synapses, [], []
    for dendrite in DENDRITES:
        for word in words[words["dendrite"] == DENDRITE[dendrite]]:
            address = word[["chip", "core", "neuron"]].tolist()
            if address not in taken:
                taken.append(address)
                found.append(word)
                break
    assert len(found) == 4
    return found


def at_once(*damages: Damage) -> Damage:
    """All of them."""
    return lambda configuration: reduce(lambda c, damage: damage(c), damages, configuration)


def of_neuron(word: np.void) -> np.ndarray:
    """Which CAM words are of the same neuron as this one."""
    words = recurrent().configuration.synapses
    return words[["chip", "core", "neuron"]] == word[["chip", "core", "neuron"]]


@pytest.mark.parametrize("dendrite", range(4))
def test_one_dropped_cam_word_is_named(dendrite: int):
    word = cam_words()[dendrite]
    report = probed(dropped("synapses", word))
    assert exactly(report, "CAM words", [word]) == ["did not hear"]


def test_dropped_cam_words_are_named_on_a_mismatched_board():
    words = cam_words()
    report = probed(at_once(*(dropped("synapses", w) for w in words)), "sim:seed=3")
    assert exactly(report, "CAM words", words) == ["did not hear"] * 4


def test_cam_words_with_a_tag_that_nobody_sends_are_named():
    words = cam_words()
    report = probed(at_once(*(changed("synapses", w, tag=63) for w in words)))
    assert exactly(report, "CAM words", words) == ["did not hear"] * 4


def test_cam_words_with_the_tag_of_others_are_named_with_what_they_hear():
    words, every = cam_words(), recurrent().configuration.synapses
    others = []
    for word in words:
        core = (every["chip"] == word["chip"]) & (every["core"] == word["core"])
        free = np.setdiff1d(every["tag"][core], every["tag"][of_neuron(word)])
        others.append(int(free[0]))
    damages = [changed("synapses", w, tag=t) for w, t in zip(words, others, strict=True)]
    wanted = [
        f"did not hear; tag {tag} on {dendrite.upper()} is heard instead"
        for tag, dendrite in zip(others, DENDRITES, strict=True)
    ]
    assert exactly(probed(at_once(*damages)), "CAM words", words) == wanted


def test_cam_words_on_another_dendrite_are_named_with_it():
    every, damages, words, wanted = recurrent().configuration.synapses, [], [], []
    for dendrite, instead in (("ampa", "nmda"), ("gaba", "shunt"), ("nmda", "ampa")):
        for word in every[every["dendrite"] == DENDRITE[dendrite]]:
            mine = every[of_neuron(word)]
            # Neurons without any inhibition of a kind do not fire when it is asked for.
            shown = (mine["dendrite"] == DENDRITE[instead]).any()
            twin = (mine["tag"] == word["tag"]) & (mine["dendrite"] == DENDRITE[instead])
            new = all((word != w) and not of_neuron(word)[every == w].any() for w in words)
            if shown and not twin.any() and new:
                words.append(word)
                damages.append(changed("synapses", word, dendrite=DENDRITE[instead]))
                tag = f"tag {word['tag']} on {instead.upper()}"
                wanted.append(f"did not hear; {tag} is heard instead")
                break
    assert len(words) == 3
    assert exactly(probed(at_once(*damages)), "CAM words", words) == wanted


def test_cam_words_with_another_weight_are_named_with_it():
    every, words = recurrent().configuration.synapses, cam_words()
    damages, wanted = [], []
    for word, dendrite in zip(words, DENDRITES, strict=True):
        used = np.bitwise_or.reduce(every["weight"][every["dendrite"] == DENDRITE[dendrite]])
        weight = next(
            int(word["weight"]) ^ 1 << bit
            for bit in range(4)
            if used >> bit & 1 and int(word["weight"]) != 1 << bit
        )
        damages.append(changed("synapses", word, weight=weight))
        wanted.append(f"heard with weight bits {weight:04b}")
    assert exactly(probed(at_once(*damages)), "CAM words", words) == wanted


def leaving(cores: int = 1) -> np.void:
    """A destination word to at least so many cores, on another chip."""
    words = recurrent().configuration.destinations
    many = np.array([int(w["cores"]).bit_count() >= cores for w in words])
    return words[(words["x_hop"] != ROOMY.host_hop) & many][0]


@pytest.mark.parametrize("name", ["sim:nominal", "sim:seed=3"])
def test_a_dropped_destination_is_named(name: str):
    word = leaving()
    (found,) = exactly(probed(dropped("destinations", word), name), "destinations", [word])
    assert found.startswith(f"did not arrive at chip {word['chip'] + word['x_hop']} core ")


def test_a_destination_that_misses_a_core_is_named_with_it():
    word = leaving(cores=2)
    lowest = int(word["cores"]) & -int(word["cores"])
    report = probed(changed("destinations", word, cores=int(word["cores"]) ^ lowest))
    (found,) = exactly(report, "destinations", [word])
    chip, core = word["chip"] + word["x_hop"], lowest.bit_length() - 1
    assert found == f"did not arrive at chip {chip} core {core}"


def test_destinations_with_another_tag_are_named():
    words = recurrent().configuration.destinations
    words = words[words["x_hop"] != ROOMY.host_hop]
    _, first = np.unique(words[["chip", "core", "neuron"]], return_index=True)
    words = list(words[first][::3])
    damages = [changed("destinations", w, tag=62) for w in words]
    texts = exactly(probed(at_once(*damages)), "destinations", words)
    assert all(text.startswith("did not arrive at ") for text in texts)


def with_listener_elsewhere(word: np.void) -> tuple[Program, int, str]:
    """The program with a CAM word that hears this destination's tag on a core it does not go to;
    also that core, and who hears there."""
    program = recurrent()
    words, chip = program.configuration.synapses, word["chip"] + word["x_hop"]
    here = (words["chip"] == chip) & (words["dendrite"] == DENDRITE["ampa"])
    far = [k for k in np.flatnonzero(here) if not int(word["cores"]) >> int(words["core"][k]) & 1]
    last = words[far[0]].copy()
    last["word"] = ROOMY.cam_words - 1
    last["tag"] = word["tag"]
    configuration = replace(program.configuration, synapses=np.append(words, last))
    place = f"chip {chip} core {last['core']} neuron {last['neuron']}"
    return replace(program, configuration=configuration), int(last["core"]), place


def far_leaving() -> np.void:
    """A destination word that excites somebody, to a chip where it leaves out a core in use."""
    c = recurrent().configuration
    for word in c.destinations[c.destinations["x_hop"] != ROOMY.host_hop]:
        there = c.synapses[c.synapses["chip"] == word["chip"] + word["x_hop"]]
        ampa = there["dendrite"] == DENDRITE["ampa"]
        used = set(there["core"][ampa].tolist())
        if (ampa & (there["tag"] == word["tag"])).any() and any(
            not int(word["cores"]) >> core & 1 for core in used
        ):
            return word
    raise AssertionError("none")


def test_a_destination_that_goes_to_another_core_is_named_with_who_hears_it():
    word = far_leaving()
    program, core, place = with_listener_elsewhere(word)
    report = probed(changed("destinations", word, cores=1 << core), program=program)
    (text,) = exactly(report, "destinations", [word])
    assert text.startswith("did not arrive at ")
    assert text.endswith(f"({place}) hears it instead")


def test_a_destination_that_also_goes_to_another_core_is_an_alarm_of_its_neuron():
    word = far_leaving()
    program, core, place = with_listener_elsewhere(word)
    assert probed(program=program).passed
    cores = int(word["cores"]) | 1 << core
    (failure,) = probed(changed("destinations", word, cores=cores), program=program).failures
    assert (failure.code, failure.word) == ("DELIVERED_BESIDES", None)
    assert f"chip {word['chip']} core {word['core']} neuron {word['neuron']}" in failure.place
    assert place in failure.found


def monitor(neuron: int) -> np.void:
    words, program = recurrent().configuration.destinations, recurrent()
    chip, core, index = program.address[neuron]
    mine = (words["chip"] == chip) & (words["core"] == core) & (words["neuron"] == index)
    return words[mine & (words["x_hop"] == ROOMY.host_hop)][0]


def test_a_monitor_word_with_a_tag_of_nobody_is_named_and_its_neuron_is_not_judged():
    word = monitor(5)
    report = probed(changed("destinations", word, tag=63))
    (failure,) = report.failures
    assert (failure.code, failure.neuron) == ("UNSEEN", 5)
    assert failure.found == f"came as chip {word['chip']} tag 63 instead"
    monitors, synapses, _ = report.coverage
    assert (monitors.failed, monitors.percent) == (1, 100)
    heard = recurrent().configuration.synapses[["chip", "core", "neuron"]]
    own = int((heard == word[["chip", "core", "neuron"]]).sum())
    assert own > 0
    assert synapses.not_covered == {"its neuron is not seen under an identity of its own": own}


def test_a_monitor_word_with_the_tag_of_another_neuron_is_named_and_not_that_neuron():
    neurons = recurrent().neurons
    other = int(np.flatnonzero(neurons["chip"] == neurons["chip"][5])[0])
    report = probed(changed("destinations", monitor(5), tag=neurons["tag"][other]))
    (failure,) = report.failures
    assert (failure.code, failure.neuron) == ("UNSEEN", 5)
    assert failure.found == f"came as chip {neurons['chip'][5]} tag {neurons['tag'][other]} instead"


def test_a_dropped_monitor_word_is_named():
    # Without any word the simulated board does not make the neuron at all.
    (failure,) = probed(dropped("destinations", monitor(7))).failures
    assert (failure.code, failure.neuron, failure.found) == ("UNSEEN", 7, "was not seen")


def test_two_damaged_words_are_both_named():
    damage = at_once(dropped("synapses", cam_words()[2]), dropped("destinations", leaving()))
    codes = sorted(f.code for f in probed(damage).failures)
    assert codes == ["NOT_DELIVERED", "NOT_HEARD"]


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
