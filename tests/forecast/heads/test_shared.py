import numpy as np
import pandas as pd
import pytest

from c2m.distribution import GammaPoisson
from c2m.forecast.heads import CountHead, LevelSetHead
from c2m.forecast.heads.labels import grouping_names, labels_of
from c2m.forecast.heads.shared import SharedLevels, fit_shared


def market(variance, seed=0, n_groups=40, n_series=20, horizon=8):
    """Draw series whose groups share a level of this variance, and a law without it."""
    chance = np.random.default_rng(seed)
    labels = np.repeat([f"g{number}" for number in range(n_groups)], n_series)
    mean = np.full((len(labels), horizon), 6.0)
    law = GammaPoisson(mean, 0.3, 0.1)
    level = chance.gamma(1 / variance, variance, n_groups) if variance else np.ones(n_groups)
    rate = mean * np.repeat(level, n_series)[:, None]
    rate = rate * chance.gamma(10, 0.1, (len(labels), 1))
    rate = rate * chance.gamma(5.5, 1 / 5.5, mean.shape)
    return law, chance.poisson(rate).astype(float), labels


def learn(variance, seed=0):
    law, actual, labels = market(variance, seed)
    other = np.tile(["x", "y", "z", "w"], len(labels) // 4)
    cutoff = np.zeros(len(labels), dtype=np.intp)
    return fit_shared(law, actual, {"group": labels, "other": other}, cutoff)


def test_the_groups_that_share_a_level_are_found_with_its_variance():
    found = learn(0.05)
    assert tuple(found.variances) == ("group",)
    assert found.variances["group"] == pytest.approx(0.05, rel=0.5)


def test_of_groupings_that_are_the_same_the_first_is_found():
    law, actual, labels = market(0.05)
    cutoff = np.zeros(len(labels), dtype=np.intp)
    found = fit_shared(law, actual, {"place": labels, "brand": labels}, cutoff)
    assert tuple(found.variances) == ("place",)


@pytest.mark.parametrize("seed", range(3))
def test_groups_of_independent_series_share_nothing(seed):
    assert learn(0.0, seed) is None


def test_overlapping_windows_do_not_make_evidence_of_one():
    law, actual, labels = market(0.004, seed=2, n_groups=6)
    twice = [np.concatenate([part, part]) for part in (actual, labels)]
    double = law.rows(np.tile(np.arange(len(labels)), 2))
    same = np.repeat([0, 0], len(labels))
    apart = np.repeat([0, 1], len(labels))
    once = fit_shared(law, actual, {"group": labels}, same[: len(labels)])
    again = fit_shared(double, twice[0], {"group": twice[1]}, apart)
    assert (once is None) == (again is None)


@pytest.mark.parametrize("head", [CountHead, LevelSetHead])
def test_a_head_hands_the_shared_level_on_and_is_saved_with_it(head):
    law, actual, labels = market(0.05)
    fitted = head.fit(law.mean, actual).with_shared(SharedLevels({"group": 0.05}))
    again = head.from_arrays(fitted.to_arrays())
    for one in (fitted, again):
        assert one.groupings == ("group",)
        drawn = one.law(law.mean, {"group": labels})
        counts = getattr(drawn, "counts", drawn)
        assert counts.shared.variance == pytest.approx(0.05)
        assert (counts.level_variance >= counts.shared.variance).all()
    assert getattr(fitted.law(law.mean), "counts", fitted.law(law.mean)).shared is None


def test_totals_of_groups_are_covered_with_the_shared_level_and_not_without():
    law, actual, labels = market(0.05, seed=5, n_groups=120, n_series=15)
    head = CountHead.fit(law.mean, actual)
    codes = [str(row) for row in range(len(labels))]
    came = actual.sum(axis=1).reshape(120, 15).sum(axis=1)
    inside = []
    for one in (head, head.with_shared(SharedLevels({"group": 0.05}))):
        paths = one.law(law.mean, {"group": labels}).draw(200, 1, codes).sum(axis=2)
        totals = paths.reshape(200, 120, 15).sum(axis=2)
        low, high = np.quantile(totals, [0.1, 0.9], axis=0)
        inside.append(np.mean((came >= low) & (came <= high)))
    assert inside[0] < 0.7
    assert inside[1] == pytest.approx(0.8, abs=0.1)


def test_groupings_are_places_text_attributes_and_their_pairs():
    keys = pd.DataFrame({"sku": ["A", "A", "B"], "location": ["x", "y", "x"]})
    attributes = pd.DataFrame({"style": ["a", "a", None], "size": [1, 1, 2]})
    assert grouping_names(keys, attributes) == [
        "all series",
        "location",
        "style",
        "location / style",
    ]
    labels = labels_of(keys, attributes)
    assert labels["location / style"].tolist() == ["x / a", "y / a", "x / "]
    assert list(labels_of(keys, attributes, ["style", "gone"])) == ["style"]
