"""What a session of recordings plays, in which order: every board once in every repeat.

The order of the boards is drawn anew for every repeat, so that what drifts in time does not look
like a difference between boards. The repeats are cut into squares of as many repeats as there are
boards; in each square every board comes once at every place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...hw.board import simulated
from ...hw.virtual_board import VirtualBoard
from ...models.errors import InputError

_BEGINS = re.compile(r"sim$|[A-Za-z]\w*:")
"""A word between commas with which the name of a board begins; options are `key=value`."""


@dataclass(frozen=True)
class Play:
    """One board plays the whole stimulus once."""

    number: int
    """Place in the session, from 0 on."""
    board: str
    """The name the user gave."""
    repeat: int
    """How often this board has played before."""


@dataclass(frozen=True)
class Plan:
    """Which boards play, and how often.

    Raises:
        InputError: PLAN_INVALID, with everything that is wrong.
    """

    boards: tuple[str, ...]
    """Names, as the user gave them; all different."""
    repeats: int = 1
    """How often each plays the whole stimulus."""
    seed: int = 0
    """Of the order in which they play; of nothing else."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "boards", tuple(self.boards))
        wrong = [*self._faults(), *self._shared_noise()]
        if wrong:
            raise InputError("recording: " + "; ".join(wrong), code="PLAN_INVALID")

    def _faults(self):
        if not self.boards:
            yield "no board is named: name one, sim:seed=1 for example"
        for name in sorted({b for b in self.boards if self.boards.count(b) > 1}):
            yield f"board {name} is named twice: name it once, and ask for more repeats"
        if self.repeats < 1:
            yield f"{self.repeats} repeats: ask for 1 or more"
        if self.seed < 0:
            yield f"seed {self.seed}: seeds are 0 or more"

    def _shared_noise(self):
        """Repeats that would hear the same noise and pass for independent ones."""
        noisy = [(name, v) for name in self.boards if (v := simulated(name)) and is_noisy(v)]
        for k, (name, one) in enumerate(noisy):
            for other_name, other in noisy[:k]:
                apart = abs(one.noise_seed - other.noise_seed)
                if one.seed == other.seed and apart < self.repeats:
                    yield (
                        f"{other_name} and {name} would share noise: repeat r takes noise_seed + "
                        f"r, so give one of them noise_seed={other.noise_seed + self.repeats} or "
                        "more"
                    )

    def plays(self) -> tuple[Play, ...]:
        """Every play, in playing order."""
        found: list[Play] = []
        for repeat in range(self.repeats):
            for place in self._order(repeat):
                found.append(Play(len(found), self.boards[place], repeat))
        return tuple(found)

    def _order(self, repeat: int) -> np.ndarray:
        """Boards of a repeat: a row of a random Latin square, which does not depend on how many
        repeats there are."""
        n = len(self.boards)
        rng = np.random.default_rng([self.seed, repeat // n])
        rows, columns, boards = rng.permutation(n), rng.permutation(n), rng.permutation(n)
        return boards[(rows[repeat % n] + columns) % n]

    def record(self) -> dict[str, Any]:
        """As JSON values, the order of the plays spelled out."""
        order = [[play.board, play.repeat] for play in self.plays()]
        asked = {"boards": list(self.boards), "repeats": self.repeats, "seed": self.seed}
        return asked | {"plays": order}


def is_noisy(board: VirtualBoard) -> bool:
    """Whether chance plays a part in what it does."""
    return bool(board.noise or board.loss or board.jitter_us)


def name_in_repeat(name: str, repeat: int) -> str:
    """The name that opens a board for a repeat: a simulated one whose noise, losses or jitter are
    drawn draws them anew, from `noise_seed` + repeat; another is the same in every repeat."""
    board = simulated(name)
    if board is None or not is_noisy(board) or not repeat:
        return name
    again = replace(board, noise_seed=board.noise_seed + repeat).name
    return _parts(name)[0].removesuffix("sim") + again


def _parts(name: str) -> tuple[str, str]:
    """'dynapse2:sim' and its options, 'sim' and its options, 'dynapse2' and a serial number."""
    head, _, options = name.partition(":")
    if head == "dynapse2" and options.partition(":")[0] == "sim":
        return "dynapse2:sim", options.partition(":")[2]
    return head, options


def split_boards(text: str) -> tuple[str, ...]:
    """Board names between commas, though names have commas in themselves.

    >>> split_boards("sim:seed=3,noise=1,sim,dynapse2:any")
    ('sim:seed=3,noise=1', 'sim', 'dynapse2:any')
    """
    names: list[str] = []
    for word in (word.strip() for word in text.split(",")):
        if word and (not names or _BEGINS.match(word)):
            names.append(word)
        elif word:
            names[-1] += f",{word}"
    return tuple(names)


def named_boards(each: Sequence[str], together: str | None) -> tuple[str, ...]:
    """The boards of `--board`, which names one each time, and of `--boards`, which names several.

    Raises:
        InputError: NO_BOARDS.
    """
    found = (*each, *split_boards(together or ""))
    if not found:
        raise InputError(
            "which boards? give --boards sim:seed=1,sim:seed=2, or --board for each",
            code="NO_BOARDS",
        )
    return found
