import numpy as np
import pytest

from c2m.errors import ArgumentError
from c2m.forecast.baselines.intermittent import TSB, Croston

pytestmark = pytest.mark.filterwarnings("ignore:Only:c2m.errors.C2MWarning")


def croston(values, alpha):
    """Return Croston's ratio, in one loop over one series."""
    size, interval, since = None, None, 0
    for value in values[~np.isnan(values)]:
        since += 1
        if value > 0:
            first = size is None
            size = value if first else size + alpha * (value - size)
            interval = since if first else interval + alpha * (since - interval)
            since = 0
    return 0.0 if size is None else size / interval


@pytest.mark.parametrize(
    ("variant", "correction"), [("classic", 1.0), ("sba", 0.925), ("sbj", 1 - 0.15 / 1.85)]
)
def test_croston_is_the_loop_over_one_series_times_its_correction(
    panel_of, sparse_counts, variant, correction
):
    ours = Croston(variant, alpha=0.15).fit(panel_of(sparse_counts)).predict(2).mean
    expected = [correction * croston(values, 0.15) for values in sparse_counts]
    assert ours[:, 0] == pytest.approx(expected)
    assert np.array_equal(ours[:, 0], ours[:, 1])


def test_croston_of_a_regular_demand_is_its_rate(panel_of):
    sales = [[0, 0, 6] * 20]
    assert Croston("classic").fit(panel_of(sales)).predict(1).mean[0, 0] == pytest.approx(2.0)


def test_the_corrections_take_away_the_bias_on_geometric_intervals(panel_of):
    chance = np.random.default_rng(2)
    sales = np.where(chance.random((900, 390)) < 0.25, 8.0, 0.0)
    panel = panel_of(sales)
    rates = {
        name: Croston(name, alpha=0.3).fit(panel).predict(1).mean.mean()
        for name in ("classic", "sba", "sbj")
    }
    off = {name: abs(rate - 2.0) for name, rate in rates.items()}
    assert rates["classic"] > 2.2
    assert off["sba"] < 0.1
    assert off["sbj"] < off["classic"] / 2


def tsb(values, alpha, beta):
    """Return the final rate and the squared errors, in one loop over one series."""
    known = values[~np.isnan(values)]
    early = known[: int(np.ceil(len(known) / 2))]
    size = early[early > 0].mean() if (early > 0).any() else 0.0
    chance, total = (early > 0).mean(), 0.0
    for value in known:
        total += (value - chance * size) ** 2
        if value > 0:
            size += alpha * (value - size)
        chance += beta * ((value > 0) - chance)
    return total, chance * size


def test_tsb_is_the_loop_over_one_series(panel_of, sparse_counts):
    ours = TSB(0.2, 0.1).fit(panel_of(sparse_counts)).predict(1).mean[:, 0]
    assert ours == pytest.approx([tsb(values, 0.2, 0.1)[1] for values in sparse_counts])


def test_the_weights_of_tsb_are_those_with_the_least_errors(panel_of, sparse_counts):
    ours = TSB().fit(panel_of(sparse_counts)).predict(1).mean[:, 0]
    pairs = [(alpha, beta) for alpha in (0.05, 0.1, 0.3) for beta in (0.02, 0.05, 0.1, 0.2)]
    expected = [
        min((tsb(values, *pair) for pair in pairs), key=lambda found: found[0])[1]
        for values in sparse_counts
    ]
    assert ours == pytest.approx(expected)


def test_tsb_falls_while_nothing_is_sold_and_croston_does_not(panel_of):
    alive, dead = [3.0, 0.0] * 20, [0.0] * 30
    short, long = panel_of([alive]), panel_of([alive + dead])
    assert Croston().fit(long).predict(1).mean == pytest.approx(
        Croston().fit(short).predict(1).mean
    )
    falls = TSB(0.1, 0.1).fit(long).predict(1).mean / TSB(0.1, 0.1).fit(short).predict(1).mean
    assert falls[0, 0] < 0.1


def test_arguments_out_of_range_are_refused(panel_of):
    with pytest.raises(ArgumentError, match="Expected variant 'classic', 'sba' or 'sbj'"):
        Croston("sbc").fit(panel_of([[1.0]]))
    with pytest.raises(ArgumentError, match="Expected beta above 0 and at most 1, got 2"):
        TSB(beta=2).fit(panel_of([[1.0]]))


def test_croston_without_a_weight_is_told(panel_of):
    with pytest.raises(ArgumentError, match="Expected alpha above 0"):
        Croston(alpha=None).fit(panel_of([[0.0, 1.0, 2.0]]))
