"""The Rockpool networks whose values stand in data/."""

# pyright: reportGeneralTypeIssues=false, reportArgumentType=false
from __future__ import annotations

from pathlib import Path
from typing import Any

from rockpool.nn.combinators import Sequential
from rockpool.nn.modules import LIFTorch, LinearTorch
from rockpool.parameters import Constant

from .pattern_task import CHANNELS, CLASSES

HIDDEN = 32


def rockpool_network(recurrent: bool) -> Any:
    """An untrained one."""

    def neurons(size: int, has_rec: bool) -> Any:
        return LIFTorch(
            size, tau_mem=Constant(20e-3), tau_syn=Constant(10e-3), threshold=Constant(1.0),
            bias=Constant(0.0), has_rec=has_rec, dt=1e-3,
        )  # fmt: skip

    return Sequential(
        LinearTorch((CHANNELS, HIDDEN), has_bias=False), neurons(HIDDEN, recurrent),
        LinearTorch((HIDDEN, CLASSES), has_bias=False), neurons(CLASSES, False),
    )  # fmt: skip


def trained_rockpool(recurrent: bool) -> Any:
    """The trained one."""
    net = rockpool_network(recurrent)
    name = "recurrent" if recurrent else "feed_forward"
    net.load(Path(__file__).parent / "data" / f"rockpool_{name}.json")
    return net
