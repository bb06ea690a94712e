"""A layer of chip neurons for a training loop of one's own: an ordinary torch module.

net = nn.Sequential(ChipLayer(48, 128), ChipLayer(128, 9))
spikes = net(counts)                     # [trial, step, neuron]
network_of(net).save("net.npz")          # what `compile` takes
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from .chain import Held, chain
from .errors import InputError, NetworkError, Violation, named
from .layer_checks import check_drive, check_finite, check_input, check_layer
from .network import Network
from .parameters import NeuronParameters
from .simulation import STEP_US
from .training import EXCITE_INHIBIT, W_UNIT, amperes, hold
from .unrolling import unroll_events
from .virtual_chips import Circuits, played


class ChipLayer(nn.Module):
    """A population of the chip's neurons and the synapses on it, trained by surrogate gradient.

    Input [trial, step, n_in], numbers of spikes (0 or more, of any type); output
    [trial, step, n], 0 or 1, in the precision of the weights. An event of step k acts in step
    k + 1, as on the simulated board; every call starts from rest. Gradients flow to weights, input
    and currents that are learned, on the processor by the compiled adjoint; on a GPU, for
    exponential somas and for currents of neurons that adapt by torch's autograd. Inside
    `VirtualChips` it plays mismatched chips, else the nominal one.

    Weights are signed, in units of `W_UNIT` (1 nA): positive ones excite, negative ones inhibit.

    Args:
        n_in: channels, or neurons of the layer before.
        n: neurons.
        parameters: their currents; default `NeuronParameters.from_times()`.
        recurrent: whether they have synapses on each other.
        dendrites: what positive and what negative weights reach.
        max_fan_in: synapses of a neuron, the strongest of `w_in` and `w_rec` together, at every
            call; the chip has 64 CAM words per neuron.
        learned: currents by the names of `NeuronParameters` that are trained too, such as
            ("i_tau_mem", "i_threshold"): one value for all its neurons, as a core has one bias.
            Gradients take a chip's mismatch as fixed; its spread depends on the current a little.
            Below the dark current there is no gradient.
        dt: step [s].
        generator: draws the start weights; None: torch's own, as any torch module.

    Raises:
        InputError: SIGN, UNKNOWN_CURRENT, STEP, FAN_IN; in a call, SHAPE, COUNTS_NEGATIVE, LEVELS,
            WEIGHT_NOT_FINITE, TENSOR, PRECISION, CHECKPOINT.
    """

    w_in: nn.Parameter
    """Signed weights from outside, [channel, neuron]."""
    w_rec: nn.Parameter | None
    """Signed weights within, [neuron, neuron]; None: there are none."""
    log_factors: nn.ParameterDict
    """Logarithms of what the currents that are learned are multiplied by, by their names."""
    levels: Tensor | None
    """Magnitudes the chip would hold the weights at (ascending, 0 first, in `W_UNIT`); None:
    continuous. Part of the `state_dict` where there are some."""

    def __init__(
        self,
        n_in: int,
        n: int,
        *,
        parameters: NeuronParameters | None = None,
        recurrent: bool = False,
        dendrites: tuple[str, ...] = EXCITE_INHIBIT,
        max_fan_in: int = 64,
        learned: Iterable[str] = (),
        dt: float = STEP_US * 1e-6,
        generator: torch.Generator | None = None,
    ):
        super().__init__()
        if not signed(dendrites):
            raise InputError(
                f"weights are signed, dendrites {dendrites} are not one that excites and one that "
                "inhibits: use ('ampa', 'gaba') or another such pair",
                code="SIGN",
            )
        check_layer(dt, max_fan_in)
        learned = tuple(learned)
        parameters = parameters or NeuronParameters.from_times()
        self.circuits = Circuits(parameters, n, dendrites, dt)
        for name in learned:
            named(self.circuits.acting(), "current that such neurons use", name, "UNKNOWN_CURRENT")
        self.max_fan_in = max_fan_in
        start = torch.randn(n_in, n, generator=generator) * 8.0 / max(n_in, 1) ** 0.5
        self.w_in = nn.Parameter(start)
        within = torch.randn(n, n, generator=generator) / n**0.5 if recurrent else None
        self.register_parameter("w_rec", None if within is None else nn.Parameter(within))
        self.log_factors = nn.ParameterDict(
            {name: nn.Parameter(torch.zeros(())) for name in learned}
        )
        set_levels(self, None)
        self.register_load_state_dict_pre_hook(make_room)

    def tuned(self) -> NeuronParameters:
        """Currents and switches of its neurons, with what was learned of them."""
        given = self.circuits.parameters
        factors = {name: float(p.detach().exp()) for name, p in self.log_factors.items()}
        changed: dict[str, Any] = {n: getattr(given, n) * factor for n, factor in factors.items()}
        return replace(given, **changed)

    def held(self) -> tuple[Tensor, Tensor | None]:
        """Signed `w_in` and `w_rec` as the chip would hold them; gradients pass through."""
        if self.w_rec is None:
            return hold(self.w_in, self.max_fan_in, self.levels), None
        together = hold(torch.cat([self.w_in, self.w_rec]), self.max_fan_in, self.levels)
        w_in, w_rec = together.split([len(self.w_in), len(self.w_rec)])
        return w_in, w_rec

    def forward(self, counts: Tensor) -> Tensor:
        """Spikes of every neuron in every step."""
        check_input(counts, self.w_in.dtype)
        if counts.ndim != 3 or counts.shape[-1] != len(self.w_in):
            raise InputError(
                f"spike counts are [trial, step, {len(self.w_in)}], got {list(counts.shape)}",
                code="SHAPE",
            )
        counts = counts.to(self.w_in.dtype)
        self._check(counts)
        circuits = self.circuits._replace(parameters=self.tuned())
        free = {name: torch.exp(p - p.detach()) for name, p in self.log_factors.items()}
        c = played(self, circuits, counts, free)
        w_in, w_rec = self.held()
        back = None if w_rec is None else split(w_rec) * W_UNIT
        return unroll_events(c, counts, split(w_in) * W_UNIT, back)

    def _check(self, counts: Tensor) -> None:
        check_drive(
            counts, "a number of spikes", "give 0 or more, and inhibit by negative weights",
            "COUNTS_NEGATIVE",
        )  # fmt: skip
        check_finite(self.named_parameters())

    def extra_repr(self) -> str:
        """What torch prints within the brackets."""
        n_in, n = self.w_in.shape
        return f"{n_in}, {n}, recurrent={self.w_rec is not None}, max_fan_in={self.max_fan_in}"


def set_levels(layer: nn.Module, levels: Tensor | None) -> None:
    """As a buffer of torch alone: Rockpool's modules would take them for a state of neurons."""
    nn.Module.register_buffer(layer, "levels", levels)


