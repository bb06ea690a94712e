"""A NIR file as a `SourceNetwork`. Needs the package nir (extra `nir`); no code of a file runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import FileError, InputError, NetworkError, Violation, named
from ..network import INPUT
from .nir_dialects import DIALECTS, Dialect
from .nir_graph import FlatGraph, flatten
from .source import NEUTRAL, Change, SourceConnection, SourceNetwork, SourcePopulation, span

NEURONS = ("LIF", "CubaLIF", "IF")
"""Nodes that become populations."""

LINEAR = ("Linear", "Affine")
"""Nodes that become weights."""

IN_WEIGHTS = {"r": 1.0, "w_in": 1.0, "v_leak": 0.0}
"""Fields of neurons that the chip has in its weights, and at what they change nothing."""


def read_nir(
    path: str | os.PathLike,
    dialect: str | Dialect = "nir",
    dt: float | None = None,
    step: float = 1e-3,
) -> SourceNetwork:
    """Read a graph of Affine, Linear, LIF, CubaLIF and IF nodes, recurrent or not.

    Args:
        path: a NIR file.
        dialect: which library wrote it, a name of `DIALECTS`, or a `Dialect`: the same file means
            other dynamics in another one.
        dt: the step of the file's network, in the unit of its time constants; None: the dialect's.
        step: what a step lasts on the chip [s].

    Raises:
        InputError: EXTRA_MISSING, UNKNOWN_DIALECT, STEP. FileError: FILE_MISSING, FILE_CORRUPT.
        NetworkError: UNSUPPORTED_NODE, UNKNOWN_NODE, NAME_TAKEN, INPUTS, LINEAR_CHAIN, UNCONNECTED,
            OUTPUT, WEIGHT_SHAPE, all at once; then those of SourceNetwork.
    """
    chosen = dialect
    if isinstance(chosen, str):
        chosen = named(DIALECTS, "dialect of NIR", chosen, "UNKNOWN_DIALECT")
    if dt is not None:
        chosen = replace(chosen, dt=dt)
    if not 0 < chosen.dt < np.inf:
        raise InputError(
            f"the step of the file is given as {chosen.dt:g}: give dt a number above 0, in the "
            "unit of the file's time constants, or leave it to the dialect",
            code="STEP",
        )
    found: list[Violation] = []
    graph = flatten(_read(Path(path)), found)
    found += _unsupported(graph)
    return _network(graph, chosen, step, found)


def _read(path: Path) -> Any:
    try:
        import nir
    except ImportError as error:
        raise InputError(
            "NIR files need the package nir: pip install 'analoop[nir]'", code="EXTRA_MISSING"
        ) from error
    if not path.is_file():
        raise FileError(f"{path}: no such file: check the path", code="FILE_MISSING")
    try:
        return nir.read(path, type_check=False)
    except Exception as error:  # h5py and nir raise what they please on a file that is none
        raise FileError(
            f"{path}: not a NIR graph that nir {nir.__version__} can read ({error!r}): write it "
            "again, with nir.write",
            code="FILE_CORRUPT",
        ) from error


def _unsupported(graph: FlatGraph) -> Iterator[Violation]:
    for name, node in graph.nodes.items():
        kind = type(node).__name__
        if name == INPUT and kind in NEURONS:
            yield Violation(
                "NAME_TAKEN", f"node '{name}'", "a name of its own", "'input' is the input",
                "rename it",
            )  # fmt: skip
        if kind in (*NEURONS, *LINEAR, "Input", "Output"):
            continue
        remedy = {
            "Conv1d": "write it as one Linear node: every synapse of the chip is a weight",
            "Conv2d": "write it as one Linear node: every synapse of the chip is a weight",
            "LI": "end with LIF neurons, or read out the spikes that come back",
            "CubaLI": "end with CubaLIF neurons, or read out the spikes that come back",
            "Scale": "multiply it into the weights behind it",
            "Threshold": "use LIF neurons",
        }.get(kind, "replace it by Linear, Affine, LIF, CubaLIF or IF nodes")
        yield Violation(
            "UNSUPPORTED_NODE", f"node '{name}'", f"a model of {kind}", "the chip has none", remedy
        )


def _network(
    graph: FlatGraph, dialect: Dialect, step: float, found: list[Violation]
) -> SourceNetwork:
    """The network, or all that was found so far and is found here."""
    drives: dict[str, np.ndarray] = {}
    biased: set[tuple[str, str]] = set()
    raw: list[tuple[str, str, np.ndarray]] = []
    for source, via, target in graph.ways(NEURONS, LINEAR, found):
        size = _size(graph.nodes[target])
        if via is None:
            raw.append((source, target, np.eye(size)))
            continue
        weights = np.asarray(graph.nodes[via].weight, np.float64)
        if weights.ndim != 2 or weights.shape[0] != size:
            found.append(_shape(via, weights, target, size))
            continue
        raw.append((source, target, weights.T))
        bias = np.asarray(getattr(graph.nodes[via], "bias", 0.0), np.float64)
        if bias.size not in (1, size):
            found.append(_bias(via, bias, target, size))
            continue
        if (via, target) not in biased:  # once, however many nodes send through it
            drives[target] = drives.get(target, np.zeros(size)) + bias
        biased.add((via, target))
    order, output = graph.order(NEURONS), graph.output(NEURONS, found)
    lost = [n for n, node in graph.nodes.items() if type(node).__name__ in NEURONS]
    found += [_unreached(name) for name in lost if name not in order]
    widths = {w.shape[0] for source, _, w in raw if source == INPUT}
    if len(graph.entry) != 1:
        found.append(_inputs(graph.entry))
    elif not found and len(widths) != 1:
        found.append(_widths(widths))
    elif not found:
        found += _declared(graph, max(widths))
    if found:
        raise NetworkError(found)
    place = {name: k for k, name in enumerate([INPUT, *order])}
    return SourceNetwork(
        n_inputs=widths.pop(),
        dt=step,
        populations=tuple(
            _population(n, graph.nodes[n], dialect, drives.get(n, np.zeros(1))) for n in order
        ),
        connections=tuple(SourceConnection(s, t, w, int(place[s] >= place[t])) for s, t, w in raw),
        output=output,
        changes=tuple(_changes(graph, order, dialect, step)),
    )


def _population(name: str, node: Any, dialect: Dialect, drive: np.ndarray) -> SourcePopulation:
    """The node's equations over one step, in the order and units of `SourcePopulation`."""
    size, dt = _size(node), dialect.dt
    one, r = np.ones(size), _values(node.r)
    decay_syn, into = np.zeros(size), one
    if type(node).__name__ == "IF":
        decay_mem, gain, leak = one, r * dt, np.zeros(size)
    else:
        cuba = type(node).__name__ == "CubaLIF"
        decay_mem, part = _decay(_values(node.tau_mem if cuba else node.tau), dialect)
        gain, leak = r * part, _values(node.v_leak)
        if cuba:
            decay_syn, part = _decay(_values(node.tau_syn), dialect)
            into = _values(node.w_in) * (1.0 if dialect.jumps else part)
    threshold = (_values(node.v_threshold) - leak) * one
    reset = threshold if dialect.reset == "subtract" else threshold / decay_mem
    if dialect.reset == "value":
        reset = (_values(node.v_reset) - leak) * one
    return SourcePopulation(
        name=name,
        decay_mem=decay_mem * one,
        decay_syn=decay_syn * one,
        gain=gain * into * one,
        threshold=threshold,
        bias=np.zeros(size),
        drive=drive * one,
        reset=reset,
        subtracts=dialect.reset != "value",
        most=np.inf if dialect.many else 1.0,
        strict=dialect.strict,
    )


