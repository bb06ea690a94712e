"""What chips do wrong while they are trained."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from analoop.deploy.learning import HARDWARE
from analoop.models.errors import InputError
from analoop.models.learning.chip_network import wires
from analoop.models.learning.chip_settings import Settings
from analoop.models.learning.chip_training import Model, divergence, missed
from analoop.models.learning.spike_encoding import spike_counts
from analoop.models.tasks.samples import DT_S, Samples

TINY = Settings(hidden=16, outputs=4, copies=4, candidates=3)


def test_of_candidates_the_worst_is_learned_from(monkeypatch):
    """Chips of no mismatch but one: it is the one that is chosen."""
    model = Model(1, TINY, np.random.default_rng(0), HARDWARE)
    ones = np.ones((2, 24))
    names = list(model.neurons.currents())
    counts = np.zeros((2, 40, 8), np.float32)
    counts[:, ::2] = 1
    held = model.held()
    drives = wires(held["w_in"].abs(), held["w_rec"], held["w_out"])
    for position in range(3):
        order = iter(np.roll([0.5, 1.0, 1.0], position))

        def drawn(samples, generator, order=order):
            factor = next(order)
            return {n: (factor if n == "i_threshold" else 1.0) * ones for n in names}

        monkeypatch.setattr(model, "drawn", drawn)
        chosen, nominal = model.chips(counts, drives, np.random.default_rng(0))
        assert nominal is not None and (chosen["i_threshold"] == 0.5).all()


def test_an_answer_may_be_larger_but_must_not_stray():
    target = torch.tensor([1.0, 1.0, -1.0, -1.0, 0.0, 0.0, 0.0])
    output = torch.tensor([1.5, 0.9, -1.5, 0.3, 0.1, -0.1, 0.5])
    wrong = torch.tensor([0.0, 0.1, 0.0, 1.3, 0.0, 0.0, 0.3 * 2.5])
    torch.testing.assert_close(missed(output, target, 0.2, 2.5), wrong)


def test_neurons_that_would_be_silent_fire_at_the_start():
    """On input as weak as that, and of equal rates."""
    settings = replace(TINY, hidden=32, input_signed=False, start_hz=(8.0, 4.0))
    samples = Samples(np.full((2, 500, 8), 0.2), np.zeros((2, 500)), np.zeros(2))
    counts = spike_counts(samples.input, settings.encoding())
    model = Model(8, settings, np.random.default_rng(0), HARDWARE)

    def rates_hz() -> np.ndarray:
        with torch.no_grad():
            _, spikes = model._play(counts, wires(**model.held()), None)
        return spikes.mean((0, 1)).numpy() / DT_S

    before = rates_hz()
    model.start(samples)
    after = rates_hz()
    hidden, output = slice(0, 32), slice(32, None)
    assert after[hidden].mean() > 2 + before[hidden].mean() and after[hidden].max() < 20
    assert after[output].mean() > before[output].mean() and after[output].max() <= 4


def test_so_many_synapses_are_dead_and_all_of_silent_neurons():
    settings = replace(TINY, hidden=64, silenced=0.5, dead_words=0.4)
    model, rng = Model(4, settings, np.random.default_rng(0), HARDWARE), np.random.default_rng(1)
    held, shares = model.held(), []
    for _ in range(200):
        working = model._working(held, rng)
        silent = (working["w_out"] == 0).all(1)
        assert torch.equal((working["w_rec"] == 0).all(1), silent)
        assert all(set(mask.unique().tolist()) <= {0.0, 1.0} for mask in working.values())
        shares.append((float(silent.float().mean()), float((working["w_in"] == 0).float().mean())))
    (quiet, dead), most = np.mean(shares, axis=0), np.max(shares, axis=0)
    assert quiet == pytest.approx(0.25, abs=0.04) and dead == pytest.approx(0.2, abs=0.03)
    assert (most < [0.75, 0.5]).all()
    model.grown = 0.0
    assert all(mask.all() for mask in model._working(held, rng).values())


def test_an_attack_finds_weights_that_change_more_than_chance():
    """And its gradient reaches the weights."""
    bare = {"candidates": 1, "mismatch": 0.0, "paper_mismatch": 0.0, "silenced": 0.0, "error": 0.0}
    settings = replace(TINY, **bare, activity=0.0, coded=False, divergence=1.0)
    inputs = 3 * np.random.default_rng(0).random((2, 300, 2)).astype(np.float32)
    batch = Samples(inputs, np.zeros((2, 300), np.float32), np.zeros(2))
    counts = spike_counts(inputs, settings.encoding())

    def network(attack: float = 0.0) -> Model:
        asked = replace(settings, attack=attack, start_hz=(40.0, 40.0))
        made = Model(2, asked, np.random.default_rng(0), None)
        made.start(batch)
        return made

    def answer(model: Model) -> torch.Tensor:
        with torch.no_grad():
            return model._play(counts, wires(**model.held()), None)[0]

    attacked, nominal = network(0.2), answer(network())
    loss = attacked.loss(batch, np.random.default_rng(0))
    loss.backward()
    assert all(w.grad is not None and w.grad.abs().max() > 0 for w in attacked.parameters())
    assert float(network().loss(batch, np.random.default_rng(0)).detach()) == 0.0
    for seed in range(8):
        other, rng = network(), np.random.default_rng(seed)
        with torch.no_grad():
            for w in other.parameters():
                w *= torch.tensor(rng.choice([0.8, 1.2], w.shape))
        assert float(loss.detach()) > float(divergence(nominal, answer(other)).mean())


def test_an_attack_finds_circuits_that_change_more_than_chance():
    """Each sample's own, with time constants, gains and thresholds no farther off than asked."""
    bare = {"candidates": 1, "mismatch": 0.0, "paper_mismatch": 0.0, "silenced": 0.0, "error": 0.0}
    settings = replace(TINY, **bare, activity=0.0, coded=False, divergence=1.0)
    inputs = 3 * np.random.default_rng(0).random((3, 300, 2)).astype(np.float32)
    batch = Samples(inputs, np.zeros((3, 300), np.float32), np.zeros(3))
    asked = replace(settings, attack_circuits=0.1, start_hz=(40.0, 40.0))
    model = Model(2, asked, np.random.default_rng(0), None)
    model.start(batch)
    counts = spike_counts(inputs, settings.encoding())
    ones = {name: np.ones((3, 24)) for name in model.neurons.currents()}
    acting = model.circuits.acting()
    drives, played = wires(**model.held()), []
    with torch.no_grad():
        nominal = model._play(counts, drives, None)[0]

    def answer(factors: dict) -> torch.Tensor:
        with torch.no_grad():
            return model._play(counts, drives, factors)[0]

    def change(there: dict[str, torch.Tensor]) -> torch.Tensor:
        played.append(there)
        chips = {**ones, **{name: there[name] for name in acting}}
        return divergence(nominal, model._play(counts, drives, chips)[0]).mean()

    moved = model._attacked(model.held(), ones, change, np.random.default_rng(0))
    assert all(torch.equal(moved[name], w) for name, w in model.held().items())
    for name in acting:
        assert 0.09 < float((moved[name] - 1).abs().max()) < 0.105, name
    found = float(change(moved).detach())
    assert len(played) == settings.attack_steps + 1
    for seed in range(8):
        rng = np.random.default_rng(seed)
        by_chance = {name: torch.tensor(rng.choice([0.9, 1.1], (3, 24))) for name in acting}
        assert found > float(divergence(nominal, answer({**ones, **by_chance})).mean())
    loss = model.loss(batch, np.random.default_rng(0))
    loss.backward()
    assert float(loss.detach()) > 0
    assert all(w.grad is not None and w.grad.abs().max() > 0 for w in model.parameters())


@pytest.mark.parametrize("attack", [{"attack": 0.1}, {"attack_circuits": 0.1}], ids=str)
def test_an_attack_that_would_count_nothing_is_refused(attack):
    with pytest.raises(InputError, match="0.1") as caught:
        Settings(**attack)
    assert caught.value.code == "SETTING"
