"""What a text of trees must hold before LightGBM reads it.

LightGBM trusts its model files: a wrong size or child ends the process. Everything that it jumps
or indexes by is checked here first.
"""

import re
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from c2m.errors import DataError

END: Final = "end of trees\n"
"""The last line; LightGBM's own readers of what may follow it end the process on odd lines."""

_FIX: Final = "save the model again"
_MOST_LEAVES: Final = 1_000_000
_HEAD: Final = {
    "version": r"v\d{1,3}",
    "num_class": "1",
    "num_tree_per_iteration": "1",
    "label_index": "0",
    "max_feature_idx": r"\d+",
    "objective": "tweedie|poisson",
    "feature_names": r"[\w ]+",
    "feature_infos": r"((none|\[[-+.\de]+:[-+.\de]+\]|-?\d+(:-?\d+)*)( |$))+",
    "tree_sizes": r"[\d ]+",
}
"""What the lines before the first tree must be."""

_ALSO_IN_HEAD: Final = ("monotone_constraints",)
_OF_LEAVES: Final = ("leaf_value", "leaf_weight", "leaf_count")
_OF_NODES: Final = ("split_gain", "internal_value", "internal_weight", "internal_count")
_OF_TREE: Final = frozenset(
    {*_OF_LEAVES, *_OF_NODES, "Tree", "num_leaves", "num_cat", "split_feature", "threshold"}
    | {"decision_type", "left_child", "right_child", "cat_boundaries", "cat_threshold"}
    | {"is_linear", "shrinkage"}
)


def check_trees(text: str, n_features: int) -> None:
    """Refuse a text that is no sound model of one number a row.

    Parameters
    ----------
    text : str
        LightGBM's model text.
    n_features : int
        How many features a row has.

    Raises
    ------
    DataError
        If sizes, features, children or leaves do not fit.
    """
    if re.search(r"[^ -~\n]", text) is not None:
        raise DataError("model", ["its trees hold more than plain text"], _FIX)
    head, _, rest = text.partition("\n\nTree=0\n")
    facts = _facts(head.removeprefix("tree\n"))
    sizes = _numbers(facts, "tree_sizes", int)
    sound = (
        all(re.fullmatch(pattern, facts.get(name, "")) for name, pattern in _HEAD.items())
        and set(facts) <= {*_HEAD, *_ALSO_IN_HEAD}
        and len(facts) == head.count("\n")
        and facts.get("max_feature_idx") == str(n_features - 1)
        and len(facts.get("feature_names", "").split()) == n_features
        and len(facts.get("feature_infos", "").split()) == n_features
        and sizes is not None
        and len(sizes) > 0
        and bool(np.all(sizes > 0))
        and head.startswith("tree\n")
    )
    if not sound or sizes is None:
        raise DataError("model", ["the head of its trees is not that of this model"], _FIX)
    trees = f"Tree=0\n{rest}"
    edges = np.concatenate([[0], np.cumsum(sizes.astype(np.float64))])
    if edges[-1] != len(trees) - len(END) or not trees.endswith(END):
        raise DataError("model", ["its trees do not end where they say"], _FIX)
    for place in range(len(sizes)):
        block = trees[int(edges[place]) : int(edges[place + 1])]
        if not _is_sound(block, place, n_features):
            raise DataError("model", [f"tree {place:,} of {len(sizes):,} is broken"], _FIX)


def _facts(block: str) -> dict[str, str]:
    lines = block.split("\n")
    return {name: value for name, mark, value in (line.partition("=") for line in lines) if mark}


def _numbers(facts: dict[str, str], name: str, kind: type[Any]) -> NDArray[Any] | None:
    """Return the numbers of a line; None where it holds anything else."""
    words = facts.get(name, "")
    if re.fullmatch(r"[-+.0-9einf ]*", words) is None:  # neither 1_000 nor 0x10
        return None
    try:
        return np.array([kind(word) for word in words.split()], dtype=kind)
    except (OverflowError, ValueError):
        return None


def _is_sound(block: str, place: int, n_features: int) -> bool:
    lines = block.removesuffix("\n\n\n").split("\n")
    facts = _facts(block)
    once = lines[0] == f"Tree={place}" and len(facts) == len(lines) and block.endswith("\n\n\n")
    leaves = facts.get("num_leaves", "")
    if not once or re.fullmatch(r"\d{1,7}", leaves) is None or facts.get("is_linear") != "0":
        return False
    if not set(facts) <= _OF_TREE or not _are_finite(facts, ("shrinkage",), 1):
        return False
    count = int(leaves)
    if count == 1:
        return _are_finite(facts, ("leaf_value",), 1)
    return (
        1 < count <= _MOST_LEAVES
        and _are_finite(facts, _OF_LEAVES, count)
        and _are_finite(facts, _OF_NODES, count - 1)
        and _splits_fit(facts, count, n_features)
        and _branches_fit(facts, count)
    )


def _are_finite(facts: dict[str, str], names: tuple[str, ...], count: int) -> bool:
    found = [_numbers(facts, name, float) for name in names]
    return all(
        values is not None and len(values) == count and bool(np.all(np.isfinite(values)))
        for values in found
    )


def _splits_fit(facts: dict[str, str], count: int, n_features: int) -> bool:
    """Say whether every split asks for a feature that there is, and for values that there are."""
    feature = _numbers(facts, "split_feature", int)
    threshold = _numbers(facts, "threshold", float)
    kind = _numbers(facts, "decision_type", int)
    if feature is None or threshold is None or kind is None:
        return False
    if not len(feature) == len(threshold) == len(kind) == count - 1:
        return False
    if np.any((feature < 0) | (feature >= n_features)):
        return False
    return _categories_fit(facts, threshold[kind % 2 == 1])


def _categories_fit(facts: dict[str, str], chosen: NDArray[np.float64]) -> bool:
    """Say whether the categorical splits point into the lists of categories."""
    number = _numbers(facts, "num_cat", int)
    if number is None or len(number) != 1 or number[0] < 0:
        return False
    if number[0] == 0:
        return not len(chosen)
    bounds = _numbers(facts, "cat_boundaries", int)
    words = _numbers(facts, "cat_threshold", int)
    if bounds is None or words is None or len(bounds) != number[0] + 1:
        return False
    rising = bounds[0] == 0 and bounds[-1] == len(words) and np.all(np.diff(bounds) > 0)
    inside = np.all((chosen >= 0) & (chosen < number[0]) & (chosen == np.floor(chosen)))
    return bool(rising and inside)


def _branches_fit(facts: dict[str, str], count: int) -> bool:
    """Say whether every node but the root, and every leaf, has one parent, split before it."""
    left, right = (_numbers(facts, f"{side}_child", int) for side in ("left", "right"))
    if left is None or right is None or not len(left) == len(right) == count - 1:
        return False
    children = np.concatenate([left, right])
    parents = np.tile(np.arange(count - 1), 2)
    expected = np.concatenate([np.arange(-count, 0), np.arange(1, count - 1)])
    return bool(
        np.array_equal(np.sort(children), expected)
        and np.all((children < 0) | (children > parents))
    )
