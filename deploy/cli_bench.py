"""`analoop bench`: instruments around a board, listed, checked, switched, measured, simulated."""

from __future__ import annotations

import sys
import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..models.archive import check_writable
from ..models.errors import FileError, InputError
from . import console, console_bench
from .cli_options import Json

if TYPE_CHECKING:
    from ..hw.bench.bench import Bench
    from ..hw.bench.measuring import Traces

app = typer.Typer(
    help="The bench around the board: supplies, meters, thermometers, reset lines.",
    no_args_is_help=True,
)

BenchFile = Annotated[
    Path | None, typer.Option(help="bench.toml: stamp recordings with what its instruments read.")
]
Recover = Annotated[
    int,
    typer.Option(
        min=0, help="Power-cycle a board that stops answering and repeat, N times at most."
    ),
]
File = Annotated[Path, typer.Option("--bench", help="The bench.toml.")]


class Action(StrEnum):
    """What is done to the outputs."""

    ON = "on"
    """Limit, voltage, on."""
    OFF = "off"
    """Off."""
    CYCLE = "cycle"
    """Off, on, reset lines."""
    CLEAR = "clear"
    """Forget that a protection tripped; the output stays off."""


class Dialect(StrEnum):
    """Which supply is simulated."""

    SCPI = "scpi-supply"
    """Keysight's."""
    RIGOL = "rigol-supply"
    """Rigol's."""


@app.command("list")
def list_bench(
    bench: Annotated[
        Path | None, typer.Option("--bench", help="The bench.toml; the one here, if there is one.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List serial ports, drivers, and the instruments of bench.toml; opens nothing."""
    from ..hw.bench.bench_file import read_bench
    from ..hw.bench.instruments import load_drivers
    from ..hw.bench.ports import list_ports

    ports, drivers = list_ports(), load_drivers()
    here = Path("bench.toml")
    file = here if bench is None and here.is_file() else bench
    plan = None if file is None else read_bench(file, drivers)
    found = console_bench.listed(ports, drivers, plan)
    if as_json:
        console.print_json(found)
    else:
        console_bench.print_listed(found)


@app.command()
def check(bench: File = Path("bench.toml"), as_json: Json = False) -> None:
    """Open every instrument and ask it; name every problem at once. Switches nothing."""
    from ..hw.bench.bench import wire_log
    from ..hw.bench.bench_file import read_bench
    from ..hw.bench.checking import check as run_check
    from .bench_session import signals_as_exits, tell_trouble

    plan = read_bench(bench)
    log = wire_log(plan)
    with signals_as_exits():
        found = run_check(plan, log)
    if as_json:
        console.print_json([vars(one) for one in found])
    else:
        console_bench.print_checked(found)
    tell_trouble(log)
    if not all(one.sound for one in found):
        raise typer.Exit(1)


@app.command()
def power(
    action: Annotated[Action, typer.Argument(help="What to do to every output.")],
    bench: File = Path("bench.toml"),
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be sent; open no port.")
    ] = False,
) -> None:
    """Switch the outputs; `on` and `cycle` need a limit for each, which the supply confirms.

    Only supplies are opened, for `cycle` reset lines too; `off` is done whatever is wrong with the
    rest of the file. After `on` and `cycle` the outputs stay on. If anything goes wrong, or on
    SIGTERM, they are switched off, also when their state cannot be read back or printed.
    """
    from ..hw.bench.bench_file import read_bench
    from ..hw.bench.dry_run import dry_bench, sent
    from .bench_session import open_bench

    plan = _needed(read_bench(bench), action)
    if dry_run:
        with dry_bench(plan) as dry:
            _act(dry, action)
            dry.keep()
        print("dry run: would be sent, to healthy instruments; nothing was")
        print("\n".join(sent(dry.log)))
        return
    with open_bench(plan, whole=action is not Action.OFF) as opened:
        _act(opened, action)
        try:
            console_bench.print_outputs(opened)
            sys.stdout.flush()
        except OSError as error:
            raise FileError(
                f"what the outputs are cannot be printed ({error}), so they are off: mend stdout",
                code="STDOUT",
            ) from error
        opened.keep()  # last: what fails before this switches them off


def _needed(plan, action: Action):
    """The part of a bench that an action is about. What is wrong with the others keeps no output
    on: it is a warning."""
    if action is not Action.OFF:
        return plan.only("supply", *(("reset",) if action is Action.CYCLE else ()))
    needed = plan.outputs()
    for problem in plan.problems:
        if problem not in needed.problems and problem.code != "NO_LIMIT":
            print(f"warning: {problem}", file=sys.stderr)
    return needed


def _act(bench, action: Action) -> None:
    """Do it."""
    acts = {Action.ON: bench.power_on, Action.OFF: bench.power_off}
    acts |= {Action.CYCLE: bench.cycle, Action.CLEAR: bench.clear}
    acts[action]()


@app.command()
def measure(
    bench: File = Path("bench.toml"),
    seconds: Annotated[
        float | None, typer.Option("--for", min=0, help="Traces over this time [s].")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="JSON file to write.")] = None,
    as_json: Json = False,
) -> None:
    """Read every instrument once, or over a time. A reading that is lost is named as such.

    An output that gives more than its limit is switched off. Ctrl-C ends it with what was read.
    """
    from ..hw.bench.bench_file import read_bench
    from .bench_session import open_bench
    from .demonstration import write_json

    if out is not None:
        check_writable(out)
    with open_bench(read_bench(bench)) as opened:
        traces, stop = _read(opened, seconds)
        readings, record = list(traces.readings), traces.record(opened)
        if seconds is None:
            record = {"readings": [r.record() for r in readings], "remarks": traces.remarks}
        if out is not None:
            print(f"wrote {write_json(out, record)}", file=sys.stderr)
        if as_json:
            console.print_json(record)
        else:
            console_bench.print_readings(opened, readings, traces.remarks)
        if stop is not None:
            raise stop
    if traces.remarks or any(reading.value is None for reading in readings):
        raise typer.Exit(4)


def _read(opened: Bench, seconds: float | None) -> tuple[Traces, BaseException | None]:
    """Everything once, or traces over a time; and the signal that ended them early."""
    from ..hw.bench.measuring import Sampler, Traces, guard
    from ..hw.bench.measuring import measure as measure_once

    if seconds is None:
        traces = Traces()
        try:
            for point in opened.points():
                fresh = measure_once(opened, points=[point], patience=opened.patience)
                traces.readings += fresh
                guard(opened, fresh, traces)
        except (KeyboardInterrupt, SystemExit) as stop:
            return traces, stop
        return traces, None
    sampler = Sampler(opened)
    try:
        with sampler:
            time.sleep(seconds)
    except (KeyboardInterrupt, SystemExit) as stop:
        return sampler.traces, stop
    return sampler.traces, None


@app.command()
def simulate(
    folder: Annotated[Path, typer.Option(help="Where bench.toml and the ttys appear.")] = Path(
        "simulated-bench"
    ),
    supply: Annotated[Dialect, typer.Option(help="Which supply.")] = Dialect.SCPI,
    seconds: Annotated[
        float | None, typer.Option("--for", min=0, help="End after this time; else by Ctrl-C.")
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            "--fault",
            metavar="[INSTRUMENT=]NAME[:COUNT]",
            help="Show a fault, as 'thermometer=silence', 'meter=garbage:3', 'short'; repeatable.",
        ),
    ] = None,
) -> None:
    """Serve simulated instruments behind ttys, so that everything here can be tried without any."""
    from ..hw.bench.simulated_bench import DRIVERS, SimulatedBench
    from .bench_session import signals_as_exits
    from .demonstration import make_folder

    make_folder(folder, "--folder")
    drivers = DRIVERS | {"supply": supply.value}
    with signals_as_exits(), SimulatedBench(folder.absolute(), drivers) as simulated:
        for one in fault or ():
            simulated.show(one)
        console_bench.print_simulated(simulated)
        deadline = None if seconds is None else time.monotonic() + seconds
        try:
            while deadline is None or time.monotonic() < deadline:
                time.sleep(0.2 if deadline is None else max(0.0, min(0.2, seconds or 0.0)))
        except KeyboardInterrupt:
            print("simulated bench ended", file=sys.stderr)


