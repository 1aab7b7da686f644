"""Run sizes for one selling period where the law of demand is known (newsvendor in closed form).

For every law, ``cost = overage * E[left over] + underage * E[short]`` with
``E[left over] - E[short] = size - mean``. The profit of a season with a price, a unit cost and a
salvage value is ``(price - unit_cost) * mean - cost``, where underage is ``price - unit_cost`` and
overage ``unit_cost - salvage``. Source: Snyder & Shen (2019), *Fundamentals of Supply Chain
Theory*, 2nd ed., ch. 4.3.
"""

import numpy as np
from numpy.typing import ArrayLike

from c2m.errors import ArgumentError
from c2m.production.newsvendor.arguments import above_zero, at_least_zero, finite, one_shape
from c2m.production.newsvendor.sizes import RunSizes, critical_ratio
from c2m.production.problem import FloatArray


def normal_run_sizes(
    mean: ArrayLike,
    sd: ArrayLike,
    underage_cost: ArrayLike,
    overage_cost: ArrayLike,
    capacity_price: ArrayLike = 0.0,
) -> RunSizes:
    """Size runs for normal demand.

    Parameters
    ----------
    mean, sd : array_like, shape (n_skus,) or ()
        Mean and standard deviation of demand, in units; demand is not cut off at 0.
    underage_cost, overage_cost : array_like, shape (n_skus,) or ()
        See `critical_ratio`; both above 0.
    capacity_price : array_like, shape (n_skus,) or ()
        Price of the capacity that one unit takes, at least 0. It lowers the sizes; it is not in
        the cost.

    Returns
    -------
    RunSizes
        ``size = mean + sd * z`` with z the normal quantile of
        ``(underage - capacity_price) / (underage + overage)``, at least 0;
        ``cost = overage * sd * z + (underage + overage) * sd * L(z)`` with the loss function
        ``L(z) = pdf(z) - z * (1 - cdf(z))`` at the z of the size.

    Raises
    ------
    ArgumentError
        If an argument is out of its range, or the shapes do not fit.

    Examples
    --------
    >>> run = normal_run_sizes(mean=50.0, sd=8.0, underage_cost=0.7, overage_cost=0.18)
    >>> f"{run.size:.3f} {run.cost:.4f}"
    '56.604 1.9976'
    """
    from scipy.special import ndtri

    mu, sigma = finite("mean", mean), above_zero("sd", sd)
    price = at_least_zero("capacity_price", capacity_price)
    ratio = _ratio_below_one(underage_cost, overage_cost, mean=mu, sd=sigma, capacity_price=price)
    ratio = ratio - price / np.add(underage_cost, overage_cost)
    size = np.maximum(mu + sigma * ndtri(np.maximum(ratio, 0.0)), 0.0)
    short = sigma * _normal_loss((size - mu) / sigma)
    return RunSizes(size, _cost(size - mu, short, underage_cost, overage_cost))


def lognormal_run_sizes(
    log_mean: ArrayLike, log_sd: ArrayLike, underage_cost: ArrayLike, overage_cost: ArrayLike
) -> RunSizes:
    """Size runs for demand whose logarithm is normal.

    Parameters
    ----------
    log_mean, log_sd : array_like, shape (n_skus,) or ()
        Mean and standard deviation of the logarithm of demand.
    underage_cost, overage_cost : array_like, shape (n_skus,) or ()
        See `critical_ratio`; both above 0.

    Returns
    -------
    RunSizes
        ``size = exp(log_mean + log_sd * z)`` with z the normal quantile of the critical ratio.

    Raises
    ------
    ArgumentError
        If an argument is out of its range, or the shapes do not fit.

    Examples
    --------
    >>> run = lognormal_run_sizes(6.0, 0.3, underage_cost=0.1765, overage_cost=1.0)
    >>> f"{run.size:.3f} {run.cost:.4f}"
    '295.627 29.4425'
    """
    from scipy.special import ndtr, ndtri

    mu, sigma = finite("log_mean", log_mean), above_zero("log_sd", log_sd)
    z = ndtri(_ratio_below_one(underage_cost, overage_cost, log_mean=mu, log_sd=sigma))
    size, mean = np.exp(mu + sigma * z), np.exp(mu + sigma**2 / 2)
    short = mean * ndtr(sigma - z) - size * ndtr(-z)
    return RunSizes(size, _cost(size - mean, short, underage_cost, overage_cost))


