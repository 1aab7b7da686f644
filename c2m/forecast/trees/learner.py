"""Any regressor of scikit-learn in place of LightGBM's trees."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from c2m.errors import ArgumentError, warn

if TYPE_CHECKING:
    from c2m.forecast.target import FloatArray

_LEARNER: Final = "learner"
_LEAST_FACTOR: Final = 1e-3
"""A factor at or below 0 has no logarithm; this one stands in."""


@dataclass(frozen=True, eq=False)
class Learner:
    """A fitted regressor that says by which factor the target differs from the level.

    Parameters
    ----------
    regressor : object
        Fitted on factors; predicts factors.
    used : ndarray of bool, shape (n_features,)
        Which features it saw: those of which a learning row knew a value.
    """

    regressor: Any
    used: NDArray[np.bool_]

    @classmethod
    def fit(
        cls,
        template: Any,
        features: NDArray[np.float32],
        target: NDArray[np.float32],
        level: "FloatArray",
        seed: int,
    ) -> Self:
        """Learn the factor ``target / level`` with the level as weight.

        Under a Poisson deviance this is the same as learning the target with the logarithm of the
        level as offset: ``level * d(y / level, f) = d(y, level * f)``. Under squared error it is
        weighted least squares with a variance that grows with the level.

        Parameters
        ----------
        template : object
            The regressor as the caller made it; a clone learns.
        features : ndarray of float32, shape (n_rows, n_features)
            The features. Where the regressor does not take unknown values, the median of the
            feature stands in, learnt from these rows.
        target : ndarray, shape (n_rows,)
            Units.
        level : ndarray, shape (n_rows,)
            Units, above 0.
        seed : int
            Becomes `random_state` where the regressor has such and it is None.

        Returns
        -------
        Learner
            The fitted regressor.

        Warns
        -----
        C2MWarning
            If its `fit` takes no weights, so that all rows count alike.
        """
        from sklearn.base import clone
        from sklearn.utils.validation import has_fit_parameter

        regressor = clone(template)
        if regressor.get_params().get("random_state", seed) is None:
            regressor.set_params(random_state=seed)
        weight = "sample_weight" if has_fit_parameter(regressor, "sample_weight") else None
        if weight is None:
            warn(
                f"{type(template).__name__}.fit takes no sample_weight: a row of a small series "
                "counts as much as one of a large series."
            )
        if not _takes_unknown(regressor):
            regressor = _with_medians(regressor)
            weight = weight and f"{_LEARNER}__{weight}"
        weights = {} if weight is None else {weight: level}
        used = np.asarray(~np.isnan(features).all(axis=0))
        fitted = regressor.fit(_columns(features, used), target / level, **weights)
        return cls(fitted, used)

    def predict(
        self,
        features: NDArray[np.float32],
        **_of_lightgbm: Any,  # numpydoc ignore=PR01
    ) -> "FloatArray":
        """Return the logarithm of the factor of each row.

        Parameters
        ----------
        features : ndarray of float32, shape (n_rows, n_features)
            The features.
        **_of_lightgbm
            What a booster is asked for beside; a regressor has no use for it.

        Returns
        -------
        ndarray, shape (n_rows,)
            Logarithms.

        Warns
        -----
        C2MWarning
            If factors are 0 or less.
        """
        factor = np.asarray(self.regressor.predict(_columns(features, self.used)), dtype=np.float64)
        below = int(np.count_nonzero(factor < _LEAST_FACTOR))
        if below:
            warn(
                f"{below:,} of {len(factor):,} means that the learner predicts are 0 or below; "
                f"{_LEAST_FACTOR:g} of the level stands in. A learner with a Poisson loss has none."
            )
        return np.log(np.maximum(factor, _LEAST_FACTOR))


def check_learner(learner: object) -> list[str]:
    """Say what keeps an object from being a learner.

    Parameters
    ----------
    learner : object
        What a caller passed; None is LightGBM.

    Returns
    -------
    list of str
        What is wrong, and what is allowed.
    """
    if learner is None:
        return []
    from sklearn.base import is_regressor

    if isinstance(learner, type) or not hasattr(learner, "fit") or not is_regressor(learner):
        return [f"learner={learner!r} (a regressor of scikit-learn, or None for LightGBM)"]
    return []


def refuse_saving(learner: object) -> None:
    """Refuse to save a learner that only a pickle could hold.

    Parameters
    ----------
    learner : object
        The constructor's argument.

    Raises
    ------
    ArgumentError
        If it is any but LightGBM.
    """
    if learner is not None:
        raise ArgumentError(
            f"Expected learner=None to save, got {type(learner).__name__}: only LightGBM's trees "
            "can be written as text, and c2m reads no pickles. Keep the panel (Panel.save) and fit "
            "again, or fit without learner=."
        )


def _columns(features: NDArray[np.float32], used: NDArray[np.bool_]) -> NDArray[np.float32]:
    return features if used.all() else features[:, used]


def _with_medians(regressor: Any) -> Any:
    """Return a regressor before which the median of a feature takes the place of the unknown."""
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import Pipeline

    filler = SimpleImputer(strategy="median")
    return Pipeline([("medians", filler), (_LEARNER, regressor)])


def _takes_unknown(regressor: Any) -> bool:
    try:
        from sklearn.utils import get_tags
    except ImportError:  # scikit-learn before 1.6
        return bool(regressor._get_tags().get("allow_nan", False))
    return bool(get_tags(regressor).input_tags.allow_nan)
