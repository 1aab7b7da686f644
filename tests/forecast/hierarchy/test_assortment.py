from dataclasses import replace

import numpy as np
import pytest

from c2m.errors import C2MWarning
from c2m.forecast import MovingAverage
from c2m.forecast.hierarchy.aligned import Aligned
from c2m.forecast.hierarchy.assortment import Assortment

HORIZON = 14


def planned(panel, on_sale):
    """The panel with a plan of what is on sale, (n_series, n_periods + HORIZON)."""
    return panel.with_channels({"on_sale": on_sale}, known=["on_sale"])


def everything(panel):
    return np.ones((panel.n_series, panel.n_periods + HORIZON))


def aligned(panel, **changed):
    model = Aligned(MovingAverage(), by=(), strength=1.0, horizon=HORIZON, **changed)
    return model.fit(panel).predict(HORIZON)


def test_an_exit_does_not_move_its_demand_to_the_series_that_stay(make_cube):
    panel = make_cube(n_skus=10)
    leaves = everything(panel)
    leaves[: panel.n_series // 2, panel.n_periods :] = 0
    whole, cut = aligned(panel).mean, aligned(planned(panel, leaves)).mean
    half = panel.n_series // 2
    assert (cut[:half] == 0).all()
    assert cut[half:].sum() == pytest.approx(whole[half:].sum(), rel=0.05)


def test_a_launch_does_not_take_its_demand_from_the_series_that_are_there(make_cube):
    panel = make_cube(n_skus=10)
    half = panel.n_series // 2
    begins = everything(panel)
    begins[:half, : panel.n_periods] = 0
    alone = planned(panel, begins).select(panel.keys["sku"].unique()[5:])
    with pytest.warns(C2MWarning, match="30 of 60 series have no known 'sales'"):
        said = aligned(planned(panel, begins)).mean
    assert (said[:half] > 0).all()
    assert np.allclose(said[half:], aligned(alone).mean)


def test_a_plan_that_changes_nothing_is_no_plan(make_cube):
    panel = make_cube()
    with_plan = planned(panel, everything(panel))
    assert Assortment.at(panel, None, panel.n_periods, HORIZON) is None
    assert Assortment.at(with_plan, None, panel.n_periods, HORIZON) is None
    assert np.array_equal(aligned(with_plan).mean, aligned(panel).mean)


def test_the_share_is_of_what_was_sold_lately(make_cube):
    panel = make_cube(n_skus=1, n_channels=1, n_locations=2)
    sales = np.stack([np.full(panel.n_periods, 3.0), np.full(panel.n_periods, 1.0)])
    sales[:, :60] = 50.0  # long ago
    panel = replace(panel, channels={"sales": sales})
    on_sale = everything(panel)
    on_sale[0, panel.n_periods + 4 :] = 0
    found = Assortment.at(planned(panel, on_sale), None, panel.n_periods, HORIZON)
    assert found.share(np.zeros(2, dtype=int), 1)[0].tolist() == [1.0] * 4 + [0.25] * 10
    assert found.rows(np.array([1])).share(np.zeros(1, dtype=int), 1).min() == 1.0


def test_what_is_sold_after_a_cutoff_is_not_looked_at(make_cube):
    panel = make_cube()
    on_sale = everything(panel)
    on_sale[0, 100:] = 0
    panel = planned(panel, on_sale)
    later = np.array(panel["sales"])
    later[:, 100:] += 9.0
    other = replace(panel, channels={**panel.channels, "sales": later})
    one, two = (Assortment.at(each, None, 100, HORIZON) for each in (panel, other))
    assert np.array_equal(one.level, two.level)
    assert not one.stays[0].any()
    assert one.stays[1:].all()


def test_a_plan_passed_with_the_question_counts_too(make_cube):
    panel = make_cube(n_skus=10)
    stays = planned(panel, everything(panel))
    leaves = everything(panel)
    leaves[: panel.n_series // 2, panel.n_periods :] = 0
    model = Aligned(MovingAverage(), by=(), strength=1.0, horizon=HORIZON)
    before = model.fit(planned(panel, leaves)).predict(HORIZON).mean
    future = planned(panel, leaves).to_frame(ahead=True)
    future = future[future["period"] > panel.cutoff][[*panel.keys.columns, "period", "on_sale"]]
    assert np.allclose(model.fit(stays).predict(HORIZON, future=future).mean, before)
