"""A reservoir: random spiking liquids with a linear readout by ridge regression, paper.md 4.

A layer of spiking neurons encodes the input; integrate-and-fire neurons in disconnected liquids
take it up; the readout is a weighted sum of their filtered spikes. Only the readout learns, in one
pass, from the target itself: there is no teacher. It runs in substeps of 0.1 ms, the others in
steps of `DT_S`.

The authors' units are those of their simulator and are not given. Ours, without dimension:

    tau_mem dV/dt = -V + I_exc + I_inh,    spike at V >= V_th = 1, then V = 0 while refractory
    tau_syn dI/dt = -I + sum of w delta(t - t_spike)

so that a source of f Hz brings a current of w f thresholds, whatever tau is: w is in thresholds
times s. In these units their .0015 is .15 thresholds from one source of 100 Hz, so that a neuron's
few sources matter and do not rule, with no other factor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

import numpy as np

from ..bookmark import NO_BOOKMARK, Bookmark
from ..settings import check
from ..tasks.samples import DT_S, SequenceTask
from .products import rows_of
from .reservoir_kernel import Layer, Liquid, State, advance
from .student import QUIET, Conditions, Perturbed, Response, Student, silenced_thresholds
from .teacher import Teacher

NAME = "reservoir"
MISMATCH = (
    Perturbed("tau_mem_s", positive=True),
    Perturbed("tau_exc_s", positive=True),
    Perturbed("tau_inh_s", positive=True),
    Perturbed("v_th", scale=1.0),
    Perturbed("w_rec"),
    Perturbed("w_out"),
)
"""What mismatch changes (paper.md 1.6); not the input layer and its weights."""
QUANTIZED = ("w_in", "w_rec", "w_out")
"""Matrices of weights."""
SHAPES = {
    "w_in": "sign*channel neuron", "w_rec": "neuron neuron", "w_out": "neuron",
    **dict.fromkeys(("tau_mem_s", "tau_exc_s", "tau_inh_s", "v_th"), "neuron"),
}  # fmt: skip
"""Axes of the arrays: of one name, of one length."""
CHUNK = 100
"""Steps that noise is drawn for at once; no result depends on it."""


@dataclass(frozen=True)
class Settings:
    """What is drawn and how it is taught; defaults of paper.md 4 unless called ours."""

    liquids: int = 8
    """Liquids, with no connection between them."""
    neurons: int = 96
    """Neurons of a liquid."""
    substeps: int = 10
    """Of a step of `DT_S`: 0.1 ms."""
    tau_range_s: tuple[float, float] = (0.112, 0.0001)
    """Membranes and synapses of a liquid, evenly spread from first to last neuron [s]; that each
    liquid has them all is ours."""
    t_ref_s: float = 0.002
    """Refractory period, their simulator's default [s]; 0 for none."""
    density: float = 0.041
    """Probability of a connection in a liquid; none to itself [1]."""
    inhibitory: int = 5
    """Every so many-th neuron inhibits."""
    weight: float = 0.0015
    """Excitatory weights, mean [threshold s]."""
    weight_sd: float = 0.0001
    """Excitatory weights, standard deviation [threshold s]."""
    inhibition: float = 4.73
    """Inhibitory weights are so many times stronger [1]."""
    input_weight: float = 0.5
    """Largest weight of the input, shared by the channels [threshold s]: liquids fire at 135 Hz,
    about as theirs (122 Hz). At 30 Hz (.05, `input_gain` 10) many outlive 5 % of mismatch or 6
    bits, as theirs do not. Theirs are the mean raster of the keyword times .0183; ours are uniform
    from 0 and lead from every input neuron to every neuron."""
    tau_input_s: float = 0.012
    """Membranes of the input layer [s]."""
    input_gain: float = 30.0
    """Current of the input layer per unit of input [threshold]; ours. Each channel has two neurons,
    for its positive and its negative part."""
    tau_out_s: float = 0.256
    """Filter of the spikes that are read out, which counts a spike as 1 [s]."""
    penalty: float = 100.0
    """Lambda of the ridge regression [1]."""
    stride: int = 5
    """Every so many-th step is regressed on: 200 Hz."""
    samples: int = 1000
    """Samples that teach it (ours)."""

    def __post_init__(self) -> None:
        above = ("tau_range_s", "tau_input_s", "tau_out_s", "penalty")
        check(self, above, shares=("density",))

    @property
    def planned(self) -> int:
        """Samples that progress counts up to."""
        return self.samples


