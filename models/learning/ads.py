"""ADS: a spiking network that learns, by a local rule, to follow the state of its teacher.

Büchel et al. (2021), after Alemi and Denève; paper.md 1.3 and 1.4. Per step of `DT_S`:

    V      += DT_S / tau_mem (V_rest - V + I_slow + I_fast + k F^T e + A F^T c)
    s       = V >= V_th, then V = V_reset
    I_slow  = I_slow exp(-DT_S / tau_slow) + W_slow^T s / tau_slow
    I_fast  = I_fast exp(-DT_S / tau_fast) + W_fast^T s / tau_fast
    r       = r exp(-DT_S / tau_out) + s / tau_out              [1/s]
    x       = D^T r                                             decoded activations
    e       = a - x                                             a: the teacher's; learning only
    W_slow += eta r (F^T e)^T                                   no neuron excites itself

with c the input of the teacher's units. Encoder F, decoder D and the fast connections (the balance,
"EBN") are drawn and fixed (`construct`); only slow connections learn, while the error is fed back
with a strength k that falls. In answering nothing is fed back. V and I are relative to the
threshold, and a, x and c are numbers: so weights, F, D and eta are in s, k and A in 1/s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace

import numpy as np

from ..bookmark import NO_BOOKMARK, Bookmark
from ..decision import best_boundary, decide, integrals, low_pass
from ..settings import check
from ..tasks.samples import DT_S, Samples, SequenceTask
from .ads_kernel import Lesson, Sheet, play
from .imitation import reconstruction_errors
from .student import QUIET, Conditions, Perturbed, Response, Student, silenced_thresholds
from .teacher import Teacher

NAME = "ads"
MISMATCH = (
    Perturbed("tau_slow_s", positive=True),
    Perturbed("tau_mem_s", positive=True),
    Perturbed("v_th", positive=True),
    Perturbed("encoder"),
    Perturbed("decoder"),
    Perturbed("w_slow"),
)
"""What the authors perturb; not the fast connections, their time constant, nor the readout's."""
QUANTIZED = ("encoder", "decoder", "w_slow", "w_fast")
"""Weights. By a slip of a name the authors never quantise the fast ones (paper.md 1.6)."""
SHAPES = {
    "w_in": "channel unit", "w_out": "unit", "encoder": "unit neuron", "decoder": "neuron unit",
    "w_slow": "neuron neuron", "w_fast": "neuron neuron",
    **dict.fromkeys(("tau_mem_s", "tau_slow_s", "v_start", "v_th"), "neuron"),
}  # fmt: skip
"""Axes of the arrays: of one name, of one length."""
SCALED = ("w_fast", "w_slow")
"""What their compensation makes weaker."""
ADAPTATION_KEPT = 0.99
"""rho, share of a neuron's adaptation that a step leaves (paper.md 1.3): 0.1 s."""
TOGETHER = 10
"""Samples of a validation that are decoded at a time: those of wake phrases together would fill the
memory."""


@dataclass(frozen=True)
class Settings:
    """How a student is made and taught; the defaults are the authors' for XOR."""

    neurons: int = 320
    """768 for the wake phrase."""
    tau_mem_s: float = 0.050
    """1 / lambda [s]."""
    tau_slow_s: float = 0.070
    """Of slow connections and of the readout [s]."""
    tau_fast_s: float = 0.001
    """Of fast connections [s]."""
    balance: float = 0.5
    """g, strength of the fast connections [s]: 1.5 for the wake phrase, 0 for none (no EBN)."""
    gain: float = 200.0
    """A, strength of the input: 10 / tau_mem, 50 / tau_mem for the wake phrase [1/s]."""
    rate: float = 1e-6
    """eta at the start, per step [s]: the authors have 1e-5 for the wake phrase."""
    rate_left: float = 1.0
    """Share of eta that is left at the end of the training; it falls linearly [1]."""
    feedback: tuple[float, float] = (75.0, 75.0)
    """k in the first and the last eighth of the training [1/s]: (200, 25) for the wake phrase."""
    signals: int = 10_000
    """Samples it is taught with, each once."""
    epoch: int = 500
    """Samples between two validations."""
    validation: int = 200
    """Samples of a validation."""
    block: int = 20
    """Updates are applied together so often [step]; paper.md 1.4: changes nothing visible."""
    batched: bool = False
    """Apply the update of a whole signal at its end, divided by its mean magnitude."""
    adaptation: float = 0.0
    """beta: each spike raises the neuron's own threshold by so much, fading with `ADAPTATION_KEPT`
    (paper.md 1.3): V_th + beta ada, ada <- rho ada + s. The authors' batched networks have .01."""
    mu: float = 5e-4
    """In theta, see `construct` [s^2]."""
    nu: float = 1e-4
    """In theta, see `construct` [s]."""

    def __post_init__(self) -> None:
        check(self, above=("tau_mem_s", "tau_slow_s", "tau_fast_s"), shares=("rate_left",))

    @property
    def planned(self) -> int:
        """Signals that progress counts up to."""
        return self.signals