@app.command()
def energy(
    recording: Annotated[Path, typer.Argument(metavar="RECORDING", help="Made by 'run'.")],
    static_W: Annotated[  # noqa: N803  the unit
        float | None, typer.Option("--static-W", help="Estimate: power at rest [W].")
    ] = None,
    spike_J: Annotated[  # noqa: N803
        float | None, typer.Option("--spike-J", help="Estimate: for each spike [J].")
    ] = None,
    input_J: Annotated[  # noqa: N803
        float | None, typer.Option("--input-J", help="Estimate: for each word sent [J]; 0.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Energy of a run and of an inference: what was measured, and an estimate if asked for."""
    from ..models.recording import Recording
    from .energy import EventConstants, estimate

    loaded = Recording.load(recording)
    stamp = loaded.provenance.get("bench")
    given = {"--static-W": static_W, "--spike-J": spike_J}
    missing = [name for name, value in given.items() if value is None]
    if missing and (input_J is not None or len(missing) < len(given)):
        raise InputError(
            f"an estimate needs --static-W and --spike-J: give {' and '.join(missing)} too",
            code="EVENT_CONSTANTS",
        )
    found = {"recording": loaded.hash, "board": dict(loaded.board)}
    found["measurement"] = None if stamp is None else stamp.get("energy")
    found["estimate"] = None
    if static_W is not None and spike_J is not None:
        constants = EventConstants(static_W, spike_J, input_J or 0.0)
        found["estimate"] = estimate(loaded, constants).record()
    if as_json:
        console.print_json(found)
    else:
        console_bench.print_energy(found)
