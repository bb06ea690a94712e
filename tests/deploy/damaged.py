"""A board that damages registers on their way, as silicon or a driver could."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np

from analoop.hw import BoardIdentity, ChipSpec, Configuration, Events, Trial, open_board

Damage = Callable[[Configuration], Configuration]


class DamagedBoard:
    """A simulated board behind a damage that is done to every configuration."""

    def __init__(self, damage: Damage, name: str, chip: ChipSpec):
        self._damage, self._board = damage, open_board(name, chip)
        self.programmed: list[str] = []

    @property
    def identity(self) -> BoardIdentity:
        return self._board.identity

    @property
    def chip(self) -> ChipSpec:
        return self._board.chip

    @property
    def books(self) -> dict[str, int]:
        return self._board.books

    def program(self, configuration: Configuration) -> None:
        self.programmed.append(configuration.hash)
        self._board.program(self._damage(configuration))

    def settle(self) -> None:
        self._board.settle()

    def run(self, events: Events, duration_us: int) -> Events:
        return self._board.run(events, duration_us)

    def run_trials(self, trials: Sequence[Trial]) -> list[Events]:
        return self._board.run_trials(trials)

    def close(self) -> None:
        self._board.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def nothing(configuration: Configuration) -> Configuration:
    """No damage."""
    return configuration


def changed(kind: str, word: np.void, **fields: Any) -> Damage:
    """Other fields in one word, wherever it is written; `kind`: synapses or destinations."""

    def damage(configuration: Configuration) -> Configuration:
        words = getattr(configuration, kind).copy()
        at = _is(words, word)
        for name, value in fields.items():
            words[name][at] = value
        return _with(configuration, kind, words)

    return damage


def dropped(kind: str, word: np.void) -> Damage:
    """One word missing."""

    def damage(configuration: Configuration) -> Configuration:
        words = getattr(configuration, kind)
        return _with(configuration, kind, words[~_is(words, word)])

    return damage


def _is(words: np.ndarray, word: np.void) -> np.ndarray:
    # The whole word, as a neuron's monitor word can stand where another of its words stood.
    return words == word


def _with(configuration: Configuration, kind: str, words: np.ndarray) -> Configuration:
    return (
        replace(configuration, synapses=words)
        if kind == "synapses"
        else replace(configuration, destinations=words)
    )
