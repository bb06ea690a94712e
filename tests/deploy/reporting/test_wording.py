"""What a page says first of a ladder: it never says that a network holds which got worse."""

import pytest

from analoop.deploy.reporting.wording import verdict_of_ladder

from .judged import ladder


def said(cost_trials: int, p: float, significant: tuple[str, ...] = ()):
    record = ladder().record()
    record["total"] |= {"cost_trials": cost_trials, "p": p}
    return verdict_of_ladder(record | {"significant": significant})


@pytest.mark.parametrize(
    ("cost", "p", "significant", "kind", "tag"),
    [
        (25, 1e-6, ("mismatch",), "fail", "BREAKS"),
        (30, 0.001, (), "fail", "ADDS UP"),
        (3, 0.25, (), "undecided", "UNDECIDED"),
        (0, 1.0, (), "note", "HOLDS"),
        (-4, 0.01, (), "note", "HOLDS"),
        (0, 1.0, ("mismatch",), "fail", "BREAKS"),
    ],
)
def test_the_tag_says_whether_accuracy_fell_and_whether_that_may_be_chance(
    cost: int, p: float, significant: tuple[str, ...], kind: str, tag: str
) -> None:
    verdict = said(cost, p, significant)
    assert (verdict.kind, verdict.tag) == (kind, tag)


def test_what_may_be_chance_is_said_with_its_numbers() -> None:
    assert "3 of 100 trials are lost, which may be chance (p = 0.25)" in said(3, 0.25).text
