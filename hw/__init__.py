"""What the chip is and how to talk to it: facts, biases, registers, events, boards."""

from .bias import Bias, LegalCurrents, current, legal_currents, nearest, nearest_codes
from .board import Board, BoardIdentity, Trial, VirtualBoard, open_board, parse_board
from .chip import DYNAPSE2, TINY, ChipSpec, Dendrite, Parameter
from .configuration import Configuration, diff
from .decoding import Circuits, decode
from .defects import Defects, sample_defects, sample_stuck
from .events import Events
from .fleet import build_fleet
from .screening import screen
from .simulated_board import SimulatedBoard
from .simulator import run_trials
from .snapshot import Snapshot

__all__ = [
    "DYNAPSE2",
    "TINY",
    "Bias",
    "Board",
    "BoardIdentity",
    "ChipSpec",
    "Circuits",
    "Configuration",
    "Defects",
    "Dendrite",
    "Events",
    "LegalCurrents",
    "Parameter",
    "SimulatedBoard",
    "Snapshot",
    "Trial",
    "VirtualBoard",
    "build_fleet",
    "current",
    "decode",
    "diff",
    "legal_currents",
    "nearest",
    "nearest_codes",
    "open_board",
    "parse_board",
    "run_trials",
    "sample_defects",
    "sample_stuck",
    "screen",
]
