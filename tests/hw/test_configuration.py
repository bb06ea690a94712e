"""A configuration is a value: it cannot be changed, has one hash, and survives a file."""

import pickle
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analoop.hw import DYNAPSE2, Bias, Configuration, diff
from analoop.hw.configuration import to_content
from analoop.models import FileError, RegisterError
from analoop.models.archive import write_archive

from .boards import (
    HOST,
    ORIGIN,
    Place,
    biases,
    destination,
    latches,
    monitor,
    registers,
    synapse,
    unhurried,
)
from .legal_registers import legal

KINDS = ("synapses", "destinations", "latches")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("configurations")


def busy(neurons: int = 2, **changes) -> Configuration:
    """Some neurons with every kind of register set."""
    places = [Place(neuron=n) for n in range(neurons)]
    made = registers(
        [synapse(p, tag=n) for n, p in enumerate(places)],
        [monitor(p) for p in places],
        [latches(p, "latch_so_dc") for p in places],
    )
    return replace(made, **({"shared": {(0, "shared01"): {"LBWR_VB_P": Bias(1, 2)}}} | changes))


def assert_same_registers(one: Configuration, other: Configuration) -> None:
    assert (one.n_chips, one.chip) == (other.n_chips, other.chip)
    assert (one.biases, one.shared) == (other.biases, other.shared)
    for kind in KINDS:
        np.testing.assert_array_equal(getattr(one, kind), getattr(other, kind))
        assert getattr(one, kind).dtype == getattr(other, kind).dtype


@given(legal())
@unhurried
def test_any_legal_configuration_survives_saving_and_loading(folder: Path, c: Configuration):
    loaded = Configuration.load(c.save(folder / "c.npz"))
    assert_same_registers(loaded, c)
    assert loaded.hash == c.hash
    assert diff(c, loaded) == []


@given(legal(), st.randoms(use_true_random=False))
@unhurried
def test_the_order_in_which_registers_are_given_does_not_matter(c: Configuration, random):
    def shuffled(items):
        items = list(items)
        random.shuffle(items)
        return items

    parts = {kind: getattr(c, kind)[shuffled(range(len(getattr(c, kind))))] for kind in KINDS}
    core = {place: dict(shuffled(b.items())) for place, b in shuffled(c.biases.items())}
    other = Configuration(c.n_chips, core, **parts, shared=c.shared, chip=c.chip)
    assert other.hash == c.hash
    assert_same_registers(other, c)


@given(legal(), legal())
@unhurried
def test_two_configurations_have_one_hash_exactly_when_no_register_differs(one, other):
    assert (one.hash == other.hash) == (diff(one, other) == [])


CHANGES = {
    "chip 0 core 0 SOIF_LEAK_N": {"biases": {(0, 0): biases() | {"SOIF_LEAK_N": Bias(2, 5)}}},
    "chip 0 shared01 LBWR_VB_P": {"shared": {(0, "shared01"): {"LBWR_VB_P": Bias(1, 3)}}},
    "board chips": {"n_chips": 2},
}
WORD_CHANGES = [
    ("synapses", "tag", 7, "chip 0 core 0 neuron 1 synapse 0"),
    ("synapses", "dendrite", 512, "chip 0 core 0 neuron 1 synapse 0"),
    ("synapses", "weight", 3, "chip 0 core 0 neuron 1 synapse 0"),
    ("synapses", "stp", True, "chip 0 core 0 neuron 1 synapse 0"),
    ("synapses", "precise_delay", True, "chip 0 core 0 neuron 1 synapse 0"),
    ("synapses", "mismatched_delay", True, "chip 0 core 0 neuron 1 synapse 0"),
    ("destinations", "tag", 7, "chip 0 core 0 neuron 1 destination 0"),
    ("destinations", "cores", 7, "chip 0 core 0 neuron 1 destination 0"),
    ("destinations", "x_hop", 0, "chip 0 core 0 neuron 1 destination 0"),
    ("destinations", "y_hop", 1, "chip 0 core 0 neuron 1 destination 0"),
    ("latches", "bits", 2, "chip 0 core 0 neuron 1 latches"),
]


@pytest.mark.parametrize("register", CHANGES)
def test_a_changed_bias_changes_the_hash_and_is_the_only_difference(register: str):
    before, after = busy(), busy(**CHANGES[register])
    assert after.hash != before.hash
    assert [line.split(": ")[0] for line in diff(before, after)] == [register]


@pytest.mark.parametrize(("kind", "field", "value", "register"), WORD_CHANGES)
def test_a_changed_word_changes_the_hash_and_is_the_only_difference(kind, field, value, register):
    before = busy()
    rows = getattr(before, kind).copy()
    rows[field][1] = value
    after = busy(**{kind: rows})
    assert after.hash != before.hash
    (line,) = diff(before, after)
    assert line.startswith(f"{register}: ") and f"{field}={value}" in line.split(" -> ")[1]


