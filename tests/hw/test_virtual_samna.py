"""Programs written for samna, on the virtual one: discovery, registers, events, time."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from analoop.hw import virtual_samna as vs
from analoop.hw.samna_inert import accepted_without_effect
from analoop.models.errors import BoardError, InputError

from .lab import clock_of, event, listen, poll, report, set_biases


@pytest.fixture
def samna():
    with vs.virtual_samna(["sim:nominal"], chips=2) as module:
        yield module


@pytest.fixture
def board(samna):
    return samna.device.open_device(samna.device.get_unopened_devices()[0])


def configured(samna, board, neurons=((0, 0, 5),), dc=False):
    """A configuration in which each neuron listens to tag 1030 and reports to the host."""
    config = board.get_model().get_configuration()
    for chip, core, n in neurons:
        c = config.chips[chip].cores[core]
        set_biases(c)
        neuron = c.neurons[n]
        neuron.latch_so_dc = dc
        listen(samna, neuron, 0, 1030, [True] * 4)
        report(neuron, core * 256 + n)
    return config


def test_boards_are_found_opened_once_and_closed(samna):
    (info,) = samna.device.get_unopened_devices()
    assert "DYNAP-SE2" in info.device_type_name
    board = samna.device.open_device(info)
    assert samna.device.open_device(info) is board
    assert samna.device.open_device("DYNAP-SE2 Stack:0") is board
    assert samna.device.get_unopened_devices() == []
    samna.device.close_device(board)
    assert samna.device.get_unopened_devices() == [info]
    with pytest.raises(BoardError, match="closed"):
        board.read_events()


def test_a_driven_neuron_answers_and_the_probe_and_end_marker_come_back(samna, board):
    board.get_model().apply_configuration(configured(samna, board))
    start = clock_of(samna, board) + 100_000
    sent = [event(samna, 1030, start + 2000 * k) for k in range(100)]
    sent += [event(samna, 2047, start + 300_000, -7, -7)] * 3
    board.input_interface_write_events(0, sent)
    came = poll(board)
    spikes = [e for e in came if e.event.y_hop == 0]
    assert len(spikes) > 10
    assert {(e.event.tag, e.event.x_hop) for e in spikes} == {(5, -6)}
    assert all(start <= e.timestamp < start + 300_000 for e in spikes)
    ends = [e for e in came if e.event.tag == 2047]
    assert [(e.event.x_hop, e.event.y_hop, e.timestamp) for e in ends] == [
        (-6, -7, start + 300_000)
    ] * 3


def test_monitor_words_tell_the_chips_apart(samna, board):
    places = [(0, 1, 7), (1, 1, 7)]
    board.get_model().apply_configuration(configured(samna, board, places))
    start = clock_of(samna, board) + 10_000
    sent = [event(samna, 1030, start + 1000 * k, x_hop=chip) for k in range(60) for chip in (0, 1)]
    board.input_interface_write_events(0, [*sent, event(samna, 2047, start + 100_000, -7, -7)])
    came = {(e.event.tag, e.event.x_hop) for e in poll(board) if e.event.y_hop == 0}
    assert came == {(256 + 7, -6), (256 + 7, -5)}


def test_a_virtual_neuron_is_echoed_at_its_time(samna, board):
    now = clock_of(samna, board)
    board.input_interface_write_events(
        0,
        [event(samna, 1100, now + 5000, x_hop=-7), event(samna, 2047, now + 9000, -7, -7)],
    )
    echoes = [e for e in poll(board) if e.event.tag == 1100]
    assert [(e.event.x_hop, e.event.y_hop, e.timestamp) for e in echoes] == [(-6, 0, now + 5000)]


def test_past_events_are_sent_now_and_a_late_one_delays_those_behind_it(samna, board):
    now = clock_of(samna, board)
    stamps = [now + 50_000, now + 20_000, now - 1_000_000]
    sent = [event(samna, 1100 + k, max(t, 1), x_hop=-7) for k, t in enumerate(stamps)]
    board.input_interface_write_events(0, [*sent, event(samna, 2047, 0, -7, -7)])
    came = poll(board)
    assert [e.timestamp for e in came] == [now + 50_000] * 4
    assert [e.event.tag for e in came] == [1100, 1101, 1102, 2047]


def test_a_neuron_with_direct_current_fires_without_input(samna, board):
    board.get_model().apply_configuration(configured(samna, board, dc=True))
    now = clock_of(samna, board)
    board.input_interface_write_events(0, [event(samna, 2047, now + 500_000, -7, -7)])
    spikes = [e for e in poll(board) if e.event.y_hop == 0]
    assert len(spikes) > 20


def test_the_configuration_that_comes_back_is_a_copy_of_the_last_applied(samna, board):
    model = board.get_model()
    config = configured(samna, board)
    model.apply_configuration(config)
    config.chips[0].cores[0].neurons[5].synapses[0].tag = 1
    back = model.get_configuration()
    assert back.chips[0].cores[0].neurons[5].synapses[0].tag == 1030
    back.chips[0].cores[0].parameters["SOIF_LEAK_N"].fine_value = 77
    leak = model.get_configuration().chips[0].cores[0].parameters["SOIF_LEAK_N"]
    assert leak.fine_value == 4


def test_a_reset_is_of_the_chips_in_its_mask(samna, board):
    model = board.get_model()
    model.apply_configuration(configured(samna, board, [(0, 0, 5), (1, 0, 5)], dc=True))
    assert {-6, -5} == {e.event.x_hop for e in after_half_a_second(samna, board)}
    model.reset(samna.dynapse2.ResetType.PowerCycle, 0b01)
    tags = [c.cores[0].neurons[5].synapses[0].tag for c in model.get_configuration().chips]
    assert tags == [0, 1030]
    assert {-5} == {e.event.x_hop for e in after_half_a_second(samna, board)}


def after_half_a_second(samna, board):
    """What neurons send by themselves."""
    now = clock_of(samna, board)
    board.input_interface_write_events(0, [event(samna, 2047, now + 500_000, -7, -7)])
    return [e for e in poll(board) if e.event.y_hop == 0]


def test_what_has_no_effect_is_counted(samna, board):
    config = configured(samna, board)
    neuron = config.chips[0].cores[0].neurons[5]
    neuron.latch_de_mux = True
    config.chips[0].cores[0].neuron_monitoring_on = True
    config.chips[1].dvs_if.on_events = True
    config.chips[1].sadc_enables.nccf_extin_vi_group0_pg0 = True
    neuron.destinations[1].core, neuron.destinations[1].x_hop = [True] * 4, 3
    board.get_model().apply_configuration(config)
    assert board.get_model().inert == {
        "neurons with latch_de_mux": 1,
        "cores with neuron_monitoring_on set": 1,
        "chips with dvs_if set": 1,
        "chips with sadc_enables set": 1,
        "destinations on no chip of this board": 1,
    }


def test_the_documents_name_all_that_has_no_effect():
    text = (Path(__file__).parents[2] / "docs" / "virtual_samna.md").read_text(encoding="utf-8")
    inert = {name for names in accepted_without_effect().values() for name in names}
    assert len(inert) > 40 and [name for name in inert if name not in text] == []


def test_an_illegal_register_is_refused_and_nothing_is_written(samna, board):
    model = board.get_model()
    model.apply_configuration(configured(samna, board))
    bad = model.get_configuration()
    bad.chips[0].cores[0].parameters["SOIF_LEAK_N"].coarse_value = 9
    with pytest.raises(Exception, match="chip 0 core 0 SOIF_LEAK_N"):
        model.apply_configuration(bad)
    kept = model.get_configuration().chips[0].cores[0].parameters["SOIF_LEAK_N"]
    assert kept.coarse_value == 2


@pytest.mark.parametrize(("hop", "value"), [("x_hop", 9), ("y_hop", -8)])
def test_a_destination_further_than_words_can_say_is_refused(samna, board, hop: str, value: int):
    model = board.get_model()
    config = configured(samna, board)
    word = config.chips[0].cores[0].neurons[5].destinations[1]
    word.core = [True] * 4
    setattr(word, hop, value)
    with pytest.raises(Exception, match=f"{hop} = {value}, the board takes -7..7"):
        model.apply_configuration(config)


def test_something_else_than_events_is_refused_whole(samna, board):
    with pytest.raises(TypeError):
        board.input_interface_write_events(0, [event(samna, 2047, 0, -7, -7), 3])
    assert board.read_events() == []


def test_events_for_no_chip_are_counted(samna, board):
    now = clock_of(samna, board)
    sent = [event(samna, 5, now, x_hop=2), event(samna, 2047, 0, -7, -7)]
    board.input_interface_write_events(0, sent)
    poll(board)
    assert board.foreign == 1


def test_in_real_time_waiting_input_waits(capsys):
    with vs.virtual_samna(["sim:nominal"], realtime=True) as samna:
        board = samna.device.open_device(samna.device.get_all_devices()[0])
        board.input_interface_write_events(0, [event(samna, 2047, 2**30, -7, -7)])
        assert all(board.read_events() == [] for _ in range(100))
    assert "SIMULATED: sim:nominal" in capsys.readouterr().err


def test_it_is_gone_afterwards_and_a_second_one_is_refused():
    before = {name for name in sys.modules if name.split(".")[0] == "samna"}
    with vs.virtual_samna() as module:
        assert sys.modules["samna"] is module  # so no other one can be imported here
        import samna  # pyright: ignore[reportMissingImports]

        assert samna is module and samna.__version__
        assert importlib.util.find_spec("samna") and importlib.util.find_spec("samna.device")
        with pytest.raises(InputError, match="already loaded"), vs.virtual_samna():
            pass
    assert {name for name in sys.modules if name.split(".")[0] == "samna"} == before


def test_unknown_boards_and_too_many_chips_are_refused():
    with pytest.raises(BoardError), vs.virtual_samna(["dynapse3:x"]):
        pass
    with pytest.raises(InputError, match="1..4"), vs.virtual_samna(chips=5):
        pass


def test_numpy_numbers_are_taken():
    with vs.virtual_samna() as samna:
        made = event(samna, np.int64(5), np.uint32(7))
        assert (made.event.tag, made.timestamp) == (5, 7)


def test_a_configuration_that_nobody_touched_can_be_applied_and_its_sadc_read(samna, board):
    model = board.get_model()
    for _ in range(2):
        assert model.apply_configuration(samna.dynapse2.Dynapse2Configuration())
        assert model.get_sadc_value(0, 42) >= 0
        model.reset(samna.dynapse2.ResetType.ConfigReset, 1)
