"""Rockpool's DynapSim (JAX, CPU) on the workloads: python peer_rockpool.py CASE [repetitions]

    w1        as fast as it goes: jitted once, Python loop over 100 chips, spikes only, 1 ms
    w1_fine_50   the same at 1/50 ms, 2 chips: what a rate error under 1 % costs
    w2        4096 x 4096 dense, the only form it has
    w3_1, w3_16   jitted value and gradient, vmap over 1 or 16 chips
    accuracy  its firing rates at several steps

Needs rockpool and jax and NO samna in the environment: importing Rockpool's DYNAP-SE2 package
imports samna, whose stub starts pip.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from importlib.util import find_spec
from typing import Any

if find_spec("samna") is not None:
    sys.exit("samna is installed here, importing the peer would start pip: another environment")
logging.disable(logging.WARNING)
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax  # noqa: E402  # pyright: ignore[reportMissingImports]
import jax.numpy as jnp  # noqa: E402  # pyright: ignore[reportMissingImports]
import numpy as np  # noqa: E402
import workloads as wl  # noqa: E402
from rockpool.devices.dynapse import DynapSim, frozen_mismatch_prototype  # noqa: E402
from rockpool.nn.combinators import Sequential  # noqa: E402
from rockpool.nn.modules import LinearJax  # noqa: E402
from rockpool.transform.mismatch import mismatch_generator  # noqa: E402
from timing import Work, measure  # noqa: E402

LIBRARIES = ("rockpool", "jax", "numpy")
SIGMA_RULE = 3.0
"""Rockpool gives mismatch as a number of standard deviations."""


def module(net: wl.Net, dt: float = wl.DT, recurrent: bool = True) -> Any:
    """The net of W1 as a user would write it."""
    linear: Any = LinearJax((wl.INPUTS, wl.NEURONS), has_bias=False, weight=jnp.asarray(net.w_in))
    if not recurrent:
        return Sequential(linear, DynapSim((wl.NEURONS,), dt=dt))
    shape = (wl.NEURONS, wl.NEURONS)
    return Sequential(linear, DynapSim(shape, has_rec=True, w_rec=jnp.asarray(net.w_rec), dt=dt))


def mismatched(net: Any, chips: int) -> Any:
    """Parameters of every chip, one tree with a leading axis."""
    prototype: Any = frozen_mismatch_prototype(net)
    draw: Any = mismatch_generator(prototype, wl.MISMATCH * SIGMA_RULE, SIGMA_RULE)
    return jax.vmap(lambda key: draw(net, rng_key=key))(
        jax.random.split(jax.random.PRNGKey(1), chips)
    )


def chip(parameters: Any, index: int) -> Any:
    """Parameters of one chip."""
    return jax.tree_util.tree_map(lambda leaf: leaf[index], parameters)


def forward(net: Any):
    """Function (parameters, input) -> spikes per step."""
    return lambda parameters, x: net.set_attributes(parameters)(x)[0]


def w1(repetitions: int, pieces: int, chips: int, name: str) -> None:
    """Validation; `pieces` steps per millisecond."""
    data = wl.net()
    net = module(data, wl.DT / pieces)
    x = in_pieces(data.counts, pieces)
    run = jax.jit(forward(net))
    parameters = mismatched(net, chips)
    each = [chip(parameters, index) for index in range(chips)]

    def call() -> dict[str, float]:
        spikes = sum(float(run(p, x).sum()) for p in each)
        return {"rate_hz": spikes / (chips * wl.SAMPLES * wl.NEURONS * wl.STEPS * wl.DT)}

    chip_s = chips * wl.SAMPLES * wl.STEPS * wl.DT
    measure(Work(name, chip_s * wl.NEURONS / wl.DT, chip_s), call, repetitions, LIBRARIES)


def in_pieces(counts: np.ndarray, pieces: int) -> Any:
    """Spikes per step [sample, step, input] on a finer grid, at the start of each step."""
    samples, steps, inputs = counts.shape
    fine = np.zeros((samples, steps, pieces, inputs), np.float32)
    fine[:, :, 0] = counts
    return jnp.asarray(fine.reshape(samples, steps * pieces, inputs))


def w2(repetitions: int) -> None:
    """Board, dense."""
    board = wl.board()
    n = wl.BOARD_NEURONS
    w_rec = np.zeros((n, n), np.float32)
    w_rec[board.source.ravel(), np.repeat(np.arange(n), wl.BOARD_FAN_IN)] = board.weight.ravel()
    net = DynapSim((n, n), has_rec=True, w_rec=jnp.asarray(w_rec), dt=wl.DT)
    run, parameters = jax.jit(forward(net)), chip(mismatched(net, 1), 0)
    x = jnp.asarray(board.counts * board.w_line)[None]

    def call() -> dict[str, float]:
        return {"rate_hz": float(run(parameters, x).sum()) / n}

    work = Work("rockpool w2", n * wl.STEPS, wl.STEPS * wl.DT)
    measure(work, call, repetitions, LIBRARIES)


def w3(repetitions: int, chips: int) -> None:
    """Value and gradient of the training loss."""
    data = wl.net(wl.TRAINING_SAMPLES)
    net, x, target = module(data), jnp.asarray(data.counts), jnp.asarray(wl.target_rates())
    parameters, trained = mismatched(net, chips), net.parameters()

    def loss_of_chip(weights, frozen, x):
        spikes = net.set_attributes(frozen).set_attributes(weights)(x)[0]
        rates = spikes.mean(1) / wl.DT
        return jnp.mean((rates - target) ** 2), jnp.mean(rates)

    def loss(weights, frozen, x):
        each, rates = jax.vmap(loss_of_chip, in_axes=(None, 0, None))(weights, frozen, x)
        return jnp.mean(each), jnp.mean(rates)

    step = jax.jit(jax.value_and_grad(loss, has_aux=True))

    def call() -> dict[str, float]:
        (value, rate), gradient = step(trained, parameters, x)
        jax.block_until_ready(gradient)
        return {"loss": float(value), "rate_hz": float(rate)}

    chip_s = chips * wl.TRAINING_SAMPLES * wl.STEPS * wl.DT
    work = Work(f"rockpool w3_{chips}", chip_s * wl.NEURONS / wl.DT, chip_s)
    measure(work, call, repetitions, LIBRARIES)


def accuracy() -> None:
    """Firing rates of the feed-forward net of W1, nominal and at 8 times the weights, by step."""
    data = wl.net(samples=4)
    rates: dict[str, list[float]] = {}
    for pieces in (1, 2, 10, 20, 50, 100):
        x = in_pieces(data.counts, pieces)
        net = module(data, wl.DT / pieces, recurrent=False)
        run, parameters = jax.jit(forward(net)), chip(mismatched(net, 1), 0)
        seconds = data.counts.shape[0] * wl.STEPS * wl.DT * wl.NEURONS
        rates[f"{1 / pieces:g} ms"] = [
            float(run(parameters, gain * x).sum()) / seconds for gain in (1.0, 8.0)
        ]
    print(json.dumps({"name": "rockpool accuracy", "rates_hz": rates}), flush=True)


def main(case: str, repetitions: int) -> None:
    if case == "w1":
        w1(repetitions, 1, wl.CHIPS, "rockpool w1")
    elif case.startswith("w1_fine_"):
        w1(repetitions, int(case.removeprefix("w1_fine_")), 2, f"rockpool {case}")
    elif case == "w2":
        w2(repetitions)
    elif case == "accuracy":
        accuracy()
    else:
        w3(repetitions, int(case.removeprefix("w3_")))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5)
