"""From evidence to the level of a launch: trees, a shrunk log-linear model, or the group's mean."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from c2m.forecast.launch.births import Positions
    from c2m.forecast.target import FloatArray

Fitted = Callable[["FloatArray"], "FloatArray"]
"""From features (n_rows, n_features) to the factor on the group's level (n_rows,)."""

_POWER: Final = 1.5
"""Of the Tweedie law: variance = mean ** power."""

_PENALTIES: Final = (0.03, 0.3)
_SHARES: Final = (0.25, 0.5, 0.75, 1.0)
"""Parts of the way, on the log scale, from the coarser factor to the finer."""

_LEAST_FOR_TREES: Final = 50
_LEAST_FOR_LINEAR: Final = 8
_TREES: Final = 120
_FOLDS: Final = 8
_PRIOR_LAUNCHES: Final = 3.0
_MOST_SPREADS: Final = 3.0
"""Standardised evidence is cut off here, so that no launch is foretold far from all others."""

TREES: Final = "trees"
LOG_LINEAR: Final = "log-linear"
GROUP_MEAN: Final = "group mean"


@dataclass(frozen=True, eq=False)
class Lessons:
    """Rows of past launches: what was known, and what came.

    Parameters
    ----------
    features : ndarray, shape (n_rows, n_features)
        NaN where unknown.
    expected : ndarray, shape (n_rows,)
        Units over the row's periods at the group's level, above 0.
    sold : ndarray, shape (n_rows,)
        Units that came in them.
    launch : ndarray of int, shape (n_rows,)
        Rows of one launch (of one SKU, anywhere) share a number; numbers rise with time.
    """

    features: "FloatArray"
    expected: "FloatArray"
    sold: "FloatArray"
    launch: "Positions"

    def part(self, chosen: "np.ndarray[Any, np.dtype[np.bool_]]") -> "Lessons":
        """Return some of the rows.

        Parameters
        ----------
        chosen : ndarray of bool, shape (n_rows,)
            Which.

        Returns
        -------
        Lessons
            They.
        """
        return Lessons(
            self.features[chosen], self.expected[chosen], self.sold[chosen], self.launch[chosen]
        )


@dataclass(frozen=True, eq=False)
class Learnt:
    """The learner that foretold held-out launches best.

    Parameters
    ----------
    name : str
        ``"trees"``, ``"log-linear"`` or ``"group mean"``.
    factor : callable
        From features to factors on the group's level.
    held_out : ndarray, shape (n_rows,)
        Factors of the lessons, each from a fit without its launch.
    """

    name: str
    factor: Fitted
    held_out: "FloatArray"


def learn(lessons: Lessons, *, seed: int, num_threads: int) -> Learnt:
    """Fit every learner that the number of launches allows, and keep the best.

    Each is fitted without an eighth of the launches in turn, an eighth being a stretch of time:
    launches of one season have much in common that the next season need not have. What is learnt
    is drawn to the launches' mean, and that to the group's level, as far as foretells best what
    was left out (least Tweedie deviance); the best learner is then fitted anew to all.

    Parameters
    ----------
    lessons : Lessons
        Past launches.
    seed : int
        Seed of the trees.
    num_threads : int
        Threads of LightGBM.

    Returns
    -------
    Learnt
        The best learner.
    """
    n_launches = len(np.unique(lessons.launch))
    best = _drawn(lessons, GROUP_MEAN, _fit_mean, None)
    tried: list[tuple[str, Callable[[Lessons], Fitted]]] = []
    if n_launches >= _LEAST_FOR_LINEAR:
        tried += [(LOG_LINEAR, _linear_with(penalty)) for penalty in _PENALTIES]
    if n_launches >= _LEAST_FOR_TREES:
        tried.append((TREES, _trees_with(seed, num_threads)))
    mean = best
    for name, fit in tried:
        found = _drawn(lessons, name, fit, mean)
        if found.loss < best.loss:
            best = found
    return Learnt(best.name, best.fit(lessons), best.held_out)


@dataclass(frozen=True, eq=False)
class _Tried:
    """A learner, how to fit it, and how it did on what was left out."""

    name: str
    fit: Callable[[Lessons], Fitted]
    held_out: "FloatArray"
    loss: float


def _drawn(
    lessons: Lessons, name: str, fit: Callable[[Lessons], Fitted], coarser: "_Tried | None"
) -> _Tried:
    """Draw a learner to a coarser one, or to the factor 1, as far as the held-out launches say."""
    own = _held_out(lessons, fit)
    base = np.ones(len(own)) if coarser is None else coarser.held_out
    losses = {}
    for share in (0.0, *_SHARES):
        factor = base ** (1 - share) * own**share
        losses[share] = tweedie_deviance(lessons.sold, factor * lessons.expected)
    share = min(losses, key=lambda one: losses[one])

    def _fit(all_: Lessons) -> Fitted:
        fine = fit(all_)
        coarse = None if coarser is None else coarser.fit(all_)

        def _factor(features: "FloatArray") -> "FloatArray":
            drawn_to = np.ones(len(features)) if coarse is None else coarse(features)
            return np.asarray(drawn_to ** (1 - share) * fine(features) ** share)

        return _factor

    return _Tried(name, _fit, base ** (1 - share) * own**share, losses[share])


