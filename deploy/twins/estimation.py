"""The fit: the most likely factors of every neuron, all neurons at once.

Minimised for each neuron by itself, over the logarithms p of its factors:

    sum over recorded spikes h(r(p) / s) + sum ((p - prior mean) / prior sd)^2 / 2

r says how far from its threshold the soma is when the neuron spikes, were its factors p, as a
share of the way from rest to threshold (forcing.py); what it got above the threshold when it did
not spike counts too. s is the error that is left, found on the way, and never thought smaller than
`LEAST_ERROR`; h is Huber's loss, so that a spike lost on the way to the host does little harm.

Gauss-Newton steps with finite differences: the variants of a round are the factors as they are, and
one after the other a little larger; then steps of several dampings (Levenberg and Marquardt) are
tried, and each neuron takes the best of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .factors import current_factors
from .forcing import Forced, missed

ROUNDS = 8
"""Steps taken."""
DIFFERENCE = 0.01
"""Finite difference of a logarithm."""
DAMPINGS = (0.0, 0.01, 0.1, 1.0)
"""Damping of the steps that are tried, over the diagonal [1]."""
LEAST_ERROR = 0.01
"""Error of a spike that is never thought smaller, as a share of the way to the threshold [1]."""
OUTLIER = 2.0
"""Errors beyond which the loss grows linearly, in standard deviations [1]."""
FARTHEST = 1.0
"""Largest logarithm of a factor (2.7 times)."""


@dataclass(frozen=True, eq=False)
class Prior:
    """What is known of the logarithms of factors before a fit; arrays [name, model neuron]."""

    names: tuple[str, ...]
    """Factors."""
    mean: np.ndarray
    """Most likely logarithm."""
    sd: np.ndarray
    """Standard deviation."""
    free: tuple[str, ...]
    """Those that are fitted; the others stay at their mean."""


@dataclass(frozen=True, eq=False)
class Estimate:
    """What a fit found; arrays [name, model neuron]."""

    names: tuple[str, ...]
    """Factors."""
    logarithm: np.ndarray
    """Logarithm of every factor."""
    spread: np.ndarray
    """Standard deviation that is left of it; that beforehand of a factor that was not fitted."""
    error: np.ndarray
    """Error of a spike that is left, as a share of the way to the threshold, [model neuron]."""
    spikes: np.ndarray
    """Recorded spikes, int64 [model neuron]."""


def estimate(
    sessions: Sequence[Forced], prior: Prior, tell: Callable[[int, int], None] | None = None
) -> Estimate:
    """Fit every neuron to the sessions.

    Args:
        tell: called with the rounds done and all rounds.
    """
    fit = _Fit(sessions, prior)
    log = prior.mean
    for k in range(ROUNDS):
        here, slopes = fit.slopes(log)
        error = fit.error(here)
        tried = np.stack([log, *(log + fit.steps(log, here, slopes, error))])
        tried = np.clip(tried, -FARTHEST, FARTHEST)
        best = fit.costs(tried, error).argmin(axis=0)
        log = np.take_along_axis(tried, best[None, None], axis=0)[0]
        if tell is not None:
            tell(k + 1, ROUNDS)
    here, slopes = fit.slopes(log)
    error = fit.error(here)
    spread = prior.sd.copy()
    spread[fit.free] = fit.left(here, slopes, error)
    return Estimate(prior.names, log, spread, error, fit.spikes)


class _Fit:
    """What was recorded, laid out by neuron; residuals of one neuron lie side by side."""

    def __init__(self, sessions: Sequence[Forced], prior: Prior):
        self.sessions, self.prior = sessions, prior
        self.free = [prior.names.index(name) for name in prior.free]
        self.precision = 1.0 / prior.sd[self.free] ** 2
        neurons = prior.sd.shape[1]
        owner = np.concatenate([f.owner for f in sessions])
        self.order = np.argsort(owner, kind="stable")[(owner < 0).sum() :]
        self.owner = owner[self.order]
        self.first = np.searchsorted(self.owner, np.arange(neurons))
        self.spikes = np.sum([f.spike_counts(neurons) for f in sessions], axis=0)
        is_spike = np.concatenate([np.arange(len(f.owner)) < len(f.spikes[1]) for f in sessions])
        self.is_spike = is_spike[self.order]

    def residuals(self, logs: np.ndarray) -> np.ndarray:
        """[variant, residual] of [variant, name, neuron]."""
        factors = current_factors({n: np.exp(logs[:, k]) for k, n in enumerate(self.prior.names)})
        parts = [missed(forced, factors) for forced in self.sessions]
        return np.concatenate(parts, axis=1)[:, self.order]

    def slopes(self, log: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Residuals [residual], and their slopes [free name, residual]."""
        moved = DIFFERENCE * np.eye(len(log))[self.free][:, :, None]
        r = self.residuals(np.concatenate([log[None], log + moved]))
        return r[0], (r[1:] - r[0]) / DIFFERENCE

    def error(self, residuals: np.ndarray) -> np.ndarray:
        """Standard deviation of the errors of spikes, from their median, [neuron]."""
        found = np.full(len(self.first), LEAST_ERROR)
        edges = np.append(self.first, len(self.owner))
        for n, (a, b) in enumerate(zip(edges[:-1], edges[1:], strict=True)):
            mine = np.abs(residuals[a:b][self.is_spike[a:b]])
            if len(mine):
                found[n] = max(LEAST_ERROR, 1.4826 * float(np.median(mine)))
        return found

    def _sums(self, values: np.ndarray) -> np.ndarray:
        """Sums over the residuals of each neuron, [..., neuron]."""
        flat = values.reshape(-1, values.shape[-1])
        sums = [np.bincount(self.owner, row, len(self.first)) for row in flat]
        return np.stack(sums).reshape(*values.shape[:-1], -1)

    def _weights(self, residuals: np.ndarray, error: np.ndarray) -> np.ndarray:
        """What a squared residual counts by Huber's loss, [residual]."""
        size = np.abs(residuals) / error[self.owner]
        return np.minimum(1.0, OUTLIER / np.maximum(size, 1e-12)) / error[self.owner] ** 2

    def _hessian(self, residuals, slopes, error) -> np.ndarray:
        """Of the costs, [neuron, free name, free name]."""
        weights = self._weights(residuals, error)
        products = self._sums(slopes[:, None] * (slopes * weights))
        return np.moveaxis(products, 2, 0) + np.eye(len(slopes)) * self.precision.T[:, :, None]

    def left(self, residuals, slopes, error) -> np.ndarray:
        """Standard deviations that are left, [free name, neuron]."""
        covariance = np.linalg.inv(self._hessian(residuals, slopes, error))
        return np.sqrt(np.diagonal(covariance, axis1=1, axis2=2)).T

    def steps(self, log, residuals, slopes, error) -> np.ndarray:
        """Steps towards the least squares, each more damped than the one before,
        [damping, name, neuron]."""
        hessian = self._hessian(residuals, slopes, error)
        gradient = self._sums(slopes * (residuals * self._weights(residuals, error))).T
        gradient += ((log - self.prior.mean)[self.free] * self.precision).T
        diagonal = np.einsum("nii->ni", hessian)[:, :, None] * np.eye(len(slopes))
        steps = np.zeros((len(DAMPINGS), *log.shape))
        for k, damping in enumerate(DAMPINGS):
            solved = np.linalg.solve(hessian + damping * diagonal, gradient[..., None])
            steps[k, self.free] = -solved[..., 0].T
        return steps

    def costs(self, logs: np.ndarray, error: np.ndarray) -> np.ndarray:
        """Twice what is minimised, [variant, neuron]."""
        size = np.abs(self.residuals(logs)) / error[self.owner]
        loss = np.where(size < OUTLIER, size**2, OUTLIER * (2 * size - OUTLIER))
        away = (logs - self.prior.mean)[:, self.free]
        return self._sums(loss) + (away**2 * self.precision).sum(axis=1)
