"""What the chip is and how to talk to it."""

from ..models.errors import InputError
from . import bias
from .bias import Bias
from .chip import DYNAPSE2, TINY, ChipSpec, Dendrite, Parameter

__all__ = ["DYNAPSE2", "TINY", "Bias", "ChipSpec", "Dendrite", "InputError", "Parameter", "bias"]
