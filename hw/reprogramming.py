"""What a chip keeps when its registers change: the charge of its capacitors.

What is left of a refractory period is charge too: another current takes it away faster or slower.
A current of this project is the voltage of a capacitor seen through a transistor, so currents are
what stays, whatever gain or time constant changes. Neurons and dendrites that were not simulated
before (nobody saw them) begin at rest, and meters at zero.
"""

from __future__ import annotations

import numpy as np
import torch

from ..models.neuron import State, at_other_gain
from ..models.plasticity import rested
from ..models.wiring import Depressed, SheetState
from .decoding import Circuits
from .fleet import Fleet
from .homeostasis import Slow, at_rest
from .simulator import Moment


def carried(before: Fleet, moment: Moment, after: Fleet) -> Moment:
    """Where a trial of one board stands after its registers changed.

    Args:
        before: the board as it was programmed.
        moment: where its trial stood.
        after: the board as it is programmed now.
    """
    numbers = np.array([crossing.number for crossing in moment.crossings])
    rest, old = after.at_rest(numbers), moment.sheet
    new, kept = _common(after.circuits.address, before.circuits.address)
    z, wait, ahp, ahead = (v.clone() for v in _numbers(rest.neurons))
    z_before, wait_before, ahp_before, ahead_before = _numbers(old.neurons)
    gain = before.coefficients.i_gain[..., kept] / after.coefficients.i_gain[..., new]
    z[..., new] = at_other_gain(z_before[..., kept], gain, z[..., new])
    ahp[..., new] = torch.maximum(ahp_before[..., kept], ahp[..., new])
    slower = after.coefficients.t_refractory[..., new] / before.coefficients.t_refractory[..., kept]
    left = wait_before[..., kept]
    wait[..., new] = torch.where(left > 0, left * slower, left)
    ahead[..., new] = ahead_before[..., kept]
    dendrites = {name: value.clone() for name, value in rest.neurons.dendrites.items()}
    ring = max(after.ring, old.pending.shape[2])
    pending = np.zeros((*rest.pending.shape[:2], ring, *rest.pending.shape[3:]))
    for place, name in enumerate(after.circuits.dendrites):
        if name in before.circuits.dendrites:
            dendrites[name][..., new] = old.neurons.dendrites[name][..., kept]
            coming = old.pending[:, :, :, before.circuits.dendrites.index(name)]
            pending[:, :, : coming.shape[2], place, new] = coming[..., kept]
    neurons = State(dendrites, ahp, z, wait, ahead)
    depressed = _depressed(before, old, after)
    return moment._replace(sheet=SheetState(neurons, pending, old.chance, rest.meter, depressed))


def retuned(before: Fleet, moment: Moment, after: Fleet) -> Moment:
    """Where a trial stands when nothing but gains changed."""
    neurons, gain = moment.sheet.neurons, before.coefficients.i_gain / after.coefficients.i_gain
    z = at_other_gain(neurons.z, gain, after.coefficients.z_floor)
    return moment._replace(sheet=moment.sheet._replace(neurons=neurons._replace(z=z)))


def slow_carried(before: Fleet, slow: Slow | None, after: Fleet) -> Slow | None:
    """Calcium and gains of a board after its registers changed; new neurons begin at rest."""
    if after.homeostasis is None:
        return None
    new = at_rest(after.homeostasis)
    if slow is None:
        return new
    here, there = _common(after.circuits.address, before.circuits.address)
    new.calcium[here] = slow.calcium[there]
    new.log_gain[here] = np.where(after.homeostasis.enabled[here], slow.log_gain[there], 0.0)
    place = np.full(len(before.circuits.address), -1)
    place[there] = here
    spikes = tuple((place[n][place[n] >= 0], t[place[n] >= 0]) for n, t in slow.spikes)
    return new._replace(since_us=slow.since_us, spikes=spikes)


def _depressed(before: Fleet, old: SheetState, after: Fleet) -> Depressed | None:
    """Where the synapses with short-term depression stand; new ones are rested."""
    if old.depressed is None or after.plastic is None:
        return None
    new, kept = _common(*(_words(fleet.circuits) for fleet in (after, before)))
    boards, trials = old.depressed.left.shape[:2]
    state = rested(boards, trials, after.plastic.share.shape[1])
    state.left[..., new] = old.depressed.left[..., kept]
    state.since[..., new] = old.depressed.since[..., kept]
    return state


def _words(circuits: Circuits) -> np.ndarray:
    """(chip, core, neuron, CAM word) of every synapse with depression, [plastic, 4]."""
    mine = circuits.depressed
    place = circuits.address[circuits.target[mine]]
    return np.concatenate([place, circuits.cam_word[mine, None]], axis=1)


def _numbers(state: State) -> tuple[torch.Tensor, ...]:
    return state.z, state.wait, state.ahp, state.ahead


def _common(after: np.ndarray, before: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places of the rows in both lists of addresses: in `after`, in `before`."""
    places = {tuple(row): k for k, row in enumerate(before.tolist())}
    both = [(k, places[tuple(row)]) for k, row in enumerate(after.tolist()) if tuple(row) in places]
    new, kept = np.array(both, np.int64).reshape(-1, 2).T
    return new, kept
