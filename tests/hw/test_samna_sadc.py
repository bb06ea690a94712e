"""The spiking ADC of the virtual samna: counts that rise with the current they watch."""

import time

import numpy as np
import pytest

from analoop.hw import samna_sadc as sadc
from analoop.hw.virtual_samna import virtual_samna
from analoop.models.errors import InputError

from .lab import HIGH_GAIN as HIGH
from .lab import LOW_GAIN as LOW
from .lab import clock_of, convert, event, listen, poll, report, set_biases

PERIOD_MS = 20


@pytest.fixture
def samna():
    with virtual_samna() as module:
        yield module


@pytest.fixture
def model(samna):
    board = samna.device.open_device(samna.device.get_unopened_devices()[0])
    return board.get_model()


def counted(model, config) -> list[int]:
    model.apply_configuration(config)
    model.set_sadc_sample_period_ms(PERIOD_MS)
    time.sleep(1.2e-3 * PERIOD_MS)
    return model.get_sadc_values(0)


def test_channels_have_addresses_and_descriptions(samna):
    d = samna.dynapse2
    assert len({d.get_sadc_description(k) for k in range(64)}) == 64
    looked = {33: "SOIF_MEM", 38: "SOAD_DPI", 40: "SOCA_DPI", 42: "DEAM_EDPI", 57: "SY_W21"}
    for address, name in looked.items():
        assert d.sadc_lookup_aer_address(name, 0) == address
        assert d.get_sadc_description(address) == f"{name} core 0"
    every = {d.sadc_lookup_aer_address(n.lower(), c) for n in sadc.WATCHED for c in range(4)}
    for generator in (d.ParamGen.PG0, d.ParamGen.PG1):
        for name, group in (("NCCF_CAL_REFBIAS_V", 1), ("NCCF_CAL_REFBIAS_V", 2)):
            every.add(d.sadc_lookup_aer_address_nccf(name, group, generator))
        every.add(d.sadc_lookup_aer_address_nccf("NCCF_EXTIN_VI", 0, generator))
        every.add(d.sadc_lookup_aer_address_nccf("NCCF_EXTIN_VI", 2, generator))
    assert every == set(range(64))
    for wrong in (("SOIF_MEM", 4), ("nothing", 0)):
        with pytest.raises(InputError, match="no sADC channel"):
            d.sadc_lookup_aer_address(*wrong)
    with pytest.raises(InputError):
        d.get_sadc_description(64)


@pytest.mark.parametrize("regime", [HIGH, LOW])
def test_a_converter_counts_more_the_larger_the_current_until_it_saturates(regime):
    pwlk, bias = (sadc.generated(n, "P", *code) for n, code in regime.items())
    amps = np.geomspace(5e-13, 1e-5, 80)
    pulses = np.array([sadc.frequency(x, pwlk, bias) for x in amps])
    assert (np.diff(pulses) > 0).all()
    assert pulses[-1] < 1 / (0.7 * 0.5e-12 / pwlk)
    small, large = (sadc.frequency(x, pwlk, bias) for x in (1e-11, 1e-7))
    # At 10 pA only the high gain resolves a percent in a second, at 100 nA only the low one.
    assert (small > 100) == (regime is HIGH)
    assert (sadc.frequency(1.5e-7, pwlk, bias) / large > 1.3) == (regime is LOW)


def test_a_calibration_sweep_is_monotone_in_both_regimes(samna, model):
    config = model.get_configuration()
    chip = config.chips[0]
    channel = samna.dynapse2.sadc_lookup_aer_address_nccf(
        "NCCF_CAL_REFBIAS_V", 1, samna.dynapse2.ParamGen.PG0
    )
    chip.shared_parameters01["NCCF_CAL_REFBIAS_V"].coarse_value = 2
    for regime in (HIGH, LOW):
        convert(chip, regime)
        curve = []
        for fine in range(0, 256, 51):
            chip.shared_parameters01["NCCF_CAL_REFBIAS_V"].fine_value = fine
            curve.append(counted(model, config)[channel])
        assert curve == sorted(curve) and len(set(curve)) > 4
    assert model.get_sadc_value(0, channel) == curve[-1]
    assert model.get_sadc_sample_period_ms() == PERIOD_MS


def driven(samna, model, **changed):
    """Neuron 7 of core 0, monitored, without a destination; a current holds it up."""
    config = model.get_configuration()
    core = config.chips[0].cores[0]
    set_biases(core, **changed)
    core.monitored_neuron = 7
    core.neurons[7].latch_so_dc = True
    convert(config.chips[0], HIGH)
    return config


