"""Rockpool's prediction, compiled, against DynapSim itself and against its equations in numpy."""

from functools import cache

import numpy as np
import pytest

from analoop.models import Network, NeuronParameters, Population, Projection, Stimulus
from analoop.models.rockpool_euler import DEFAULTS, EulerRun, coefficients, predict, run_euler
from analoop.models.runner import Precision
from analoop.models.wiring import Drive, drive

from . import dynapsim
from .dynapsim import CASES, RECORDED, Case

W_UNIT = 1e-8


def events_of(case: Case) -> Drive:
    """Input spikes as events; several in one step are several events."""
    trial, step, line = np.nonzero(case.counts)
    times = case.counts[trial, step, line].astype(int)
    source = len(case.w_rec) + line
    steps = np.full(len(case.counts), case.counts.shape[1])
    return drive(steps, *(np.repeat(a, times) for a in (trial, step, source)))


def weights_of(case: Case) -> np.ndarray:
    return np.concatenate([case.w_rec, case.w_in]).astype(np.float64) * W_UNIT


def played(case: Case, precision: Precision = "single", **options) -> EulerRun:
    c = coefficients(case.parameters, case.dt)
    return run_euler(c, weights_of(case), events_of(case), precision, **options)


def raster(case: Case, run: EulerRun) -> np.ndarray:
    spikes = np.zeros((*case.counts.shape[:2], len(case.w_rec)), np.int8)
    spikes[run.trial, run.step, run.neuron] = run.count
    return spikes


@cache
def transcribed(name: str) -> np.ndarray:
    """Spikes by the equations of rockpool.md section 1, in numpy, double precision, amperes.

    Two numbers are DynapSim's as rounded to single precision, for it decides by them: the factor
    of a pulse, 1 - exp(-small), and the countdown of the refractory period.
    """
    case, single = CASES[name], np.float32
    v = {k: a.astype(np.float64) for k, a in case.parameters.items()}
    kappa = (v["kappa_n"] + v["kappa_p"]) / 2
    tau_syn, tau_ahp = (
        v[f"C_{x}"] * v["Ut"] / (kappa * np.maximum(v[f"Itau_{x}"], v["Io"]))
        for x in ("syn", "ahp")
    )
    t_pulse = v["Vth"] * v["C_pulse"] / v["Ipulse"]
    t_pulse_ahp = v["Vth"] * v["C_pulse_ahp"] / v["Ipulse_ahp"]
    charge = 1 - np.exp(-t_pulse / tau_syn).astype(single).astype(np.float64)
    charge_ahp = 1 - np.exp(-t_pulse_ahp / tau_ahp).astype(single).astype(np.float64)
    p = case.parameters
    t_ref = p["Vth"] * p["C_ref"] / p["Iref"]
    trials, steps, _ = case.counts.shape
    start = np.full((trials, len(kappa)), 5e-13)
    i_syn, i_ahp, i_mem, v_mem, spikes = start, start, start, 0 * start, 0 * start
    timer, out = np.zeros(start.shape, single), []
    for k in range(steps):
        arrived = (spikes @ case.w_rec + case.counts[:, k] @ case.w_in) * W_UNIT
        i_syn = i_syn * np.exp(-case.dt / tau_syn)
        i_syn = i_syn + charge * np.maximum(v["Igain_syn"] / v["Itau_syn"] * arrived, v["Io"])
        i_ahp = i_ahp * np.exp(-case.dt / tau_ahp)
        i_ahp = i_ahp + charge_ahp * v["Igain_ahp"] / v["Itau_ahp"] * v["Iw_ahp"] * spikes
        i_ahp = np.maximum(i_ahp, v["Io"])
        i_leak = v["Itau_mem"] + i_ahp
        i_in = np.maximum((i_syn - i_leak + v["Idc"]) * (timer == 0), v["Io"])
        tau = v["C_mem"] * v["Ut"] / (kappa * i_leak)
        steady = v["Igain_mem"] / v["Itau_mem"] * (i_in - i_leak)
        feedback = v["Io"] * np.exp(kappa**2 / (kappa + 1) * v_mem / v["Ut"])
        slope = steady + feedback / i_leak * (i_mem + v["Igain_mem"])
        slope = slope - i_mem * (1 + i_ahp / v["Itau_mem"])
        i_mem = i_mem + case.dt * i_mem / (tau * (i_mem + v["Igain_mem"])) * slope
        i_mem = np.maximum(i_mem, v["Io"])
        v_mem = v["Ut"] / kappa * np.log(i_mem / v["Io"])
        spikes = np.maximum(np.ceil(np.log(i_mem / v["Ispkthr"])), 0)
        i_mem = np.where(spikes > 0, v["Io"], i_mem)
        timer = np.where(spikes > 0, t_ref, np.maximum(timer - single(case.dt), single(0)))
        out.append(spikes)
    return np.stack(out, axis=1)


