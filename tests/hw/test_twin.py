"""Snapshots that hold a twin, and boards that have its factors."""

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analoop.hw import Snapshot, VirtualBoard, build_fleet, open_board
from analoop.hw.circuits import WEIGHT_TO_REGISTER
from analoop.hw.decoding import decode
from analoop.hw.simulated_board import identify
from analoop.hw.snapshot import UNSCREENED, unscreened
from analoop.hw.twin import HeldOut, Twin
from analoop.hw.virtual_board import parse_board
from analoop.hw.virtual_chip import board_circuits
from analoop.models import FileError, InputError, Recording, Stimulus
from analoop.models.mismatch import Draw, sample_factor
from analoop.models.parameters import CURRENTS

from .boards import Place, biases, monitor, registers, synapse
from .snapshots import DATE, snapshot

SHAPE = (1, 4, 256)
NEURONS = [Place(neuron=n) for n in range(20)]
BOARD = VirtualBoard(3)
RECORD = identify(BOARD, snapshot().chip).record()


def configuration():
    """Twenty neurons with one synapse of one weight bit each."""
    words = [synapse(p, 1024, weight=1) for p in NEURONS]
    return registers(words, [monitor(p) for p in NEURONS], (), biases())


def twin(factors: dict[str, np.ndarray], **changes) -> Twin:
    left = {name: np.where(np.isnan(f), 1.0, 0.1) for name, f in factors.items()}
    return Twin(RECORD, DATE, "by hand", factors, left, **changes)


def stored(path: Path, factors: dict[str, np.ndarray]) -> str:
    return str(unscreened(twin(factors)).save(path / "twin.npz"))


def seen(board: VirtualBoard):
    """Currents and weights of the twenty neurons on a board."""
    made = configuration()
    return board_circuits(made, decode(made), [board])


def same(a, b) -> bool:
    return all(np.array_equal(a[0][n], b[0][n]) for n in a[0]) and np.array_equal(a[1], b[1])


def drawn(seed: int) -> dict[str, np.ndarray]:
    """Every factor of a sampled board, at the currents of the configuration."""
    circuits, draw = decode(configuration()), Draw(seed, 1.0, SHAPE)
    amps = {name: float(circuits.currents[name][0]) for name in CURRENTS}
    base = dict(zip(WEIGHT_TO_REGISTER, circuits.base_currents[0].tolist(), strict=True))
    amps |= base | {"weight_ampa": base["i_w0"]}
    return {name: sample_factor(draw, name, nominal) for name, nominal in amps.items()}


def test_factors_of_one_are_exactly_nominal(tmp_path: Path):
    path = stored(tmp_path, {name: np.ones(SHAPE) for name in drawn(3)})
    assert same(seen(VirtualBoard(snapshot=path)), seen(VirtualBoard()))


def test_a_twin_with_the_factors_of_a_board_is_that_board(tmp_path: Path):
    path = stored(tmp_path, drawn(3))
    assert same(seen(VirtualBoard(snapshot=path)), seen(BOARD))
    assert not same(seen(VirtualBoard(snapshot=path)), seen(VirtualBoard()))
    fleets = [build_fleet(configuration(), [b]) for b in (VirtualBoard(snapshot=path), BOARD)]
    one, two = (f.coefficients.i_leak.numpy() for f in fleets)
    np.testing.assert_array_equal(one, two)


def test_what_a_twin_does_not_know_is_nominal_or_of_the_seed(tmp_path: Path):
    known = drawn(3)["i_tau_mem"].copy()
    known[0, 0, 10:] = np.nan
    path = stored(tmp_path, {"i_tau_mem": known})
    leak = [
        seen(board)[0]["i_tau_mem"][0]
        for board in (VirtualBoard(snapshot=path), VirtualBoard(7, snapshot=path))
    ]
    three, seven, nominal = (
        seen(b)[0]["i_tau_mem"][0] for b in (BOARD, VirtualBoard(7), VirtualBoard())
    )
    for got, rest in zip(leak, (nominal, seven), strict=True):
        np.testing.assert_array_equal(got[:10], three[:10])
        np.testing.assert_array_equal(got[10:], rest[10:])
    other = seen(VirtualBoard(7, snapshot=path))[0]["i_threshold"]
    np.testing.assert_array_equal(other, seen(VirtualBoard(7))[0]["i_threshold"])


def test_the_record_of_a_twin_says_that_it_is_simulated_and_of_whom(tmp_path: Path):
    path = stored(tmp_path, drawn(3))
    loaded = Snapshot.load(path)
    with open_board(f"sim:snapshot={path}") as board:
        record = board.identity.record()
    assert record["target"] == "simulated"
    assert record["twin_of"] == "sim:seed=3"
    assert loaded.twin is not None and record["twin"] == loaded.twin.hash
    assert record["snapshot"] == loaded.hash


