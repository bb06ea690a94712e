"""FORCE: spiking neurons whose decoder is learned by recursive least squares (RLS), paper.md 4.

Nicola and Clopath (2017), taught to imitate the activations of a teacher. Per step of `DT_S`:

    V    += DT_S / tau_mem (I + E z + input + bias - V)     unless refractory
    s     = V >= V_th, then V = V_reset
    I     = I exp(-DT_S / tau_syn) + Omega s / tau_syn
    r     = r exp(-DT_S / tau_syn) + s / tau_syn            [1/s]
    z     = D r                                             decoded activations
    D    += (a - z) (P r)^T / (1 + r^T P r)                 while it learns, a: the teacher's
    P    -= P r (P r)^T / (1 + r^T P r)

with P = alpha 1 at the start, as in their code: alpha is the inverse of a ridge penalty. As r is in
1/s, r^T r is of the order of 1e5..1e6, so that alpha = 1e-5 is a penalty of about one step of data;
the textbook's P = 1/alpha would be next to none. Unlike their code, which updates D with P r
undivided, D gets the exact gain, so that it is the ridge solution of all steps so far.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np

from ..bookmark import NO_BOOKMARK, Bookmark
from ..settings import check
from ..tasks.samples import DT_S, Samples, SequenceTask
from .force_kernel import V_RESET_MV, V_TH_MV, Net, run
from .imitation import reconstruction_error
from .products import rows_of
from .student import QUIET, Conditions, Perturbed, Response, Student, silenced_thresholds
from .teacher import Teacher

NAME = "force"
MISMATCH = (
    Perturbed("v_th", scale=V_TH_MV - V_RESET_MV),
    Perturbed("tau_mem_s", positive=True),
    Perturbed("tau_syn_s", positive=True),
    Perturbed("w_in"),
    Perturbed("w_rec"),
    Perturbed("decoder"),
    Perturbed("feedback"),
)
"""What mismatch changes (paper.md 1.6); neither the refractory period, the bias nor the teacher."""
QUANTIZED = ("w_in", "w_rec", "decoder", "feedback")
"""Matrices of weights."""
SHAPES = {
    "teacher_in": "channel unit", "teacher_out": "unit", "w_in": "unit neuron",
    "feedback": "unit neuron", "decoder": "neuron unit", "w_rec": "neuron neuron",
    **dict.fromkeys(("tau_mem_s", "tau_syn_s", "v_start", "v_th"), "neuron"),
}  # fmt: skip
"""Axes of the arrays: of one name, of one length."""
LOCKSTEP = 4
"""Samples that are answered side by side."""


@dataclass(frozen=True)
class Settings:
    """What is drawn and how it is taught; defaults of paper.md 4 unless called ours."""

    neurons: int = 320
    """Neurons, N; 768 for the wake phrase."""
    tau_mem_s: float = 0.010
    """Membrane [s]."""
    tau_syn_s: float = 0.070
    """Synapses and decoder [s]."""
    t_ref_s: float = 0.002
    """Refractory period [s]; whole steps, 0 for none."""
    bias_mv: float = V_TH_MV
    """Current of every neuron [mV]: they rest at threshold."""
    recurrence: float = 0.04
    """Strength of the fixed recurrent weights, G [mV s]."""
    density: float = 0.1
    """Probability of a recurrent weight, p [1]."""
    feedback: float = 10.0
    """Range of the feedback weights, Q [mV]."""
    input_weight: float = 1.0
    """Standard deviation of the weights on what the teacher's units get from outside [mV]."""
    alpha: float = 1e-5
    """P at the start, see the head of this file [s^2]."""
    epochs: int = 15
    """At most so many."""
    samples: int = 200
    """Samples per epoch, one after the other (ours)."""
    validation: int = 100
    """Samples that every epoch is judged by: reconstruction error of paper.md 1.4 (ours)."""
    patience: int = 2
    """Ends after so many epochs in a row without a new best."""

    def __post_init__(self) -> None:
        check(self, above=("tau_mem_s", "tau_syn_s", "density"), shares=("density",))

    @property
    def planned(self) -> int:
        """Samples that progress counts up to; it may end before."""
        return self.epochs * self.samples


