"""The network: every malformed part at once, one hash per function, files that keep it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from analoop.models.archive import read_archive, write_archive
from analoop.models.errors import FileError, InputError, NetworkError
from analoop.models.network import INPUT, Network, Population, Projection
from analoop.models.parameters import DENDRITES, NeuronParameters

PARAMETERS = NeuronParameters.from_times()


def network(**changes) -> Network:
    """3 inputs -> 4 hidden neurons (with a loop) -> 2 outputs."""
    rng = np.random.default_rng(0)
    parts = {
        "n_inputs": 3,
        "populations": (
            Population("hidden", 4, PARAMETERS),
            Population("output", 2, NeuronParameters.from_times(soma="exponential")),
        ),
        "projections": (
            Projection(INPUT, "hidden", "ampa", rng.random((3, 4))),
            Projection("hidden", "hidden", "gaba", rng.random((4, 4))),
            Projection("hidden", "output", "ampa", rng.random((4, 2))),
        ),
        "output": "output",
        "labels": ("yes", "no"),
    }
    return Network(**(parts | changes))


def codes(**changes) -> list[str]:
    with pytest.raises(NetworkError) as caught:
        network(**changes)
    return [violation.code for violation in caught.value.violations]


def with_weights(weights, source=INPUT, target="hidden", dendrite="nmda") -> dict:
    return {"projections": (*network().projections, Projection(source, target, dendrite, weights))}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        (with_weights(np.full((3, 4), np.nan)), "WEIGHT_NOT_FINITE"),
        (with_weights(np.full((3, 4), np.inf)), "WEIGHT_NOT_FINITE"),
        (with_weights(np.full((3, 4), -1e-9)), "WEIGHT_NEGATIVE"),
        (with_weights(np.zeros((4, 3))), "SHAPE"),
        (with_weights(np.zeros(12)), "SHAPE"),
        (with_weights(np.zeros((3, 4)), source="hiden"), "UNKNOWN_POPULATION"),
        (with_weights(np.zeros((4, 3)), source="hidden", target=INPUT), "UNKNOWN_POPULATION"),
        (with_weights(np.zeros((3, 4)), dendrite="glycine"), "UNKNOWN_DENDRITE"),
        (with_weights(np.zeros((3, 4)), dendrite="ampa"), "PROJECTION_TWICE"),
        ({"output": "outputs"}, "UNKNOWN_POPULATION"),
        ({"labels": ("yes", "no", "perhaps")}, "SHAPE"),
        ({"labels": (0, 1)}, "LABELS"),
    ],
)
def test_a_malformed_part_is_refused_with_its_code(changes, code):
    assert codes(**changes) == [code]


def test_populations_need_neurons_and_names_of_their_own():
    hidden, output = network().populations
    assert codes(populations=(hidden, output, replace(hidden, name="extra", size=0))) == ["EMPTY"]
    assert set(codes(populations=(hidden, output, hidden))) == {"NAME_TAKEN"}
    assert codes(populations=(hidden, output, replace(hidden, name=INPUT))) == ["NAME_TAKEN"]
    assert "EMPTY" in codes(populations=())


def test_everything_malformed_is_named_at_once():
    bad = np.full((3, 4), 1e-9)
    bad[1, 2], bad[2, 3] = -1e-9, np.nan
    changes = {
        "output": "outputs",
        "projections": (
            Projection(INPUT, "hidden", "ampa", bad),
            Projection(INPUT, "hidden", "ampa", np.zeros((4, 3))),
            Projection("nobody", "hidden", "glycine", np.zeros((1, 4))),
        ),
    }
    assert sorted(codes(**changes)) == [
        "PROJECTION_TWICE", "SHAPE", "UNKNOWN_POPULATION", "UNKNOWN_POPULATION",
        "WEIGHT_NEGATIVE", "WEIGHT_NOT_FINITE",
    ]  # fmt: skip
    with pytest.raises(NetworkError) as caught:
        network(**changes)
    message = str(caught.value)
    assert "[1, 2]" in message and "[2, 3]" in message, "the first bad weight of each kind"


def test_neurons_are_numbered_through_the_populations_in_order():
    net = network()
    assert net.n_neurons == 6
    assert net.offsets == {"hidden": 0, "output": 4}
    assert [net.neuron_name(k) for k in (0, 3, 4, 5)] == [
        "neuron 0 of 'hidden'", "neuron 3 of 'hidden'", "neuron 0 of 'output'",
        "neuron 1 of 'output'",
    ]  # fmt: skip
    with pytest.raises(IndexError):
        net.neuron_name(6)
    assert (net.size_of(INPUT), net.size_of("output")) == (3, 2)


def test_the_hash_depends_on_what_the_network_computes_and_not_on_how_it_was_made():
    plain = network()
    assert plain.hash == network().hash
    assert network(provenance={"seed": 3, "accuracy": 0.9}).hash == plain.hash


@given(st.integers(0, 2), st.data())
def test_the_smallest_change_of_any_weight_changes_the_hash(which: int, data):
    plain = network()
    projections = list(plain.projections)
    weights = projections[which].weights.copy()
    place = data.draw(st.tuples(*(st.integers(0, n - 1) for n in weights.shape)))
    weights[place] = np.nextafter(weights[place], 1)
    projections[which] = replace(projections[which], weights=weights)
    assert network(projections=tuple(projections)).hash != plain.hash


@pytest.mark.parametrize(
    "change",
    [
        {"labels": ()},
        {"output": "hidden", "labels": ()},
        {
            "populations": (
                Population("hidden", 4, replace(PARAMETERS, nmda_gate=True)),
                network().populations[1],
            )
        },
        {
            "populations": (
                Population("hidden", 4, replace(PARAMETERS, i_threshold=2.1e-9)),
                network().populations[1],
            )
        },
        {"projections": network().projections[:2]},
    ],
)
def test_the_hash_changes_with_every_other_part(change):
    assert network(**change).hash != network().hash


def test_weights_cannot_be_changed_after_construction():
    weights = np.ones((3, 4))
    projection = Projection(INPUT, "hidden", "ampa", weights)
    weights[0, 0] = 5
    assert projection.weights[0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        projection.weights[0, 0] = 5


names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=6).filter(lambda n: n != INPUT)
amps = st.floats(0, 1e-6)


@st.composite
def networks(draw) -> Network:
    populations = tuple(
        Population(name, draw(st.integers(1, 4)), NeuronParameters.from_times(threshold=threshold))
        for name in draw(st.lists(names, min_size=1, max_size=3, unique=True))
        for threshold in [draw(st.floats(1e-12, 1e-6))]
    )
    sizes = {p.name: p.size for p in populations} | {INPUT: draw(st.integers(1, 4))}
    keys = st.tuples(
        st.sampled_from(sorted(sizes)),
        st.sampled_from([p.name for p in populations]),
        st.sampled_from(DENDRITES),
    )
    projections = []
    for source, target, dendrite in draw(st.lists(keys, max_size=4, unique=True)):
        shape = (sizes[source], sizes[target])
        weights = draw(arrays_of.arrays(np.float64, shape, elements=amps))
        projections.append(Projection(source, target, dendrite, weights))
    provenance = {"seed": draw(st.integers()), "note": draw(st.text("abü"))}
    return Network(
        sizes[INPUT], populations, tuple(projections), populations[-1].name, provenance=provenance
    )


@settings(max_examples=40)
@given(networks())
def test_a_saved_network_is_loaded_unchanged(tmp_path: Path, net: Network):
    loaded = Network.load(net.save(tmp_path / "network"))
    assert loaded.hash == net.hash
    assert loaded.populations == net.populations
    assert loaded.provenance == net.provenance
    assert (loaded.n_inputs, loaded.output, loaded.labels) == (net.n_inputs, net.output, net.labels)
    for mine, its in zip(net.projections, loaded.projections, strict=True):
        assert str(mine) == str(its)
        assert mine.weights.tobytes() == its.weights.tobytes()


def test_a_file_with_a_malformed_network_names_what_is_wrong(tmp_path: Path):
    header, arrays = read_archive(network().save(tmp_path / "network"), "network", 1)
    bad = write_archive(
        tmp_path / "bad", "network", 1, header, arrays | {"weights_0": -np.ones((3, 4))}
    )
    with pytest.raises(NetworkError) as caught:
        Network.load(bad)
    assert caught.value.code == "WEIGHT_NEGATIVE"
    for damage in ({"populations": None}, {"labels": 3}, {"projections": ["x"]}, {"output": []}):
        path = write_archive(tmp_path / "bad", "network", 1, header | damage, arrays)
        with pytest.raises((FileError, NetworkError)):
            Network.load(path)
    del arrays["weights_2"]
    with pytest.raises(FileError) as caught:
        Network.load(write_archive(tmp_path / "bad", "network", 1, header, arrays))
    assert caught.value.code == "FILE_CORRUPT"


def test_an_unknown_population_is_named_with_those_there_are() -> None:
    hidden = Population("hidden", 1, NeuronParameters.from_times())
    with pytest.raises(InputError, match="'typo'.*hidden"):
        Network(1, (hidden,), (), "hidden").population("typo")


def test_a_negative_number_of_input_channels_is_refused() -> None:
    with pytest.raises(NetworkError, match="-1 input channels"):
        Network(-1, (Population("hidden", 1, NeuronParameters.from_times()),), (), "hidden")
