"""The chip's neurons as Rockpool modules, to train in a `Sequential` and read with `from_rockpool`.

    net = Sequential(SynapsesTorch((48, 128)), NeuronsTorch(128),
                     SynapsesTorch((128, 9)), NeuronsTorch(9))

Rockpool's own `LinearTorch` works too, with one column per dendrite and neuron and no negative
weight: `LinearTorch((48, 2 * 128))` in front of `NeuronsTorch(128)`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import rockpool.parameters as rp
import torch
from rockpool.graph import GenericNeurons, LinearWeights, as_GraphHolder
from rockpool.nn.modules import TorchModule
from torch import Tensor

from .chip_layer import make_room, set_levels, signed, split
from .errors import InputError
from .layer_checks import check_drive, check_finite, check_input, check_layer
from .parameters import DENDRITES, NeuronParameters
from .simulation import STEP_US
from .training import W_UNIT, hold
from .unrolling import unroll
from .virtual_chips import Circuits, played


@dataclass(eq=False, repr=False)
class CircuitNeurons(GenericNeurons):
    """Rockpool graph module of a population of the chip's neurons.

    Its input nodes are (dendrite, neuron), dendrite first; weights on them are in `w_unit`.
    """

    parameters: NeuronParameters | None = None
    """Currents and switches."""
    dendrites: tuple[str, ...] = field(default_factory=tuple)
    """Dendrites of the input nodes."""
    w_unit: float = W_UNIT
    """Weight current of a weight of 1 [A]."""


class SynapsesTorch(TorchModule):
    """Signed weights in front of `NeuronsTorch`: positive ones excite, negative ones inhibit.

    Input (trial, step, Nin) spike counts; output (trial, step, 2 * N): AMPA, then GABA drive, each
    from the weights of its sign, so that excitation and inhibition never cancel before the neuron.

    Args:
        shape: (Nin, N).
        weight: signed start values, [Nin, N].
        max_fan_in: synapses kept per neuron, the strongest, at every call; share the chip's 64 CAM
            words among all that feed a population.

    Raises:
        InputError: FAN_IN; in a call, LEVELS, WEIGHT_NOT_FINITE.
    """

    levels: Tensor | None
    """Magnitudes the chip would hold the weights at (ascending, 0 first); None: continuous. Part
    of the `state_dict` where there are some; Rockpool's own `save` knows parameters only."""

    def __init__(
        self,
        shape: tuple[int, int],
        weight: Tensor | None = None,
        max_fan_in: int = 64,
        **kwargs,
    ):
        check_layer(STEP_US * 1e-6, max_fan_in)
        super().__init__(shape=(shape[0], 2 * shape[1]), **kwargs)
        self.max_fan_in: int = rp.SimulationParameter(max_fan_in)  # pyright: ignore
        self.weight: Tensor = rp.Parameter(  # pyright: ignore[reportAttributeAccessIssue]
            weight,
            shape=shape,
            init_func=lambda size: torch.randn(size) * 8.0 / size[0] ** 0.5,
            family="weights",
        )
        set_levels(self, None)
        self.register_load_state_dict_pre_hook(make_room)

    def forward(self, data: Tensor) -> Tensor:
        """Drive of every dendrite and neuron."""
        check_finite([(f"{self.name}.weight", self.weight)])
        return data @ _split(hold(self.weight, self.max_fan_in, self.levels))

    def as_graph(self):
        """One `LinearWeights` onto both dendrites."""
        name = f"{type(self).__name__}_{self.name}_{id(self)}"
        weights = _split(hold(self.weight, self.max_fan_in, self.levels)).detach()
        layer = LinearWeights._factory(self.size_in, self.size_out, name, self, weights)
        return as_GraphHolder(layer)  # pyright: ignore[reportArgumentType]


