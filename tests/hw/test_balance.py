"""Books that add up, and books that do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analoop.hw.balance import RECEIVED, SENT, imbalance

counts = st.integers(0, 10**9)


def sound(parts: dict[str, int]) -> dict[str, int]:
    """Books with these parts and the wholes that belong to them."""
    books = {name: 0 for name in (*SENT, *RECEIVED)} | parts | {"early_in": 0, "repeated": 0}
    words, received = (sum(books[name] for name in part) for part in (SENT, RECEIVED))
    return books | {"words": words, "received": received}


@given(st.dictionaries(st.sampled_from([*SENT, *RECEIVED]), counts))
def test_wholes_that_are_the_sums_of_their_parts_balance(parts):
    assert imbalance(sound(parts)) == ""


@given(
    st.dictionaries(st.sampled_from([*SENT, *RECEIVED]), counts),
    st.sampled_from([*SENT, *RECEIVED, "words", "received"]),
    st.integers(1, 1000),
)
def test_one_event_too_many_anywhere_does_not(parts, name, more):
    books = sound(parts)
    assert imbalance(books | {name: books[name] + more})


@pytest.mark.parametrize(("name", "said"), [("repeated", "no word"), ("early_in", "clock")])
def test_an_echo_out_of_place_does_not_even_if_the_sums_are_right(name, said):
    books = sound({"echoed": 9}) | {name: 1, "words": 9 + (name == "early_in")}
    assert said in imbalance(books)


def test_a_board_that_counts_nothing_has_nothing_to_add_up():
    assert imbalance({"words": 3, "in_window": 5}) == ""
