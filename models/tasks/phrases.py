"""What synthetic speakers say: the wake phrase, what is nearly it, and anything else."""

from __future__ import annotations

from numpy.random import Generator

WAKE_PHRASE = "hey snips"
NEAR_MISSES = ("hey chips", "hey siri", "hey skips", "snips", "they snip", "hey, this")

_WHO = (
    "my sister", "the driver", "our neighbour", "a tall man", "the teacher", "your friend",
    "the old captain", "every child", "the doctor", "a young painter", "nobody here",
    "the whole family", "that woman", "the gardener", "one of the guests", "her brother",
)  # fmt: skip
_DOES = (
    "opened", "forgot", "painted", "carried", "wanted", "sold", "remembered", "found", "broke",
    "described", "bought", "watched", "turned over", "talked about", "looked for", "waited for",
)  # fmt: skip
_WHAT = (
    "the kitchen window", "a yellow umbrella", "three letters", "the morning train",
    "an empty bottle", "the road to the village", "his winter coat", "a piece of bread",
    "the music", "a small wooden boat", "the answer", "her bicycle", "some hot water",
    "the lights in the hall", "a cup of coffee", "the summer holidays", "a map of the city",
)  # fmt: skip
_WHEN = (
    "yesterday", "before dinner", "in the garden", "without a word", "at half past nine",
    "because of the rain", "near the station", "last winter", "again and again", "for an hour",
    "on the way home", "in spite of everything", "under the bridge", "at the weekend",
)  # fmt: skip
_COMMANDS = (
    "turn on the radio", "set the alarm for seven", "what is the weather like tomorrow",
    "play something slow", "call my office", "close the door behind you", "how far is the moon",
    "tell me a story", "add milk to the list", "is there any news", "stop the timer",
    "read this page aloud",
)  # fmt: skip


def draw_sentence(generator: Generator) -> str:
    """A sentence, one in four of two clauses; 1 to 7 s long when spoken."""
    clauses = [_clause(generator) for _ in range(1 + (generator.random() < 0.25))]
    return ", and ".join(clauses)


def draw_near_miss(generator: Generator) -> str:
    """Something that sounds like the wake phrase."""
    return NEAR_MISSES[generator.integers(len(NEAR_MISSES))]


def _clause(generator: Generator) -> str:
    if generator.random() < 0.3:
        return _one(_COMMANDS, generator)
    return " ".join(_one(words, generator) for words in (_WHO, _DOES, _WHAT, _WHEN))


def _one(words: tuple[str, ...], generator: Generator) -> str:
    return words[generator.integers(len(words))]
