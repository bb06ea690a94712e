"""One sample through a FORCE network, and one step of recursive least squares; see force.py."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..compiled import compiled

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
    w_rec: np.ndarray
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
    """One sample; returns its spikes.

    Args:
        net: a `Net`; its decoder changes if it learns.
        current: from outside [mV], [step, neuron].
        noise: added to the membranes [mV], [step, neuron], or no steps.
        learning: the activations wanted [step, unit], P [neuron, neuron], and what P still has to
            lose, `due` [neuron]: P - due due^T is meant. Or all empty.
        decoded: written, [step, unit].
    """
    n, units = net.feedback.shape[1], net.feedback.shape[0]
    v, waiting = net.v_start.copy(), np.zeros(n, np.int64)
    synapse, r = np.zeros(n, np.float32), np.zeros(n, np.float32)
    z, drive = np.zeros(units, np.float32), np.empty(n, np.float32)
    spikes = 0
    for t in range(current.shape[0]):
        for j in range(n):
            drive[j] = synapse[j] + current[t, j] + net.bias
        for u in range(units):
            for j in range(n):
                drive[j] += net.feedback[u, j] * z[u]
        for j in range(n):
            synapse[j] *= net.kept[j]
            r[j] *= net.kept[j]
        for j in range(n):
            if waiting[j] > 0:
                waiting[j] -= 1
                continue
            v[j] += net.share[j] * (drive[j] - v[j])
            if noise.shape[0] > 0:
                v[j] += noise[t, j]
            if v[j] >= net.v_th[j]:
                v[j], waiting[j] = V_RESET_MV, net.waits
                r[j] += net.jump[j]
                spikes += 1
                for k in range(n):
                    synapse[k] += net.w_rec[j, k] * net.jump[k]
        decode(net.decoder, r, z)
        decoded[t] = z
        if learning[0].shape[0] > 0:
            update(net.decoder, learning[1], learning[2], r, z - learning[0][t])
    return spikes


@compiled
def decode(decoder, r, z):
    """Write the decoded activations z [unit] of filtered spikes r [neuron]."""
    total = np.zeros(z.size, decoder.dtype)
    for j in range(r.size):
        for u in range(total.size):
            total[u] += decoder[j, u] * r[j]
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
