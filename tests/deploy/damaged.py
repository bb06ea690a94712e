"""A board that damages registers on their way, as silicon or a driver could."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from analoop.deploy.watched_board import WatchedBoard
from analoop.hw import ChipSpec, Configuration, open_board

Damage = Callable[[Configuration], Configuration]


class DamagedBoard(WatchedBoard):
    """A simulated board behind a damage that is done to every configuration."""

    def __init__(self, damage: Damage, name: str, chip: ChipSpec):
        super().__init__(open_board(name, chip))
        self._damage = damage
        self.programmed: list[str] = []

    def program(self, configuration: Configuration) -> None:
        self.programmed.append(configuration.hash)
        super().program(self._damage(configuration))


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
