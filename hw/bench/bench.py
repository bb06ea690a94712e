"""A bench that is open: its instruments, its outputs, and what becomes of them at the end.

What this program has switched is its responsibility: after an exception (a signal is one, see
deploy/bench_session.py) such outputs are switched off, after a normal end they are as the rule
`at_exit` says. Outputs that were only measured are left alone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from typing import Any, Self

from ...models.errors import AnaloopError, BoardError, HardwareError, InputError
from .bench_file import BenchPlan, Section
from .instruments import Quantity, ResetLine, Supply
from .link import Link
from .links import Connect, Links, connect
from .patience import Patience
from .power import refuse_tripped, switch_off, switch_on
from .wire_log import WireLog

BOTH: tuple[Quantity, ...] = ("voltage", "current")
"""What a supply measures of its output."""


class Bench:
    """The instruments of a bench.toml, open until the end of a `with`.

    Args:
        by: how instruments are reached; `hw.bench.dry_run` has another way.
        sleep: how to wait.
        whole: whether all of it has to be sound and there. If not, what can be is opened, and
            `power_off` says what else may be on.

    Raises:
        ViolationsError: of the file.
        BoardError, HardwareError: instruments that cannot be opened or do not say who they are;
            all of them in one message.
    """

    def __init__(
        self,
        plan: BenchPlan,
        log: WireLog | None = None,
        by: Connect = connect,
        sleep: Callable[[float], None] = time.sleep,
        whole: bool = True,
    ):
        self.plan = plan.checked() if whole else plan
        self.log = wire_log(plan) if log is None else log
        self._missing = [] if whole else [str(problem) for problem in plan.problems]
        self.instruments: dict[str, Any] = {}
        self.links: dict[str, Link] = {}
        self._sections = {section.name: section for section in plan.sections}
        self._touched: dict[str, bool] = {}
        self._blocked: dict[str, HardwareError] = {}
        self._locks = {name: threading.RLock() for name in self._sections}
        self._ends: list[Callable[[], object]] = []
        self.patience = Patience()
        self._sleep = sleep
        with ExitStack() as stack:
            failed = self._open(stack.enter_context(Links(self.log, by)))
            if whole:
                _raise_all(list(failed.values()))
            self._missing += [f"{name}: {error}" for name, error in failed.items()]
            stack.callback(self._end_all)
            self._stack = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: object, trace: object) -> None:
        self.close(failed=kind is not None)

    def section(self, name: str) -> Section:
        """What bench.toml says of an instrument."""
        return self._sections[name]

    def of(self, capability: str) -> Iterator[tuple[Section, Any]]:
        """Instruments that can do something, in the order of the file."""
        for name, instrument in self.instruments.items():
            if self._sections[name].driver.capability == capability:
                yield self._sections[name], instrument

    @property
    def supplies(self) -> list[tuple[Section, Supply]]:
        """All outputs, in the order of the file."""
        return list(self.of("supply"))

    def points(self) -> list[tuple[Section, Quantity]]:
        """Everything that can be measured."""
        found: list[tuple[Section, Quantity]] = []
        for name, instrument in self.instruments.items():
            section = self._sections[name]
            if section.driver.capability == "supply":
                for quantity in BOTH:
                    found.append((section, quantity))
            elif section.driver.capability in ("meter", "thermometer"):
                found.append((section, instrument.quantity))
        return found

    def power_on(self) -> None:
        """Switch every output on, in the order of the file. Raises as `hw.bench.power.switch_on`,
        ViolationsError NO_LIMIT for all that have none."""
        self.plan.checked(energise=True)
        self._need_supply()
        for section, supply in self.supplies:
            with self._locks[section.name]:
                self._refuse_blocked(section)
                self._touch(section, supply)
                switch_on(section, supply, self.links[section.name])
        for section, supply in self.supplies:  # a reading may have come meanwhile
            with self._locks[section.name]:
                if section.name in self._blocked:
                    switch_off(section, supply, self.links[section.name])
                self._refuse_blocked(section)

    def power_off(self) -> None:
        """Switch every output off, in the opposite order; one that fails does not save others.

        Raises:
            HardwareError: OUTPUT_STATE_UNKNOWN.
        """
        if not self._missing:
            self._need_supply()
        self._switch_off([section.name for section, _ in self.supplies], self._missing)

    def check_cycle(self) -> None:
        """See that there is something to cycle, and a limit for each output.

        Raises:
            InputError: NOTHING_TO_CYCLE. ViolationsError: NO_LIMIT, for all that have none.
        """
        if not self.supplies and not list(self.of("reset")):
            raise InputError(
                f"{self.plan.path} names no supply and no reset line: there is nothing to cycle",
                code="NOTHING_TO_CYCLE",
            )
        if self.supplies:
            self.plan.checked(energise=True)

    def cycle(self) -> dict[str, Any]:
        """Power off, wait, power on, pull the reset lines, wait; what was done, as JSON values.

        What still measures is ended first: a reading of before must not switch off what is on
        again. Without a supply, the reset lines alone. Raises as `check_cycle`, `power_on`,
        `power_off`.
        """
        self.check_cycle()
        self._end_all()
        lines: list[tuple[Section, ResetLine]] = list(self.of("reset"))
        rules = self.plan.rules
        if self.supplies:
            for section, supply in self.supplies:
                self._refuse_blocked(section)
                refuse_tripped(section, supply)
                self._touch(section, supply)
            self.power_off()
            self._sleep(rules["off_s"])
            self.power_on()
        for _, line in lines:
            line.pulse()
        self._sleep(rules["boot_s"])
        done = {"supplies": [section.name for section, _ in self.supplies]}
        done |= {"resets": [section.name for section, _ in lines]}
        return done | {"off_s": rules["off_s"], "boot_s": rules["boot_s"]}

    def block(self, section: Section, why: HardwareError) -> None:
        """Switch an output off, see that it is off, and do not switch it on again until `clear`.
        Raises as `hw.bench.power.switch_off`."""
        name = section.name
        self._blocked[name] = why  # at once: `power_on` may be at it
        with self._locks[name]:
            switch_off(section, self.instruments[name], self.links[name])

    @property
    def blocked(self) -> HardwareError | None:
        """Why an output was switched off that is not switched on again; None: none was."""
        return next(iter(self._blocked.values()), None)

    def clear(self) -> None:
        """Let tripped and blocked outputs be switched on again; they stay off."""
        self._blocked.clear()
        for section, supply in self.supplies:
            switch_off(section, supply, self.links[section.name])
            supply.clear_trip()
            refuse_tripped(section, supply)

    def keep(self) -> None:
        """Leave outputs as they are, whatever the end."""
        self._touched.clear()

    def make_safe(self) -> None:
        """Switch off what this program has switched. Raises HardwareError OUTPUT_STATE_UNKNOWN."""
        names, self._touched = list(self._touched), {}
        self._switch_off(names)

    def at_close(self, act: Callable[[], object]) -> None:
        """Have something done before a power cycle; or at the end, when the outputs are in their
        state and the ports still open. Once, if it is not forgotten before."""
        self._ends.append(act)

    def forget(self, act: Callable[[], object]) -> None:
        """What was asked for by `at_close` is done, and not to be done any more."""
        with suppress(ValueError):
            self._ends.remove(act)

    def close(self, failed: bool = False) -> None:
        """Bring the outputs into their state, and let go of the ports; once only."""
        rule = self.plan.rules["at_exit"]
        off = [n for n, was_on in self._touched.items() if rule == "off" or not was_on]
        names = list(self._touched) if failed else off if rule != "on" else []
        self._touched = {}
        with self._stack:
            self._switch_off(names)

    def _end_all(self) -> None:
        """Do what `at_close` was asked for, the last first."""
        while self._ends:
            act = self._ends[-1]
            act()
            self.forget(act)  # after it: a signal may end it early

    def _refuse_blocked(self, section: Section) -> None:
        if section.name in self._blocked:
            raise self._blocked[section.name]

    def _touch(self, section: Section, supply: Supply) -> None:
        if section.name not in self._touched:
            self._touched[section.name] = supply.is_on()

    def _switch_off(self, names: Sequence[str], unknown: Sequence[str] = ()) -> None:
        try:
            failed = [*unknown, *self._failed_off(names)]
        except (KeyboardInterrupt, SystemExit):  # a signal, and the last that is heard
            self._failed_off(names)
            raise
        if failed:
            raise HardwareError(
                f"outputs may be ON: {'; '.join(failed)}; switch them off by hand",
                code="OUTPUT_STATE_UNKNOWN",
            )

    def _failed_off(self, names: Sequence[str]) -> list[str]:
        """Those that could not be switched off, and why."""
        failed = []
        for name in reversed(names):
            try:
                switch_off(self._sections[name], self.instruments[name], self.links[name])
            except Exception as error:  # whatever it is, the others have to be switched off
                failed.append(f"{name}: {error}")
        return failed

    def _need_supply(self) -> None:
        if not self.supplies:
            raise InputError(
                f"{self.plan.path} names no supply: add one, as [supply]", code="NO_SUPPLY"
            )

    def _open(self, links: Links) -> dict[str, AnaloopError]:
        """Open every port, and ask who is there; what failed."""
        failed: dict[str, AnaloopError] = {}
        for section in self.plan.sections:
            try:
                link = links.to(section)
                if section.driver.scpi and link.identity is None:
                    link.identify()
                self.links[section.name] = link
                self.instruments[section.name] = section.driver.build(link, section.settings)
            except AnaloopError as error:
                failed[section.name] = error
        return failed


def _raise_all(failed: Sequence[AnaloopError]) -> None:
    """All of them in one error."""
    if len(failed) == 1:
        raise failed[0]
    if failed:
        kind = HardwareError if any(isinstance(e, HardwareError) for e in failed) else BoardError
        codes = "+".join(sorted({error.code for error in failed}))
        raise kind("\n".join(map(str, failed)), code=codes)


def wire_log(plan: BenchPlan) -> WireLog:
    """The log that a bench.toml asks for; beside it, if it is no absolute path."""
    rules = plan.rules
    return WireLog(plan.path.parent / rules["log"], rules["log_bytes"], rules["log_keep"])