def test_a_monitored_neuron_is_seen_though_it_sends_nothing(samna, model):
    config = driven(samna, model, SOIF_SPKTHR_P=(5, 255))
    soma = samna.dynapse2.sadc_lookup_aer_address("SOIF_MEM", 0)
    seen = []
    for code in ((0, 0), (1, 40), (1, 200), (2, 60)):
        biases = config.chips[0].cores[0].parameters["SOIF_DC_P"]
        biases.coarse_value, biases.fine_value = code
        model.apply_configuration(config)
        time.sleep(0.03)
        seen.append(counted(model, config)[soma])
    assert seen == sorted(seen) and seen[-1] > 2 * seen[0]
    other = samna.dynapse2.sadc_lookup_aer_address("SOIF_MEM", 1)
    assert model.get_sadc_values(0)[other] < seen[-1]


def test_refractory_dendrite_and_weight_channels_follow_their_neuron(samna, model):
    config = model.get_configuration()
    core = config.chips[0].cores[2]
    set_biases(core, SOIF_REFR_N=(1, 40), SOIF_SPKTHR_P=(3, 80))
    core.monitored_neuron = 9
    listen(samna, core.neurons[9], 42, 1050, [False, True, False, False])
    report(core.neurons[9], 9)
    convert(config.chips[0], HIGH)
    names = ("SOIF_REFRACTORY", "DEAM_EDPI", "SY_W42", "SY_W21", "DEGA_IDPI")
    place = [samna.dynapse2.sadc_lookup_aer_address(name, 2) for name in names]
    quiet = counted(model, config)
    board = samna.device.get_opened_devices()
    stack = samna.device.open_device(board[0])
    start = clock_of(samna, stack) + 5_000
    sent = [event(samna, 1050, start + 500 * k) for k in range(200)]
    stack.input_interface_write_events(0, [*sent, event(samna, 2047, start + 99_000, -7, -7)])
    poll(stack)
    busy = model.get_sadc_values(0)
    more = [busy[k] > 3 * quiet[k] + 3 for k in place]
    assert more == [True, True, False, False, False]
    assert quiet[place[2]] == busy[place[2]] > 10 * busy[place[3]]


@pytest.mark.parametrize("shown", ["enabled", "disabled"])
def test_which_channels_count_can_follow_their_enables(shown):
    with virtual_samna(sadc=shown) as samna:
        board = samna.device.open_device(samna.device.get_unopened_devices()[0])
        model = board.get_model()
        config = driven(samna, model)
        config.chips[0].cores[0].sadc_enables.soif_refractory = True
        config.chips[0].sadc_enables.nccf_cal_refbias_v_group1_pg0 = True
        found = {k for k, n in enumerate(counted(model, config)) if n}
        lookup = samna.dynapse2.sadc_lookup_aer_address
        nccf = samna.dynapse2.sadc_lookup_aer_address_nccf
        flagged = {
            lookup("SOIF_REFRACTORY", 0),
            nccf("NCCF_CAL_REFBIAS_V", 1, samna.dynapse2.ParamGen.PG0),
        }
        assert bool(flagged & found) == (shown == "enabled")
        assert bool(found - flagged) == (shown == "disabled")
    with pytest.raises(InputError, match="sadc"), virtual_samna(sadc="none"):  # pyright: ignore
        pass


def test_channels_of_a_drawn_chip_have_gains_of_their_own():
    with virtual_samna(["sim:seed=4"]) as samna:
        board = samna.device.open_device(samna.device.get_unopened_devices()[0])
        model = board.get_model()
        config = model.get_configuration()
        convert(config.chips[0], HIGH)
        first = counted(model, config)
        dark = [first[samna.dynapse2.sadc_lookup_aer_address("DEAM_IDPI", c)] for c in range(4)]
        for shared in (config.chips[0].shared_parameters01, config.chips[0].shared_parameters23):
            shared["NCCF_CAL_REFBIAS_V"].coarse_value = 3
            shared["NCCF_CAL_REFBIAS_V"].fine_value = 20
        second = counted(model, config)
        calibration = {second[k] for k, c in enumerate(sadc.CHANNELS) if "CAL" in c.name}
        assert len(calibration) == 4 and min(calibration) > max(dark)


def test_a_period_that_is_none_and_a_chip_that_is_not_there_are_refused(model):
    with pytest.raises(InputError, match="period"):
        model.set_sadc_sample_period_ms(0)
    with pytest.raises(InputError, match="no chip 1"):
        model.get_sadc_values(1)
    assert model.get_sadc_values(0) == [0] * 64
