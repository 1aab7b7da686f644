from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c2m.errors import ArgumentError
from c2m.production.response import BatchTerms, Season, judge_test_batch, size_test_batch

TERMS = BatchTerms(
    price=40.0, unit_cost=15.0, end_value=5.0, clear_value=9.0, keep_cost=100.0, setup_cost=50.0
)


def rest_of(draws):
    """Return what remains of a season whose demand comes after a reorder could be sold."""
    later = np.asarray(draws, dtype=float)[None, None]
    return Season(("A",), np.zeros((1, 1)), np.zeros_like(later), later)


@pytest.mark.parametrize(
    ("demand", "stock", "decision"),
    [(2, 30, "kill"), (28, 30, "keep"), (200, 30, "reorder"), (0, 0, "kill"), (31, 30, "keep")],
)
def test_slow_articles_are_killed_fair_ones_kept_and_fast_ones_made_again(demand, stock, decision):
    judged = judge_test_batch(rest_of([demand]), stock, TERMS)
    assert judged["decision"].item() == decision
    assert judged["quantity"].item() == (demand - stock if decision == "reorder" else 0)


def income(draws, stock, more, terms):
    """Return the mean income of stock and a reorder, less what it costs, by the definition."""
    sold = [min(stock + more, demand) for demand in draws]
    left = [stock + more - each for each in sold]
    spent = terms.keep_cost + (terms.unit_cost * more + terms.setup_cost if more else 0)
    return np.mean([40.0 * s + 5.0 * r for s, r in zip(sold, left, strict=True)]) - spent


@settings(max_examples=40, deadline=None)
@given(
    draws=st.lists(st.integers(0, 80), min_size=1, max_size=12),
    stock=st.integers(0, 60),
    moq=st.integers(1, 40),
    multiple=st.integers(1, 15),
)
def test_no_other_decision_earns_more(draws, stock, moq, multiple):
    terms = replace(TERMS, moq=moq, lot_multiple=multiple)
    judged = judge_test_batch(rest_of(draws), stock, terms).iloc[0]
    runs = [more for more in range(moq, 200) if more % multiple == 0]
    best = max(income(draws, stock, more, terms) for more in runs)
    assert judged["reorder"] == pytest.approx(best)
    assert judged["keep"] == pytest.approx(income(draws, stock, 0, terms))
    assert judged["kill"] == 9.0 * stock
    values = judged[["kill", "keep", "reorder"]].astype(float).sort_values()
    assert judged[judged["decision"]] == values.iloc[-1]
    assert judged["lead"] == pytest.approx(values.iloc[-1] - values.iloc[-2])
    made = judged["quantity"]
    assert made == 0 or (made >= moq and made % multiple == 0)


def test_units_sold_before_a_reorder_comes_are_sold_from_stock_alone():
    season = Season(("A",), np.zeros((1, 1)), np.full((1, 1, 1), 25.0), np.full((1, 1, 1), 60.0))
    judged = judge_test_batch(season, 10.0, TERMS)
    assert judged["quantity"].item() == 60
    assert judged["keep"].item() == 40.0 * 10 - 100


@pytest.fixture
def new_article():
    """Return a season of an article that may be a flop or a hit; a tenth of that is seen early."""
    rng = np.random.default_rng(3)
    level = rng.choice([10.0, 300.0], size=(200, 1, 1), p=[0.7, 0.3])
    observed = rng.poisson(0.1 * level[:, :, 0]).astype(float)
    after = rng.poisson(0.9 * level, size=(200, 1, 30)).astype(float)
    return Season(("NEW",), observed, np.repeat(observed[:, :, None], 30, axis=2), after)


def test_a_test_pays_where_a_flop_and_a_hit_look_alike_beforehand(new_article):
    row = size_test_batch(new_article, TERMS).iloc[0]
    assert 0 < row["quantity"] < 100
    assert row["profit"] > 1.2 * row["all_at_once"]
    assert row["reorder"] == pytest.approx(0.3, abs=0.08)
    assert row["kill"] + row["keep"] + row["reorder"] == pytest.approx(1.0)


def test_an_article_that_never_pays_is_not_started(new_article):
    row = size_test_batch(new_article, replace(TERMS, price=16.0, setup_cost=5000.0)).iloc[0]
    assert row["quantity"] == 0
    assert row["profit"] == row["all_at_once"] == 0.0


def test_signals_above_a_sold_out_batch_are_answered_alike():
    observed = np.array([[50.0], [90.0]])
    after = np.array([[[0.0]], [[50.0]]])
    season = Season(("A",), observed, observed[:, :, None], after)
    terms = BatchTerms(40.0, 30.0, 0.0, 0.0, keep_cost=100.0, setup_cost=300.0, lot_multiple=50)
    row = size_test_batch(season, terms).iloc[0]
    assert row["quantity"] == 50
    assert row["kill"] == 1.0  # 50 more would pay after the second signal, if it could be told
    assert row["profit"] == 50 * (40 - 30) - 300


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 1000), moq=st.integers(1, 80))
def test_a_later_decision_never_costs_anything(seed, moq):
    rng = np.random.default_rng(seed)
    level = rng.gamma(1.0, 60.0, (15, 1, 1))
    observed = rng.poisson(0.3 * level[:, :, 0]).astype(float)
    after = rng.poisson(0.7 * level, (15, 1, 10)).astype(float)
    season = Season(("A",), observed, np.repeat(observed[:, :, None], 10, axis=2), after)
    row = size_test_batch(season, replace(TERMS, moq=moq)).iloc[0]
    assert row["profit"] >= row["all_at_once"] - 1e-9


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"price": -1.0}, "price >= 0"),
        ({"end_value": 15.0}, "end_value below unit_cost"),
        ({"moq": 0}, "moq >= 1"),
        ({"lot_multiple": 1.5}, "lot_multiple >= 1"),
        ({"keep_cost": np.inf}, "keep_cost >= 0, got inf"),
    ],
)
def test_terms_out_of_range_are_refused(change, message):
    with pytest.raises(ArgumentError, match=message):
        replace(TERMS, **change)


@pytest.mark.parametrize("multiple", [1, 7])
def test_the_best_single_run_is_the_best_of_all_sizes(new_article, multiple):
    terms = replace(TERMS, lot_multiple=multiple)
    total = (new_article.before + new_article.after).ravel()
    best = max(income(total, 0, more, terms) for more in range(multiple, 500, multiple))
    assert size_test_batch(new_article, terms)["all_at_once"].item() == pytest.approx(best)


def test_signals_that_are_no_sales_do_not_size_a_batch_that_would_not_be_needed_for_them():
    draws = np.random.default_rng(0).gamma(1.0, 60.0, size=(200, 1))
    told = Season.from_samples(draws, 0.4, sold_before=0.2, n_signals=15)
    with pytest.raises(ArgumentError, match="signals are early sales, got none in any of its 15"):
        size_test_batch(told, TERMS)


def test_whole_numbers_of_a_table_are_lots():
    assert replace(TERMS, moq=np.int64(30), lot_multiple=np.int64(12)).least == 36


def test_a_judgement_needs_one_signal_and_stock_of_at_least_zero(new_article):
    with pytest.raises(ArgumentError, match="one signal, got 200"):
        judge_test_batch(new_article, 1.0, TERMS)
    with pytest.raises(ArgumentError, match=r"on_hand >= 0, got -1\.0"):
        judge_test_batch(rest_of([1.0]), -1.0, TERMS)
