"""Fifty chips on the page: whose network it was, and which goals it has."""

from pathlib import Path

from .pages import keep, line


def test_fifty_chips_name_their_network_and_are_held_against_the_goal(made, tmp_path: Path):
    text = """SIMULATED: three lines of a kept text
synth-snips, student h                                           88.0  86.2        1.8   71.0        17.0         4.8 Hz
synth-snips, student 0123, defects, screened                     88.0  88.5       -0.5   84.0         4.0         4.8 Hz
japanese-vowels, network 776258dee34f, defects                   97.3  66.0       31.3    0.0        97.3        30.3 Hz
"""  # noqa: E501
    keep(tmp_path, "snips", {"nominal 0": [0.9]}, task="synth-snips", method="chip")
    page = made(tmp_path, text)
    own = line(page, "### Fifty chips", "| SynthSnips | `chip`, network [0][snips]")
    assert own[3:] == [".880", ".862", ".710", ".018, .170", "≤ .020, ≤ .050", "met, **missed**"]
    other = line(page, "| SynthSnips | 0123, of no study here")
    assert other[2] == "defects, screened" and other[6] == "-.005, .040"
    assert other[-1] == "met, met"


def test_japanese_vowels_have_goals_of_their_own(made, tmp_path: Path):
    """A mean drop of 1.6 points would do for a wake phrase."""
    text = """japanese-vowels, network a   97.3  95.7        1.6   92.3         5.0        30.3 Hz
japanese-vowels, network b   97.3  95.8        1.5   92.2         5.1        30.3 Hz
temporal-xor, network c   97.3  97.3        0.0   97.3         0.0        30.3 Hz
"""
    page = made(tmp_path, text)
    first, second = (line(page, f"| Japanese Vowels | {name}")[6:] for name in "ab")
    assert first == [".016, .050", "≤ .015, ≤ .050", "**missed**, met"]
    assert second == [".015, .051", "≤ .015, ≤ .050", "met, **missed**"]
    assert line(page, "| temporal XOR | c")[6:] == [".000, .000", "–", "another task"]
