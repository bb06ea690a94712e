"""What we want to run: networks, the physics of neurons, mismatch, training. No chip in sight.

Three parts need Rockpool, which takes seconds to import, and are imported by their own names:
`analoop.models.rockpool_layer` (modules to train with), `analoop.models.from_rockpool`, and
`analoop.models.conversion.rockpool_source`, which reads what `analoop.deploy.convert` converts.
"""

from .chip_layer import ChipLayer, network_of
from .conversion.nir_source import read_nir
from .errors import (
    AnaloopError,
    BoardError,
    ConstraintError,
    FileError,
    InputError,
    NetworkError,
    RegisterError,
    RoutingError,
    Violation,
    ViolationsError,
)
from .japanese_vowels import Task, japanese_vowels
from .mismatch import Draw, lumped_factors, sample_factor
from .network import INPUT, Network, Population, Projection
from .parameters import CONSTANTS, DENDRITES, CircuitConstants, NeuronParameters
from .receptive_fields import ReceptiveFields
from .recording import Recording, Stimulus
from .simulation import simulate
from .training import Settings
from .virtual_chips import VirtualChips

__all__ = [
    "CONSTANTS",
    "DENDRITES",
    "INPUT",
    "AnaloopError",
    "BoardError",
    "ChipLayer",
    "CircuitConstants",
    "ConstraintError",
    "Draw",
    "FileError",
    "InputError",
    "Network",
    "NetworkError",
    "NeuronParameters",
    "Population",
    "Projection",
    "ReceptiveFields",
    "Recording",
    "RegisterError",
    "RoutingError",
    "Settings",
    "Stimulus",
    "Task",
    "Violation",
    "ViolationsError",
    "VirtualChips",
    "japanese_vowels",
    "lumped_factors",
    "network_of",
    "read_nir",
    "sample_factor",
    "simulate",
]
