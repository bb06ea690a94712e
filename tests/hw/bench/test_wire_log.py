"""Everything sent and received is kept, in files of bounded size."""

from pathlib import Path

from analoop.hw.bench.wire_log import WireLog


def test_lines_say_when_who_and_which_way_and_garbage_is_readable(tmp_path: Path):
    log = WireLog(tmp_path / "wire.log")
    log.sent("supply", b"OUTP ON\n")
    log.came("supply", b"\xff\x00\n")
    log.remark("supply", "lost")
    lines = (tmp_path / "wire.log").read_text().splitlines()
    assert lines == list(log.lines)
    assert [line.partition(" ")[2] for line in lines] == [
        "supply > b'OUTP ON\\n'",
        "supply < b'\\xff\\x00\\n'",
        "supply ! lost",
    ]
    assert all(line[10] == "T" and line.split()[0].endswith("Z") for line in lines)


def test_a_full_file_is_moved_on_and_the_oldest_is_dropped(tmp_path: Path):
    log = WireLog(tmp_path / "wire.log", size_bytes=300, keep=2)
    for number in range(40):
        log.sent("meter", f"READ? {number}".encode())
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["wire.log.1", "wire.log.2"] or [
        file.name for file in files
    ] == ["wire.log", "wire.log.1", "wire.log.2"]
    assert all(file.stat().st_size < 300 + 100 for file in files)
    kept = [line for file in sorted(files, reverse=True) for line in file.read_text().splitlines()]
    assert kept == list(log.lines)[-len(kept) :], "in order, nothing lost in between"


def test_a_log_that_cannot_be_written_says_so_and_stops_nothing(tmp_path: Path):
    log = WireLog(tmp_path / "missing" / "wire.log")
    log.sent("meter", b"READ?\n")
    log.came("meter", b"1\n")
    assert "missing" in log.trouble and len(log.lines) == 2
