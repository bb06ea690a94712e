"""Samples through a FORCE network, and one step of recursive least squares; see force.py."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..compiled import compiled
from .products import Rows, add_product

V_TH_MV, V_RESET_MV = -40.0, -65.0
"""Threshold and reset [mV]. No settings: others are other units for the same network."""


class Net(NamedTuple):
    """What the kernel knows of a network. float32 but for the decoder while it learns."""

    share: np.ndarray
    """DT_S / tau_mem [1], [neuron]."""
    kept: np.ndarray
    """exp(-DT_S / tau_syn) [1], [neuron]."""
    jump: np.ndarray
    """1 / tau_syn [1/s], [neuron]."""
    v_th: np.ndarray
    """Threshold [mV], [neuron]; infinite: silenced."""
    v_start: np.ndarray
    """Membrane at the start of a sample [mV], [neuron]."""
    w_rec: Rows
    """[presynaptic neuron, neuron] [mV s]."""
    decoder: np.ndarray
    """[neuron, unit] [s]."""
    feedback: np.ndarray
    """[unit, neuron] [mV]."""
    bias: float
    """[mV]."""
    waits: int
    """Refractory steps."""


@compiled
def run(net, current, noise, learning, decoded):
    """Samples in lockstep, so that weights are fetched once for all; returns the spikes of each.

    Args:
        net: a `Net`; its decoder changes if it learns.
        current: from outside [mV], [sample, step, neuron].
        noise: added to the membranes [mV], [sample, step, neuron], or no steps.
        learning: the activations wanted [step, unit], P [neuron, neuron], and what P still has to
            lose, `due` [neuron]: P - due due^T is meant. Or all empty. It learns one sample.
        decoded: written, [sample, step, unit].
    """
    samples, steps, n = current.shape
    v, waiting = np.empty((samples, n), np.float32), np.zeros((samples, n), np.int32)
    synapse, r = np.zeros((samples, n), np.float32), np.zeros((samples, n), np.float32)
    z, drive = np.zeros((samples, net.feedback.shape[0]), np.float32), np.empty_like(v)
    ready, spikes = np.empty(n, np.uint8), np.zeros(samples, np.int64)
    v[:] = net.v_start
    for t in range(steps):
        for i in range(samples):
            for j in range(n):
                drive[i, j] = synapse[i, j] + current[i, t, j] + net.bias
        add_product(drive, z, net.feedback)
        for i in range(samples):
            state = v[i], waiting[i], synapse[i], r[i]
            move(net, state, drive[i], noise[i, t : t + 1], ready)
            spikes[i] += fire(net, state, ready)
        decode(net.decoder, r, z)
        decoded[:, t] = z
        if learning[0].shape[0] > 0:
            update(net.decoder, learning[1], learning[2], r[0], z[0] - learning[0][t])
    return spikes


@compiled
def move(net, state, drive, noise, ready):
    """A step of the neurons of a sample; marks those that reach their thresholds."""
    v, waiting, synapse, r = state
    for j in range(v.size):
        synapse[j] *= net.kept[j]
        r[j] *= net.kept[j]
        moved = v[j] + net.share[j] * (drive[j] - v[j])
        v[j] = moved if waiting[j] == 0 else v[j]
    if noise.shape[0] > 0:
        for j in range(v.size):
            v[j] += noise[0, j] if waiting[j] == 0 else np.float32(0)
    for j in range(v.size):
        ready[j] = (waiting[j] == 0) & (v[j] >= net.v_th[j])
        waiting[j] -= 1 if waiting[j] > 0 else 0


@compiled
def fire(net, state, ready):
    """Reset what is ready and pass its spikes on; returns how many."""
    v, waiting, synapse, r = state
    spikes = 0
    for j in range(v.size):
        if ready[j]:
            v[j], waiting[j] = V_RESET_MV, net.waits
            r[j] += net.jump[j]
            spikes += 1
            for e in range(net.w_rec.start[j], net.w_rec.start[j + 1]):
                k = net.w_rec.column[e]
                synapse[k] += net.w_rec.weight[e] * net.jump[k]
    return spikes


@compiled
def decode(decoder, r, z):
    """Write the decoded activations z [sample, unit] of filtered spikes r [sample, neuron]."""
    total = np.zeros(z.shape, decoder.dtype)
    add_product(total, r, decoder)
    z[:] = total


@compiled
def update(decoder, inverse, due, r, error):
    """One step of RLS.

    P is passed over once: what the last step takes from it is taken while P r is summed up.

    Args:
        decoder: changed, [neuron, unit].
        inverse: changed; P but for `due`, see `run`.
        due: changed, [neuron].
        r: filtered spikes, [neuron].
        error: decoded less wanted, [unit].
    """
    n = r.size
    projected = np.zeros(n)  # P r
    for i in range(n):
        row, loss, weight = inverse[i], due[i], np.float64(r[i])
        for j in range(n):
            row[j] -= loss * due[j]
            projected[j] += weight * row[j]
    norm = 1.0
    for i in range(n):
        norm += r[i] * projected[i]
    for i in range(n):
        gain = projected[i] / norm
        for u in range(error.size):
            decoder[i, u] -= gain * error[u]
        due[i] = projected[i] / np.sqrt(norm)
