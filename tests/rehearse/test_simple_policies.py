"""Simple policies: their formulas, their settings, and runs that the factory allows."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from c2m.forecast import Croston
from c2m.production.limits import broken_limits
from c2m.production.what_if.overrides import place_runs
from c2m.rehearse import MovingAverageStock, OrderWhatSold, ReorderPoint, rehearse, release
from c2m.rehearse.policies.lesson import Lesson, spread
from c2m.rehearse.policies.moving_average import _rates as mean_rates
from c2m.rehearse.policies.reorder_point import _rates as sba_rates
from c2m.rehearse.policies.shelves import SAFETY, Terms
from tests.rehearse.small_shop import WEEKS, draw_sales, make_factory, make_panel, opening_stock


def told(factory=None, **more):
    """Return what a policy is told at the first cutoff."""
    heard = []

    def _decide(known):
        heard.append(known)
        return pd.DataFrame({"sku": [], "line": [], "period": [], "quantity": []})

    given = {"horizon": 6, "start": WEEKS[28], "stock": opening_stock(), "every": 2, **more}
    listener = SimpleNamespace(name="listener", decide=_decide)
    rehearse(make_panel(draw_sales()), factory or make_factory(), policies=[listener], **given)
    return heard[0]


def fits(known, runs):
    return broken_limits(known.limits, place_runs(known.limits, runs).made)


def test_a_wish_becomes_a_run_of_moq_and_whole_multiples_by_the_cheapest_way():
    known = told()
    runs = release(known, np.array([9.0, 0.0, 3.0]))
    assert runs[["sku", "line", "mode", "quantity"]].to_numpy().tolist() == [
        ["CAP", "A", "sea", 10],
        ["TEE", "B", "sea", 6],
    ]
    assert fits(known, runs) == []
    assert known.cut == [0.0]


def test_a_group_below_its_moq_is_filled_up_where_the_cover_is_least():
    known = told()
    runs = release(known, np.array([0.0, 3.0, 0.0]))
    assert runs["quantity"].tolist() == [8]
    runs = release(known, np.array([6.0, 1.0, 0.0]), np.array([1.0, 100.0, 1.0]))
    assert runs.set_index("sku")["quantity"].to_dict() == {"CAP": 6, "SCARF": 2}
    runs = release(known, np.array([2.0, 2.0, 0.0]), np.array([1.0, 100.0, 1.0]))
    assert runs.set_index("sku")["quantity"].to_dict() == {"CAP": 6, "SCARF": 2}


@pytest.mark.parametrize("seed", range(6))
def test_runs_hold_every_limit_however_much_is_wished_for(seed):
    wishes = np.random.default_rng(seed).integers(0, 90, 3).astype(float)
    known = told(make_factory(capacity=20.0 + seed))
    runs = release(known, wishes)
    assert fits(known, runs) == []
    made = runs.groupby("sku")["quantity"].sum().reindex(["CAP", "SCARF", "TEE"]).fillna(0)
    assert known.cut[0] <= np.maximum(wishes - made, 0).sum() + 1e-9


def test_where_a_line_is_full_the_sku_with_the_most_cover_waits():
    known = told(make_factory(capacity=12.0), every=1)
    wishes, rate = np.array([12.0, 12.0, 0.0]), np.array([12.0, 2.0, 1.0])
    runs = release(known, wishes, rate).set_index("sku")["quantity"]
    assert runs["CAP"] == 12  # 20 there last 1.7 weeks; 6 scarves last 3
    assert runs.get("SCARF", 0) < 12
    assert known.cut[0] > 0


def test_what_does_not_fit_is_tried_in_the_next_period_until_the_next_decision():
    runs = release(told(make_factory(capacity=12.0)), np.array([12.0, 12.0, 0.0]))
    assert runs["period"].nunique() == 2


def test_the_rates_are_those_of_the_models_of_the_same_name():
    panel = make_panel(draw_sales())
    wanted = np.asarray(panel["sales"], dtype=np.float64)
    expected = Croston("sba", alpha=0.2).fit(panel).predict(1).mean[:, 0]
    np.testing.assert_allclose(sba_rates(wanted, 0.2)[:, -1], expected, rtol=1e-6)
    np.testing.assert_allclose(mean_rates(wanted, 8)[:, -1], wanted[:, -8:].mean(axis=1))
    np.testing.assert_allclose(mean_rates(wanted, 8)[:, 20], wanted[:, 12:20].mean(axis=1))


def test_unknown_periods_are_neither_demand_nor_error():
    wanted = np.array([[4.0, np.nan, 6.0, np.nan]])
    rates = mean_rates(wanted, 2)
    assert rates[0].tolist() == [0.0, 4.0, 4.0, 6.0, 6.0]
    assert spread(wanted, rates)[0, -1] == pytest.approx(np.sqrt((16 + 4) / 2))


def test_a_lesson_costs_what_plain_python_finds():
    known = told(make_factory(capacity=12.0))
    terms = Terms.of(known)
    wanted = np.asarray(draw_sales()[:, :28], dtype=np.float64)
    lesson = Lesson(wanted, 16, terms, review=2, ends=0.5)
    level = np.array([30.0, 12.0, 80.0])
    found = lesson.costs(lambda now, there: np.maximum(level - there, 0), 1, np.array([9.0, 3, 30]))
    assert terms.line.tolist() == [0, 0, 1]
    assert terms.unit_time.tolist() == [1, 1, 1]
    assert terms.capacity[1] == 40  # line A is shut in one of the weeks
    total, full = 0.0, 0
    stock, to_make = [9.0, 3.0, 30.0], [0.0, 0.0, 0.0]
    coming = [[0.0] * 40 for _ in range(3)]
    for now in range(12):
        for sku in range(3):
            if now % 2 == 0:
                wish = max(level[sku] - stock[sku] - sum(coming[sku][now:]), 0.0)
                to_make[sku] = float(terms.lots(np.full(3, wish))[sku])
                total += terms.setup_cost[sku] * (to_make[sku] > 0)
        on_a = to_make[0] + to_make[1] + (to_make[0] > 0)  # a set-up of caps takes 1
        room = [min(terms.capacity[0] / max(on_a, 1e-9), 1.0)] * 2
        room.append(min(40.0 / max(to_make[2], 1e-9), 1.0))
        full += room[0] < 1
        for sku in range(3):
            coming[sku][now + terms.lead[sku]] += room[sku] * to_make[sku]
            to_make[sku] -= room[sku] * to_make[sku]
            stock[sku] += coming[sku][now]
            sold = min(stock[sku], wanted[sku, 16 + now])
            lost, stock[sku] = wanted[sku, 16 + now] - sold, stock[sku] - sold
            money = (terms.margin[sku] + terms.penalty[sku]) * lost
            total += money + terms.holding[sku] * stock[sku]
    for sku in range(3):
        total += 0.5 * terms.loss[sku] * (stock[sku] + sum(coming[sku][12:]))
    assert full > 0
    assert found[0] == pytest.approx(total)


def test_the_chosen_settings_are_the_cheapest_of_those_that_are_tried():
    known = told(every=1)
    assert MovingAverageStock().tune(known).z in SAFETY
    best = MovingAverageStock().tune(known)
    assert best.window in {2, 4, 8, 13, 26}
    assert MovingAverageStock(window=best.window).tune(known) == best
    assert MovingAverageStock(z=best.z).tune(known) == best
    point = ReorderPoint().tune(known)
    assert ReorderPoint(alpha=point.alpha, lot=point.lot).tune(known) == point


def test_a_high_price_of_losing_sales_asks_for_more_safety():
    dear = make_factory()
    dear = dear.with_tables(products=dear.products.assign(lost_sale_penalty=200.0))
    for policy in (MovingAverageStock(), ReorderPoint()):
        assert policy.tune(told(dear, every=1)).z > policy.tune(told(every=1)).z


def test_too_short_a_past_takes_the_usual_settings_and_the_factor_of_the_critical_ratio():
    known = told(start=WEEKS[8])
    terms = Terms.of(known)
    short = terms.margin + terms.penalty
    usual = norm.ppf(np.median(short / (short + 2 * terms.holding)))
    assert 1.5 < usual < 3
    assert MovingAverageStock().tune(known) == MovingAverageStock(8, pytest.approx(usual))
    assert ReorderPoint().tune(known) == ReorderPoint(0.1, pytest.approx(usual), "moq")
    free = make_factory()
    free = free.with_tables(products=free.products.assign(holding_cost=0.0))
    known, loss = told(free, start=WEEKS[8]), terms.loss
    usual = norm.ppf(np.median(short / (short + loss)))
    assert MovingAverageStock(window=4).tune(known) == MovingAverageStock(4, pytest.approx(usual))
    assert ReorderPoint(z=0.5).tune(known) == ReorderPoint(0.1, 0.5, "moq")


def test_what_sold_since_the_last_decision_is_ordered_again():
    known = told()
    sold = draw_sales()[:, 26:28].sum(axis=1)
    runs = OrderWhatSold().decide(known).groupby("sku")["quantity"].sum()
    assert runs["TEE"] == sold[2]
    assert runs["CAP"] == max(-(-sold[0] // 2) * 2, 6)
