"""A simulated board with the books of one behind a driver."""

from collections.abc import Sequence

from analoop.hw import ChipSpec, Configuration, Events, SimulatedBoard, VirtualBoard
from analoop.hw.board import Trial


class Driven(SimulatedBoard):
    """Counts words and events as a driver does.

    Args:
        loses: numbers of the calls, among those with words, all of whose words are lost.
        late: words of every such call that are said to have left late.
        repeated: echoes of every such call that are said to have come twice.
    """

    def __init__(
        self,
        board: VirtualBoard,
        chip: ChipSpec,
        loses: Sequence[int] = (),
        late: int = 0,
        repeated: int = 0,
    ):
        super().__init__(board, chip)
        self.loses, self._late, self._repeated = loses, late, repeated
        self._calls = 0
        self._told = self._fresh()

    @staticmethod
    def _fresh() -> dict[str, int]:
        names = ("echoed", "early_in", "late_in", "lost_in", "repeated", "received", "stale")
        return dict.fromkeys((*names, "control"), 0)

    @property
    def books(self) -> dict[str, int]:
        return dict(self._told)

    def program(self, configuration: Configuration) -> None:
        super().program(configuration)
        self._told = self._fresh()
        self._told["received"] = self._told["stale"] = 5

    def run_trials(self, trials: Sequence[Trial]) -> list[Events]:
        words = sum(len(trial.events) for trial in trials)
        lost = bool(words) and self._calls in self.loses
        played = [Trial(Events.none(), t.duration_us) for t in trials] if lost else trials
        came = super().run_trials(played)
        control = words * (not lost) + 10
        late = self._late if words else 0
        told = self._told
        told["lost_in"] += words * lost
        told["late_in"] += late
        told["echoed"] += words * (not lost) - late
        told["repeated"] += self._repeated if words else 0
        told["control"] += control
        told["received"] += control + sum(map(len, came))
        self._calls += bool(words)
        return came