def _decay(tau: np.ndarray, dialect: Dialect) -> tuple[np.ndarray, np.ndarray]:
    """What is left after a step, and what a step of constant input adds (of its final value)."""
    with np.errstate(divide="ignore"):
        left = np.exp(-dialect.dt / tau) if dialect.exponential else 1.0 - dialect.dt / tau
    return left, 1.0 - left


def _values(values: Any) -> np.ndarray:
    return np.asarray(values, np.float64).reshape(-1)


def _size(node: Any) -> int:
    return _values(node.v_threshold).size


def _changes(graph: FlatGraph, order: list[str], dialect: Dialect, step: float) -> Iterator[Change]:
    if abs(dialect.dt - step) > 1e-9 * abs(step):
        yield Change(
            "the graph", "time", "reinterpreted",
            f"a step of {dialect.dt:g} in the file lasts {step * 1e3:g} ms on the chip",
        )  # fmt: skip
    for name in order:
        given = {f: _values(getattr(graph.nodes[name], f, n)) for f, n in IN_WEIGHTS.items()}
        far = [f for f, n in IN_WEIGHTS.items() if (np.abs(given[f] - n) > NEUTRAL).any()]
        if far:
            detail = ", ".join(f"{field} {span(given[field])}" for field in far)
            yield Change(name, ", ".join(far), "reinterpreted", f"{detail}: in the weights")
        reset = getattr(graph.nodes[name], "v_reset", None)
        if dialect.reset != "value" and reset is not None:
            yield Change(
                name, "v_reset", "reinterpreted",
                f"{_values(reset).min():g} in the file; its library takes the threshold away",
            )  # fmt: skip


def _shape(via: str, weights: np.ndarray, target: str, size: int) -> Violation:
    return Violation(
        "WEIGHT_SHAPE", f"node '{via}'", f"weights [{size} neurons of '{target}', sources]",
        f"they are {weights.shape}", "transpose or resize them",
    )  # fmt: skip


def _bias(via: str, bias: np.ndarray, target: str, size: int) -> Violation:
    return Violation(
        "WEIGHT_SHAPE", f"node '{via}'", f"a bias for each of {size} neurons of '{target}', or one",
        f"there are {bias.size}", "resize it",
    )  # fmt: skip


def _unreached(name: str) -> Violation:
    return Violation(
        "UNCONNECTED", f"node '{name}'", "a way to it from the input", "there is none",
        "connect it, or take it out of the graph",
    )  # fmt: skip


def _inputs(names: tuple[str, ...]) -> Violation:
    return Violation(
        "INPUTS", "the input", "one Input node", f"there are {len(names)}: {list(names)}",
        "join them into one, whose channels are those of all of them" if names else "add one",
    )  # fmt: skip


def _declared(graph: FlatGraph, width: int) -> Iterator[Violation]:
    """Libraries write a batch before the channels, or images, so the last axes count."""
    (name,) = graph.entry
    shape = (graph.nodes[name].input_type or {}).get("input")
    if shape is None:
        return
    axes = np.atleast_1d(shape).tolist()
    if width not in np.cumprod(axes[::-1]):
        yield Violation(
            "WEIGHT_SHAPE", f"node '{name}'", f"weights behind it for its shape {axes}",
            f"they are for {width} channels", "correct the shape, or the weights",
        )  # fmt: skip


def _widths(widths: set[int]) -> Violation:
    return Violation(
        "UNCONNECTED", "the input", "weights behind it, all of one number of channels",
        f"there are {sorted(widths)}", "connect the input node to Linear or Affine nodes",
    )  # fmt: skip
