import numpy as np
import pandas as pd
import pytest

from c2m.errors import ArgumentError, C2MWarning, DataError
from c2m.forecast.launch.options import colour_shares
from c2m.panel import Panel
from c2m.periods import Calendar

COLOURS = ["black", "blue", "green", "red"]


def counted(n_styles=60, *, seed=0, wishes=1.0, views=0.0, unborn=5):
    """Return counts of styles whose sales follow the wishes, and the true shares."""
    chance = np.random.default_rng(seed)
    rows, truth = [], []
    for style in range(n_styles):
        share = chance.dirichlet(np.full(4, 3.0))
        wished = share**wishes / (share**wishes).sum()
        seen = share**views / (share**views).sum()
        counts = chance.multinomial(400, wished), chance.multinomial(3000, seen)
        sold = chance.multinomial(500, chance.dirichlet(60 * share))
        if style < unborn:
            sold = np.zeros(4)
        truth += share.tolist()
        rows += [
            (f"T{style:02d}", colour, *values)
            for colour, *values in zip(COLOURS, *counts, sold, strict=True)
        ]
    frame = pd.DataFrame(rows, columns=["style", "colour", "wishlists", "views", "sales"])
    return frame, np.array(truth)


def test_shares_of_an_unborn_style_follow_what_foretold_past_ones():
    frame, truth = counted()
    found = colour_shares(frame)
    new = found.table["sales_share"].isna().to_numpy()
    assert new.sum() == 20
    assert found.weights["wishlists"] > 3 * found.weights["views"]
    off = np.abs(found.table["share"] - truth)[new].mean()
    assert off < 0.4 * np.abs(0.25 - truth)[new].mean()


def test_counts_that_exaggerate_are_toned_down():
    frame, truth = counted(wishes=2.0)
    found = colour_shares(frame, counters=["wishlists"])
    assert found.weights["wishlists"] == pytest.approx(0.5, abs=0.12)
    assert np.abs(found.table["share"] - truth).mean() < 0.05


def test_without_a_past_the_default_weights_speak():
    frame, _ = counted(4, unborn=4)
    found = colour_shares(frame)
    assert found.n_styles == 0
    assert found.weights.sum() == pytest.approx(1.0)
    assert np.allclose(found.table.groupby("style")["share"].sum(), 1.0)


def test_a_style_of_which_nothing_was_counted_has_the_prior():
    frame = pd.DataFrame({"style": "NEW", "colour": ["red", "blue"], "views": [0, 0]})
    assert colour_shares(frame).table["share"].tolist() == [0.5, 0.5]
    share = colour_shares(frame, prior={"red": 3.0, "blue": 1.0}).table.set_index("colour")["share"]
    assert share["red"] == pytest.approx(0.75)


def test_a_panel_is_counted_over_periods_and_skus():
    panel = Panel(
        keys=pd.DataFrame({"sku": ["N-b-M", "N-r-M", "N-r-S"]}),
        calendar=Calendar.of("W"),
        first=2900,
        n_periods=2,
        channels={
            "sales": np.full((3, 2), np.nan),
            "views": np.array([[10.0, 10.0], [10.0, np.nan], [25.0, 25.0]]),
        },
        attributes=pd.DataFrame({"style": "N", "colour": ["blue", "red", "red"]}),
    )
    frame = pd.DataFrame({"style": "N", "colour": ["blue", "red"], "views": [20, 60]})
    pd.testing.assert_frame_equal(colour_shares(panel).to_frame(), colour_shares(frame).to_frame())


def test_broken_tables_are_refused_in_words():
    frame = pd.DataFrame({"style": ["A"], "colour": ["red"], "views": [-1]})
    with pytest.raises(DataError, match="'views' below 0"):
        colour_shares(frame)
    with pytest.raises(ArgumentError, match="Expected counters"):
        colour_shares(frame.drop(columns="views"))
    with pytest.raises(ArgumentError, match="prior shares above 0"):
        colour_shares(frame.assign(views=1), prior={"red": 0.0})


def test_shares_say_what_they_rest_on():
    found = colour_shares(counted()[0])
    assert "60 styles, 240 options, weights from 55 past styles" in repr(found)
    assert found.summary()["counter"].tolist() == ["wishlists", "views"]
    assert "T00" in found._repr_html_()


@pytest.mark.parametrize("prior", [3, {}, ["red"], {"red": "much"}, {"red": np.inf}])
def test_a_prior_that_holds_no_shares_is_told(prior):
    frame = pd.DataFrame({"style": ["A"], "colour": ["red"], "views": [1]})
    with pytest.raises(ArgumentError, match="Expected prior"):
        colour_shares(frame, prior=prior)


def test_a_prior_of_other_options_is_told_with_what_was_meant():
    frame = pd.DataFrame({"style": "A", "colour": ["red", "blue"], "views": [1, 1]})
    with pytest.warns(C2MWarning, match=r"first 'bleu' .did you mean 'blue'.*and not 'blue'"):
        colour_shares(frame, prior={"red": 1.0, "bleu": 3.0})


def test_counters_are_a_list():
    frame = pd.DataFrame({"style": ["A"], "colour": ["red"], "views": [1]})
    with pytest.raises(ArgumentError, match="Expected counters, a list"):
        colour_shares(frame, counters="views")