class NeuronsTorch(TorchModule):
    """A population of the chip's neurons, trained by surrogate gradient through its inputs.

    Input (trial, step, D * N) non-negative drive in units of `W_UNIT`, dendrite first, output
    (trial, step, N) spikes. An event of step n acts in step n + 1, as on the simulated board.
    Every call starts from rest. Inside `VirtualChips` it plays mismatched chips, else the nominal.

    Args:
        shape: N, or (D * N, N).
        parameters: currents of the population; default `NeuronParameters.from_times()`.
        dendrites: what the D groups of inputs drive.
        has_rec: add signed recurrent weights `w_rec` (N, N); needs two dendrites, the first one
            excitatory, the second one inhibitory.
        max_fan_in: recurrent synapses kept per neuron, the strongest.
        dt: step [s].

    Raises:
        InputError: UNKNOWN_DENDRITE, SHAPE, SIGN, STEP, FAN_IN; in a call, DRIVE_NEGATIVE,
            WEIGHT_NOT_FINITE, TENSOR, PRECISION, CHECKPOINT.
    """

    def __init__(
        self,
        shape: int | tuple[int, ...],
        parameters: NeuronParameters | None = None,
        dendrites: tuple[str, ...] = ("ampa", "gaba"),
        has_rec: bool = False,
        max_fan_in: int = 64,
        dt: float = STEP_US * 1e-6,
        **kwargs,
    ):
        n = shape if isinstance(shape, int) else shape[-1]
        unknown = set(dendrites) - set(DENDRITES)
        if unknown or tuple(sorted(dendrites, key=DENDRITES.index)) != tuple(dendrites):
            raise InputError(
                f"dendrites {dendrites}: name some of {DENDRITES}, in this order",
                code="UNKNOWN_DENDRITE",
            )
        if not isinstance(shape, int) and tuple(shape) not in ((n,), (len(dendrites) * n, n)):
            raise InputError(
                f"shape {shape} does not match {len(dendrites)} dendrites of {n} neurons: give "
                f"({len(dendrites) * n}, {n})",
                code="SHAPE",
            )
        if has_rec and not signed(dendrites):
            raise InputError(
                f"recurrent weights are signed, dendrites {dendrites} are not one that excites "
                "and one that inhibits: use ('ampa', 'gaba') or another such pair",
                code="SIGN",
            )
        check_layer(dt, max_fan_in)
        super().__init__(shape=(len(dendrites) * n, n), spiking_output=True, **kwargs)
        self.max_fan_in: int = rp.SimulationParameter(max_fan_in)  # pyright: ignore
        self.circuit = parameters or NeuronParameters.from_times()
        self.dendrites = dendrites
        self.dt: float = rp.SimulationParameter(dt)  # pyright: ignore[reportAttributeAccessIssue]
        self._has_rec = has_rec
        if has_rec:
            self.w_rec: Tensor = rp.Parameter(  # pyright: ignore[reportAttributeAccessIssue]
                shape=(n, n), init_func=lambda s: torch.randn(s) / s[0] ** 0.5, family="weights"
            )

    def forward(self, data: Tensor) -> Tensor:
        """Spikes of every neuron in every step."""
        if isinstance(data, Tensor) and not data.is_floating_point():
            data = data.to(torch.get_default_dtype())
        check_input(data, getattr(data, "dtype", torch.float32))
        data, _ = self._auto_batch(data)
        check_drive(
            data, f"{self.name}: drive, a synapse's current,",
            "put SynapsesTorch in front, or keep the weights of LinearTorch non-negative",
            "DRIVE_NEGATIVE",
        )  # fmt: skip
        n, kinds = self.size_out, len(self.dendrites)
        c = played(self, Circuits(self.circuit, n, self.dendrites, self.dt), data)
        w_rec = None
        if self._has_rec:
            check_finite([(f"{self.name}.w_rec", self.w_rec)])
            w_rec = split(hold(self.w_rec, self.max_fan_in, None)) * W_UNIT
        arriving = data.reshape(*data.shape[:2], kinds, n) * W_UNIT
        return unroll(c, arriving, w_rec)

    def as_graph(self):
        """The population, with its recurrent weights from outputs to inputs."""
        name = f"{type(self).__name__}_{self.name}_{id(self)}"
        neurons = CircuitNeurons._factory(
            self.size_in, self.size_out, name, self, self.circuit, self.dendrites
        )
        if self._has_rec:
            weights = _split(hold(self.w_rec, self.max_fan_in, None)).detach()
            LinearWeights(
                neurons.output_nodes, neurons.input_nodes, f"{name}_recurrent", self, weights
            )
        return as_GraphHolder(neurons)  # pyright: ignore[reportArgumentType]


def _split(weight: Tensor) -> Tensor:
    """Signed (Nin, N) to non-negative (Nin, 2 N): what excites, then what inhibits."""
    return split(weight).flatten(1)