def train(
    task: SequenceTask,
    teacher: Teacher | None,
    settings: Settings,
    generator: np.random.Generator,
    progress: Callable[[int, float], None],
    bookmark: Bookmark = NO_BOOKMARK,
) -> Student:
    """Fit the readout to the target of fresh samples, in one pass.

    Args:
        teacher: unused; it is there as every method has one.
        progress: called with the samples done so far and the variance of the last one's target
            (nothing is learned before the end).
    """
    student = untrained(task, settings, generator)
    n = settings.liquids * settings.neurons
    square, product = settings.penalty * np.eye(n), np.zeros(n)
    samples, first = task.draw("train", settings.samples, generator), 0
    if kept := bookmark.read(generator):
        square, product, first = kept["square"], kept["product"], kept["done"].item()
    left = samples.chosen(slice(first, None))
    played = traces(student, left.input, QUIET)
    for done, (target, (trace, _)) in enumerate(zip(left.target, played, strict=True), first + 1):
        features = trace[settings.stride - 1 :: settings.stride].astype(np.float64)
        square += features.T @ features
        product += features.T @ target[settings.stride - 1 :: settings.stride]
        progress(done, float(target.var()))
        bookmark.keep({"square": square, "product": product, "done": done}, generator)
    w_out = np.linalg.solve(square, product).astype(np.float32)
    arrays = {**student.arrays, "w_out": w_out}
    provenance = {"settings": asdict(settings)}
    return Student(NAME, task.name, arrays, student.constants, provenance)


def untrained(task: SequenceTask, settings: Settings, generator: np.random.Generator) -> Student:
    """A reservoir as drawn: it reads out nothing yet."""
    tau_s = np.tile(np.linspace(*settings.tau_range_s, settings.neurons), settings.liquids)
    n, largest = tau_s.size, settings.input_weight / task.channels
    arrays = {
        "w_in": generator.uniform(0, largest, (2 * task.channels, n)),
        "w_rec": _recurrent(settings, generator),
        "w_out": np.zeros(n),
        "tau_mem_s": tau_s,
        "tau_exc_s": tau_s,
        "tau_inh_s": tau_s,
        "v_th": np.ones(n),
    }
    names = ("substeps", "t_ref_s", "tau_input_s", "input_gain", "tau_out_s")
    constants = {name: getattr(settings, name) for name in names}
    return Student(NAME, task.name, {k: a.astype(np.float32) for k, a in arrays.items()}, constants)


def respond(student: Student, inputs: np.ndarray, conditions: Conditions = QUIET) -> Response:
    """What it answers.

    Every sample starts anew and is alone; its noise depends on its number in `inputs`. The noise of
    a substep is less by the root of their number, so that a step of `DT_S` adds what it adds to the
    other methods. Silenced neurons have no threshold; the input layer is spared both.

    Args:
        student: one of this method.
        inputs: [sample, step, channel].
        conditions: what it works under.
    """
    output = np.empty(inputs.shape[:2], np.float32)
    rate_hz = np.empty(len(inputs))
    for i, (trace, rate) in enumerate(traces(student, inputs, conditions)):
        output[i], rate_hz[i] = trace @ student.arrays["w_out"], rate
    return Response(output, rate_hz)


