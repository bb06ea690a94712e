"""A board that is asked questions, and the books of every word of them.

Whoever judges silicon by what does not come back has to know that it was asked: of a real board
only its books tell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..models.errors import IncompleteError
from .balance import imbalance
from .board import Board, Trial
from .configuration import Configuration
from .events import Events

ATTEMPTS = 4
"""Times that a question is put, at most, when its words are lost on the way."""


class Ledger:
    """Programs and plays a board; books that do not balance end it.

    Raises with every run, beside what the board raises:
        IncompleteError: UNBALANCED. Its `partial` is None: this is no recording of a program.
    """

    def __init__(self, board: Board) -> None:
        self.board = board
        """The board that is asked."""
        self.sent = 0
        """Words of the last run."""
        self.lost = 0
        """Those that were lost on their way to the chips."""
        self.late = 0
        """Those that left late."""
        self._before: Counter[str] = Counter()
        self._programmed = False
        self._words = self._spikes = self._control = 0

    @property
    def books(self) -> dict[str, int]:
        """Of all runs: `words` that were sent, `control` words that came, and what only the board
        knows (`Board.books`)."""
        both = self._before.copy()
        both.update(self._since())
        return dict(sorted(both.items()))

    def program(self, configuration: Configuration) -> None:
        """As `Board.program`."""
        if self._programmed:  # else its books are of what others asked
            self._before.update(self._since())
        self.board.program(configuration)
        self._programmed = True
        self._words = self._spikes = self._control = 0

    def settle(self) -> None:
        """As `Board.settle`."""
        self.board.settle()

    def run(self, events: Events, duration_us: int) -> Events:
        """As `Board.run`."""
        before = self._since()
        came = self.board.run(events, duration_us)
        self._enter([events], [came], before)
        return came

    def run_trials(self, trials: Sequence[Trial]) -> list[Events]:
        """As `Board.run_trials`."""
        before = self._since()
        came = self.board.run_trials(trials)
        self._enter([trial.events for trial in trials], came, before)
        return came

    def gave_up(self, asked: str) -> IncompleteError:
        """The error for a question that lost words may have spoilt in every attempt."""
        return IncompleteError(
            f"of {self.sent} words to {self.board.identity.name}, {self.lost} were lost on the way "
            f"and {self.late} left late, in the last of {ATTEMPTS} attempts to ask {asked}: what "
            "was not asked, or not in time, cannot be called bad. Try another cable or port, leave "
            "the computer to it, and do it again",
            code="WORDS_LOST",
            partial=None,
            exit_code=4,
        )

    def _since(self) -> dict[str, int]:
        """Books since the board was programmed."""
        told = self.board.books
        control = self._control + told.get("control", 0)
        return told | {"words": self._words, "control": control}

    def _enter(
        self, sent: Sequence[Events], came: Sequence[Events], before: dict[str, int]
    ) -> None:
        control = sum(int((events.y_hop != 0).sum()) for events in came)
        self.sent = sum(len(events) for events in sent)
        self._words += self.sent
        self._control += control
        self._spikes += sum(len(events) for events in came) - control
        now = self._since()
        self.lost, self.late = (
            now.get(name, 0) - before.get(name, 0) for name in ("lost_in", "late_in")
        )
        spikes = {"in_window": self._spikes, "early": 0, "late": 0, "foreign": 0}
        if wrong := imbalance(now | spikes):
            raise IncompleteError(
                f"the books of {self.board.identity.name} do not balance: {wrong}: nothing is "
                "concluded from what it answers; power-cycle it, check its cable, and do it again",
                code="UNBALANCED",
                partial=None,
                exit_code=IncompleteError.exit_code,
            )
