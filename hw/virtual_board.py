"""One simulated board by name: which chips it was born with, and what is wrong with them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..models.errors import BoardError, InputError
from ..models.mismatch import MAX_LEVEL, SAMPLERS
from ..models.runner import PRECISIONS, Precision
from ..models.temperature import COLDEST_C, HOTTEST_C, NOMINAL_C

NAMES = (
    "sim, sim:nominal, sim:seed=3, sim:seed=3,level=0.5,defects=1, sim:snapshot=FILE, "
    "dynapse2:<serial>, dynapse2:any"
)
"""Board names this release understands; 'sim' is short for 'sim:nominal'."""

MAX_NOISE = 100.0
"""Largest noise: a hundred times shot noise drives a neuron by itself."""
MAX_JITTER_US = 100_000
"""Largest jitter [us]: more would be a bus that does not work."""


@dataclass(frozen=True)
class VirtualBoard:
    """One simulated board: which chips it was born with, and how finely they are integrated.

    Without a seed there are no chips to draw: only `step_us` can be set.

    Raises:
        InputError: VIRTUAL_BOARD, with every value that no virtual board has.
    """

    seed: int | None = None
    """Names the chips; None is nominal, every device as designed."""
    level: float = 1.0
    """Scales every spread of models/data/mismatch.csv, and the factors of a twin as logarithms,
    0..10: at 0 there is no mismatch."""
    step_us: int = 1000
    """Integration step [us]."""
    mismatch: str = "measured"
    """Who says how chips differ, one of models.mismatch.SAMPLERS."""
    defects: bool = False
    """Whether CAM words can be deaf (hw/defects.py)."""
    stuck: float = 0.0
    """Share of neurons that spike without input (hw/defects.py); assumed, none is known [1]."""
    snapshot: str | None = None
    """Snapshot file whose defects the board has (hw/injection.py), in place of sampled ones."""
    doubled: bool = False
    """Whether the fast excitation of some neurons is doubled, as on a measured chip."""
    temperature_C: float = NOMINAL_C
    """Temperature of the chips [degree Celsius]; a hypothesis, see models/temperature.py."""
    loss: float = 0.0
    """Probability that the bus loses an event, either way (hw/bus.py) [1]."""
    jitter_us: int = 0
    """Mean and standard deviation of an event's delay on the bus, either way [us]."""
    noise: float = 0.0
    """Noise of the soma over shot noise, as standard deviations (models/noise.py) [1]."""
    noise_seed: int = 0
    """Another number gives the same chips other noise, losses and jitter."""
    precision: Precision = "double"
    """Of the equations; 'single' is 1.7 to 2 times faster (docs/simulated_chip.md)."""

    def __post_init__(self) -> None:
        for option in OPTIONS:
            object.__setattr__(self, option.key, _plain(getattr(self, option.key)))
        bad = [
            (f"{o.key} {getattr(self, o.key)!r}", f"{o.key} is {o.wanted}{o.condition * lost}")
            for o in OPTIONS
            if (lost := self._lost(o)) or not o.legal(getattr(self, o.key))
        ]
        if self.snapshot is not None and (self.defects or self.stuck):
            bad.append(("sampled defects and a snapshot's", "snapshot is without defects, stuck"))
        if bad:
            got, wanted = ("; ".join(texts) for texts in zip(*bad, strict=True))
            raise InputError(f"no virtual board has {got}: {wanted}", code="VIRTUAL_BOARD")

    def _lost(self, option: Option) -> bool:
        """Whether a value would be silently without effect."""
        needed = [o for o in OPTIONS if o.key in option.needs]
        idle = all(getattr(self, o.key) == o.default for o in needed)
        return bool(needed) and idle and getattr(self, option.key) != option.default

    @property
    def chance(self) -> list[int]:
        """Seeds of what varies in time: `noise_seed`, and a number for its chips."""
        return [self.noise_seed, 0 if self.seed is None else self.seed + 1]

    @property
    def name(self) -> str:
        """The name that opens it."""
        shown = [
            f"{o.key}={o.write(getattr(self, o.key))}"
            for o in OPTIONS
            if getattr(self, o.key) != o.default
        ]
        return "sim:" + ",".join(shown if self.seed is not None else ["nominal", *shown])


def _plain(value: Any) -> Any:
    """A number of numpy's or a path as Python's own, so that it can be written in a name."""
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return value.item() if hasattr(value, "item") else value


