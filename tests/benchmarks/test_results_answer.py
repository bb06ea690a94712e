"""The short answer: who is compared with whom."""

from pathlib import Path

from .pages import keep, line

CELLS = {"nominal 0": [0.9, 0.9], "mismatch 0.2": [0.8, 0.8]}
BETTER = {"nominal 0": [0.95, 0.95], "mismatch 0.2": [0.9, 0.9]}
BEST = {"nominal 0": [1.0, 1.0], "mismatch 0.2": [1.0, 1.0]}


def test_the_best_is_of_those_who_were_asked_what_the_most_were(made, tmp_path: Path):
    """More samples of fewer methods do not decide, nor does who is best on other samples."""
    for name, cells in (("chip", CELLS), ("bptt", BETTER), ("ads", CELLS)):
        keep(tmp_path, name, cells, method=name, test_samples="a", samples=200)
    for name in ("robust", "force"):
        keep(tmp_path, name, BEST, method=name, test_samples="b")
    keep(tmp_path, "plain", BETTER, method="reservoir", test_samples="c")
    page = made(tmp_path)
    assert line(page, "| `bptt`")[:5] == ["`bptt`", "[10][bptt]", "200", "**.950**", "**.900**"]
    assert line(page, "| `chip`")[2:5] == ["200", ".900", ".800"]
    assert line(page, "| `robust`")[2:5] == ["500, others", "1.000", "1.000"]
    assert line(page, "| `reservoir`")[2:5] == ["500, others", ".950", ".900"], "as good, not bold"
    said = line(page, "**temporal XOR.**")[0]
    assert "Of the 3 methods that were asked the same 200 test samples" in said
    assert "`bptt` .900 (" in said and "`robust`" not in said and "`force`" not in said


def test_nobody_is_best_where_no_two_were_asked_the_same(made, tmp_path: Path):
    keep(tmp_path, "one", CELLS, method="chip", test_samples="a")
    page = made(keep(tmp_path, "other", BEST, method="bptt", test_samples="b"))
    assert "**temporal XOR.** No two methods were asked the same test samples." in page
    assert line(page, "| `bptt`")[2:5] == ["500, others", "1.000", "1.000"]