def tweedie_deviance(actual: "FloatArray", mean: "FloatArray") -> float:
    """Return the mean Tweedie deviance of power 1.5.

    ``2 (y**(2-p) / ((1-p)(2-p)) - y m**(1-p) / (1-p) + m**(2-p) / (2-p))`` (Jørgensen 1987).

    Parameters
    ----------
    actual, mean : ndarray, shape (n_rows,)
        Units; `mean` above 0.

    Returns
    -------
    float
        0 where both are equal; lower is better.

    Examples
    --------
    >>> tweedie_deviance(np.array([4.0]), np.array([4.0]))
    0.0
    """
    return float(tweedie_deviances(actual, mean).mean())


def tweedie_deviances(actual: "FloatArray", mean: "FloatArray") -> "FloatArray":
    """Return the terms of which `tweedie_deviance` is the mean.

    Parameters
    ----------
    actual, mean : ndarray, shape (n_rows,)
        Units; `mean` above 0.

    Returns
    -------
    ndarray, shape (n_rows,)
        Each at least 0.
    """
    low, high = 1 - _POWER, 2 - _POWER
    each = actual**high / (low * high) - actual * mean**low / low + mean**high / high
    return np.asarray(2 * each, dtype=np.float64)


def _held_out(lessons: Lessons, fit: Callable[[Lessons], Fitted]) -> "FloatArray":
    """Return each row's factor from a fit without its launch."""
    launches, which = np.unique(lessons.launch, return_inverse=True)
    fold = which * _FOLDS // len(launches)
    factor = np.ones(len(lessons.sold))
    for number in range(_FOLDS):
        out = fold == number
        if out.any() and not out.all():
            factor[out] = fit(lessons.part(~out))(lessons.features[out])
    return factor


def _fit_mean(lessons: Lessons) -> Fitted:
    """Return the factor of all launches on their groups' levels, drawn to 1."""
    weight = _PRIOR_LAUNCHES * float(lessons.expected.mean())
    mean = (lessons.sold.sum() + weight) / (lessons.expected.sum() + weight)

    def _factor(features: "FloatArray") -> "FloatArray":
        return np.full(len(features), mean)

    return _factor


def _linear_with(penalty: float) -> Callable[[Lessons], Fitted]:
    """Return the fit of a ridge regression on the log scale (McCullagh & Nelder 1989)."""

    def _fit(lessons: Lessons) -> Fitted:
        if not lessons.sold.any():  # no factor above 0 is the likeliest
            return _fit_mean(lessons)
        from sklearn.linear_model import TweedieRegressor

        known = ~np.isnan(lessons.features)
        count = np.maximum(known.sum(axis=0), 1)
        centre = np.where(known, lessons.features, 0.0).sum(axis=0) / count
        square = np.where(known, (lessons.features - centre) ** 2, 0.0).sum(axis=0) / count
        spread = np.where(square > 0, np.sqrt(square), 1.0)

        def _scaled(features: "FloatArray") -> "FloatArray":
            scaled = np.nan_to_num((features - centre) / spread, nan=0.0)
            return np.asarray(np.clip(scaled, -_MOST_SPREADS, _MOST_SPREADS))

        model = TweedieRegressor(
            power=_POWER, alpha=penalty, link="log", solver="newton-cholesky", max_iter=100
        )
        model.fit(
            _scaled(lessons.features),
            lessons.sold / lessons.expected,
            sample_weight=lessons.expected ** (2 - _POWER),
        )

        def _factor(features: "FloatArray") -> "FloatArray":
            return np.asarray(model.predict(_scaled(features)), dtype=np.float64)

        return _factor

    return _fit


def _trees_with(seed: int, num_threads: int) -> Callable[[Lessons], Fitted]:
    """Return the fit of boosted trees, with the group's level as offset."""

    def _fit(lessons: Lessons) -> Fitted:
        if not lessons.sold.any():
            return _fit_mean(lessons)
        from c2m.forecast.trees.engine import load_lightgbm

        lightgbm = load_lightgbm()
        base = np.log(lessons.sold.sum() / lessons.expected.sum() + 1e-9)
        data = lightgbm.Dataset(
            lessons.features.astype(np.float32),
            label=lessons.sold,
            init_score=np.log(lessons.expected) + base,
            free_raw_data=False,
        )
        parameters = {
            "objective": "tweedie",
            "tweedie_variance_power": _POWER,
            "learning_rate": 0.05,
            "num_leaves": 15,
            "min_data_in_leaf": int(np.clip(len(lessons.sold) // 50, 10, 60)),
            "feature_fraction": 0.7,
            "bagging_fraction": 0.7,
            "bagging_freq": 1,
            "max_bin": 63,
            "lambda_l2": 1.0,
            "seed": seed,
            "num_threads": num_threads,
            "deterministic": True,
            "force_row_wise": True,
            "verbosity": -1,
        }
        booster = lightgbm.train(parameters, data, num_boost_round=_TREES)

        def _factor(features: "FloatArray") -> "FloatArray":
            raw = booster.predict(
                features.astype(np.float32), raw_score=True, num_threads=num_threads
            )
            return np.asarray(np.exp(np.clip(raw + base, -20, 20)), dtype=np.float64)

        return _factor

    return _fit