def test_a_difference_reads_as_address_before_and_after():
    before = replace(registers([synapse()]), biases={(0, 1): {"SOIF_LEAK_N": Bias(2, 4)}})
    after = replace(registers(), biases={(0, 1): {"SOIF_LEAK_N": Bias(2, 5)}})
    assert diff(before, after) == [
        "chip 0 core 0 neuron 0 synapse 0: tag=1024 dendrite=1024 weight=15 stp=False "
        "precise_delay=False mismatched_delay=False -> unset",
        "chip 0 core 1 SOIF_LEAK_N: 2,4 -> 2,5",
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_registers_cannot_be_changed_once_checked(kind: str):
    c = busy()
    field = "bits" if kind == "latches" else "tag"
    with pytest.raises(ValueError, match="read-only"):
        getattr(c, kind)[field][0] = 1
    with pytest.raises(FrozenInstanceError):
        setattr(c, kind, getattr(c, kind)[:0])


def test_changing_what_a_configuration_was_built_from_does_not_change_it():
    core, rows = biases(), busy().synapses.copy()
    shared = {(0, "global"): {"R2R_BUFFER_AMPB": Bias(1, 1)}}
    c = busy()
    c = Configuration(1, {(0, 0): core}, rows, c.destinations, c.latches, shared)
    before = pickle.loads(pickle.dumps(c))
    core["SOIF_LEAK_N"] = Bias(0, 0)
    rows["tag"] = 9
    shared[0, "global"]["NO_SUCH_PARAMETER"] = Bias(0, 0)
    assert diff(before, c) == []


def test_a_configuration_survives_the_road_to_another_process():
    c = busy()
    there = pickle.loads(pickle.dumps(c))
    assert_same_registers(there, c)
    assert there.hash == c.hash


def test_a_file_of_one_neuron_is_six_kilobytes_where_rockpool_writes_200_megabytes(tmp_path: Path):
    one = registers([synapse()], [monitor()])
    assert one.save(tmp_path / "one.npz").stat().st_size < 6_000


def test_a_file_grows_by_a_few_bytes_per_register_in_use(tmp_path: Path):
    few, many = busy(1), busy(200)
    grown = many.save(tmp_path / "many").stat().st_size - few.save(tmp_path / "few").stat().st_size
    assert 0 < grown < 8 * 3 * 199


def test_equal_registers_give_equal_files(tmp_path: Path):
    one, other = busy().save(tmp_path / "one"), busy().save(tmp_path / "other")
    assert one.read_bytes() == other.read_bytes()


@given(st.data())
@unhurried
def test_a_file_cut_short_or_with_a_changed_byte_is_refused_or_equal(folder: Path, data):
    c = busy()
    content = bytearray(c.save(folder / "whole").read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        content = content[:place]
    else:
        content[place] ^= data.draw(st.integers(1, 255))
    damaged = folder / "damaged"
    damaged.write_bytes(content)
    try:
        loaded = Configuration.load(damaged)
    except FileError as error:
        assert error.code.startswith("FILE_")
        assert str(damaged) in str(error)
    else:
        assert_same_registers(loaded, c)  # the byte was one that no reader looks at


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(FileError, match="absent") as caught:
        Configuration.load(tmp_path / "absent")
    assert caught.value.code == "FILE_MISSING"


ILLEGAL = [
    ("synapses.tag", 4096, "TAG"),
    ("synapses.weight", 16, "WEIGHT"),
    ("destinations.x_hop", 3, "X_HOP"),
    ("destinations.neuron", 256, "NEURON"),
    ("latches.bits", 1 << 15, "BITS"),
]


@pytest.mark.parametrize(("column", "value", "code"), ILLEGAL)
def test_a_sound_file_of_illegal_registers_is_refused_as_registers(column, value, code, tmp_path):
    header, arrays = to_content(busy())
    arrays[column] = np.full_like(arrays[column], value)
    path = write_archive(tmp_path / "illegal", "configuration", 1, header, arrays)
    with pytest.raises(RegisterError) as caught:
        Configuration.load(path)
    assert code in {violation.code for violation in caught.value.violations}


@pytest.mark.parametrize("code", [(6, 0), (0, 256), (-1, 3)])
def test_a_sound_file_with_an_illegal_bias_code_is_refused_as_registers(code, tmp_path: Path):
    header, arrays = to_content(busy())
    header["biases"].append(("0", "1", "SOIF_LEAK_N", *code))
    path = write_archive(tmp_path / "illegal", "configuration", 1, header, arrays)
    with pytest.raises(RegisterError, match="chip 0 core 1 SOIF_LEAK_N") as caught:
        Configuration.load(path)
    assert caught.value.violations[0].code == "CODE"


def test_a_value_too_large_for_its_register_is_not_wrapped_into_a_legal_one(tmp_path: Path):
    header, arrays = to_content(busy())
    arrays["synapses.weight"] = np.full(2, 256 + 3, np.int64)
    path = write_archive(tmp_path / "wide", "configuration", 1, header, arrays)
    with pytest.raises((FileError, RegisterError)):
        Configuration.load(path)


@pytest.mark.parametrize("part", ["chip", "n_chips", "biases"])
def test_a_file_that_lacks_a_part_is_refused(part: str, tmp_path: Path):
    header, arrays = to_content(busy())
    del header[part]
    path = write_archive(tmp_path / "partial", "configuration", 1, header, arrays)
    with pytest.raises(FileError, match=part) as caught:
        Configuration.load(path)
    assert caught.value.code == "FILE_CORRUPT"


def test_a_file_of_another_kind_or_version_is_refused_as_such(tmp_path: Path):
    header, arrays = to_content(busy())
    other = write_archive(tmp_path / "other", "recording", 1, header, arrays)
    newer = write_archive(tmp_path / "newer", "configuration", 99, header, arrays)
    for path, code in ((other, "FILE_WRONG_KIND"), (newer, "FILE_WRONG_VERSION")):
        with pytest.raises(FileError) as caught:
            Configuration.load(path)
        assert caught.value.code == code


def test_words_are_sorted_by_address_whatever_the_order_given():
    places = [Place(neuron=3), Place(core=1), ORIGIN]
    c = registers([synapse(p) for p in places], [destination(p, 1, x_hop=HOST) for p in places])
    for kind in ("synapses", "destinations"):
        addresses = [tuple(row)[:3] for row in getattr(c, kind)]
        assert addresses == sorted(places)
    assert c.chip is DYNAPSE2