def make_room(layer: nn.Module, state: dict[str, Any], prefix: str, *_: Any) -> None:
    """torch expects the buffers that are there: levels come with what is loaded, and go with a
    whole state that has none. A part of a state leaves them."""
    kept = state.get(f"{prefix}levels")
    own = dict(layer.named_parameters())
    if kept is not None:
        device = next(iter(own.values())).device
        set_levels(layer, torch.empty_like(kept, device=device))
    elif all(f"{prefix}{name}" in state for name in own):
        set_levels(layer, None)


def network_of(layers: ChipLayer | Iterable[nn.Module], labels: tuple[str, ...] = ()) -> Network:
    """A stack of chip layers, such as an `nn.Sequential`, as a network to be compiled.

    Args:
        layers: a `ChipLayer`, or several from the input to the output.
        labels: what each neuron of the last one stands for, or nothing.

    Raises:
        NetworkError: UNSUPPORTED_LAYER for every other module, STEP; and as `chain`.

    The chip knows no steps: those that are not 1 ms are kept as `step_us` in the provenance.
    """
    layers = [layers] if isinstance(layers, ChipLayer) else list(layers)
    others = [(k, layer) for k, layer in enumerate(layers) if not isinstance(layer, ChipLayer)]
    if others:
        raise NetworkError(
            [
                Violation(
                    "UNSUPPORTED_LAYER", f"layer {k}", f"a {type(layer).__name__}",
                    "the chip has none", "use ChipLayer, and train it",
                )
                for k, layer in others
            ]
        )  # fmt: skip
    chips = [layer for layer in layers if isinstance(layer, ChipLayer)]
    steps = sorted({layer.circuits.dt for layer in chips})
    if len(steps) > 1:
        raise NetworkError(
            [
                Violation(
                    "STEP", "the network", "one time step for all layers", f"there are {steps} s",
                    "give all layers the same dt",
                )
            ]
        )  # fmt: skip
    network = chain([_held(layer) for layer in chips], labels)
    if steps == [STEP_US * 1e-6]:
        return network
    return replace(network, provenance={"step_us": steps[0] * 1e6})


def _held(layer: ChipLayer) -> Held:
    w_in, w_rec = layer.held()
    within = None if w_rec is None else amperes(w_rec)
    return Held(layer.tuned(), layer.circuits.dendrites, amperes(w_in), within)


def signed(dendrites: tuple[str, ...]) -> bool:
    """Whether these are one dendrite that excites and one that inhibits, in this order."""
    excites, inhibits = ("ampa", "nmda"), ("gaba", "shunt")
    return len(dendrites) == 2 and dendrites[0] in excites and dendrites[1] in inhibits


def split(weight: Tensor) -> Tensor:
    """Signed [source, neuron] to non-negative [source, 2, neuron]: what excites, what inhibits."""
    return torch.stack([torch.relu(weight), torch.relu(-weight)], 1)