def train(
    task: SequenceTask,
    teacher: Teacher,
    settings: Settings,
    generator: np.random.Generator,
    progress: Callable[[int, float], None] = lambda done, error: None,
    bookmark: Bookmark = NO_BOOKMARK,
) -> Student:
    """Make a student and teach it; the best of all validations is kept: by reconstruction error
    where outputs are signed, else by accuracy.

    Args:
        progress: called after each signal with the signals done and the reconstruction error as
            it was last judged: at the start, and after each epoch.
    """
    student = construct(task, teacher, settings, generator)
    validation = task.draw("validation", settings.validation, generator)
    begins = range(0, len(validation), TOGETHER)
    parts = [validation.chosen(slice(begin, begin + TOGETHER)) for begin in begins]
    wanted = [teacher.activations(part) for part in parts]

    def judged(taught: Student) -> tuple[float, float]:
        """Its error, and by what it is better than others."""
        errors, outputs = [], []
        for part, its in zip(parts, wanted, strict=True):
            response = respond(taught, part.input)
            errors.append(reconstruction_errors(its, np.asarray(response.dynamics)))
            outputs.append(response.output)
        error = float(np.concatenate(errors).mean())
        if task.signed:
            return error, -error
        return error, accuracy(validation, np.concatenate(outputs))

    best, best_score, first = student, -np.inf, 0
    if kept := bookmark.read(generator):
        student, best = (_with_slow(student, kept[name]) for name in ("w_slow", "best"))
        best_score, first = kept["best_score"].item(), kept["done"].item()
    error, _ = judged(student)
    for done, taught in lessons(student, task, teacher, settings, generator, first):
        if taught is None:
            progress(done, error)
            continue
        error, score = judged(taught)
        if score > best_score:
            best, best_score = taught, score
        progress(done, error)
        slow = {"w_slow": taught.arrays["w_slow"], "best": best.arrays["w_slow"]}
        bookmark.keep(slow | {"done": done, "best_score": best_score}, generator)
    return replace(best, provenance={"settings": asdict(settings)})


def construct(
    task: SequenceTask, teacher: Teacher, settings: Settings, generator: np.random.Generator
) -> Student:
    """A student that has learned nothing yet (paper.md 1.3, construction).

    With lambda = 1 / tau_mem, and d, of as many standard normal numbers as there are units and
    neurons, divided by the units:

        theta  = (nu lambda + mu lambda^2 + (sum of |d| over units)^2) / 2      [neuron]
        F      = tau_mem d / (2 theta),   D = F^T
        W_fast = -g / theta (d^T d + mu lambda^2 1)      no neuron inhibits itself
    """
    n, units = settings.neurons, len(teacher.tau_s)
    leak = 1.0 / settings.tau_mem_s
    d = generator.standard_normal((units, n)) / units
    # The squared sum of magnitudes, not of squares: so in the authors' code.
    theta = (settings.nu * leak + settings.mu * leak**2 + np.abs(d).sum(axis=0) ** 2) / 2
    encoder = settings.tau_mem_s * 0.5 * d / theta
    fast = -settings.balance / theta[:, None] * (d.T @ d + settings.mu * leak**2 * np.eye(n))
    np.fill_diagonal(fast, 0.0)
    arrays = {
        "encoder": encoder,
        "decoder": encoder.T,
        "w_fast": fast.T,
        "w_slow": np.zeros((n, n)),
        "tau_mem_s": np.full(n, settings.tau_mem_s),
        "tau_slow_s": np.full(n, settings.tau_slow_s),
        "v_th": np.ones(n),
        "v_start": generator.random(n),
        "w_in": teacher.w_in,
        "w_out": teacher.w_out,
    }
    constants = {
        "tau_fast_s": settings.tau_fast_s,
        "tau_out_s": settings.tau_slow_s,
        "v_rest": 0.5,
        "v_reset": 0.0,
        "gain": settings.gain,
    }
    if settings.adaptation:
        constants["adaptation"] = settings.adaptation
    arrays = {name: array.astype(np.float32) for name, array in arrays.items()}
    return Student(NAME, task.name, arrays, constants)


