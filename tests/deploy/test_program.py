"""The program file: whole, small, the same after a round trip; its known answer is exact."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from analoop.deploy import Program, compile, run_virtual, shipped_network, verify
from analoop.hw import Bias, Events, VirtualBoard, open_board
from analoop.models import FileError, Network, Stimulus

from .networks import BOARD, PATIENT, legal_networks, ring, spike_trains


@pytest.fixture(scope="module")
def shipped() -> Program:
    return compile(shipped_network())


def test_a_program_file_gives_back_the_same_program(shipped: Program, tmp_path: Path):
    loaded = Program.load(shipped.save(tmp_path / "p.npz"))
    assert loaded.hash == shipped.hash
    assert loaded.configuration.hash == shipped.configuration.hash
    assert loaded.provenance == shipped.provenance
    assert loaded.names == shipped.names
    np.testing.assert_array_equal(loaded.neurons, shipped.neurons)
    np.testing.assert_array_equal(loaded.inputs, shipped.inputs)


def test_a_loaded_program_runs_as_the_one_that_was_saved(tmp_path: Path):
    program = compile(ring(5, n_inputs=2))
    loaded = Program.load(program.save(tmp_path / "p.npz"))
    stimulus = spike_trains(2, trials=2, seed=0)
    before, after = (run_virtual(p, [VirtualBoard()], stimulus)[0] for p in (program, loaded))
    assert before.hash == after.hash
    assert before.counts.sum() > 0


def test_saving_twice_gives_the_same_bytes(tmp_path: Path):
    program = compile(ring(5))
    first, second = (program.save(tmp_path / name).read_bytes() for name in ("a.npz", "b.npz"))
    assert first == second


def test_a_program_file_takes_a_few_bytes_per_register_in_use(shipped: Program, tmp_path: Path):
    """Rockpool's JSON of a configuration takes about 200 MB, whatever is used of it."""
    registers = shipped.configuration
    words = len(registers.synapses) + len(registers.destinations) + len(registers.latches)
    assert shipped.save(tmp_path / "p.npz").stat().st_size < 30_000 + 6 * words


def test_the_hash_covers_the_registers_and_the_names_but_not_the_provenance(shipped: Program):
    assert replace(shipped, provenance={}).hash == shipped.hash
    assert replace(shipped, n_inputs=shipped.n_inputs + 1).hash != shipped.hash
    assert with_threshold(shipped, Bias(0, 200)).hash != shipped.hash


def test_a_network_file_is_no_program(tmp_path: Path):
    path = ring(2).save(tmp_path / "n.npz")
    with pytest.raises(FileError, match="holds a network, a program is needed") as caught:
        Program.load(path)
    assert caught.value.code == "FILE_WRONG_KIND"


def with_threshold(program: Program, bias: Bias) -> Program:
    biases = {
        core: dict(codes) | {"SOIF_SPKTHR_P": bias}
        for core, codes in program.configuration.biases.items()
    }
    return replace(program, configuration=replace(program.configuration, biases=biases))


def test_the_nominal_board_gives_the_known_answer_spike_for_spike(shipped: Program):
    with open_board("sim:nominal") as board:
        result = verify(shipped, board)
    assert (result["passed"], result["exact"]) == (True, True)
    assert result["received"] == result["expected"] > 0


@pytest.mark.parametrize("size", [1, 6, 12])
def test_the_known_answer_makes_a_third_of_a_lively_network_fire(size: int):
    answer = compile(ring(size)).known_answer
    assert 3 * len(np.unique(answer.neuron)) >= size
    assert answer.time_us.max() < answer.stimulus.duration_us[0]


def test_the_known_answer_of_the_shipped_program_reaches_its_outputs(shipped: Program):
    columns = shipped.output_columns
    fired = np.unique(shipped.known_answer.neuron)
    assert len(fired) >= 10
    assert ((fired >= columns.start) & (fired < columns.stop)).any()


@pytest.mark.parametrize("name", ["sim:step_us=500", "sim:seed=3,level=0.3"])
def test_a_working_board_that_is_not_the_nominal_one_passes_without_being_exact(
    shipped: Program, name: str
):
    with open_board(name) as board:
        result = verify(shipped, board)
    assert (result["passed"], result["exact"]) == (True, False)
    assert result["correlation"] > 0.5


def test_one_altered_bias_fails_the_known_answer(shipped: Program):
    with open_board("sim:nominal") as board:
        result = verify(with_threshold(shipped, Bias(2, 150)), board)
    assert (result["passed"], result["exact"]) == (False, False)


def test_one_altered_weight_fails_the_known_answer():
    program = compile(ring(5))
    words = program.configuration.synapses.copy()
    words["weight"][0] = 0
    broken = replace(program, configuration=replace(program.configuration, synapses=words))
    with open_board("sim:nominal") as board:
        assert verify(program, board)["passed"]
        assert not verify(broken, board)["passed"]


@settings(PATIENT, max_examples=8)
@given(legal_networks())
def test_every_event_of_a_channel_becomes_one_word_per_chip_it_reaches(net: Network):
    program = compile(net, BOARD)
    stimulus = spike_trains(net.n_inputs, trials=2, seed=1)
    for trial in range(2):
        wanted = []
        for k in np.flatnonzero(stimulus.trial == trial):
            for word in program.inputs[program.inputs["source"] == stimulus.channel[k]]:
                wanted.append((int(stimulus.time_us[k]), *map(int, word.tolist()[1:])))
        sent = program.to_events(stimulus, trial)
        columns = (sent.time_us, sent.x_hop, sent.cores, sent.tag)
        assert sorted(zip(*(c.tolist() for c in columns), strict=True)) == sorted(wanted)
        assert not sent.y_hop.any()


@settings(PATIENT, max_examples=8)
@given(legal_networks())
def test_a_word_from_each_neuron_comes_home_to_its_own_column(net: Network):
    program = compile(net, BOARD)
    words = program.configuration.destinations
    host = words[words["x_hop"] == BOARD.host_hop]
    left = BOARD.host_hop + 1 + host["chip"]  # one hop to the host, one for each chip passed
    none = np.zeros(len(host), np.int64)
    order = [
        program.address.tolist().index([int(w[n]) for n in ("chip", "core", "neuron")])
        for w in host
    ]
    came = Events(none, host["tag"], host["cores"], left, none)
    assert program.columns_of(came).tolist() == order


def test_words_that_no_neuron_sends_have_no_column():
    program = compile(ring(2))
    hop = program.configuration.chip.host_hop + 1
    tag, x_hop, y_hop = [2, 2047, 0, 0, 0], [hop, hop, hop + 1, hop - 1, hop], [0, 0, 0, 0, -7]
    none = np.zeros(5, np.int64)
    assert program.columns_of(Events(none, tag, none, x_hop, y_hop)).tolist() == [-1] * 5  # pyright: ignore[reportArgumentType]


def test_silence_in_is_silence_out():
    program = compile(ring(3))
    silent = Stimulus(1, np.array([10_000]), *(np.zeros(0, np.int64) for _ in range(3)))
    (recording,) = run_virtual(program, [VirtualBoard()], silent)
    assert recording.counts.tolist() == [[0, 0, 0]]
