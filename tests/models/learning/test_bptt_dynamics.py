"""The two spiking layers of `bptt`: against plain loops, and one neuron against closed form."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from analoop.models.learning.bptt_dynamics import ARRAYS, chip_of, given_of, played, trained
from analoop.models.tasks.samples import DT_S

NEURONS, CHANNELS, SAMPLES, STEPS = 7, 2, 3, 60


def arrays(seed: int = 0, neurons: int = NEURONS, channels: int = CHANNELS) -> dict:
    g = np.random.default_rng(seed)
    made = {
        "w_in": 0.3 * g.normal(size=(channels, neurons)),
        "w_link": g.normal(0.5, 0.2, neurons),
        "w_rec": 0.3 * g.normal(size=(neurons, neurons)),
        "w_out": g.normal(size=neurons),
        "bias_in": g.normal(-0.3, 0.2, neurons),
        "bias": g.normal(-0.3, 0.2, neurons),
    }
    made |= {name: g.uniform(0.005, 0.02, neurons) for name in ARRAYS[6:]}
    made["tau_out"] = made["tau_out"][:1]
    return made


class Spike(torch.autograd.Function):
    """Spikes with the surrogate gradient of paper.md 4."""

    @staticmethod
    def forward(ctx, v):
        ctx.save_for_backward(v)
        return torch.clamp(torch.floor(v + 1), min=0)

    @staticmethod
    def backward(ctx, *gradients):
        return gradients[0] * (ctx.saved_tensors[0] > -0.5)


def plain(a, inputs, alive, noise, graded):
    """Readout, what was passed on and V^2, by a loop that can be read; torch differentiates it."""
    kept = {name: torch.exp(-DT_S / a[name]) for name in ARRAYS[6:]}
    i_in = i = s_in = s = torch.zeros(len(inputs), a["bias"].numel(), dtype=inputs.dtype)
    v_in, v = s_in - 1, s - 1
    readout, output = torch.zeros(len(inputs), dtype=inputs.dtype), []
    passed = square = torch.zeros(())

    def moved(v, tau, aim):
        return v + (1 - kept[tau]) * (aim - v)

    def graded_of(v):
        return torch.tanh(v + 1) / 2 + 0.5

    for t in range(inputs.shape[1]):
        i_in = kept["tau_syn_in"] * i_in + inputs[:, t] @ a["w_in"]
        v_in = moved(v_in - s_in, "tau_mem_in", i_in + a["bias_in"]) + noise[:, t, 0]
        s_in = Spike.apply(v_in)
        p_in = graded_of(v_in) if graded else s_in
        i = kept["tau_syn"] * i + s @ a["w_rec"]
        if graded:
            aim = i + p_in * a["w_link"] + a["bias"]
        else:
            i = i + p_in * a["w_link"]
            aim = i + a["bias"]
        v = moved(v - s, "tau_mem", aim) + noise[:, t, 1]
        s = alive * Spike.apply(v)
        p = alive * graded_of(v) if graded else s
        readout = kept["tau_out"] * readout + p @ a["w_out"]
        output.append(readout)
        passed = passed + p_in.sum() + p.sum()
        square = square + v_in.square().sum() + v.square().sum()
    return torch.stack(output, 1), passed, square


@pytest.fixture(params=[False, True], ids=["spiking", "graded"])
def both(request):
    """Everything from the plain loop and from the compiled one, and all gradients."""
    g = np.random.default_rng(1)
    inputs = g.normal(size=(SAMPLES, STEPS, CHANNELS))
    noise = 0.05 * g.normal(size=(SAMPLES, STEPS, 2, NEURONS))
    alive = np.ones(NEURONS)
    alive[2] = 0
    a = {name: torch.tensor(v, requires_grad=True) for name, v in arrays().items()}
    weight = torch.tensor(g.normal(size=(SAMPLES, STEPS)))
    given = given_of(inputs, chip_of(arrays()), alive, request.param, noise)
    output, total = trained(a, given)
    tensors = (torch.tensor(x) for x in (inputs, alive, noise))
    known = plain(a, *tensors, graded=request.param)
    answers = []
    for made, passed, square in ((output, total[0], total[1]), known):
        loss = (made * weight).sum() + 0.3 * passed + 0.2 * square
        values = [x.detach().numpy() for x in (made, passed, square)]
        answers.append((values, torch.autograd.grad(loss, list(a.values()))))
    return answers


def test_forth_equals_a_plain_loop(both):
    (made, _), (known, _) = both
    assert known[1] > 20  # something fired
    for ours, theirs in zip(made, known, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-10)


def test_back_equals_torch_s_gradient_of_a_plain_loop(both):
    (_, made), (_, known) = both
    for name, ours, theirs in zip(arrays(), made, known, strict=True):
        assert float(theirs.abs().max()) > 0, name
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-8, err_msg=name)


def test_only_the_last_states_are_kept_if_wished():
    chip = chip_of(arrays())
    given = given_of(np.random.default_rng(2).normal(size=(2, STEPS, CHANNELS)), chip, None, False)
    whole, short = played(chip, given), played(chip, given, rows=1)
    assert short.v.shape == (2, 1, NEURONS)
    np.testing.assert_array_equal(short.output, whole.output)
    np.testing.assert_array_equal(short.total, whole.total)


def alone(bias: float) -> dict:
    """One neuron per layer, without weights but for the readout."""
    a = {name: 0 * array for name, array in arrays(neurons=1, channels=1).items()}
    taus = {name: np.array([0.02]) for name in ARRAYS[6:]}
    return a | taus | {"bias": np.array([bias]), "bias_in": np.array([-1.0]), "w_out": np.ones(1)}


def test_a_neuron_below_threshold_rests_at_its_bias():
    chip = chip_of(alone(-0.4))
    trace = played(chip, given_of(np.zeros((1, 100, 1)), chip, None, False))
    time_s = DT_S * np.arange(1, 101)
    np.testing.assert_allclose(trace.v[0, :, 0], -0.4 - 0.6 * np.exp(-time_s / 0.02), rtol=1e-12)
    assert trace.total[0, 0] == 0


def test_a_neuron_above_threshold_fires_at_the_known_rate():
    """From just reset, V crosses 0 behind tau log((bias + 1) / bias); the step adds up to DT_S."""
    bias = 0.5
    chip = chip_of(alone(bias))
    steps = 4000
    trace = played(chip, given_of(np.zeros((1, steps, 1)), chip, None, False))
    known_s = 0.02 * np.log((bias + 1) / bias)
    between = steps * DT_S / trace.total[0, 0]
    assert known_s - DT_S < between < known_s + DT_S


def test_the_readout_forgets_exponentially():
    chip = chip_of(alone(0.5))
    trace = played(chip, given_of(np.zeros((1, 40, 1)), chip, None, False))
    fired = np.maximum(0, np.floor(trace.v[0, :, 0] + 1))
    first = int(np.flatnonzero(fired)[0])
    behind = np.arange(5)
    np.testing.assert_allclose(
        trace.output[0, first : first + 5], np.exp(-behind * DT_S / 0.02), rtol=1e-12
    )
