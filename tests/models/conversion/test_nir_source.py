"""NIR files of other libraries are read so that they spike as those libraries did."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

nir = pytest.importorskip("nir")

from analoop.models import NetworkError  # noqa: E402
from analoop.models.conversion.nir_dialects import DIALECTS, Dialect  # noqa: E402
from analoop.models.conversion.nir_source import read_nir  # noqa: E402
from analoop.models.conversion.source_simulation import respond  # noqa: E402
from analoop.models.errors import FileError, InputError  # noqa: E402

from .recordings import DATA, recorded  # noqa: E402

LIBRARIES = ("snntorch", "norse", "sinabs")


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_file_spikes_as_it_did_in_the_library_that_wrote_it(library: str) -> None:
    source, told = read_nir(DATA / f"{library}.nir", library), recorded(library)
    spikes = respond(source, told.events)
    assert told.output.sum() > 100
    for population, theirs in zip(source.populations, (told.hidden, told.output), strict=True):
        differ = spikes[population.name] != theirs
        assert differ.sum() <= 1e-4 * theirs.size, "single precision may flip a spike"


def test_recurrent_weights_of_a_file_are_kept() -> None:
    source = read_nir(DATA / "snntorch.nir", "snntorch")
    back = [c for c in source.connections if c.source == c.target]
    assert [c.delay for c in back] == [1]
    assert np.count_nonzero(back[0].weights) == back[0].weights.size


@pytest.mark.parametrize("library", ["snntorch", "norse"])
def test_a_file_read_in_the_wrong_dialect_is_refused_if_its_time_constants_say_so(
    library: str,
) -> None:
    with pytest.raises(NetworkError, match="dialect"):
        read_nir(DATA / f"{library}.nir", Dialect(dt=1.0))


def write(path: Path, nodes: dict, edges: list) -> Path:
    nir.write(path, nir.NIRGraph(nodes, edges, metadata={}, type_check=False))
    return path


def lif(size: int) -> Any:
    one = np.ones(size)
    return nir.LIF(tau=0.02 * one, r=one, v_leak=0 * one, v_threshold=one, v_reset=0 * one)


def test_every_node_that_cannot_be_mapped_is_named_with_a_way_out(tmp_path: Path) -> None:
    nodes = {
        "input": nir.Input(np.array([1, 4, 4])),
        "conv": nir.Conv2d(
            input_shape=(4, 4), weight=np.ones((2, 1, 3, 3)), stride=1, padding=0, dilation=1,
            groups=1, bias=np.zeros(2),
        ),
        "lif": lif(8), "fc": nir.Linear(np.ones((2, 8))),
        "read": nir.LI(tau=np.ones(2), r=np.ones(2), v_leak=np.zeros(2)),
        "output": nir.Output(np.array([2])),
    }  # fmt: skip
    edges = [("input", "conv"), ("conv", "lif"), ("lif", "fc"), ("fc", "read"), ("read", "output")]
    with pytest.raises(NetworkError) as error:
        read_nir(write(tmp_path / "net.nir", nodes, edges))
    found = {v.object: v for v in error.value.violations}
    assert found.keys() == {"node 'conv'", "node 'read'", "the output"}
    assert "Linear" in found["node 'conv'"].remedy
    assert {v.code for v in found.values()} == {"UNSUPPORTED_NODE", "OUTPUT"}


def test_a_node_that_cannot_be_mapped_hides_nothing_else(tmp_path: Path) -> None:
    nodes = {
        "in": nir.Input(np.array([3])), "a": nir.Linear(np.ones((3, 3))),
        "b": nir.Linear(np.ones((4, 3))), "late": nir.Delay(np.ones(4)), "input": lif(4),
        "alone": nir.Linear(np.ones((4, 3))), "output": nir.Output(np.array([4])),
    }  # fmt: skip
    edges = [
        ("in", "a"), ("a", "b"), ("b", "late"), ("late", "input"), ("alone", "input"),
        ("input", "output"), ("input", "ghost"),
    ]  # fmt: skip
    with pytest.raises(NetworkError) as error:
        read_nir(write(tmp_path / "net.nir", nodes, edges))
    assert {(v.code, v.object) for v in error.value.violations} == {
        ("UNSUPPORTED_NODE", "node 'late'"), ("UNKNOWN_NODE", "edge 'input' -> 'ghost'"),
        ("LINEAR_CHAIN", "node 'b'"), ("UNCONNECTED", "node 'alone'"),
        ("NAME_TAKEN", "node 'input'"),
    }  # fmt: skip


def test_a_bias_acts_once_however_many_send_through_its_weights(tmp_path: Path) -> None:
    """A skip connection: a and b into the same weights."""
    nodes = {
        "input": nir.Input(np.array([2])), "wa": nir.Linear(np.ones((2, 2))),
        "a": lif(2), "wb": nir.Linear(np.ones((2, 2))), "b": lif(2),
        "sum": nir.Affine(np.ones((2, 2)), np.array([0.6, 0.2])), "c": lif(2),
        "output": nir.Output(np.array([2])),
    }  # fmt: skip
    edges = [
        ("input", "wa"), ("wa", "a"), ("a", "wb"), ("wb", "b"), ("a", "sum"), ("b", "sum"),
        ("sum", "c"), ("c", "output"),
    ]  # fmt: skip
    source = read_nir(write(tmp_path / "net.nir", nodes, edges))
    assert source.population("c").drive.tolist() == [0.6, 0.2]
    assert {(c.source, c.target) for c in source.connections if c.target == "c"} == {
        ("a", "c"), ("b", "c"),
    }  # fmt: skip


def fed(path: Path, inputs: dict[str, Any]) -> Path:
    """Neurons with 6 channels behind each input node."""
    nodes: dict[str, Any] = {"lif": lif(2), "output": nir.Output(np.array([2]))}
    edges = [("lif", "output")]
    for name, shape in inputs.items():
        nodes |= {name: nir.Input(np.array(shape)), f"w {name}": nir.Linear(np.ones((2, 6)))}
        edges += [(name, f"w {name}"), (f"w {name}", "lif")]
    return write(path, nodes, edges)


def test_several_inputs_are_not_laid_on_top_of_each_other(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="INPUTS") as error:
        read_nir(fed(tmp_path / "net.nir", {"left": [6], "right": [6]}))
    assert "['left', 'right']" in str(error.value)


@pytest.mark.parametrize("shape", [[6], [6, 1], [2, 3], [5, 6]])
def test_a_batch_or_an_image_may_be_in_the_shape_of_the_input(
    tmp_path: Path, shape: list[int]
) -> None:
    assert read_nir(fed(tmp_path / "net.nir", {"input": shape})).n_inputs == 6


@pytest.mark.parametrize("shape", [[7], [6, 7]])
def test_the_shape_of_the_input_has_to_be_that_of_the_weights(
    tmp_path: Path, shape: list[int]
) -> None:
    with pytest.raises(NetworkError, match="WEIGHT_SHAPE"):
        read_nir(fed(tmp_path / "net.nir", {"input": shape}))


def test_weights_behind_weights_and_a_network_that_ends_in_weights_are_refused(
    tmp_path: Path,
) -> None:
    nodes = {
        "input": nir.Input(np.array([3])), "a": nir.Linear(np.ones((3, 3))),
        "b": nir.Linear(np.ones((4, 3))), "lif": lif(4), "c": nir.Linear(np.ones((2, 4))),
        "output": nir.Output(np.array([2])),
    }  # fmt: skip
    edges = [("input", "a"), ("a", "b"), ("b", "lif"), ("lif", "c"), ("c", "output")]
    with pytest.raises(NetworkError) as error:
        read_nir(write(tmp_path / "net.nir", nodes, edges))
    codes = {v.code for v in error.value.violations}
    assert codes == {"LINEAR_CHAIN", "UNCONNECTED", "OUTPUT"}


def test_neurons_that_no_input_reaches_and_biases_of_another_size_are_refused_by_name(
    tmp_path: Path,
) -> None:
    nodes = {
        "input": nir.Input(np.array([1])), "fc": nir.Affine(np.ones((2, 1)), np.ones(3)),
        "lif": lif(2), "alone": lif(1), "sender": lif(2), "back": nir.Linear(np.ones((2, 2))),
        "output": nir.Output(np.array([2])),
    }  # fmt: skip
    edges = [("input", "fc"), ("fc", "lif"), ("lif", "output"), ("sender", "back"), ("back", "lif")]
    with pytest.raises(NetworkError) as error:
        read_nir(write(tmp_path / "net.nir", nodes, edges))
    found = {v.object: v.code for v in error.value.violations}
    assert found["node 'fc'"] == "WEIGHT_SHAPE"
    assert found["node 'alone'"] == found["node 'sender'"] == "UNCONNECTED"


def test_a_plain_graph_follows_its_own_equations(tmp_path: Path) -> None:
    nodes = {
        "input": nir.Input(np.array([1])), "fc": nir.Affine(np.array([[30.0]]), np.array([0.2])),
        "lif": lif(1), "output": nir.Output(np.array([1])),
    }  # fmt: skip
    edges = [("input", "fc"), ("fc", "lif"), ("lif", "output")]
    source = read_nir(write(tmp_path / "net.nir", nodes, edges))
    events = (np.arange(60) % 7 == 0).astype(float)[None, :, None]
    v, spikes = 0.0, []
    for event in events[0, :, 0]:
        v += 1e-3 / 0.02 * (-v + 30.0 * event + 0.2)
        spikes.append(v > 1.0)
        v = 0.0 if v > 1.0 else v
    assert sum(spikes) > 3
    assert np.array_equal(respond(source, events)[source.output][0, :, 0], spikes)


def cuba(path: Path, weights: np.ndarray, **changed: Any) -> Path:
    """Three neurons behind two channels; fields not `changed` are what changes nothing."""
    one = np.ones(3)
    fields = {
        "tau_syn": 0.01 * one, "tau_mem": 0.02 * one, "r": one, "v_leak": 0 * one,
        "v_threshold": one, "v_reset": 0 * one, "w_in": one,
    }  # fmt: skip
    nodes = {
        "input": nir.Input(np.array([2])), "fc": nir.Linear(weights),
        "lif": nir.CubaLIF(**fields | {n: v * one for n, v in changed.items()}),
        "output": nir.Output(np.array([3])),
    }  # fmt: skip
    return write(path, nodes, [("input", "fc"), ("fc", "lif"), ("lif", "output")])


WEIGHTS = np.array([[4.0, 3.0], [6.0, -2.0], [5.0, 1.0]])
FOLDED = {"w_in": 3.0, "r": 2.0, "v_leak": 0.1, "v_threshold": np.array([0.8, 1.0, 1.2])}


def test_fields_that_the_chip_has_in_its_weights_are_listed_with_their_numbers(
    tmp_path: Path,
) -> None:
    source = read_nir(cuba(tmp_path / "net.nir", WEIGHTS, **FOLDED))
    assert [str(c) for c in source.changes] == [
        "lif: r, w_in, v_leak reinterpreted: r 2, w_in 3, v_leak 0.1: in the weights"
    ]
    several = read_nir(cuba(tmp_path / "several.nir", WEIGHTS, r=np.array([1.0, 0.5, 2.0])))
    assert [(c.field, c.detail) for c in several.changes] == [("r", "r 0.5 to 2: in the weights")]
    assert not read_nir(cuba(tmp_path / "plain.nir", WEIGHTS)).changes


def test_what_is_listed_as_in_the_weights_is_there(tmp_path: Path) -> None:
    """Six times the weights, and all voltages less the resting one, are the same network."""
    plain = {"v_threshold": FOLDED["v_threshold"] - 0.1, "v_reset": -0.1}
    events = np.random.default_rng(1).poisson(0.3, (4, 200, 2)).astype(float)
    folded = respond(read_nir(cuba(tmp_path / "folded.nir", WEIGHTS, **FOLDED)), events)["lif"]
    told = respond(read_nir(cuba(tmp_path / "plain.nir", 6 * WEIGHTS, **plain)), events)["lif"]
    assert folded.sum((0, 1)).min() > 20
    assert np.array_equal(folded, told)


@pytest.mark.parametrize("step", [0.0, -1e-3, float("nan"), float("inf"), 1e-12])
def test_a_step_the_chip_cannot_have_is_refused(step: float) -> None:
    with pytest.raises(NetworkError, match="whole microseconds") as error:
        read_nir(DATA / "norse.nir", "norse", step=step)
    assert error.value.code == "STEP"


@pytest.mark.parametrize("dt", [0.0, -1.0, float("nan"), float("inf")])
def test_a_step_no_file_can_have_is_refused(dt: float) -> None:
    with pytest.raises(InputError, match="give dt a number above 0") as error:
        read_nir(DATA / "norse.nir", "norse", dt=dt)
    assert error.value.code == "STEP"


def test_files_that_are_none_and_unknown_dialects_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="FILE_MISSING|no such file"):
        read_nir(tmp_path / "none.nir")
    (tmp_path / "text.nir").write_text("hello")
    with pytest.raises(FileError, match="nir.write"):
        read_nir(tmp_path / "text.nir")
    with pytest.raises(InputError, match="norse"):
        read_nir(DATA / "sinabs.nir", "brian")
    assert set(LIBRARIES) < DIALECTS.keys()