def train(
    task: SequenceTask,
    teacher: Teacher,
    settings: Settings,
    generator: np.random.Generator,
    progress: Callable[[int, float], None],
    bookmark: Bookmark = NO_BOOKMARK,
) -> Student:
    """Learn the decoder, batch 1, until validation no longer improves; the best epoch's student.

    Args:
        progress: called with the samples learned so far and the last one's mean squared error.
    """
    student = untrained(task, teacher, settings, generator)
    validation = task.draw("validation", settings.validation, generator)
    wanted = teacher.activations(validation)
    inverse = settings.alpha * np.eye(settings.neurons)
    decoder = np.array(student.arrays["decoder"], np.float64)
    best, errors = student, []
    if kept := bookmark.read(generator):
        decoder, inverse, errors = kept["decoder"], kept["inverse"], kept["errors"].tolist()
        best = _with(student, kept["best"], settings, errors)
    for epoch in range(len(errors), settings.epochs):
        samples = task.draw("train", settings.samples, generator)
        told = _counted(progress, epoch * settings.samples)
        _learn((student, decoder, inverse), samples, teacher.activations(samples), told)
        student = _with(student, decoder, settings, errors)
        made = respond(student, validation.input).dynamics
        errors.append(reconstruction_error(wanted, np.asarray(made)))
        first = int(np.argmin(np.nan_to_num(errors, nan=np.inf)))
        if first == epoch:
            best = student
        elif epoch - first >= settings.patience:
            break
        learned = {"decoder": decoder, "inverse": inverse, "best": best.arrays["decoder"]}
        bookmark.keep(learned | {"errors": errors}, generator)
    return _with(best, best.arrays["decoder"], settings, errors)


def untrained(
    task: SequenceTask, teacher: Teacher, settings: Settings, generator: np.random.Generator
) -> Student:
    """A network as drawn: it decodes nothing yet."""
    n, units = settings.neurons, len(teacher.w_out)
    arrays = {
        "w_in": settings.input_weight * generator.standard_normal((units, n)),
        "w_rec": _recurrent(settings, generator).T,
        "decoder": np.zeros((n, units)),
        "feedback": generator.uniform(-settings.feedback, settings.feedback, (units, n)),
        "v_start": generator.uniform(V_RESET_MV, V_TH_MV, n),
        "v_th": np.full(n, V_TH_MV),
        "tau_mem_s": np.full(n, settings.tau_mem_s),
        "tau_syn_s": np.full(n, settings.tau_syn_s),
        "teacher_in": teacher.w_in,
        "teacher_out": teacher.w_out,
    }
    arrays = {name: array.astype(np.float32) for name, array in arrays.items()}
    constants = {"t_ref_s": settings.t_ref_s, "bias_mv": settings.bias_mv}
    return Student(NAME, task.name, arrays, constants)


def respond(student: Student, inputs: np.ndarray, conditions: Conditions = QUIET) -> Response:
    """What it answers; the output before the readout's filter.

    Every sample starts anew and is alone; its noise depends on its number in `inputs`. Silenced
    neurons have no threshold.

    Args:
        student: one of this method.
        inputs: [sample, step, channel].
        conditions: noise comes as a current, so the refractory get none.
    """
    net, weights = _net(student, conditions.silenced), _input_weights(student)
    units = len(student.arrays["teacher_out"])
    dynamics = np.empty((*inputs.shape[:2], units), np.float32)
    spikes = np.zeros(len(inputs))
    room = np.empty((LOCKSTEP, inputs.shape[1], weights.shape[1]), np.float32)
    for first in range(0, len(inputs), LOCKSTEP):
        part = range(len(inputs))[first : first + LOCKSTEP]
        now = slice(first, first + LOCKSTEP)
        current = room[: len(part)]
        for i, one in zip(part, current, strict=True):
            np.matmul(inputs[i], weights, out=one, casting="same_kind")
        noise = _noises(conditions, part, current.shape[1:])
        spikes[now] = run(net, current, noise, _NOTHING_TO_LEARN, dynamics[now])
    output = np.stack([z @ student.arrays["teacher_out"] for z in dynamics])
    rate_hz = spikes / (net.v_th.size * inputs.shape[1] * DT_S)
    return Response(output, rate_hz, dynamics)


