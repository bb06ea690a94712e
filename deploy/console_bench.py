"""What `analoop bench` prints: ports, findings, readings, energies under the label they deserve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table

from .console import stdout

if TYPE_CHECKING:
    from ..hw.bench.bench import Bench
    from ..hw.bench.bench_file import BenchPlan
    from ..hw.bench.checking import Checked
    from ..hw.bench.instruments import Drivers
    from ..hw.bench.measuring import Reading
    from ..hw.bench.ports import Port
    from ..hw.bench.simulated_bench import SimulatedBench
    from .surroundings import Level, Surroundings

UNITS_SHORT = {"voltage": "V", "current": "A", "temperature": "°C"}
KINDS = {True: "SIMULATED", False: "measured", None: "by an instrument that nobody knows"}
"""Readings by whether their instrument is simulated; None: it does not say who it is."""


def listed(ports: Sequence[Port], drivers: Drivers, plan: BenchPlan | None) -> dict[str, Any]:
    """What there is, as JSON values."""
    return {
        "ports": [vars(port) for port in ports],
        "drivers": [
            {"name": d.name, "capability": d.capability, "tried": d.tried}
            for d in drivers.known.values()
        ],
        "broken_drivers": dict(drivers.broken),
        "file": None if plan is None else str(plan.path),
        "instruments": []
        if plan is None
        else [
            {"name": s.name, "driver": s.driver.name, "port": s.wiring.port, "rail": s.rail}
            for s in plan.sections
        ],
        "problems": [] if plan is None else [str(problem) for problem in plan.problems],
    }


def print_listed(found: dict[str, Any]) -> None:
    """Ports, drivers, and the bench."""
    print(f"{len(found['ports'])} serial ports" + ":" * bool(found["ports"]))
    for port in found["ports"]:
        names = f"serial:{port['serial'] or '-'}  usb:{port['usb'] or '-'}"
        print(f"  {port['path']}  {names}  {port['description']}")
    print("drivers:")
    for driver in found["drivers"]:
        print(f"  {driver['name']:18} {driver['capability']:12} tried {driver['tried']}")
    for name, cause in found["broken_drivers"].items():
        print(f"  {name:18} BROKEN: {cause}")
    if found["file"] is None:
        print("no bench.toml here: name one with --bench, or make one by `analoop bench simulate`")
        return
    print(f"{found['file']}:")
    for one in found["instruments"]:
        print(f"  [{one['name']}] {one['driver']} at {one['port']}, rail '{one['rail']}'")
    if found["problems"]:
        print(f"  {len(found['problems'])} problems: `analoop bench check` names them")


def print_checked(found: Sequence[Checked]) -> None:
    """Everything that was looked at, what is wrong first named with what to do."""
    for one in found:
        print(f"{'ok' if one.sound else 'BROKEN':8} {one.name:16} {one.found}")
        if one.remedy:
            print(f"{'':25} -> {one.remedy}")
    wrong = sum(not one.sound for one in found)
    print(f"{wrong} problems" if wrong else "the bench is as its file says")


def print_outputs(bench: Bench) -> None:
    """The state of every output, as the instruments say."""
    from ..hw.bench.checking import protection

    for section, supply in bench.supplies:
        state = "ON" if supply.is_on() else "off"
        print(
            f"[{section.name}] {state}: {supply.read('voltage'):g} V, "
            f"{supply.read('current'):g} A, {protection(supply)} "
            f"({_who(supply.identity)})"
        )


def print_readings(bench: Bench, readings: Sequence[Reading], remarks: Sequence[str] = ()) -> None:
    """Every reading with its limits of error, or why there is none; what had to be done."""
    from ..hw.bench.instruments import UNITS

    table = Table("time (s)", "instrument", "quantity", "reading", "limits of error", "by")
    for r in readings:
        section = bench.section(r.name)
        share, constant = section.accuracy(r.quantity)
        who = _who(bench.instruments[r.name].identity)
        if r.value is None:
            cells = (f"LOST: {r.cause}", "")
        else:
            limits = share * abs(r.value) + constant
            cells = (f"{r.value:.6g} {UNITS[r.quantity]}", f"±{limits:.2g}")
        table.add_row(f"{r.time_s:.3f}", r.name, r.quantity, *cells, who)
    stdout().print(table)
    for remark in remarks:
        print(f"REMARK {remark}")


def print_simulated(simulated: SimulatedBench) -> None:
    """Where the simulated instruments are."""
    print(f"SIMULATED instruments, on a toy circuit; {simulated.file} names them:")
    for name, tty in simulated.ttys.items():
        print(f"  [{name}] {tty.path} -> {tty.path.resolve()}")
    print(f"try: analoop bench measure --bench {simulated.file}", flush=True)


def print_stamps(stamps: Mapping[str, Mapping[str, Any] | None]) -> None:
    """What a bench has to say of each board that was played: energy, temperature, power cycles."""
    for board, stamp in stamps.items():
        if not stamp:
            continue
        if "energy" in stamp:
            print(f"bench, {board}: {energy_words(stamp['energy'])}")
        for trace in stamp.get("traces", []):
            print(f"  {_trace_words(trace)}")
        for remark in stamp.get("remarks", []):
            print(f"  REMARK {remark}")
        for one in (stamp.get("recovery") or {}).get("incidents", []):
            print(
                f"  RECOVERED by power cycle {one['number']} at {one['time']}: {one['cause']} "
                f"({one['code']}, {one['begun']} trials were begun)"
            )


def print_energy(found: dict[str, Any]) -> None:
    """Measured and estimated, each under its own name."""
    board = found["board"]
    print(f"recording {found['recording'][:12]} of {board['name']} ({board['target']})")
    measurement = found["measurement"]
    none = "energy: not measured (the recording was made without --bench)"
    print(none if measurement is None else energy_words(measurement))
    if found["estimate"] is not None:
        print(energy_words(found["estimate"]))


def energy_words(energy: Mapping[str, Any]) -> str:
    """An energy in one line: label, run, inference, uncertainty, by whom."""
    if energy["joules"] is None:
        return f"energy: none ({energy['details']['cause']})"
    run, one = energy["joules"], energy["joules_per_inference"]
    u, u_one = energy["uncertainty_J"], energy["uncertainty_per_inference_J"]
    label = str(energy["label"])
    if u is None:
        words = [f"energy {label}: {run:.4g} J"]
        words += [] if one is None else [f"{one:.4g} J per inference"]
        return ", ".join(words) + f" ({energy['trials']} trials; {energy['details']['constants']})"
    words = [f"energy {label.upper()}: {run:.4g} J ± {u:.2g} J (k=1)"]
    words += [] if one is None else [f"{one:.4g} J ± {u_one:.2g} J per inference"]
    details = energy["details"]
    lost = f", {details['lost']} readings lost" if details["lost"] else ""
    by = "; ".join(details["by"])
    return ", ".join(words) + f" ({energy['trials']} trials; by {by}{lost})"


def print_surroundings(found: Sequence[Surroundings]) -> None:
    """What a bench read around the recordings of each board; nothing if it read none."""
    if not found:
        return
    columns = list(dict.fromkeys((k.instrument, k.quantity) for one in found for k in one.levels))
    kinds = {KINDS[level.simulated] for one in found for level in one.levels}
    kind = f"bench, {' and '.join(sorted(kinds))}"
    table = Table(
        "board", title=f"{kind}: mean and range while trials played", title_justify="left"
    )
    for instrument, quantity in columns:
        table.add_column(f"{instrument}, {quantity} ({UNITS_SHORT[quantity]})", justify="right")
    for one in found:
        cells = {(level.instrument, level.quantity): _level_words(level) for level in one.levels}
        table.add_row(one.board, *(cells.get(column, "") for column in columns))
    stdout().print(table)
    for one in found:
        energy = "no energy: `analoop bench energy` of a recording says why"
        if one.joules_per_inference is not None:
            energy = (
                f"energy {one.energy_label.upper()}: {one.joules_per_inference:.4g} J ± "
                f"{one.uncertainty_J:.2g} J per inference (k=1)"
            )
        cycles = f"; {one.power_cycles} power cycles" if one.power_cycles else ""
        count = f"{one.energies} of {one.recordings} recordings"
        print(f"bench, {one.board}: {energy}; {count}{cycles}")
        for remark in one.remarks:
            print(f"  REMARK {remark}")


def _level_words(level: Level) -> str:
    """A quantity over a board's recordings, in a cell."""
    lost = f", {level.lost} LOST" if level.lost else ""
    return f"{level.mean:.4g}{lost}\n{level.low:.4g} to {level.high:.4g}"


def _trace_words(trace: Mapping[str, Any]) -> str:
    """A trace in one line."""
    name, unit = f"{trace['instrument']} {trace['quantity']}", trace["unit"]
    lost = f", {len(trace['lost'])} LOST, first: {trace['lost'][0][1]}" if trace["lost"] else ""
    if not trace["value"]:
        return f"{name}: no reading{lost}"
    low, high = min(trace["value"]), max(trace["value"])
    kind = KINDS[trace["simulated"]]
    return f"{name}: {low:.6g} to {high:.6g} {unit}, {len(trace['value'])} readings, {kind}{lost}"


def _who(identity: Any) -> str:
    return "unknown" if identity is None else str(identity)
