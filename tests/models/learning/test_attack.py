"""The way of an attack, on changes whose gradient is known."""

import numpy as np
import torch

from analoop.models.learning.attack import START, climb

BEGUN = {"a": torch.tensor([1.0, -2.0, 4.0]), "b": torch.tensor([[0.5]])}
REACH = {name: 0.1 * p.abs() for name, p in BEGUN.items()}


def test_every_entry_goes_its_whole_way_to_where_more_is_changed():
    slopes = {"a": torch.tensor([3.0, -1.0, 0.0]), "b": torch.tensor([[-7.0]])}

    def change(there: dict[str, torch.Tensor]) -> torch.Tensor:
        return torch.cat([(slopes[name] * p).reshape(-1) for name, p in there.items()]).sum()

    way = climb(BEGUN, REACH, change, 4, np.random.default_rng(0))
    for name, moved in way.items():
        wanted = REACH[name] * slopes[name].sign()
        assert ((moved - wanted).abs() <= 6 * START * REACH[name]).all()


def test_from_a_minimum_it_gets_away():
    """Where the gradient is 0, by where it begins."""

    def change(there: dict[str, torch.Tensor]) -> torch.Tensor:
        return (
            torch.cat([(p - BEGUN[name]).reshape(-1) for name, p in there.items()]).square().sum()
        )

    way = climb(BEGUN, REACH, change, 3, np.random.default_rng(1))
    for name, moved in way.items():
        assert (moved.abs() > 0.9 * REACH[name]).all()


def test_the_same_generator_goes_the_same_way():
    def change(there: dict[str, torch.Tensor]) -> torch.Tensor:
        return torch.cat([p.reshape(-1) for p in there.values()]).square().sum()

    one, other = (climb(BEGUN, REACH, change, 2, np.random.default_rng(5)) for _ in range(2))
    assert all(torch.equal(one[name], other[name]) for name in one)
