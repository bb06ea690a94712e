"""Older programs: boards opened through nodes, raw words read from them."""

import pytest

from analoop.hw.virtual_samna import virtual_samna
from analoop.models.errors import BoardError, InputError

from .lab import PROBE, event


@pytest.fixture
def samna():
    with virtual_samna(["sim:nominal", "sim:seed=3"], chips=2) as module:
        yield module


def test_a_program_of_the_node_era_opens_its_board(samna):
    node = samna.SamnaNode("tcp://0.0.0.0:33336", "tcp://0.0.0.0:33335", 1)
    vendor, product = node.get_dynapse2_stack_vid_and_pid()
    assert f"{vendor:04x}:{product:04x}" == "151f:0000"
    node.open_dynapse2_stack(0, 2, 3)
    samna.setup_local_node("tcp://0.0.0.0:33335", "tcp://0.0.0.0:33336", 2)
    samna.open_remote_node(1, "device_node")
    board = samna.device_node.Dynapse2Stack
    assert board.get_number_of_chips() == 3 and board.configure_opal_kelly("Dynapse2Stack.bit")
    assert [i.serial_number for i in samna.device.get_opened_devices()] == ["sim:seed=3"]
    assert board.reset_fpga()
    assert len(board.get_model().get_configuration().chips) in (3, 4)


def test_a_development_board_is_one_chip_and_a_wrong_address_is_refused(samna):
    node = samna.init_samna("tcp://receiver", "tcp://sender", timeout_milliseconds=3000)
    assert (node.get_sender_endpoint(), node.get_receiver_endpoint()) == (
        "tcp://sender",
        "tcp://receiver",
    )
    assert node.get_dynapse2_dev_board_vid_and_pid()[0] == 0x151F
    node.open_dynapse2_dev_board(0, 1)
    assert samna.device_node.Dynapse2DevBoard.get_number_of_chips() == 1
    with pytest.raises(BoardError, match="address 7"):
        node.open_dynapse2_stack(3, 7, 1)
    with pytest.raises(InputError, match="9 chips"):
        node.open_dynapse2_stack(0, 2, 9)


def test_a_device_controller_opens_by_name(samna):
    samna.init_samna()
    controller = samna.device_node.DeviceController
    board = controller.open_device(controller.get_unopened_devices()[0], "my_board")
    assert samna.device_node.my_board is board
    controller.close_device(board)
    assert len(controller.get_unopened_devices()) == 2
    samna.log.set_log_level(samna.log.LogLevel.debug)
    assert samna.log.level == 1


def test_raw_words_come_in_pairs_with_the_tag_in_bits_12_to_22(samna):
    board = samna.device.open_device(samna.device.get_unopened_devices()[0])
    board.input_interface_write_events(0, [event(samna, PROBE, 0, -7, -7)] * 2)
    words: list[int] = []
    while not words:
        words = board.output_read()
    assert len(words) == 4 and all(0 <= w < 2**32 for w in words)
    assert [w >> 12 & 2047 for w in words[::2]] == [PROBE] * 2
    assert words[0] & 0xFFF == 0xF | (-6 & 15) << 4 | (-7 & 15) << 8
    assert words[1] == words[3] and board.output_read() == []


def test_options_are_stored_and_another_number_of_chips_is_refused(samna):
    board = samna.device.open_device(samna.device.get_unopened_devices()[0])
    d = samna.dynapse2
    place = d.Dynapse2ModuleConfigGroup.BusFpgaToWest, d.Dynapse2ModuleConfigName(1)
    board.set_fpga_dynapse2_module_config(*place, 10)
    assert board.module_config == {place: 10}
    board.set_number_of_chip(2)
    with pytest.raises(InputError, match="--chips 4"):
        board.set_number_of_chip(4)
