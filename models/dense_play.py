"""Play neurons on dense weights in software, as training sees them: perturbed, and with noise.

`simulate` (simulation.py) plays a network as boards do, from its synapses, and keeps every spike
with its time. Here weights are arrays, every current of every neuron can have a factor, and the
somas can be shaken: what robustness tables ask for.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from .coefficients import Coefficients
from .network import INPUT, Network
from .neuron import State, rest, step
from .noise import normals, trial_keys
from .omega import wright_omega
from .reference import one_thread
from .simulation import STEP_US, coefficients_of, dendrites_of
from .unrolling import takes_adjoint, unroll_events


@one_thread()
def play(
    network: Network,
    counts: np.ndarray,
    factors: Mapping[str, np.ndarray] | None = None,
    noise: float = 0.0,
    seed: int = 0,
) -> np.ndarray:
    """Spikes of every neuron, float32 [trial, step, neuron], in steps of `STEP_US`, from rest.

    Args:
        counts: input events, [trial, step, channel].
        factors: of currents by name, [neuron] in model order; those left out are 1. A threshold
            that is infinitely high silences its neuron.
        noise: see `shaken`; 0: none.
        seed: of the noise.
    """
    c = coefficients_of(network, STEP_US, factors, torch.float32)
    into, back = dense_weights(network)
    if noise:
        return shaken(c, counts, into, back, noise, seed)
    with torch.no_grad():
        return unroll_events(c, counts.astype(np.float32), into, back).numpy()


def dense_weights(network: Network) -> tuple[Tensor, Tensor]:
    """Weight currents [A], float32 [input channel, dendrite, neuron] and [source neuron, dendrite,
    neuron], dendrites as `dendrites_of` has them."""
    dendrites, neurons = dendrites_of(network), network.n_neurons
    into = torch.zeros(network.n_inputs, len(dendrites), neurons)
    back = torch.zeros(neurons, len(dendrites), neurons)
    for p in network.projections:
        weights, d = torch.tensor(p.weights, dtype=torch.float32), dendrites.index(p.dendrite)
        target = network.place_of(p.target)
        if p.source == INPUT:
            into[:, d, target] = weights
        else:
            back[network.place_of(p.source), d, target] = weights
    return into, back


def shaken(
    c: Coefficients,
    counts: np.ndarray,
    into: Tensor,
    back: Tensor,
    noise: float,
    seed: int,
    compiled: bool | None = None,
) -> np.ndarray:
    """Spikes, float [trial, step, neuron], where every step moves each soma's current by noise.

    Random numbers are counted (models/noise.py): those of a trial depend on its number and the
    seed alone.

    Args:
        counts: input events, [trial, step, channel].
        into, back: weight currents [A], [source, dendrite, neuron].
        noise: standard deviation for each step, as a share of the range up to the threshold [1].
        compiled: whether to take the compiled loop; None: where it knows the neurons.

    Raises:
        InputError: NO_ADJOINT, the compiled loop is asked for and does not know the neurons.
    """
    reach = torch.where(torch.isfinite(c.x_threshold), noise * c.x_threshold, 0.0)
    keys = trial_keys("shaken", [seed], np.arange(len(counts)))
    if takes_adjoint(c, compiled):
        from .compiled_shaking import shaken_compiled  # compiles, or reads what it compiled

        return shaken_compiled(c, counts, into, back, reach, keys)
    return _shaken_torch(c, counts, into, back, reach, keys)


def _shaken_torch(
    c: Coefficients, counts: np.ndarray, into: Tensor, back: Tensor, reach: Tensor, keys: np.ndarray
) -> np.ndarray:
    """As `shaken`, where a step moves x = I / I_gain by `reach` times a normal number."""
    trials, steps, _ = counts.shape
    neurons, dendrites = back.shape[-1], tuple(c.decay)
    flat_in, flat_back = into.reshape(len(into), -1), back.reshape(neurons, -1)
    state = rest(c, (trials, neurons))
    pending = torch.zeros(trials, len(dendrites) * neurons, dtype=into.dtype)
    spikes = np.empty((trials, steps, neurons), flat_in.numpy().dtype)
    for k in range(steps):
        normal = torch.from_numpy(normals(keys, np.full(trials, k), neurons)).to(into.dtype)
        state = _moved(c, state, reach * normal)
        drive = pending.view(trials, len(dendrites), neurons).unbind(1)
        state, out = step(c, state, dict(zip(dendrites, drive, strict=True)))
        pending = torch.tensor(counts[:, k], dtype=into.dtype) @ flat_in + out.count @ flat_back
        spikes[:, k] = out.count.numpy()
    return spikes


def _moved(c: Coefficients, state: State, by: Tensor) -> State:
    """With soma currents changed by so many gain currents, of neurons that integrate."""
    floor = c.constants.i_0 / c.i_gain
    x = torch.maximum(wright_omega(state.z) + by, floor)
    return state._replace(z=torch.where(state.wait > 0, state.z, x + torch.log(x)))
