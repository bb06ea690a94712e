"""Numbers and names as the page of results writes them."""

from __future__ import annotations

from analoop.models.tasks import hey_snips, synth_snips, temporal_xor

NOTHING = "–"
UNKNOWN = "not measured"
WAKE = (hey_snips.NAME, synth_snips.NAME)
"""Tasks that the goals are for."""
BESIDES = (temporal_xor.NAME,)
"""Tasks whose numbers are shown and met by nobody."""
VOWELS = "japanese-vowels"
TITLES = {hey_snips.NAME: "Hey Snips", synth_snips.NAME: "SynthSnips",
          temporal_xor.NAME: "temporal XOR", VOWELS: "Japanese Vowels"}  # fmt: skip


def title(task: str) -> str:
    """A task in the words of people."""
    return TITLES.get(task, task)


def share(value: float, digits: int = 3) -> str:
    """A share of 1, without the zero in front."""
    text = f"{value:.{digits}f}"
    return text.replace("0.", ".", 1) if abs(value) < 1 else text


def number(value: float) -> str:
    """Three digits, below 1 without the zero in front."""
    return f"{value:#.3g}".removeprefix("0").removesuffix(".") if value else "0"


def rise(value: float) -> str:
    """By what share something rose, in percent; tenfold and more, as a factor."""
    return f"{100 * value:+.0f} %" if value < 9 else f"×{1 + value:.0f}"


def several(count: int, thing: str) -> str:
    """A number of things."""
    return f"{count} {thing}" + ("" if count == 1 else "s")


def table(heads: list[str], lines: list[list[str]]) -> list[str]:
    """In Markdown."""
    rows = [heads, *lines]
    out = [f"| {' | '.join(row)} |" for row in rows]
    return [out[0], "|---" * len(heads) + "|", *out[1:], ""]