def _recurrent(settings: Settings, generator: np.random.Generator) -> np.ndarray:
    """[presynaptic neuron, neuron]; blocks along the diagonal."""
    per, n = settings.neurons, settings.liquids * settings.neurons
    liquid = np.arange(n) // per
    there = (generator.random((n, n)) < settings.density) & (liquid[:, None] == liquid)
    np.fill_diagonal(there, False)
    weight = np.abs(settings.weight + settings.weight_sd * generator.standard_normal((n, n)))
    inhibits = np.arange(n) % settings.inhibitory == settings.inhibitory - 1
    return there * weight * np.where(inhibits, -settings.inhibition, 1.0)[:, None]


def traces(
    student: Student, inputs: np.ndarray, conditions: Conditions
) -> Iterator[tuple[np.ndarray, float]]:
    """Of each sample: its filtered spikes behind every step, float32 [step, neuron], and its rate
    per neuron [Hz]."""
    constants, n = student.constants, student.arrays["v_th"].size
    substeps = int(constants["substeps"])
    kept = float(np.exp(-DT_S / substeps / constants["tau_input_s"]))
    layer = Layer(kept, float(constants["input_gain"]))
    waits = round(constants["t_ref_s"] / DT_S * substeps)
    nets = (layer, _liquid(student, conditions.silenced), substeps, waits)
    for number, given in enumerate(np.asarray(inputs, np.float32)):
        state = _start(len(student.arrays["w_in"]), n)
        generator = np.random.default_rng((conditions.seed, number))
        counts = np.empty((len(given), n), np.uint8)
        for first in range(0, len(given), CHUNK):
            part = slice(first, first + CHUNK)
            noise = np.empty((0, 0), np.float32)
            if conditions.noise:
                noise = generator.standard_normal((len(given[part]) * substeps, n), np.float32)
                noise *= np.float32(conditions.noise / np.sqrt(substeps))
            advance(state, nets, given[part], noise, counts[part])
        rate_hz = float(counts.sum(dtype=np.int64) / (n * len(given) * DT_S))
        yield _filtered(counts, constants["tau_out_s"]), rate_hz


def _start(inputs: int, neurons: int) -> State:
    """All membranes at reset."""
    return State(
        np.zeros(inputs, np.float32),
        np.zeros(inputs, np.int32),
        np.zeros(neurons, np.float32),
        np.zeros(neurons, np.int32),
        np.zeros((2, neurons), np.float32),
    )


def _filtered(counts: np.ndarray, tau_s: float) -> np.ndarray:
    """Spikes [step, neuron] through an exponential; those of a step count from its end."""
    kept, last = np.float32(np.exp(-DT_S / tau_s)), np.zeros(counts.shape[1], np.float32)
    trace = np.empty(counts.shape, np.float32)
    for step, count in enumerate(counts):
        last = kept * last + count
        trace[step] = last
    return trace


def _liquid(student: Student, silenced: float) -> Liquid:
    arrays = student.arrays
    dt_s = DT_S / student.constants["substeps"]
    names = ("tau_mem_s", "tau_exc_s", "tau_inh_s")
    mem, *syn = (np.maximum(arrays[name].astype(np.float64), dt_s / 50) for name in names)
    both = np.array(syn)
    weights = np.concatenate([arrays["w_in"], arrays["w_rec"]]).astype(np.float32)
    return Liquid(
        kept=np.exp(-dt_s / mem).astype(np.float32),
        kept_synapse=np.exp(-dt_s / both).astype(np.float32),
        reached=reached(dt_s, mem, both).astype(np.float32),
        jump=(1 / both).astype(np.float32),
        v_th=silenced_thresholds(arrays["v_th"], silenced),
        weights=rows_of(weights),
    )


def reached(dt_s: float, mem_s: np.ndarray, syn_s: np.ndarray) -> np.ndarray:
    """What of a synaptic current is on the membrane after a step: the exact solution,
    syn / (syn - mem) (exp(-dt/syn) - exp(-dt/mem)), and its limit where both are equal."""
    gap = dt_s / mem_s - dt_s / syn_s
    even = np.abs(gap) < 1e-9
    ratio = np.where(even, 1.0, np.expm1(gap) / np.where(even, 1.0, gap))
    return np.exp(-dt_s / mem_s) * dt_s / mem_s * ratio
