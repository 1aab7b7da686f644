"""What a saved `DirectBoosting` holds, and how it comes back."""

from typing import TYPE_CHECKING

import numpy as np

from c2m.forecast.features.recipe import Recipe
from c2m.forecast.features.rows import Rows
from c2m.forecast.features.table import FeatureTable
from c2m.forecast.heads.counts import CountHead
from c2m.forecast.heads.labels import labels_of
from c2m.forecast.heads.level_sets import LevelSetHead
from c2m.forecast.trees.learner import refuse_saving
from c2m.forecast.trees.trees import Trees
from c2m.panel import Panel
from c2m.panel import folder as panel_folder
from c2m.storage import Folder

if TYPE_CHECKING:
    from c2m.forecast.boosting.boosting import DirectBoosting


def to_folder(model: "DirectBoosting") -> Folder:
    """Return what was learnt: recipe, head, trees as LightGBM's text, and the panel.

    Parameters
    ----------
    model : DirectBoosting
        A fitted model.

    Returns
    -------
    Folder
        What `restore` needs.
    """
    refuse_saving(model.learner)
    facts = {
        "max_horizon": model.max_horizon_,
        "recipe": model.recipe_.to_facts(),
        "n_trees": model.n_trees_,
    }
    texts = {"trees": model.trees_.to_text()}
    learnt = Folder(facts, arrays=model.head_.to_arrays(), texts=texts)
    return learnt.with_part("panel", panel_folder.to_folder(model.panel_))


def restore(model: "DirectBoosting", folder: Folder) -> None:
    """Set the fitted attributes of a model.

    Parameters
    ----------
    model : DirectBoosting
        One of the arguments that were saved.
    folder : Folder
        What `to_folder` returned.

    Raises
    ------
    DataError
        If panel or trees are not sound.
    ValueError, TypeError or LookupError
        If recipe, head and panel do not fit together, which `load_model` makes a `DataError`.
    """
    model.max_horizon_ = int(folder.facts["max_horizon"])
    model.recipe_ = Recipe.from_facts(folder.facts["recipe"])
    model.n_trees_ = int(folder.facts["n_trees"])
    model.panel_ = Panel(**panel_folder.from_folder(folder.part("panel")))
    model.table_ = FeatureTable.of(model.panel_, model.recipe_)
    head = LevelSetHead if "head-set-curves" in folder.arrays else CountHead
    model.head_ = head.from_arrays(folder.arrays)
    model.groups_ = labels_of(model.panel_.keys, model.panel_.attributes, model.head_.groupings)
    model.trees_ = Trees.from_text(folder.texts["trees"], len(model.table_.names))
    _try_out(model)


def _try_out(model: "DirectBoosting") -> None:
    """Forecast a little, so that what does not fit together fails now and in no later request."""
    ends = np.array([0, model.panel_.n_series - 1])
    steps = np.tile([1, model.max_horizon_], 2)
    rows = Rows(np.repeat(ends, 2), np.full(4, model.table_.n_periods - 1), steps)
    groups = {name: labels[ends] for name, labels in model.groups_.items()}
    with np.errstate(all="ignore"):
        mean = model.trees_.means(model.table_, rows, num_threads=1).reshape(2, 2)
        model.head_.law(mean, groups).quantiles(np.array([0.5]))
