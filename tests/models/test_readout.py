"""How hosts decide."""

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analoop.models.errors import InputError, NetworkError
from analoop.models.network import Network, Population
from analoop.models.parameters import NeuronParameters
from analoop.models.readout import Difference, Readout, header_of

SIGNED = Difference(tau_s=0.07, full_hz=50.0, signed=True)


def spikes_of(half: int, steps: int = 2000) -> np.ndarray:
    """One half of four output neurons fires at 50 Hz, float32 [trial, step, neuron]."""
    spikes = np.zeros((1, steps, 4), np.float32)
    spikes[0, ::20, 2 * half : 2 * half + 2] = 1
    return spikes


def test_output_is_the_low_passed_difference_of_both_halves():
    output = SIGNED.output(spikes_of(0))
    assert output.shape == (1, 2000) and output.dtype == np.float32
    assert abs(output[0, -20:].mean() - 1.0) < 1e-3
    assert abs(output[0, :70].mean() - np.exp(-1)) < 0.1
    np.testing.assert_array_equal(SIGNED.output(spikes_of(1)), -output)


def test_signed_answers_are_halves_and_unsigned_ones_pass_a_boundary():
    both = np.concatenate([spikes_of(0), spikes_of(1), 0 * spikes_of(0)])
    np.testing.assert_array_equal(SIGNED.answers(both), [1, 0, -1])
    area = Difference(0.07, 50.0, signed=False, boundary=1500.0)
    np.testing.assert_array_equal(area.answers(both), [1, 0, 0])
    np.testing.assert_array_equal(area.answers(both[:, :1000]), [0, 0, 0])


def test_the_output_is_read_relative_to_how_much_the_second_half_fires():
    relative = replace(SIGNED, reference_hz=50.0)
    np.testing.assert_array_equal(relative.output(spikes_of(1)), SIGNED.output(spikes_of(1)))
    np.testing.assert_array_equal(relative.output(spikes_of(0)), 2 * SIGNED.output(spikes_of(0)))
    busier, busiest = (replace(SIGNED, reference_hz=hz) for hz in (40.0, 1.0))
    np.testing.assert_allclose(
        busier.output(spikes_of(1)), SIGNED.output(spikes_of(1)) / 1.125, 1e-6
    )
    np.testing.assert_allclose(
        busiest.output(spikes_of(1)), SIGNED.output(spikes_of(1)) / 1.25, 1e-6
    )


def test_every_trial_is_read_by_itself():
    relative = replace(SIGNED, reference_hz=20.0)
    both = np.concatenate([spikes_of(0), spikes_of(1)])
    alone = np.concatenate([relative.output(spikes_of(half)) for half in (0, 1)])
    np.testing.assert_array_equal(relative.output(both), alone)


def test_a_chip_whose_neurons_all_fire_less_loses_less_of_its_answer():
    """Both halves fire; on the weak chip all are silent in every second stretch of 100 ms."""
    spikes = np.zeros((1, 2000, 4), np.float32)
    spikes[0, ::10, :2] = 1
    spikes[0, ::100, 2:] = 1
    weak = spikes * (np.arange(2000) // 100 % 2 == 0)[:, None]
    plain, relative = SIGNED, replace(SIGNED, reference_hz=10.0)
    lost = [1 - d.output(weak).mean() / d.output(spikes).mean() for d in (plain, relative)]
    assert lost[0] == pytest.approx(0.5, abs=0.03)
    assert lost[1] == pytest.approx(1 / 3, abs=0.03)


@pytest.mark.parametrize(
    ("readout", "kind", "answers"),
    [
        (Readout(slice(2, 6)), "output neuron", 4),
        (Readout(slice(0, 2), ("a", "b")), "label", 2),
        (Readout(slice(0, 3), ("a", "b", "a")), "label (equal ones count once)", 2),
        (Readout(slice(0, 8), difference=SIGNED), "answer", 2),
    ],
)
def test_a_readout_knows_its_answers(readout: Readout, kind: str, answers: int):
    assert (readout.kind, readout.n_answers) == (kind, answers)
    assert readout.name_of(-1) == "nothing"
    assert readout.name_of(1) == ("b" if readout.labels else f"{kind} 1")


def network(size: int, difference: Difference | None) -> Network:
    output = Population("output", size, NeuronParameters.from_times())
    return Network(1, (output,), (), "output", difference=difference)


def test_a_network_s_file_and_hash_hold_how_it_is_decided(tmp_path):
    ours, plain = network(4, SIGNED), network(4, None)
    read = Network.load(ours.save(tmp_path / "net.npz"))
    assert read.readout == Readout(slice(0, 4), (), SIGNED)
    assert read.hash == ours.hash != plain.hash
    assert Network.load(plain.save(tmp_path / "plain.npz")).readout.difference is None


def test_a_file_says_what_the_output_is_read_relative_to_and_others_stay_as_they_were(tmp_path):
    relative = network(4, replace(SIGNED, reference_hz=0.4))
    path = relative.save(tmp_path / "net.npz")
    assert Network.load(path).readout.difference == replace(SIGNED, reference_hz=0.4)
    assert relative.hash != network(4, SIGNED).hash
    kinds = [network(4, None), network(4, SIGNED), relative]
    assert [_version(n.save(tmp_path / "kind.npz")) for n in kinds] == [1, 2, 3]
    assert set(header_of(SIGNED)["difference"]) == {"tau_s", "full_hz", "signed", "boundary"}


def _version(path: Path) -> int:
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("header.json"))["version"]


def test_a_trial_without_steps_is_silent():
    for difference in (SIGNED, replace(SIGNED, reference_hz=1.0)):
        assert difference.output(np.zeros((2, 0, 4))).shape == (2, 0)
        np.testing.assert_array_equal(difference.answers(np.zeros((2, 0, 4))), [-1, -1])


def test_labels_are_no_answers_of_halves():
    output = Population("output", 2, NeuronParameters.from_times())
    with pytest.raises(NetworkError, match="leave out the labels"):
        Network(1, (output,), (), "output", ("a", "b"), difference=SIGNED)


@pytest.mark.parametrize(
    "wrong",
    [
        {"tau_s": 0.0},
        {"full_hz": -1.0},
        {"boundary": -1.0},
        {"tau_s": float("nan")},
        {"reference_hz": -1.0},
        {"reference_hz": float("inf")},
    ],
)
def test_numbers_no_host_can_decide_by_are_refused(wrong: dict[str, float]):
    with pytest.raises(InputError, match=next(iter(wrong))) as caught:
        replace(SIGNED, **wrong)
    assert caught.value.code == "READOUT"


def test_halves_need_an_even_number_of_neurons():
    with pytest.raises(NetworkError, match="two halves"):
        network(3, SIGNED)
