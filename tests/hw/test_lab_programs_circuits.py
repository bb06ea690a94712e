"""Circuits that labs try one by one, as programs for samna: what a neuron does, and its sADC."""

import pytest

from analoop.hw.virtual_samna import virtual_samna

from .lab import (
    HIGH_GAIN,
    LOW_GAIN,
    convert,
    event,
    listen,
    opened,
    played,
    poll,
    report,
    send,
    set_biases,
    write,
)

W0, W1 = ([k == bit for k in range(4)] for bit in (0, 1))
MEMBRANE, ADAPTATION, CALCIUM, AMPA, WORD_21, SOMA_GAIN = 33, 38, 40, 42, 57, 59
"""Channels of core 0 that public programs read (chip.md 2.4)."""


@pytest.fixture(params=["sim:nominal", "sim:seed=4"])
def samna(request):
    with virtual_samna([request.param]) as module:
        yield module


@pytest.fixture
def board(samna):
    return opened(samna)


def rate(times: list[int], start_us: int, end_us: int) -> float:
    """Spikes per second between two times."""
    return sum(start_us <= t < end_us for t in times) * 1e6 / (end_us - start_us)


def test_adaptation_slows_a_neuron_down_and_its_current_is_seen(samna, board):
    model = board.get_model()
    config = model.get_configuration()
    core = config.chips[0].cores[0]
    core.monitored_neuron, core.neuron_monitoring_on = 20, True
    core.sadc_enables.soif_mem = core.sadc_enables.soad_dpi = True
    convert(config.chips[0], HIGH_GAIN)
    set_biases(core, SOIF_SPKTHR_P=(3, 255))
    core.neurons[20].latch_so_dc = True
    report(core.neurons[20], 20)
    model.apply_configuration(config)
    model.set_sadc_sample_period_ms(100)
    board.enable_output(samna.dynapse2.BusId.sADC, True)
    plain = played(samna, board, 0, 0, 500_000)
    quiet = model.get_sadc_values(0)
    write(
        core.parameters, SOAD_PWTAU_N=(4, 80), SOAD_GAIN_P=(0, 200), SOAD_TAU_P=(0, 100),
        SOAD_W_N=(4, 100), SOAD_CASC_P=(5, 255),
    )  # fmt: skip
    core.neurons[20].latch_so_adaptation = True
    model.apply_configuration(config)
    adapted = played(samna, board, 0, 0, 500_000)
    seen = model.get_sadc_values(0)
    early, late = rate(adapted, 0, 50_000), rate(adapted, 300_000, 500_000)
    assert rate(plain, 0, 50_000) == pytest.approx(rate(plain, 300_000, 500_000), rel=0.15)
    assert late < early / 1.5 and late > 0
    assert seen[ADAPTATION] > 3 * quiet[ADAPTATION] + 10 and seen[MEMBRANE] > 0


def test_short_term_plasticity_weakens_a_train_and_a_pause_restores_it(samna, board):
    model = board.get_model()
    config = model.get_configuration()
    core = config.chips[0].cores[0]
    set_biases(core, SYAM_STDW_N=(4, 40), SYAW_STDSTR_N=(0, 80), SYAM_W1_P=(4, 80))
    convert(config.chips[0], {"NCCF_PWLK_P": (5, 160), "NCCF_BIAS_P": (5, 200)})
    core.monitored_neuron = 7
    listen(samna, core.neurons[7], 21, 1100, W1)
    core.neurons[7].synapses[21].stp = True
    report(core.neurons[7], 7)
    model.apply_configuration(config)
    model.set_sadc_sample_period_ms(40)
    seen = []
    for _ in range(4):
        played(samna, board, 1100, 4_000, 80_000)
        seen.append(model.get_sadc_values(0))
    dendrite, weight = ([values[k] for values in seen] for k in (AMPA, WORD_21))
    assert dendrite[0] > 1.3 * dendrite[-1] > 0
    assert weight[0] > 1.1 * weight[-1] > 0
    played(samna, board, 0, 0, 1_500_000)
    assert model.get_sadc_values(0)[WORD_21] > weight[0]
    played(samna, board, 1100, 4_000, 80_000)
    assert model.get_sadc_values(0)[AMPA] == pytest.approx(dendrite[0], rel=0.25)


