"""A NIR graph without subgraphs, and the ways through it from neurons to neurons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..errors import Violation
from ..network import INPUT


@dataclass(frozen=True, eq=False)
class FlatGraph:
    """Nodes by name (those of a subgraph as 'subgraph.node'), and edges."""

    nodes: dict[str, Any]
    """All but subgraphs."""
    edges: tuple[tuple[str, str], ...]
    """From, to."""
    entry: tuple[str, ...]
    """The outer input nodes."""
    exit: tuple[str, ...]
    """The outer output nodes."""

    def behind(self, name: str) -> list[str]:
        """What a node leads to, inner inputs and outputs passed through."""
        found, waiting, seen = [], [name], {name}
        while waiting:
            here = waiting.pop(0)
            for target in dict.fromkeys(b for a, b in self.edges if a == here):
                if target in seen:
                    if target == name:
                        found.append(target)
                    continue
                seen.add(target)
                inner = type(self.nodes[target]).__name__ in ("Input", "Output")
                if inner and target not in self.exit:
                    waiting.append(target)
                else:
                    found.append(target)
        return found

    def ways(
        self, neurons: tuple[str, ...], linear: tuple[str, ...], found: list[Violation]
    ) -> Iterator[tuple[str, str | None, str]]:
        """(neurons or 'input', weights or None, neurons) of every way; what is none goes to
        `found`."""
        starts = [(INPUT, node) for node in self.entry]
        starts += [(n, n) for n, node in self.nodes.items() if type(node).__name__ in neurons]
        reached: set[str] = set()
        for name, node in starts:
            for target in self.behind(node):
                kind = type(self.nodes[target]).__name__
                if kind in neurons:
                    yield name, None, target
                elif kind in linear:
                    reached.add(target)
                    yield from self._through(name, target, neurons, linear, found)
        for name, node in self.nodes.items():
            if type(node).__name__ in linear and name not in reached:
                before = {type(self.nodes[a]).__name__ for a, b in self.edges if b == name}
                if before <= {"Input", "Output"}:  # others are reported themselves
                    found.append(_unconnected(name, "nothing stands before it"))

    def _through(
        self,
        name: str,
        via: str,
        neurons: tuple[str, ...],
        linear: tuple[str, ...],
        found: list[Violation],
    ) -> Iterator[tuple[str, str | None, str]]:
        targets = self.behind(via)
        if not targets:
            found.append(_unconnected(via, "nothing stands behind it"))
        for target in targets:
            if type(self.nodes[target]).__name__ in neurons:
                yield name, via, target
            elif target in self.exit:
                found.append(_unconnected(via, "the output stands behind it"))
            elif type(self.nodes[target]).__name__ in linear:
                found.append(_chain(via, target))

    def order(self, neurons: tuple[str, ...]) -> list[str]:
        """Neurons in an order in which only recurrence goes back (depth first, from the input)."""
        done: list[str] = []
        seen: set[str] = set()
        stack = [(node, iter(self.behind(node))) for node in self.entry]
        while stack:
            name, rest = stack[-1]
            target = next((t for t in rest if t not in seen), None)
            if target is None:
                stack.pop()
                done.append(name)
                continue
            seen.add(target)
            stack.append((target, iter(self.behind(target))))
        return [n for n in reversed(done) if type(self.nodes[n]).__name__ in neurons]

    def output(self, neurons: tuple[str, ...], found: list[Violation]) -> str:
        """The neurons that lead to the output."""
        kinds = {n: type(node).__name__ for n, node in self.nodes.items()}
        before = [n for n in kinds if kinds[n] in neurons and set(self.behind(n)) & set(self.exit)]
        if len(before) == 1:
            return before[0]
        found.append(
            Violation(
                "OUTPUT", "the output", "one population of neurons before it",
                f"there are {before or 'none'}", "end the graph with LIF or CubaLIF neurons",
            )
        )  # fmt: skip
        return ""


def flatten(graph: Any, found: list[Violation]) -> FlatGraph:
    """A `nir.NIRGraph` with its subgraphs' nodes beside its own; flattening nodes are passed. Edges
    of nodes that are not there go to `found`."""
    nodes, edges = _flat(graph, "", found)
    kinds = {n: type(node).__name__ for n, node in nodes.items()}
    outer = [n for n in graph.nodes if n in nodes]
    for name in [n for n, kind in kinds.items() if kind == "Flatten"]:
        before = [a for a, b in edges if b == name]
        after = [b for a, b in edges if a == name]
        edges = [e for e in edges if name not in e] + [(a, b) for a in before for b in after]
        del nodes[name]
    return FlatGraph(
        nodes,
        tuple(edges),
        tuple(n for n in outer if kinds[n] == "Input"),
        tuple(n for n in outer if kinds[n] == "Output"),
    )


def _flat(
    graph: Any, prefix: str, found: list[Violation]
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    nodes: dict[str, Any] = {}
    edges: list[tuple[str, str]] = []
    first, last = {}, {}
    for name, node in graph.nodes.items():
        full = f"{prefix}{name}"
        if type(node).__name__ != "NIRGraph":
            nodes[full] = node
            first[name] = last[name] = [full]
            continue
        inner_nodes, inner_edges = _flat(node, f"{full}.", found)
        nodes |= inner_nodes
        edges += inner_edges
        kinds = {n: type(part).__name__ for n, part in node.nodes.items()}
        first[name] = [f"{full}.{n}" for n, kind in kinds.items() if kind == "Input"]
        last[name] = [f"{full}.{n}" for n, kind in kinds.items() if kind == "Output"]
    for a, b in graph.edges:
        edges += [(x, y) for x in last.get(a, []) for y in first.get(b, [])]
        found += [_missing(f"{prefix}{name}", a, b) for name in (a, b) if name not in graph.nodes]
    return nodes, edges


def _unconnected(name: str, there: str) -> Violation:
    return Violation(
        "UNCONNECTED", f"node '{name}'", "neurons behind it, and neurons or the input before it",
        there, "connect it, or leave it out",
    )  # fmt: skip


def _missing(name: str, a: str, b: str) -> Violation:
    return Violation(
        "UNKNOWN_NODE", f"edge '{a}' -> '{b}'", "two nodes of the graph",
        f"there is no node '{name}'", "add it, or take the edge out",
    )  # fmt: skip


def _chain(first: str, second: str) -> Violation:
    return Violation(
        "LINEAR_CHAIN", f"node '{second}'", "neurons between it and the weights before it",
        f"'{first}' stands before it", "multiply the two weight matrices",
    )  # fmt: skip