class Option(NamedTuple):
    """One field of `VirtualBoard` as it stands in a board name, `key=value`."""

    key: str
    """Name of the field."""
    read: Callable[[str], Any]
    """From text; ValueError or KeyError if it is none."""
    legal: Callable[[Any], bool]
    """Whether a value makes sense."""
    wanted: str
    """The legal values, in words."""
    needs: tuple[str, ...] = ("seed",)
    """Options of which one must be given too, or this one would do nothing; empty: none."""
    write: Callable[[Any], str] = repr
    """To text."""

    @property
    def condition(self) -> str:
        """What must be given too, in words."""
        words = ["a seed" if key == "seed" else key for key in self.needs]
        return " with " + " or ".join(words) if words else ""

    @property
    def default(self) -> Any:
        """The value that is left out of a name."""
        return getattr(VirtualBoard, self.key)


def _switch(key: str) -> Option:
    values = {"0": False, "1": True}
    return Option(key, values.__getitem__, lambda v: v in (False, True), "0 or 1", write=_digit)


def _digit(value: bool) -> str:
    return str(int(value))


def _is_path(value: Any) -> bool:
    """Whether this can stand in a name; the file is read when the board is opened."""
    return value is None or (isinstance(value, str) and value != "" and "," not in value)


OPTIONS = (
    Option("seed", int, lambda v: v is None or v >= 0, "0 or more", ()),
    Option(
        "level", float, lambda v: 0 <= v <= MAX_LEVEL, f"0..{MAX_LEVEL:g}", ("seed", "snapshot")
    ),
    Option("mismatch", str, lambda v: v in SAMPLERS, " or ".join(SAMPLERS), write=str),
    _switch("defects"),
    Option("stuck", float, lambda v: 0 <= v <= 1, "0..1"),
    Option("snapshot", str, _is_path, "a file without a comma in its name", (), str),
    _switch("doubled"),
    Option(
        "temperature_C",
        float,
        lambda v: COLDEST_C <= v <= HOTTEST_C,
        f"{COLDEST_C:g}..{HOTTEST_C:g}",
        (),
    ),  # fmt: skip
    Option("loss", float, lambda v: 0 <= v <= 1, "0..1", ()),
    Option("jitter_us", int, lambda v: 0 <= v <= MAX_JITTER_US, f"0..{MAX_JITTER_US}", ()),
    Option("noise", float, lambda v: 0 <= v <= MAX_NOISE, f"0..{MAX_NOISE:g}", ()),
    Option("noise_seed", int, lambda v: v >= 0, "0 or more", ("loss", "jitter_us", "noise")),
    Option("step_us", int, lambda v: 1 <= v <= 1000, "1..1000", ()),
    Option("precision", str, lambda v: v in PRECISIONS, " or ".join(PRECISIONS), (), str),
)
"""What can stand in the name of a simulated board, in the order of its canonical name."""


def parse_board(name: str) -> VirtualBoard:
    """Read a board name.

    Raises:
        BoardError: UNKNOWN_BOARD, with everything that is wrong with the name.
    """
    kind, _, rest = name.partition(":")
    words = [word.split("=", 1) for word in rest.split(",") if word not in ("", "nominal")]
    problems = [f"names are {NAMES}"] if kind != "sim" else list(_problems(rest))
    if not problems:
        try:
            return VirtualBoard(**{key: _OF[key].read(*value) for key, *value in words})
        except InputError as error:
            problems = [str(error)]
    raise BoardError(f"no board is named '{name}': {'; '.join(problems)}", code="UNKNOWN_BOARD")


_OF = {option.key: option for option in OPTIONS}


def _problems(rest: str) -> Iterator[str]:
    """What is wrong with the options of a name, but for values out of range."""
    words = [word.partition("=") for word in rest.split(",") if word]
    keys = [key for key, _, _ in words]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        yield f"{key} stands there twice"
    if unknown := sorted(set(keys) - _OF.keys() - {"nominal"}):
        yield f"there is no option {', '.join(unknown)}: options are {', '.join(_OF)}"
    if "nominal" in keys and "seed" in keys:
        yield "nominal chips are not drawn: leave out nominal, or the seed"
    for key, equals, text in words:
        option = _OF.get(key)
        if key == "nominal" and equals:
            yield "nominal takes no value"
        if option is None:
            continue
        try:
            option.read(text)
        except (KeyError, ValueError):
            yield f"{key} is {option.wanted}, not '{text}'"
        if option.needs and not set(option.needs) & set(keys):
            yield f"{key} only{option.condition}"