_NOTHING_TO_LEARN = (np.empty((0, 0), np.float32), np.empty((0, 0)), np.empty(0))


def _learn(
    learner: tuple[Student, np.ndarray, np.ndarray],
    samples: Samples,
    wanted: np.ndarray,
    told: Callable[[int, float], None],
) -> None:
    """Run samples; the decoder and P, second and third of the learner, change."""
    student, decoder, inverse = learner
    net, weights = _net(student, 0.0)._replace(decoder=decoder), _input_weights(student)
    due, silent = np.zeros(len(inverse)), np.empty((1, 0, 0), np.float32)
    for i, target in enumerate(wanted):
        decoded = np.empty_like(target[None])
        run(net, (samples.input[i] @ weights)[None], silent, (target, inverse, due), decoded)
        told(i + 1, float(np.square(decoded[0] - target).mean()))
    inverse -= np.outer(due, due)


def _counted(progress: Callable[[int, float], None], before: int) -> Callable[[int, float], None]:
    return lambda done, loss: progress(before + done, loss)


def _recurrent(settings: Settings, generator: np.random.Generator) -> np.ndarray:
    """Omega [neuron, presynaptic neuron]: sparse, and the weights of every neuron sum to 0."""
    n, p = settings.neurons, settings.density
    there = generator.random((n, n)) < p
    omega = settings.recurrence * generator.standard_normal((n, n)) * there / (np.sqrt(n) * p)
    mean = omega.sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    return omega - mean[:, None] * there


def _with(
    student: Student, decoder: np.ndarray, settings: Settings, errors: list[float]
) -> Student:
    arrays = {**student.arrays, "decoder": decoder.astype(np.float32)}
    provenance = {"settings": asdict(settings), "validation": list(errors)}
    return Student(NAME, student.task, arrays, student.constants, provenance)


def _input_weights(student: Student) -> np.ndarray:
    """[channel, neuron]."""
    return student.arrays["teacher_in"] @ student.arrays["w_in"]


def _net(student: Student, silenced: float) -> Net:
    arrays = {name: np.array(array, np.float32) for name, array in student.arrays.items()}
    tau_mem, tau_syn = arrays["tau_mem_s"], arrays["tau_syn_s"]
    return Net(
        share=np.float32(DT_S) / tau_mem,
        kept=np.exp(np.float32(-DT_S) / tau_syn),
        jump=1 / tau_syn,
        v_th=silenced_thresholds(arrays["v_th"], silenced),
        bias=float(student.constants["bias_mv"]),
        waits=round(student.constants["t_ref_s"] / DT_S),
        w_rec=rows_of(arrays["w_rec"]),
        **{name: arrays[name] for name in ("v_start", "decoder", "feedback")},
    )


def _noises(conditions: Conditions, samples: range, shape: tuple[int, ...]) -> np.ndarray:
    """`membrane_noise` of some samples, [sample, step, neuron]."""
    if conditions.noise == 0:
        return np.empty((len(samples), 0, 0), np.float32)
    made = np.empty((len(samples), *shape), np.float32)
    for i, one in zip(samples, made, strict=True):
        one[:] = membrane_noise(conditions, i, shape)
    return made


def membrane_noise(conditions: Conditions, sample: int, shape: tuple[int, ...]) -> np.ndarray:
    """Of one sample, [step, neuron] [mV]."""
    drawn = np.random.default_rng((conditions.seed, sample)).standard_normal(shape, np.float32)
    return drawn * np.float32(conditions.noise * (V_TH_MV - V_RESET_MV))