def test_a_file_keeps_screening_twin_and_what_is_held_out(tmp_path: Path):
    stimulus = Stimulus(2, *map(np.array, ([100, 200], [0, 1], [5, 6], [0, 1], [1, 0])))
    duration, trial, time, neuron = map(np.array, ([100, 200], [0, 1], [7, 8], [0, 1]))
    came = Recording(
        ("a", "b"), duration, trial, time, neuron, {"in_window": 2}, RECORD,
        {"program": "p", "stimulus": stimulus.hash},
    )  # fmt: skip
    fitted = twin(drawn(3), held_out=HeldOut(stimulus, (came,)), fidelity={"times_better": 4.0})
    both = replace(snapshot([(0, 1, 2, 3, 0)], board=BOARD), twin=fitted)
    again = Snapshot.load(both.save(tmp_path / "both.npz"))
    assert again.hash == both.hash and again.bad[0, 1, 2, 3, 0]
    assert again.twin is not None and again.twin.held_out is not None
    assert again.twin.held_out.stimulus.hash == stimulus.hash
    assert again.twin.held_out.recordings[0].hash == came.hash
    assert again.twin.fidelity == {"times_better": 4.0}
    for name, factors in fitted.factors.items():
        np.testing.assert_array_equal(again.twin.factors[name], factors)


def test_a_snapshot_without_a_twin_is_the_file_that_it_was(tmp_path: Path):
    plain = snapshot([(0, 0, 0, 0, 0)])
    path = plain.save(tmp_path / "plain.npz")
    with zipfile.ZipFile(path) as archive:
        header = json.loads(archive.read("header.json"))
        names = set(archive.namelist())
    assert header["version"] == 1 and "twin" not in header["content"]
    assert names == {"header.json", "tried.npy", "failed.npy", "stuck.npy"}
    assert Snapshot.load(path).hash == plain.hash


def test_a_twin_added_to_a_screening_leaves_it_known(tmp_path: Path):
    plain = snapshot(board=BOARD)
    both = replace(plain, twin=twin(drawn(3)))
    assert both.screening.hash == plain.hash != both.hash
    path = both.save(tmp_path / "both.npz")
    record = identify(VirtualBoard(snapshot=str(path)), plain.chip).record()
    assert plain.is_of(record) and both.is_of(record)


def test_a_twin_alone_is_not_screened_and_has_no_deaf_words(tmp_path: Path):
    alone = unscreened(twin(drawn(3)))
    assert not alone.screened and alone.method == UNSCREENED
    path = alone.save(tmp_path / "alone.npz")
    assert (seen(VirtualBoard(snapshot=str(path)))[1] > 0).all()


def test_a_screening_and_a_twin_of_different_boards_are_refused():
    with pytest.raises(InputError) as refused:
        replace(snapshot(board=VirtualBoard(4)), twin=twin(drawn(3)))
    assert refused.value.code == "SNAPSHOT_MIXED"


@pytest.mark.parametrize(
    "factors",
    [{}, {"a": np.ones((4, 256))}, {"a": np.ones(SHAPE), "b": np.ones((2, 4, 256))},
     {"a": np.zeros(SHAPE)}, {"a": np.full(SHAPE, np.inf)}],
)  # fmt: skip
def test_impossible_factors_are_refused(factors: dict[str, np.ndarray]):
    with pytest.raises(InputError) as refused:
        twin(factors)
    assert refused.value.code == "TWIN_INVALID"


def test_held_out_recordings_of_another_stimulus_are_refused():
    stimulus = Stimulus(1, *map(np.array, ([100], [0], [5], [0])))
    none = np.zeros(0)
    came = Recording(("a",), np.array([100]), none, none, none, {}, {}, {"stimulus": "another"})
    with pytest.raises(InputError) as refused:
        HeldOut(stimulus, (came,))
    assert refused.value.code == "HELD_OUT"


def test_a_changed_factor_is_noticed(tmp_path: Path):
    path = Path(stored(tmp_path, drawn(3)))
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    content = bytearray(parts["twin.factor.i_tau_mem.npy"])
    content[-1] ^= 1
    parts["twin.factor.i_tau_mem.npy"] = bytes(content)
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    with pytest.raises(FileError) as refused:
        Snapshot.load(path)
    assert refused.value.code == "FILE_CORRUPT"


def test_the_level_scales_the_factors_of_a_twin_and_at_zero_it_is_nominal(tmp_path: Path):
    file = stored(tmp_path, drawn(3))
    assert same(seen(VirtualBoard(snapshot=file, level=0.0)), seen(VirtualBoard()))
    whole, half = (seen(VirtualBoard(snapshot=file, level=v))[0] for v in (1.0, 0.5))
    nominal = seen(VirtualBoard())[0]
    for name, amps in nominal.items():
        assert half[name] / amps == pytest.approx(np.sqrt(whole[name] / amps))
    assert parse_board(f"sim:snapshot={file},level=0.5") == VirtualBoard(snapshot=file, level=0.5)
