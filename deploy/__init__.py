"""From a network to a board and back: train, compile, inspect, run, validate, doctor, demo."""

from .boards import BoardRow, list_boards
from .compilation import compile, decoded_network
from .demonstration import demo
from .diagnosis import doctor
from .execution import run, run_virtual, verify
from .inspection import inspect, inspect_mismatch, inspect_neuron, inspect_tag
from .probing import probe
from .program import Program
from .quantization import (
    WeightCode,
    decode_masks,
    encode_masks,
    fit_weight_currents,
    nearest_levels,
    snr_db,
    subset_sums,
)
from .shipped import shipped_network
from .training import load_task, train
from .validation import Report, validate

__all__ = [
    "BoardRow",
    "Program",
    "Report",
    "WeightCode",
    "compile",
    "decode_masks",
    "decoded_network",
    "demo",
    "doctor",
    "encode_masks",
    "fit_weight_currents",
    "inspect",
    "inspect_mismatch",
    "inspect_neuron",
    "inspect_tag",
    "list_boards",
    "load_task",
    "nearest_levels",
    "probe",
    "run",
    "run_virtual",
    "shipped_network",
    "snr_db",
    "subset_sums",
    "train",
    "validate",
    "verify",
]
