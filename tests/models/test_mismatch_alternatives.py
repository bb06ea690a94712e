"""Mismatch as Rockpool and as the seed paper have it: independent, Gaussian, without places."""

import numpy as np
import pytest
import torch

from analoop.models import NeuronParameters
from analoop.models.coefficients import coefficients
from analoop.models.mismatch import Draw, sample_entries, sample_factor
from analoop.models.mismatch_alternatives import rockpool_factor
from analoop.models.parameters import CONSTANTS, CURRENTS, DENDRITES

SHAPE = (10, 4, 256)
PLAIN = ("i_gain_mem", "i_threshold", "i_w_ahp", "i_nmda_gate")
"""Currents through which no constant acts."""


def drawn(sampler: str, level: float = 1.0, names=CURRENTS) -> dict[str, np.ndarray]:
    draw = Draw(7, level, SHAPE, sampler)
    return {name: sample_factor(draw, name, 1e-9) for name in names}


@pytest.mark.parametrize("level", [0.5, 1.0, 2.0])
def test_rockpools_currents_are_gaussian_with_10_percent(level: float):
    for factor in drawn("rockpool", level, PLAIN).values():
        n = factor.size
        assert factor.mean() == pytest.approx(1, abs=5 * 0.1 * level / np.sqrt(n))
        assert factor.std() == pytest.approx(0.1 * level, rel=5 / np.sqrt(2 * n))
        third = np.mean((factor - factor.mean()) ** 3) / factor.std() ** 3
        assert abs(third) < 0.15, "not skewed, as a log-normal of this width would be"


def test_rockpools_constants_add_to_the_spread_of_times():
    """Capacitance, thermal voltage, two slope factors and the current, 10 % each."""
    factor = drawn("rockpool", 0.3, ("i_tau_mem", "i_tau_nmda", "i_refractory", "i_pulse"))
    kappa = np.hypot(0.75, 0.66) / (0.75 + 0.66)
    for name, terms in (("i_tau_mem", 3), ("i_tau_nmda", 3), ("i_refractory", 3), ("i_pulse", 3)):
        slopes = kappa**2 if name.startswith("i_tau") else 0.0
        expected = 0.03 * np.sqrt(terms + slopes)
        assert np.log(factor[name]).std() == pytest.approx(expected, rel=0.05)


def test_constants_put_into_currents_do_to_the_neuron_what_the_constants_do():
    """Time constants exactly; jumps and drive relative to the charge of the soma."""
    draw = Draw(3, 1.0, (1, 1, 1), "rockpool")
    nominal = NeuronParameters.from_times(adaptation=True, dc=True, i_dc=1e-11).currents()
    own = {n: 1 + 0.1 * draw.normal(n).item() for n in [*CURRENTS, "c_mem", "u_t", "v_th",
           "c_ref", "c_pulse", "kappa_n", "kappa_p", *(f"c_{d}" for d in DENDRITES)]}  # fmt: skip
    kappa = (0.75 * own["kappa_n"] + 0.66 * own["kappa_p"]) / 1.41
    c = CONSTANTS
    real = type(c)(
        u_t=c.u_t * own["u_t"], kappa=c.kappa * kappa, v_th=c.v_th * own["v_th"],
        c_mem=c.c_mem * own["c_mem"], c_ref=c.c_ref * own["c_ref"],
        c_pulse=c.c_pulse * own["c_pulse"],
        **{f"c_{d}": getattr(c, f"c_{d}") * own[f"c_{d}"] for d in DENDRITES},
    )  # fmt: skip

    def built(factors, constants):
        currents = {
            n: torch.tensor([a * factors[n]], dtype=torch.float64) for n, a in nominal.items()
        }
        on = torch.ones(1, dtype=torch.float64)
        switches: dict[str, torch.Tensor] = {
            name: on for name in ("exponential", "nmda_gate", "adaptation", "dc")
        }
        return coefficients(currents, switches, DENDRITES, 1e-3, constants)

    folded = built({n: rockpool_factor(draw, n).item() for n in nominal}, c)
    direct = built(own, real)
    for d in DENDRITES:
        assert folded.decay[d].item() == pytest.approx(direct.decay[d].item(), rel=1e-9)
        per_charge = [(x.jump[d] / x.charge).item() for x in (folded, direct)]
        assert per_charge[0] == pytest.approx(per_charge[1], rel=1e-9)
    for what in ("i_leak", "i_dc"):
        one, other = ((getattr(x, what) / x.charge).item() for x in (folded, direct))
        assert one == pytest.approx(other, rel=1e-9)
    assert folded.t_refractory.item() == pytest.approx(direct.t_refractory.item(), rel=1e-9)
    assert folded.x_threshold.item() == pytest.approx(direct.x_threshold.item(), rel=1e-9)


def test_rockpool_spreads_no_weights_and_the_paper_every_word():
    for sampler in ("rockpool", "paper"):
        names = ("i_w0", "weight_ampa", "weight_gaba")
        assert all((f == 1).all() for f in drawn(sampler, names=names).values())
    assert sample_entries(Draw(1, 1.0, SHAPE, "rockpool"), 64) is None
    assert sample_entries(Draw(1, 1.0, SHAPE), 64) is None


@pytest.mark.parametrize("level", [0.5, 1.0, 2.0, 3.0])
def test_the_papers_words_are_gaussian_at_its_level_and_never_negative(level: float):
    entries = sample_entries(Draw(1, level, (1, 4, 256), "paper"), 64)
    assert entries is not None and entries.shape == (1, 4, 256, 64)
    assert entries.std() == pytest.approx(0.1 * level, rel=0.015)
    assert entries.mean() == pytest.approx(1, abs=0.003)
    assert (entries >= 0).all()
    flat = entries.reshape(-1, 64) - 1
    assert abs(np.mean(flat[:, :-1] * flat[:, 1:])) / flat.var() < 0.02, "words are independent"


def test_the_paper_perturbs_time_constants_and_threshold_alone():
    factors = drawn("paper")
    same = {name for name, f in factors.items() if (f == 1).all()}
    assert same == {
        "i_gain_mem", "i_refractory", "i_pulse", "i_nmda_gate", "i_w_ahp", "i_pulse_ahp"
    }  # fmt: skip
    assert factors["i_threshold"].std() == pytest.approx(0.1, rel=0.05)
    for name in ("i_tau_mem", "i_tau_ampa", "i_tau_gaba"):
        assert (1 / factors[name]).std() == pytest.approx(0.1, rel=0.05)


def test_a_time_constant_of_the_paper_leaves_the_resting_drive_alone():
    """Leak, injection and what every dendrite gives to the soma change together."""
    factors = drawn("paper")
    for name in ("i_dc", "i_gain_ampa", "i_gain_gaba", "i_gain_ahp"):
        assert (factors[name] == factors["i_tau_mem"]).all()


@pytest.mark.parametrize("sampler", ["rockpool", "paper"])
def test_no_chip_core_or_place_is_special(sampler: str):
    log = np.log(drawn(sampler, names=("i_threshold",))["i_threshold"])
    expected = 0.1 / np.sqrt(256)
    assert log.mean(axis=2).std() == pytest.approx(expected, rel=0.4)
    other = sample_factor(Draw(7, 1.0, SHAPE, sampler), "i_threshold", 5e-8)
    assert np.exp(log) == pytest.approx(other), "nor is the setting"
