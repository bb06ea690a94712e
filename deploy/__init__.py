"""From networks to boards and back: quantise, place, route, program, validate, compare."""

from .quantization import (
    WeightCode,
    decode_masks,
    encode_masks,
    fit_weight_currents,
    nearest_levels,
    snr_db,
    subset_sums,
)

__all__ = [
    "WeightCode",
    "decode_masks",
    "encode_masks",
    "fit_weight_currents",
    "nearest_levels",
    "snr_db",
    "subset_sums",
]