def test_homeostasis_started_in_order_brings_a_neuron_to_its_rate(samna, board):
    """Latches, parameters, the active latch, low, middle and high reference, the reference."""
    model = board.get_model()
    config = model.get_configuration()
    core = config.chips[0].cores[0]
    for n in (10, 11):
        core.neurons[n].latch_ho_enable = True
        listen(samna, core.neurons[n], 0, 1200, W0)
        report(core.neurons[n], n)
    listen(samna, core.neurons[11], 1, 1200, W1)
    core.monitored_neuron = 11
    model.apply_configuration(config)
    set_biases(
        core, SOIF_GAIN_N=(1, 200), SYAM_W0_P=(4, 40), SYAM_W1_P=(4, 30), SOAD_PWTAU_N=(4, 80),
        SOCA_W_N=(4, 100), SOCA_GAIN_P=(0, 200), SOCA_TAU_P=(0, 100), SOHO_VB_P=(5, 200),
    )  # fmt: skip
    convert(config.chips[0], HIGH_GAIN)
    model.apply_configuration(config)
    model.set_sadc_sample_period_ms(50)

    def rates(duration_us: int) -> list[float]:
        sent = [event(samna, 1200, t) for t in range(0, duration_us, 2_000)]
        send(samna, board, sent, duration_us)
        came = [e.event.tag for e in poll(board) if not e.event.y_hop]
        return [came.count(n) * 1e6 / duration_us for n in (10, 11)]

    before, gain = rates(200_000), model.get_sadc_values(0)[SOMA_GAIN]
    for n in (10, 11):
        core.neurons[n].latch_ho_active = True
    model.apply_configuration(config)
    references = {"SOHO_VREF_L_P": (1, 30), "SOHO_VREF_M_P": (2, 60), "SOHO_VREF_H_P": (3, 120)}
    write(core.parameters, **references, SOHO_VRST_P=(4, 80))
    model.apply_configuration(config)
    write(core.parameters, SOHO_VREF_P=(1, 100))
    model.apply_configuration(config)
    rates(2_500_000)
    after, seen = rates(500_000), model.get_sadc_values(0)
    assert before[0] < 40 and before[1] > 70
    assert all(40 < r < 60 for r in after)
    assert seen[SOMA_GAIN] < gain and seen[CALCIUM] > 10


def test_a_winner_takes_all(samna, board):
    """Two groups excite themselves, and a third that inhibits both: the stronger input wins."""
    model = board.get_model()
    config = model.get_configuration()
    excited, inhibiting = config.chips[0].cores[0], config.chips[0].cores[1]
    for core in (excited, inhibiting):
        set_biases(
            core, SOIF_SPKTHR_P=(3, 255), SYAM_W0_P=(4, 20), SYAM_W1_P=(4, 40), SYAM_W2_P=(4, 60),
            DESC_ITAU_P=(2, 16), DESC_IGAIN_P=(4, 40),
        )  # fmt: skip
    for n in range(16):
        group = n // 8
        listen(samna, excited.neurons[n], 0, 1300 + group, W0)
        listen(samna, excited.neurons[n], 1, 100 + group, W1)
        listen(samna, excited.neurons[n], 2, 102, [False] * 4, "shunt")
        report(excited.neurons[n], n)
        word = excited.neurons[n].destinations[1]
        word.tag, word.core = 100 + group, [True, True, False, False]
    for n in range(4):
        for group in (0, 1):
            listen(samna, inhibiting.neurons[n], group, 100 + group, W0)
        word = inhibiting.neurons[n].destinations[0]
        word.tag, word.core = 102, [True, False, False, False]
    model.apply_configuration(config)

    def answer(periods: tuple[int, int]) -> list[int]:
        times = [
            (t, 1300 + group)
            for group, period in enumerate(periods)
            for t in range(0, 300_000, period)
        ]
        send(samna, board, [event(samna, tag, t) for t, tag in sorted(times)], 300_000)
        tags = [e.event.tag for e in poll(board) if not e.event.y_hop]
        return [sum(t // 8 == group for t in tags) for group in (0, 1)]

    alone = answer((1_000, 1_500))
    for n in range(16):
        excited.neurons[n].synapses[2].weight = [False, False, True, False]
    model.apply_configuration(config)
    first, second = answer((1_000, 1_500)), answer((1_500, 1_000))
    assert alone[1] > 40, "without inhibition both are active"
    assert max(first[1], second[0]) <= 2 and min(first[0], second[1]) > 20


@pytest.mark.parametrize("regime", [HIGH_GAIN, LOW_GAIN], ids=["high", "low"])
def test_the_adc_is_calibrated_by_a_sweep_of_its_reference(samna, board, regime):
    d, model = samna.dynapse2, board.get_model()
    config = model.get_configuration()
    chip = config.chips[0]
    convert(chip, regime)
    for shared in (chip.shared_parameters01, chip.shared_parameters23):
        write(shared, LBWR_VB_P=(3, 255), NCCF_CAL_OFFBIAS_P=(0, 0))
    channel = d.sadc_lookup_aer_address_nccf("NCCF_CAL_REFBIAS_V", 1, d.ParamGen.PG0)
    model.set_sadc_sample_period_ms(10)
    curves = []
    for coarse in range(6):
        curve = []
        for fine in (31, 95, 159, 255):
            write(chip.shared_parameters01, NCCF_CAL_REFBIAS_V=(coarse, fine))
            model.apply_configuration(config)
            played(samna, board, 0, 0, 12_000)
            curve.append(model.get_sadc_value(0, channel))
        assert curve == sorted(curve)
        curves.append(curve)
    # The eightfold of each range is seen in full where it is neither too small nor saturated.
    seen = [curve[-1] > 4 * max(1, curve[0]) for curve in curves]
    small, large = curves[0][-1] > 10, curves[5][-1] > 1.5 * curves[5][0]
    assert (small, large) == ((True, False) if regime is HIGH_GAIN else (False, True))
    assert all(seen[:2] if regime is HIGH_GAIN else seen[3:])
