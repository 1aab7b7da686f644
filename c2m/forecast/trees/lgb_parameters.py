"""Which of LightGBM's parameters a caller may set, under any of the names that it knows."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from c2m.forecast.trees.engine import load_lightgbm
from c2m.frames import did_you_mean

_ALIASES: Final = {
    "bagging_fraction": ("bagging", "sub_row", "subsample"),
    "bagging_freq": ("subsample_freq",),
    "boosting": ("boost", "boosting_type"),
    "early_stopping_round": ("early_stopping", "early_stopping_rounds", "n_iter_no_change"),
    "feature_fraction": ("colsample_bytree", "sub_feature"),
    "learning_rate": ("eta", "shrinkage_rate"),
    "linear_tree": ("linear_trees",),
    "max_bin": ("max_bins",),
    "min_data_in_leaf": ("min_child_samples", "min_data", "min_data_per_leaf", "min_samples_leaf"),
    "num_iterations": (
        "max_iter",
        "n_estimators",
        "n_iter",
        "nrounds",
        "num_boost_round",
        "num_iteration",
        "num_round",
        "num_rounds",
        "num_tree",
        "num_trees",
    ),
    "num_leaves": ("max_leaf", "max_leaf_nodes", "max_leaves", "num_leaf"),
    "num_threads": ("n_jobs", "nthread", "nthreads", "num_thread"),
    "objective": ("app", "application", "loss", "objective_type"),
    "seed": ("random_seed", "random_state"),
    "verbosity": ("verbose",),
}
"""LightGBM drops an alias in silence where the main name is set too, as it is here."""

_MAIN: Final = {alias: name for name, aliases in _ALIASES.items() for alias in aliases}

_LOG_LINK: Final = ("tweedie", "poisson")
"""Objectives under which trees add up to the logarithm of a factor, and zeros may come."""


_READ_HERE: Final = ("bagging_fraction", "learning_rate", "min_data_in_leaf")
"""Numbers that are computed with before LightGBM sees them."""


def main_names(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters under their main names.

    Parameters
    ----------
    parameters : mapping
        LightGBM's parameters, aliases among them.

    Returns
    -------
    dict
        Main name -> value, for the parameters that are set here.

    Examples
    --------
    >>> main_names({"min_child_samples": 5, "lambda_l2": 1.0})
    {'min_data_in_leaf': 5, 'lambda_l2': 1.0}
    """
    return {_MAIN.get(name, name): value for name, value in parameters.items()}


def forbidden(parameters: Mapping[str, Any]) -> list[str]:
    """Name the parameters under which the trees would not mean what the model takes them for.

    Parameters
    ----------
    parameters : mapping
        LightGBM's parameters.

    Returns
    -------
    list of str
        What is wrong, and what is allowed.
    """
    if not isinstance(parameters, Mapping):
        return [f"lgb_params={parameters!r} (a mapping of names to values)"]
    given = main_names(parameters)
    wrong = [
        f"lgb_params {name}={given[name]!r} (a number)"
        for name in _READ_HERE
        if not isinstance(given.get(name, 0), int | float | np.number)
    ]
    if given.get("objective", "tweedie") not in _LOG_LINK:
        wrong.append(f"lgb_params objective={given['objective']!r} (one of {_LOG_LINK})")
    if given.get("boosting", "gbdt") != "gbdt":
        wrong.append(f"lgb_params boosting={given['boosting']!r} ('gbdt')")
    if given.get("linear_tree"):
        wrong.append("lgb_params linear_tree (False)")
    if "num_iterations" in given:
        wrong.append("a number of trees in lgb_params (pass n_estimators=)")
    if given.get("early_stopping_round"):
        wrong.append("lgb_params early_stopping_round (held-out cutoffs do that here)")
    return wrong + _unheard_of(parameters)


def _unheard_of(parameters: Mapping[str, Any]) -> list[str]:
    """Name what LightGBM would drop in silence, as far as it says which names it knows."""
    listed = getattr(load_lightgbm().basic, "_ConfigAliases", None)
    if listed is None or not parameters:
        return []
    known = {name for aliases in listed._get_all_param_aliases().values() for name in aliases}
    return [
        f"lgb_params {name}, which LightGBM does not know{did_you_mean(str(name), sorted(known))}"
        for name in parameters
        if name not in known and name not in _MAIN
    ]
