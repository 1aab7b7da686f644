from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from c2m.errors import ArgumentError
from c2m.forecast.hierarchy.groups import auto_columns, settle_groups


def test_groups_are_the_combinations_of_their_columns(make_cube):
    panel = make_cube()
    groups = settle_groups(panel, ["location", "line"])
    assert groups.n_groups == 6
    both = pd.concat([panel.keys, panel.attributes], axis=1)
    own = groups.names.iloc[groups.codes].reset_index(drop=True)
    assert own.equals(both[["location", "line"]].astype(own.dtypes))


def test_no_column_is_one_group_of_all_series(make_cube):
    groups = settle_groups(make_cube(), ())
    assert groups.n_groups == 1
    assert not groups.codes.any()


def test_series_without_a_value_are_a_group_of_their_own(make_cube):
    panel = make_cube()
    line = panel.attributes["line"].astype("object").where(panel.keys["sku"] != "S000", None)
    torn = replace(panel, attributes=pd.DataFrame({"line": line}))
    groups = settle_groups(torn, "line")
    assert sorted(groups.names["line"]) == ["(none)", "one", "two"]


def test_a_name_that_is_no_column_is_refused_with_a_hint(make_cube):
    with pytest.raises(ArgumentError, match=r"'locaton'.*did you mean 'location'"):
        settle_groups(make_cube(), ("locaton",))


def test_more_groups_than_models_can_be_fitted_are_refused(make_cube):
    with pytest.raises(ArgumentError, match="at most 300 groups"):
        settle_groups(make_cube(n_skus=301, n_channels=1, n_locations=1, n_periods=14), "sku")


def test_auto_takes_the_finest_grouping_with_twenty_series_a_group(make_cube):
    panel = make_cube(n_skus=60, n_channels=2, n_locations=3, n_periods=14)  # 360 series
    assert auto_columns(panel) == ("location", "channel", "line")
    assert settle_groups(panel, "auto").n_groups == 12
    few = make_cube(n_skus=15, n_channels=2, n_locations=3, n_periods=14)  # 90 series
    assert auto_columns(few) == ("location",)
    assert auto_columns(make_cube(n_skus=2, n_channels=1, n_locations=2, n_periods=14)) == ()


def test_levels_hold_every_series_once(make_cube):
    groups = settle_groups(make_cube(), ["location", "line"])
    levels = groups.levels(groups.codes)
    assert levels.names == ["all", "location", "line", "groups", "series"]
    ones = np.ones((len(groups.codes), 1))
    assert all(levels.sums(name, ones).sum() == len(groups.codes) for name in levels.names)
