"""What people do with such a chip on their first days, as programs for samna."""

import pytest

from analoop.hw.virtual_samna import virtual_samna

from .lab import counts, listen, opened, report, set_biases

ON, OFF = True, False


@pytest.fixture(params=["sim:nominal", "sim:seed=4"])
def samna(request):
    with virtual_samna([request.param]) as module:
        yield module


@pytest.fixture
def board(samna):
    return opened(samna)


def test_a_neuron_fires_faster_the_more_current_it_gets(samna, board):
    model = board.get_model()
    config = model.get_configuration()
    core = config.chips[0].cores[1]
    core.neurons[3].latch_so_dc = True
    report(core.neurons[3], 259)
    spikes = []
    for fine in (0, 60, 120, 240):
        set_biases(core, SOIF_DC_P=(2 if fine else 0, fine), SOIF_SPKTHR_P=(3, 255))
        assert model.apply_configuration(config)
        spikes.append(counts(samna, board, [], 1_000_000).get(259, 0))
    assert spikes[0] == 0 and spikes == sorted(set(spikes))


def test_more_weight_bits_give_more_spikes(samna, board):
    config = board.get_model().get_configuration()
    core = config.chips[0].cores[0]
    set_biases(
        core, SYAM_W0_P=(4, 10), SYAM_W1_P=(4, 20), SYAM_W2_P=(4, 40), SYAM_W3_P=(4, 80),
        SOIF_SPKTHR_P=(3, 255),
    )  # fmt: skip
    for n, weight in enumerate([[OFF] * 4, [ON, OFF, OFF, OFF], [ON, ON, ON, OFF], [ON] * 4]):
        listen(samna, core.neurons[n], 0, 1050, weight)
        report(core.neurons[n], n)
    board.get_model().apply_configuration(config)
    found = counts(samna, board, [1050], 1_000)
    spikes = [found.get(n, 0) for n in range(4)]
    assert spikes[0] == 0 and spikes[1] < spikes[2] < spikes[3]


@pytest.mark.parametrize("kind", ["gaba", "shunt"])
def test_inhibition_inhibits(samna, board, kind: str):
    config = board.get_model().get_configuration()
    core = config.chips[0].cores[0]
    set_biases(core, SOIF_SPKTHR_P=(3, 255), DEGA_IGAIN_P=(4, 100), DESC_IGAIN_P=(4, 100))
    for n in range(2):
        listen(samna, core.neurons[n], 0, 1050, [ON, OFF, OFF, OFF])
        report(core.neurons[n], n)
    listen(samna, core.neurons[1], 1, 1051, [ON] * 4, kind)
    board.get_model().apply_configuration(config)
    found = counts(samna, board, [1050, 1051], 500)
    assert found[0] > 20 and found.get(1, 0) < found[0] / 4


def test_an_exclusive_or_of_two_inputs(samna, board):
    """Two hidden neurons each excited by one input and inhibited by the other; an or of both."""
    config = board.get_model().get_configuration()
    core = config.chips[0].cores[2]
    set_biases(core, SOIF_SPKTHR_P=(3, 255), DEGA_IGAIN_P=(4, 100), DEGA_ITAU_P=(2, 30))
    for n, (excites, inhibits) in enumerate([(1050, 1051), (1051, 1050)]):
        listen(samna, core.neurons[n], 0, excites, [ON, OFF, OFF, OFF])
        listen(samna, core.neurons[n], 1, inhibits, [ON] * 4, "gaba")
        listen(samna, core.neurons[9], n, 100 + n, [ON] * 4)
        word = core.neurons[n].destinations[0]
        word.tag, word.core = 100 + n, [OFF, OFF, ON, OFF]
    report(core.neurons[9], 9)
    board.get_model().apply_configuration(config)
    answers = {
        inputs: counts(samna, board, list(inputs), 500).get(9, 0)
        for inputs in [(), (1050,), (1051,), (1050, 1051)]
    }
    assert answers[()] == 0
    assert min(answers[1050,], answers[1051,]) > 20
    assert answers[1050, 1051] < min(answers[1050,], answers[1051,]) / 4
