"""What one virtual board makes of nominal circuits: mismatch (drawn, or that of a twin), doubled
weights, what is broken."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..models.mismatch import Draw, doubled_weights, sample_entries, sample_factor
from ..models.parameters import CONSTANTS
from .chip import ChipSpec
from .circuits import WEIGHT_TO_REGISTER
from .configuration import Configuration
from .decoding import Circuits
from .injection import deaf_words, stuck_neurons, twin_factor
from .virtual_board import VirtualBoard


def board_circuits(
    configuration: Configuration, circuits: Circuits, boards: Sequence[VirtualBoard]
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Currents and weights of decoded circuits on virtual boards.

    Returns:
        Currents of every neuron by name [A], float64 [board, neuron], and the current of every
        synapse [A], float64 [board, synapse]. A nominal board has exactly the nominal ones.
    """
    silicon = [_Silicon(configuration, circuits, board) for board in boards]
    currents = {
        name: np.stack([nominal * s.factor(name, nominal) for s in silicon])
        for name, nominal in circuits.currents.items()
    }
    return currents, np.stack([s.weights() for s in silicon])


def board_delays(
    configuration: Configuration, circuits: Circuits, boards: Sequence[VirtualBoard]
) -> np.ndarray:
    """Delay of every synapse on virtual boards [s], float64 [board, synapse].

    A delay is V_th C_pulse / I for each delay current I of the word, as the width of the pulse:
    ASSUMED, the capacitance of the delay is not public. Mismatch is drawn per neuron.
    """
    silicon = [_Silicon(configuration, circuits, board) for board in boards]
    return np.stack([s.delays() for s in silicon])


def board_stuck(
    configuration: Configuration, circuits: Circuits, boards: Sequence[VirtualBoard]
) -> np.ndarray:
    """Neurons of virtual boards that spike without input, bool [board, neuron]."""
    return np.stack([_Silicon(configuration, circuits, board).stuck() for board in boards])


class _Silicon:
    """The chips of one board, seen at the neurons and words that are in use."""

    def __init__(self, configuration: Configuration, circuits: Circuits, board: VirtualBoard):
        self.chip: ChipSpec = configuration.chip
        self.circuits, self.board = circuits, board
        self.place = tuple(circuits.address.T)
        self.n_chips = configuration.n_chips
        self.draws: list[Draw] = []
        if board.seed is not None:
            shape = (1, self.chip.cores, self.chip.neurons_per_core)
            self.draws = [
                Draw(board.seed, board.level, shape, board.mismatch, number)
                for number in range(self.n_chips)
            ]

    def factor(self, name: str, nominal: np.ndarray) -> np.ndarray:
        """Factor of a parameter set to these nominal currents [A], [neuron]."""
        drawn = self._drawn(name, nominal)
        fitted = twin_factor(self.board, self.n_chips, self.chip, name)
        if fitted is None:
            return drawn
        fitted = fitted[self.place]
        return np.where(np.isnan(fitted), drawn, fitted**self.board.level)

    def _drawn(self, name: str, nominal: np.ndarray) -> np.ndarray:
        """Factor drawn from the seed of the board, [neuron]."""
        if not self.draws:
            return np.ones(len(nominal))
        chips, cores, _ = self.place
        amps = np.full((len(self.draws), self.chip.cores), CONSTANTS.i_0)
        amps[chips, cores] = nominal  # one bias serves a core
        drawn = [sample_factor(d, name, amps[k : k + 1]) for k, d in enumerate(self.draws)]
        return np.concatenate(drawn)[self.place]

    def weights(self) -> np.ndarray:
        """Current of every synapse [A], [synapse]."""
        c = self.circuits
        weights = np.zeros(len(c.target))
        for bit, branch in enumerate(WEIGHT_TO_REGISTER):
            nominal = c.base_currents[:, bit]
            base = nominal * self.factor(branch, nominal)
            for kind, dendrite in enumerate(c.dendrites):
                amps = base * self.factor(f"weight_{dendrite}", nominal)
                mine = (c.dendrite == kind) & (c.mask >> bit & 1 > 0)
                weights[mine] += amps[c.target[mine]]
        return self._with_faults(weights)

    def delays(self) -> np.ndarray:
        """Delay of every synapse [s], [synapse]."""
        c = self.circuits
        delays = np.zeros(len(c.target))
        for name, flagged in c.delayed.items():
            nominal = c.delay_currents[name]
            if np.isfinite(nominal).any() and flagged.any():
                set_to = np.where(np.isfinite(nominal), nominal, CONSTANTS.i_0)
                times = CONSTANTS.v_th * CONSTANTS.c_pulse / (nominal * self.factor(name, set_to))
                delays += np.where(flagged, times[c.target], 0.0)
        return delays

    def _with_faults(self, weights: np.ndarray) -> np.ndarray:
        """Weights [A] with those of single words, doubled neurons and deaf words, [synapse]."""
        c, target = self.circuits, self.circuits.target
        chips, cores, neurons = (x[target] for x in self.place)
        for number, draw in enumerate(self.draws):
            mine = chips == number
            core, neuron, word = cores[mine], neurons[mine], c.cam_word[mine]
            entries = sample_entries(draw, self.chip.cam_words)
            if entries is not None:
                weights[mine] *= entries[0, core, neuron, word]
            if self.board.doubled and len(c.dendrites):
                doubled = np.stack([doubled_weights(draw, d)[0] for d in c.dendrites])
                weights[mine] *= doubled[c.dendrite[mine], core, neuron]
        half = (c.tag >= self.chip.tags // 2).astype(np.int64)
        for number in range(self.n_chips):
            deaf = deaf_words(self.board, number, self.chip)
            mine = chips == number
            if deaf is not None:
                at = tuple(x[mine] for x in (cores, neurons, c.cam_word, half))
                weights[mine] *= ~deaf[at]
        return weights

    def stuck(self) -> np.ndarray:
        """Whether a neuron spikes without input, bool [neuron]."""
        chips, cores, neurons = self.place
        found = np.zeros(len(chips), bool)
        for number in range(self.n_chips):
            stuck = stuck_neurons(self.board, number, self.chip)
            mine = chips == number
            if stuck is not None:
                found[mine] = stuck[cores[mine], neurons[mine]]
        return found
