"""A word that is damaged on its way to the board is named by the probe, that one and no other."""

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

import numpy as np
import pytest

from analoop.deploy import Program
from analoop.deploy.probe_report import ProbeReport
from analoop.models import DENDRITES

from .damaged import Damage, changed, dropped
from .probed import DENDRITE, ROOMY, cam_words, leaving, probed, recurrent


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
