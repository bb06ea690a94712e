"""From a network to a program: check, place, quantise, route, encode, prove, ask for an answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..hw.board import Trial
from ..hw.chip import DYNAPSE2, ChipSpec
from ..hw.configuration import Configuration
from ..hw.decoding import decode
from ..hw.simulator import build_fleet, run_trials
from ..hw.snapshot import UNSCREENED, Snapshot
from ..hw.virtual_board import VirtualBoard
from ..models.errors import InputError
from ..models.network import Network, Population, Projection
from ..models.parameters import CURRENTS, DENDRITES, NeuronParameters
from ..models.recording import Stimulus
from ..models.versions import versions
from .connections import connections
from .constraints import check
from .encoding import encode
from .good_words import DROP, GoodWords, on_good_words, prove_words, trimmed
from .placement import Placement
from .program import NEURON, KnownAnswer, PopulationSpan, Program
from .quantization import WeightCode, decode_masks, encode_masks, fit_weight_currents, snr_db
from .routing import Routes, route
from .routing_check import check_routing
from .screened_report import screened_report, snapshot_provenance
from .screened_routing import upper_tags
from .tracing import trace

Code = dict[tuple[int, int], WeightCode]

MOST_HZ = 800.0
"""Around this rate the inputs fire in the last stimulus that is tried for the known answer."""

NO_ANSWER = (
    f"no neuron fires, even with {MOST_HZ:.0f} Hz on every input: the known answer is "
    "silence, so no board can be verified by it"
)
"""Note in the report of a program."""


def compile(
    network: Network,
    chip: ChipSpec = DYNAPSE2,
    n_chips: int | None = None,
    snapshot: Snapshot | None = None,
    drop: float = DROP,
) -> Program:
    """Compile a network for a board of `n_chips` chips (the smallest that holds it if None).

    Nothing is lost silently: synapses whose weight rounds to an empty mask and those dropped for
    want of a good word are counted in the report, everything else is proved to arrive. What else
    there is to know is in the report's `notes`: a program that no board can be verified by.

    Args:
        snapshot: of the board the program is for: what it marks bad is not used.
        drop: with a snapshot, the largest share of a neuron's summed weight that its weakest
            synapses may take with them when there are too few good words, 0..1.

    Raises:
        ConstraintError: the network does not fit; every broken limit at once.
        RoutingError: the registers do not carry the network; a defect of this compiler.
        InputError: WRONG_CHIP, DROP, NOT_SCREENED.
    """
    good = None if snapshot is None else _good_words(snapshot, chip, drop)
    placement = check(network, chip, n_chips, good)
    every = connections(network)
    table = every if good is None else trimmed(network, every, placement, good)
    codes, masks, quality = quantize(table, placement)
    kept = (table[masks > 0], masks[masks > 0])
    upper = None if good is None else upper_tags(network, kept[0], placement, good)
    routes = route(network, kept[0], placement, chip, upper)
    configuration = encode(network, placement, codes, kept, routes, chip)
    report = {
        "resources": _resources(placement, kept[0], routes.words, network, chip),
        "quantization": quality,
    }
    provenance: dict[str, Any] = {"network": dict(network.provenance), "versions": versions()}
    if good is not None and upper is not None:
        configuration = on_good_words(configuration, good)
        prove_words(configuration, good)
        report["snapshot"] = screened_report(network, (every, table), placement, good, upper)
        provenance["snapshot"] = snapshot_provenance(good.snapshot)
    return _with_answer(
        _proved(network, configuration, (placement, routes), kept, (report, provenance))
    )


def _good_words(snapshot: Snapshot, chip: ChipSpec, drop: float) -> GoodWords:
    if snapshot.chip != chip:
        raise InputError(
            f"the snapshot is of {snapshot.chip.name}, the network is compiled for {chip.name}: "
            "give a snapshot of this kind of chip",
            code="WRONG_CHIP",
        )
    if snapshot.method == UNSCREENED:
        raise InputError(
            f"the snapshot of {snapshot.board.get('name')} holds a twin and no screening, so no "
            "word is known to be good: give the file of 'screen', or one with both",
            code="NOT_SCREENED",
        )
    if not 0 <= drop < 1:
        raise InputError(f"drop is 0 or more and below 1, got {drop}", code="DROP")
    return GoodWords(snapshot, drop)


def _proved(
    network: Network,
    configuration: Configuration,
    laid: tuple[Placement, Routes],
    kept: tuple[np.ndarray, np.ndarray],
    said: tuple[dict[str, Any], dict[str, Any]],
) -> Program:
    """The program of these registers, after the proof that they carry the network; its known
    question has no answer yet."""
    placement, routes = laid
    neurons = np.zeros(network.n_neurons, NEURON)
    for name in ("chip", "core", "neuron"):
        neurons[name] = getattr(placement, name)
    neurons["tag"] = routes.monitor_tag
    inputs = routes.words[routes.words["source"] < network.n_inputs]
    proved = check_routing(network, configuration, neurons, inputs, kept)
    return Program(
        configuration=configuration,
        neurons=neurons,
        populations=tuple(
            PopulationSpan(p.name, network.offsets[p.name], p.size) for p in network.populations
        ),
        inputs=inputs,
        n_inputs=network.n_inputs,
        output=network.output,
        labels=network.labels,
        report={"connections_proved": proved, **said[0]},
        network_hash=network.hash,
        known_answer=KnownAnswer(_question(network.n_inputs, 0.0), np.zeros(0), np.zeros(0)),
        provenance=said[1],
        difference=network.difference,
    )


def quantize(table: np.ndarray, placement: Placement) -> tuple[Code, np.ndarray, list[dict]]:
    """Weight code of every core in use, mask of every synapse, and the error per core.

    Args:
        table: synapses, dtype CONNECTION.
    """
    codes, quality = {}, []
    masks = np.zeros(len(table), np.uint8)
    for core in sorted(placement.parameters):
        at = (placement.chip[table["target"]] == core[0]) & (
            placement.core[table["target"]] == core[1]
        )
        wanted = table["weight"][at]
        codes[core] = fit_weight_currents(wanted)
        masks[at] = encode_masks(wanted, codes[core].currents)
        got = decode_masks(masks[at], codes[core].currents)
        quality.append(
            {
                "chip": core[0],
                "core": core[1],
                "synapses": int(at.sum()),
                "rounded_to_zero": int((masks[at] == 0).sum()),
                "snr_db": _finite(snr_db(wanted, got)) if at.any() else None,
                "base_currents_A": list(codes[core].currents),
            }
        )
    return codes, masks, quality


def decoded_network(program: Program) -> Network:
    """The network that the registers really hold: legal biases, quantised weights.

    Played in software it agrees with the nominal simulated board spike for spike.
    """
    circuits = decode(program.configuration)
    row = {tuple(a): k for k, a in enumerate(circuits.address.tolist())}
    at = np.array([row[tuple(a)] for a in program.address.tolist()])
    populations = tuple(
        Population(span.name, span.size, _parameters(circuits, int(at[span.first])))
        for span in program.populations
    )
    host_hop = program.configuration.chip.host_hop
    traced = trace(circuits, host_hop, program.address, program.inputs, program.n_inputs)
    base = circuits.base_currents[circuits.target[traced["synapse"]]]
    weight = np.zeros(len(traced))
    for bit in range(base.shape[1]):
        weight += np.where(traced["mask"] >> bit & 1, base[:, bit], 0.0)
    sources = [("input", 0, program.n_inputs)]
    sources += [(s.name, program.n_inputs + s.first, s.size) for s in program.populations]
    projections = []
    for name, first, size in sources:
        for span in program.populations:
            for kind, dendrite in enumerate(DENDRITES):
                pre, post = traced["source"] - first, traced["target"] - span.first
                mine = (pre >= 0) & (pre < size) & (post >= 0) & (post < span.size)
                mine &= traced["dendrite"] == kind
                if mine.any():
                    weights = np.zeros((size, span.size))
                    np.add.at(weights, (pre[mine], post[mine]), weight[mine])
                    projections.append(Projection(name, span.name, dendrite, weights))
    return Network(
        program.n_inputs, populations, tuple(projections), program.output, program.labels,
        difference=program.difference,
    )  # fmt: skip


def _parameters(circuits, neuron: int) -> NeuronParameters:
    on = {name: bool(values[neuron]) for name, values in circuits.switches.items()}
    return NeuronParameters(
        **{name: float(circuits.currents[name][neuron]) for name in CURRENTS},
        soma="exponential" if on["exponential"] else "threshold",
        nmda_gate=on["nmda_gate"],
        adaptation=on["adaptation"],
        dc=on["dc"],
    )


def _resources(placement, kept, words, network: Network, chip: ChipSpec) -> dict[str, list]:
    """(used, available) of every resource."""
    fan_in = np.bincount(kept["target"], minlength=network.n_neurons)
    fan_out = np.bincount(
        words["source"][words["source"] >= network.n_inputs] - network.n_inputs,
        minlength=network.n_neurons,
    )
    heard = [
        len(np.unique(words["tag"][(words["chip"] == c) & (words["cores"] >> k & 1 > 0)]))
        for c in range(placement.n_chips)
        for k in range(chip.cores)
    ]
    return {
        "cores": [len(placement.parameters), placement.n_chips * chip.cores],
        "neurons": [network.n_neurons, placement.n_chips * chip.neurons],
        "CAM words": [len(kept), placement.n_chips * chip.neurons * chip.cam_words],
        "CAM words of the fullest neuron": [int(fan_in.max(initial=0)), chip.cam_words],
        "destination words of the fullest neuron": [
            int(fan_out.max(initial=0)) + 1,
            chip.destination_words,
        ],
        "tags of the fullest core": [max(heard, default=0), chip.tags],
    }


def _finite(value: float) -> float | None:
    return round(value, 2) if np.isfinite(value) else None


def _question(n_inputs: int, rate_hz: float, duration_us: int = 100_000) -> Stimulus:
    """Regular spikes on every channel, each at a rate and phase of its own around `rate_hz`."""
    channel, time = [], []
    for k in range(n_inputs if rate_hz else 0):
        spread = (k * 0.618034) % 1.0
        period = 1e6 / (rate_hz * (0.5 + spread))
        times = np.arange(spread * period, duration_us, period).astype(np.int64)
        time.append(times)
        channel.append(np.full(len(times), k))
    none = np.zeros(0, np.int64)
    times, channels = (np.concatenate(x) if x else none for x in (time, channel))
    return Stimulus(n_inputs, np.array([duration_us]), np.zeros(len(times)), times, channels)


def _with_answer(draft: Program) -> Program:
    """Add the known answer: the slowest of some stimuli that makes a third of the neurons fire; or
    a note that there is none."""
    fleet = build_fleet(draft.configuration, [VirtualBoard()])
    for rate in (50.0, 100.0, 200.0, 400.0, MOST_HZ):
        stimulus = _question(draft.n_inputs, rate)
        trial = Trial(draft.to_events(stimulus, 0), int(stimulus.duration_us[0]))
        events = run_trials(fleet, [trial])[0][0]
        columns = draft.columns_of(events)
        if len(np.unique(columns)) * 3 >= len(draft.neurons):
            break
    answer = KnownAnswer(stimulus, events.time_us, columns)
    report = dict(draft.report)
    if not len(columns):
        report["notes"] = [NO_ANSWER]
    return replace(draft, known_answer=answer, report=report)