def poisson_run_sizes(
    mean: ArrayLike, underage_cost: ArrayLike, overage_cost: ArrayLike
) -> RunSizes:
    """Size runs for Poisson demand.

    Parameters
    ----------
    mean : array_like, shape (n_skus,) or ()
        Mean demand, in units.
    underage_cost, overage_cost : array_like, shape (n_skus,) or ()
        See `critical_ratio`; both above 0.

    Returns
    -------
    RunSizes
        The smallest whole size whose cumulative probability reaches the critical ratio;
        ``E[short] = (mean - size) * (1 - cdf(size)) + mean * pmf(size)``.

    Raises
    ------
    ArgumentError
        If an argument is out of its range, or the shapes do not fit.

    Examples
    --------
    >>> run = poisson_run_sizes(18.0, underage_cost=270.0, overage_cost=200.0)
    >>> f"{run.size:.0f} {run.cost:.4f}"
    '19 786.0884'
    """
    from scipy.special import gammaln, pdtr, pdtrc, pdtrik

    mean = above_zero("mean", mean)
    ratio = _ratio_below_one(underage_cost, overage_cost, mean=mean)
    size = np.maximum(np.ceil(pdtrik(ratio, mean)), 0.0)
    size = np.where((size > 0) & (pdtr(size - 1, mean) >= ratio), size - 1, size)
    pmf = np.exp(size * np.log(mean) - mean - gammaln(size + 1))
    short = (mean - size) * pdtrc(size, mean) + mean * pmf
    return RunSizes(size, _cost(size - mean, short, underage_cost, overage_cost))


def discrete_run_sizes(
    values: ArrayLike, probabilities: ArrayLike, underage_cost: float, overage_cost: float
) -> RunSizes:
    """Size a run for demand that takes a few values.

    Parameters
    ----------
    values : array_like, shape (n_values,)
        The values of demand, in units, in any order.
    probabilities : array_like, shape (n_values,)
        Their probabilities.
    underage_cost, overage_cost : float
        See `critical_ratio`.

    Returns
    -------
    RunSizes
        The smallest value whose cumulative probability reaches the critical ratio.

    Raises
    ------
    ArgumentError
        If a value or probability is negative, the probabilities do not sum to 1, or a cost is
        out of its range.

    Examples
    --------
    >>> run = discrete_run_sizes([1, 2, 3], [0.5, 0.3, 0.2], underage_cost=2.0, overage_cost=1.0)
    >>> f"{run.size:.0f} {run.cost:.2f}"
    '2 0.90'
    """
    demand = at_least_zero("every value", values)
    chance = at_least_zero("every probability", probabilities)
    if demand.ndim != 1 or demand.shape != chance.shape or not demand.size:
        raise ArgumentError("Expected values and probabilities of one length.")
    if abs(chance.sum() - 1) > 1e-9:
        raise ArgumentError(f"Expected probabilities that sum to 1, got {chance.sum()}.")
    ratio = critical_ratio(underage_cost, overage_cost)
    if ratio.ndim:
        raise ArgumentError(f"Expected one underage_cost and overage_cost, got {ratio.shape}.")
    order = np.argsort(demand)
    reached = np.cumsum(chance[order]) >= ratio - 1e-12
    size = demand[order][np.argmax(reached)]
    short = chance @ np.maximum(demand - size, 0.0)
    return RunSizes(size, _cost(size - chance @ demand, short, underage_cost, overage_cost))


def _cost(
    over: FloatArray, short: FloatArray, underage_cost: ArrayLike, overage_cost: ArrayLike
) -> FloatArray:
    """Return the expected cost from E[left over] - E[short] and E[short]."""
    underage, overage = np.asarray(underage_cost), np.asarray(overage_cost)
    return np.asarray(overage * over + (underage + overage) * short, dtype=np.float64)


def _normal_loss(z: FloatArray) -> FloatArray:
    """Return E[max(Z - z, 0)] for a standard normal Z."""
    from scipy.special import ndtr

    return np.asarray(np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) - z * ndtr(-z), dtype=np.float64)


def _ratio_below_one(
    underage_cost: ArrayLike, overage_cost: ArrayLike, **laws: FloatArray
) -> FloatArray:
    """Return the critical ratio of a law without an end; check that all shapes fit."""
    costs = {"underage_cost": underage_cost, "overage_cost": overage_cost}
    for name, cost in costs.items():
        above_zero(name, cost)
    one_shape(**costs, **laws)
    ratio = critical_ratio(underage_cost, overage_cost)
    if np.any(ratio >= 1):
        raise ArgumentError(
            "Expected an overage_cost that counts beside the underage_cost; as they are, the "
            "critical ratio is 1 and no size is large enough."
        )
    return ratio
