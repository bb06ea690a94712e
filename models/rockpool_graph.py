"""The graph of a Rockpool module as populations and the ways between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rockpool.graph import GraphHolder, LinearWeights

from .errors import NetworkError, Violation
from .network import INPUT


@dataclass(frozen=True, eq=False)
class Way:
    """How a population hears the input or another one."""

    source: str
    """A population, or 'input'."""
    target: str
    """A population."""
    weights: LinearWeights | None
    """What lies between; None: nothing, each node hears its counterpart."""


@dataclass(frozen=True, eq=False)
class RockpoolGraph:
    """Populations of one kind of neurons, what they hear, and what is neither."""

    n_inputs: int
    """Number of input channels."""
    populations: dict[str, Any]
    """Graph modules of neurons by names of their own, in the order met from the input."""
    ways: tuple[Way, ...]
    """Any number, also several between the same two."""
    output: str
    """The population that the network ends with; '': there is none."""
    loose: tuple[LinearWeights, ...]
    """Weights that do not lead from the input or neurons to neurons."""
    others: tuple[Any, ...]
    """Graph modules that are no weights and no such neurons."""


def read_graph(net: Any, neurons: type, names: str | None = None) -> RockpoolGraph:
    """Read what `as_graph()` of a module holds.

    Args:
        net: the module.
        neurons: class of the graph modules that become populations.
        names: populations are called so, and numbered from 0; None: as their layers, and from the
            second of a name on 'name 2', ... (layers of nested `Sequential`s share names).

    Raises:
        NetworkError: UNSUPPORTED_LAYER: the module has no graph.
    """
    graph = _graph_of(net)
    modules = _modules_of(graph)
    found = [m for m in modules if isinstance(m, neurons)]
    called = [layer_name(m).removeprefix("layer ").strip("'") for m in found]
    if names is not None:
        called = [f"{names} {k}" for k in range(len(found))]
    populations = dict(zip(distinct(called), found, strict=True))
    sources = {_key(graph.input_nodes): INPUT}
    sources |= {_key(m.output_nodes): name for name, m in populations.items()}
    targets = {_key(m.input_nodes): name for name, m in populations.items()}
    ways = [Way(sources[key], name, None) for key, name in targets.items() if key in sources]
    loose = []
    for module in (m for m in modules if isinstance(m, LinearWeights)):
        source = sources.get(_key(module.input_nodes))
        target = targets.get(_key(module.output_nodes))
        if source is None or target is None:
            loose.append(module)
        else:
            ways.append(Way(source, target, module))
    return RockpoolGraph(
        n_inputs=len(graph.input_nodes),
        populations=populations,
        ways=tuple(ways),
        output=sources.get(_key(graph.output_nodes), ""),
        loose=tuple(loose),
        others=tuple(m for m in modules if not isinstance(m, (neurons, LinearWeights))),
    )


def distinct(names: Sequence[str]) -> list[str]:
    """The same names; one that was there before, or is the input's, with a number behind it."""
    found: list[str] = []
    for name in names:
        number, own = 1, name
        while own in found or own == INPUT:
            number += 1
            own = f"{name} {number}"
        found.append(own)
    return found


def layer_name(module: Any) -> str:
    """The user's words for a graph module: the name it has in the `Sequential`."""
    name = getattr(module.computational_module, "name", None) or module.name
    return f"layer {name}"


def _key(nodes: Sequence[Any]) -> tuple[int, ...]:
    """Modules are connected where they share nodes."""
    return tuple(map(id, nodes))


def _graph_of(net: Any) -> GraphHolder:
    try:
        return net.as_graph()
    except (AttributeError, NotImplementedError, ValueError) as error:
        raise NetworkError(
            [
                Violation(
                    "UNSUPPORTED_LAYER", f"network '{type(net).__name__}'",
                    "modules that Rockpool can put in a graph", f"as_graph() failed ({error})",
                    "use NeuronsTorch, SynapsesTorch and LinearTorch",
                )
            ]
        ) from error  # fmt: skip


def _modules_of(graph: GraphHolder) -> list[Any]:
    """Every module reachable from the inputs, in the order met."""
    found: list[Any] = []
    nodes = list(graph.input_nodes)
    while nodes:
        for module in nodes.pop(0).sink_modules:
            if module not in found:
                found.append(module)
                nodes += list(module.output_nodes)
    return found
