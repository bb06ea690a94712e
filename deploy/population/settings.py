"""Settings of the gate: `[tool.analoop.validate]` in `pyproject.toml`, or `analoop.toml`.

In `analoop.toml` the table is `[validate]`. Every option of `analoop validate` that says what is
asked can stand there; the command line goes before the file.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from ...models.errors import FileError, InputError
from .promise import Promise
from .targets import Target, sampled, targets_of


@dataclass(frozen=True)
class GateSettings:
    """What a validation is asked; a field that is None was not said."""

    accuracy: float | None = None
    """Accuracy a chip has to reach; without it nothing is promised [1]."""
    share: float = 0.9
    """Share of chips that have to [1]."""
    confidence: float = 0.95
    """Confidence of the verdict [1]."""
    chips: int | None = None
    """Virtual chips to draw, at most."""
    level: float = 1.0
    """Mismatch level."""
    seed: int | None = None
    """Seed of the first chip; None: 1, or with a promise one that comes from the program, so that
    nobody has trained or chosen a network on these chips."""
    options: str = ""
    """What else all the chips have, as in 'noise=1,defects=1'."""
    board: tuple[str, ...] = ()
    """Boards to judge in place of drawn chips."""
    snapshot: tuple[str, ...] = ()
    """Snapshot files, each judged as the board it was taken of."""
    input: str | None = None
    """Stimulus with targets, or a task name."""

    @property
    def promise(self) -> Promise | None:
        """What is promised, if anything. Raises InputError PROMISE."""
        if self.accuracy is None:
            return None
        return Promise(self.accuracy, self.share, self.confidence)

    @property
    def named(self) -> list[str]:
        """Boards by name; none where chips are drawn."""
        return [*self.board, *(f"sim:snapshot={file}" for file in self.snapshot)]

    def targets(self, program: str) -> list[Target]:
        """What is played: named boards and snapshots, or drawn chips.

        Args:
            program: hash of the program.

        Raises:
            BoardError: UNKNOWN_BOARD.
            InputError: CHIP_OPTIONS.
        """
        if self.named:
            return targets_of(self.named)
        few, many = 20, 200
        chips = self.chips if self.chips is not None else (few if self.accuracy is None else many)
        level = "" if self.level == 1.0 else f"level={self.level!r}"
        first = self.seed
        if first is None:
            first = 1 if self.accuracy is None else int(program[:7], 16)
        return list(sampled(chips, first, ",".join(x for x in (level, self.options) if x)))

    def changed(self, given: dict[str, Any]) -> GateSettings:
        """With what was given on the command line; None there means that it was not.

        Boards take the place of drawn chips, and drawn chips that of boards.

        Raises:
            InputError: SETTINGS, options that would be without effect.
        """
        said = {k: v for k, v in given.items() if v not in (None, (), [])}
        drawn, named = _DRAWN & said.keys(), _NAMED & said.keys()
        if drawn and named:
            raise InputError(_clash(drawn, named), code="SETTINGS")
        bare = {"share", "confidence"} & said.keys()
        if bare and said.get("accuracy", self.accuracy) is None:
            raise InputError(
                f"{' and '.join(sorted(bare))} without an accuracy promise nothing: give "
                "--accuracy too",
                code="SETTINGS",
            )
        other = dict.fromkeys(_NAMED, ()) if drawn else {}
        return replace(self, **(other | said))


_DRAWN, _NAMED = {"chips", "level", "seed", "options"}, {"board", "snapshot"}
"""Settings of chips that are drawn, and of boards that are named: one or the other."""


def _clash(drawn: set[str], named: set[str]) -> str:
    return (
        f"{', '.join(sorted(drawn))} would be without effect: they are for drawn chips, and "
        f"{', '.join(sorted(named))} takes their place; leave out one or the other"
    )


_KINDS: dict[str, tuple[type, ...]] = {
    "accuracy": (float, int),
    "share": (float,),
    "confidence": (float,),
    "chips": (int,),
    "level": (float, int),
    "seed": (int,),
    "options": (str,),
    "board": (list,),
    "snapshot": (list,),
    "input": (str,),
}


def load_settings(start: Path) -> tuple[GateSettings, Path | None]:
    """Settings of the nearest file at or above a folder, and which file that is.

    Raises:
        FileError: FILE_CORRUPT.
        InputError: SETTINGS, with every key that is unknown or of the wrong type.
    """
    for folder in (start.absolute(), *start.absolute().parents):
        for name, path in (("analoop.toml", ("validate",)), ("pyproject.toml", _TOOL)):
            file = folder / name
            if file.is_file() and (table := _table(file, path)) is not None:
                return _settings(table, file), file
    return GateSettings(), None


_TOOL = ("tool", "analoop", "validate")


def _table(file: Path, path: tuple[str, ...]) -> dict[str, Any] | None:
    try:
        found: Any = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise FileError(f"{file} cannot be read ({error}): mend it", code="FILE_CORRUPT") from error
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else None


def _settings(table: dict[str, Any], file: Path) -> GateSettings:
    wrong = [f"there is no '{key}'" for key in table.keys() - _KINDS.keys()]
    for key, value in table.items():
        kinds = _KINDS.get(key)
        if kinds is not None and (type(value) not in kinds or not _texts(value)):
            wrong.append(f"{key} = {value!r} is no {kinds[0].__name__}")
    drawn, named = _DRAWN & table.keys(), _NAMED & table.keys()
    if drawn and named:
        wrong.append(_clash(drawn, named))
    if wrong:
        known = ", ".join(f.name for f in fields(GateSettings))
        raise InputError(
            f"{file}, settings of validate: {'; '.join(sorted(wrong))}; there are {known}",
            code="SETTINGS",
        )
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}
    for key in ("input", "snapshot"):  # files are named from the folder of the settings
        if key in values:
            values[key] = _from(file.parent, values[key])
    return GateSettings(**values)


def _from(folder: Path, named: Any) -> Any:
    """Names of files there, other words (of tasks) as they are."""
    if isinstance(named, tuple):
        return tuple(_from(folder, name) for name in named)
    return str(folder / named) if (folder / named).exists() else named


def _texts(value: Any) -> bool:
    return not isinstance(value, list) or all(isinstance(word, str) for word in value)
