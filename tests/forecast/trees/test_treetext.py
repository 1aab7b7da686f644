import re

import numpy as np
import pandas as pd
import pytest

from c2m.errors import DataError
from c2m.forecast import DirectBoosting
from c2m.forecast.trees.trees import Trees
from c2m.forecast.trees.treetext import check_trees


@pytest.fixture(scope="module")
def table_and_text(make_panel):
    """Trees with splits on numbers and on categories."""
    panel = make_panel(60, 50)
    lines = pd.DataFrame({"line": [f"L{number % 6}" for number in range(60)]})
    sales = np.random.default_rng(0).poisson(1 + 5 * (np.arange(60) % 6)[:, None], (60, 50))
    panel = type(panel)(
        panel.keys,
        panel.calendar,
        panel.first,
        50,
        {"sales": sales.astype(float)},
        (),
        "sales",
        lines,
    )
    parameters = {"max_cat_to_onehot": 1, "min_data_per_group": 1, "min_data_in_leaf": 20}
    model = DirectBoosting(4, n_estimators=8, lgb_params=parameters).fit(panel)
    return len(model.table_.names), model.trees_.to_text()


def test_what_lightgbm_writes_is_sound(table_and_text):
    n_features, text = table_and_text
    assert re.search(r"num_cat=[1-9]", text)
    check_trees(text, n_features)
    assert Trees.from_text(text, n_features).to_text() == text


def with_line(text, name, change):
    """Change one line of the first tree that has it, and the sizes so that they fit again."""
    found = re.search(rf"^{name}=(.+)$", text[text.index("Tree=0") :], re.MULTILINE)
    start, stop = (found.span(1)[end] + text.index("Tree=0") for end in (0, 1))
    edited = text[:start] + change(found[1]) + text[stop:]
    tree = len(re.findall(r"^Tree=", text[:start], re.MULTILINE)) - 1
    sizes = [int(size) for size in re.search(r"tree_sizes=(.*)", text)[1].split()]
    sizes[tree] += len(edited) - len(text)
    return re.sub(r"tree_sizes=.*", f"tree_sizes={' '.join(map(str, sizes))}", edited)


BROKEN = {
    "num_leaves": lambda _: "2000000",
    "left_child": lambda line: " ".join("0" for _ in line.split()),
    "right_child": lambda line: re.sub(r"\d+$", "99999", line),
    "split_feature": lambda line: re.sub(r"^\d+", "900000", line),
    "leaf_value": lambda line: re.sub(r"^\S+", "nan", line),
    "leaf_count": lambda line: line + " 1",
    "cat_boundaries": lambda line: line + "9",
    "internal_value": lambda line: "0_0 " + line,
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_tree_that_would_lead_lightgbm_astray_is_refused(table_and_text, name):
    n_features, text = table_and_text
    with pytest.raises(DataError, match=r"tree \d+ of \d+ is broken"):
        Trees.from_text(with_line(text, name, BROKEN[name]), n_features)


def test_a_changed_line_with_fitting_sizes_is_all_that_the_last_test_breaks(table_and_text):
    n_features, text = table_and_text
    check_trees(
        with_line(text, "leaf_value", lambda line: re.sub(r"^\S+", "0.25", line)), n_features
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace("num_class=1", "num_class=3", 1),
        lambda text: text.replace("tree_sizes=", "tree_sizes=-", 1),
        lambda text: text.replace("Tree=0", "Tree=\0", 1),
        lambda _: "hello",
    ],
)
def test_a_text_that_is_torn_or_no_model_is_refused(table_and_text, change):
    n_features, text = table_and_text
    with pytest.raises(DataError, match="trees"):
        Trees.from_text(change(text), n_features)


def test_trees_of_other_features_are_refused(table_and_text):
    n_features, text = table_and_text
    with pytest.raises(DataError, match="not that of this model"):
        Trees.from_text(text, n_features - 1)