def respond(student: Student, inputs: np.ndarray, conditions: Conditions = QUIET) -> Response:
    """What a student answers.

    Args:
        inputs: float32 [sample, step, channel].
    """
    sheet, nothing = sheet_of(student, conditions.silenced), _lesson(student)
    weights = input_weights(student)
    samples, steps, _ = inputs.shape
    decoded = np.empty((samples, steps, sheet.decoder.shape[1]), np.float32)
    rate_hz, drive = np.empty(samples), np.empty((steps, weights.shape[1]), np.float32)
    for k, source in enumerate(np.random.SeedSequence(conditions.seed).spawn(samples)):
        np.matmul(inputs[k], weights, out=drive)
        if conditions.noise:
            # So that one step adds noise of this size to the membrane.
            size = conditions.noise * student.arrays["tau_mem_s"] / np.float32(DT_S)
            normal = np.random.default_rng(source).standard_normal(drive.shape, np.float32)
            drive += size.astype(np.float32) * normal
        decoded[k], count = play(sheet, drive, nothing)
        rate_hz[k] = count.mean() / (steps * DT_S)
    return Response(decoded @ student.arrays["w_out"], rate_hz, decoded)


def lessons(
    student: Student,
    task: SequenceTask,
    teacher: Teacher,
    settings: Settings,
    generator: np.random.Generator,
    first: int = 0,
) -> Iterator[tuple[int, Student | None]]:
    """After each signal the signals done, and the student at the end of an epoch, else None; the
    first ones were done before."""
    w_slow = student.arrays["w_slow"].copy()
    sheet, weights = sheet_of(student)._replace(w_slow=w_slow), input_weights(student)
    lesson = _lesson(student)._replace(
        block=task.steps if settings.batched else settings.block,
        normalised=settings.batched,
    )
    ladder = np.linspace(*settings.feedback, 8)
    for before in range(first, settings.signals, settings.epoch):
        batch = task.draw("train", min(settings.epoch, settings.signals - before), generator)
        for k in range(len(batch)):
            one = batch.chosen(slice(k, k + 1))
            done = before + k
            lesson = lesson._replace(
                wanted=teacher.activations(one)[0],
                feedback=np.float32(ladder[8 * done // settings.signals]),
                rate=np.float32(settings.rate * _left(settings, done)),
            )
            play(sheet, one.input[0] @ weights, lesson)
            ends = k + 1 == len(batch)
            yield done + 1, _with_slow(student, w_slow.copy()) if ends else None


def _with_slow(student: Student, w_slow: np.ndarray) -> Student:
    """With what it learns."""
    return replace(student, arrays={**student.arrays, "w_slow": w_slow})


def _left(settings: Settings, done: int) -> float:
    """Share of eta that a signal is learned with, so many before it [1]."""
    return 1.0 - (1.0 - settings.rate_left) * done / settings.signals


def input_weights(student: Student) -> np.ndarray:
    """[channel, neuron]; the encoder gets what the teacher's units get."""
    a = student.arrays
    return np.float32(student.constants["gain"]) * (a["w_in"] @ a["encoder"])


def sheet_of(student: Student, silenced: float = 0.0) -> Sheet:
    """A student as the time loop wants it, some of the first neurons unable to fire."""
    a, c = student.arrays, student.constants
    scalars = (np.float32(x) for x in (
        np.exp(-DT_S / c["tau_fast_s"]), 1 / c["tau_fast_s"],
        np.exp(-DT_S / c["tau_out_s"]), 1 / c["tau_out_s"],
        c["v_rest"], c["v_reset"], c.get("adaptation", 0.0), ADAPTATION_KEPT,
    ))  # fmt: skip
    return Sheet(
        (DT_S / a["tau_mem_s"]).astype(np.float32),
        np.exp(-DT_S / a["tau_slow_s"]).astype(np.float32),
        (1 / a["tau_slow_s"]).astype(np.float32),
        silenced_thresholds(a["v_th"], silenced),
        a["v_start"],
        a["w_slow"].copy(),
        a["w_fast"],
        a["encoder"],
        a["decoder"],
        *scalars,
    )


def _lesson(student: Student) -> Lesson:
    """Nothing to learn."""
    none = np.zeros((0, student.arrays["encoder"].shape[0]), np.float32)
    return Lesson(none, np.float32(0), np.float32(0), 0, False)


def accuracy(samples: Samples, output: np.ndarray) -> float:
    """Of an output [sample, step] before its filter, with the boundary that decides most of these
    samples rightly."""
    output = low_pass(output)
    boundary = best_boundary(integrals(output), samples.label)
    return float((decide(output, False, boundary) == samples.label).mean())