@pytest.mark.parametrize("name", CASES)
def test_double_precision_gives_the_spikes_of_the_equations(name: str):
    case, exact = CASES[name], transcribed(name)
    assert exact.sum() > 400
    assert np.array_equal(raster(case, played(case, "double")), exact)


@pytest.mark.parametrize("name", CASES)
def test_the_spikes_are_those_of_the_recorded_dynapsim(name: str):
    with np.load(RECORDED) as file:
        theirs = file[name]
    for precision in ("single", "double"):
        assert np.array_equal(raster(CASES[name], played(CASES[name], precision)), theirs)


@pytest.mark.skipif(not dynapsim.can_play(), reason="needs jax and rockpool, and no samna")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CASES)
def test_the_record_is_what_dynapsim_does_here(name: str):
    with np.load(RECORDED) as file:
        assert np.array_equal(dynapsim.play(CASES[name]), file[name])


def test_the_cases_show_what_they_are_for():
    with np.load(RECORDED) as file:
        assert file["circuits"].max() > 1, "several spikes in one step"
        assert (file["w1 mismatched"] != file["w1"]).any()


def test_our_defaults_are_those_of_dynapsim():
    assert DEFAULTS.keys() == dynapsim.DYNAPSIM.keys()
    for name, value in dynapsim.DYNAPSIM.items():
        assert np.isclose(DEFAULTS[name], value, rtol=1e-6), name


def columns(run: EulerRun) -> np.ndarray:
    return np.stack([run.chip, run.trial, run.step, run.neuron, run.count])


def test_bits_do_not_depend_on_threads_chips_and_trials_beside():
    case = CASES["w1 mismatched"]
    p, weights, events = case.parameters, weights_of(case), events_of(case)
    chips = {name: np.stack([DEFAULTS[name] + 0 * value, value]) for name, value in p.items()}
    together = run_euler(coefficients(chips, case.dt), weights, events, workers=3)
    assert np.array_equal(np.unique(together.chip), [0, 1])
    mine = columns(together)[1:, together.chip == 1]
    assert np.array_equal(mine, columns(played(case, workers=1))[1:])
    own = np.stack([0 * weights, weights])
    assert np.array_equal(columns(run_euler(coefficients(chips, case.dt), own, events))[1:], mine)
    many = np.tile(case.counts, (5, 1, 1))
    repeated = played(Case(p, case.w_in, case.w_rec, many))
    for first in range(0, 20, 4):
        chosen = (repeated.trial >= first) & (repeated.trial < first + 4)
        again = columns(repeated)[:, chosen] - np.array([[0], [first], [0], [0], [0]])
        assert np.array_equal(again[1:], mine)


def test_trials_of_different_lengths_end_where_they_end():
    case = CASES["w1"]
    events, whole = events_of(case), played(case)
    lengths = np.array([300, 0, 117, 1])
    run = run_euler(coefficients(case.parameters), weights_of(case), events._replace(steps=lengths))
    kept = columns(whole)[:, whole.step < lengths[whole.trial]]
    assert np.array_equal(columns(run), kept)
    none = run_euler(coefficients(case.parameters), weights_of(case), drive(*np.zeros((4, 0))))
    assert len(none.step) == 0


def one_neuron(**changes) -> Network:
    hidden = Population("hidden", 1, NeuronParameters.from_times(threshold=1e-7, **changes))
    weights = [("ampa", [[1e-8], [0.0]]), ("gaba", [[0.0], [1e-7]])]
    wires = [Projection("input", "hidden", d, np.array(w)) for d, w in weights]
    return Network(2, (hidden,), tuple(wires), "hidden")


def spikes_of(network: Network, *trains: np.ndarray) -> int:
    time = np.concatenate(trains)
    channel = np.repeat(np.arange(len(trains)), [len(t) for t in trains])
    zero = np.zeros(len(time), int)
    run = predict(network, Stimulus(2, np.array([1_000_000]), zero, time, channel))
    return int(run.count.sum())


def test_the_prediction_for_a_network_shows_that_inhibition_has_no_effect():
    excite = np.arange(0, 1_000_000, 10_000)
    alone = spikes_of(one_neuron(), excite)
    assert alone > 20
    assert spikes_of(one_neuron(), excite, excite + 5_000) == alone
    assert spikes_of(one_neuron(), excite, excite) == 0, "unless it falls into the same step"


def test_a_prediction_takes_the_parameters_of_the_network():
    excite = np.arange(0, 1_000_000, 10_000)
    alone = spikes_of(one_neuron(), excite)
    assert spikes_of(one_neuron(adaptation=True, i_w_ahp=1e-7), excite) < alone
    assert spikes_of(one_neuron(dc=True, i_dc=1e-10), excite) > alone
    assert spikes_of(one_neuron(t_refractory=50e-3), excite) <= 20
