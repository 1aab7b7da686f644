"""The loop on history: what is told to whom, what happens, and that the books are right."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c2m.errors import ArgumentError, C2MWarning
from c2m.production.factory.costs import least_costs
from c2m.rehearse import (
    MovingAverageStock,
    PerfectInformation,
    Rehearsal,
    ReorderPoint,
    release,
)
from c2m.rehearse.ledger import COSTS
from tests.rehearse.small_shop import (
    SIMPLE,
    SKUS,
    START,
    WEEKS,
    Spy,
    by_one_way,
    draw_sales,
    make_factory,
    make_panel,
    opening_stock,
    ours,
    play,
)


def all_policies():
    return [ours(), *SIMPLE, PerfectInformation(method="heuristic")]


def short(policies):
    """Play six weeks with two decisions."""
    return play(make_panel(draw_sales()), policies=policies, every=3, horizon=4, stop=WEEKS[33])


@pytest.fixture(scope="module")
def played():
    return short(all_policies())


# ---------------------------------------------------------------- the books


def test_profit_and_mismatch_add_up_to_what_perfect_service_for_nothing_would_bring(played):
    table = make_factory().products.set_index("sku")
    least = pd.Series(least_costs(make_factory().tables()).to_numpy(), index=table.index)
    wanted = played.arrays["wanted"][0].sum(axis=1)
    start = opening_stock().set_index("sku")["on_hand"]
    best = ((table["price"] - least).loc[list(SKUS)] * wanted).sum() + (least * start).sum()
    total = played.money["profit"] + played.costs["mismatch_cost"]
    np.testing.assert_allclose(total, best, rtol=1e-12)


@dataclass
class Random:
    """Wishes for anything, and lets `release` make runs of it."""

    seed: int
    name: str = "random"

    def decide(self, known):
        rng = np.random.default_rng([self.seed, known.step])
        return release(known, rng.poisson([6.0, 2.0, 15.0]) * rng.integers(0, 3, 3) * 1.0)


@given(st.integers(0, 10_000), st.integers(0, 2), st.integers(1, 3), st.booleans())
@settings(max_examples=5, deadline=None)
def test_no_unit_is_made_or_lost_on_the_way_whatever_the_factory(seed, frozen, every, season):
    rng = np.random.default_rng(seed)
    factory = make_factory(
        frozen_periods=frozen,
        lead=int(rng.integers(0, 5)),
        moq=int(rng.integers(1, 12)),
        yield_share=float(rng.choice([1.0, 0.75])),
        capacity=float(rng.integers(10, 60)),
    )
    back = rng.poisson(1.0, (3, 12)).astype(float)
    orders = pd.DataFrame(
        {"sku": ["CAP", "TEE", "TEE"], "ordered": [9, 7, 30], "received": [0, 2, 0]}
    )
    orders["due"] = [START, WEEKS[31], WEEKS[39] + pd.Timedelta("14D")]
    supply = {"returns": back, "on_order": orders}
    policies = [Random(seed), Spy(quantity=20)]
    found = play(
        make_panel(draw_sales(seed)), factory, policies, every=every, season=season, **supply
    )
    flow = found.arrays
    before = np.concatenate(
        [np.broadcast_to(found.start[None, :, None], (2, 3, 1)), flow["on_hand"][:, :, :-1]], axis=2
    )
    came = flow["arrived"] + flow["returned"]
    np.testing.assert_allclose(before + came, flow["sold"] + flow["on_hand"], atol=1e-9)
    np.testing.assert_allclose(flow["sold"] + flow["lost"], flow["wanted"], atol=1e-9)
    open_orders = np.array([9.0, 0.0, 35.0])
    sent = flow["made"].sum(axis=2) + open_orders
    np.testing.assert_allclose(
        sent, flow["arrived"].sum(axis=2) + flow["on_the_way"][:, :, -1], atol=1e-9
    )
    assert all((flow[name] >= -1e-9).all() for name in ("on_hand", "sold", "lost", "on_the_way"))
    assert (flow["returned"] <= back + 1e-9).all()


def test_the_ledger_is_what_plain_python_finds_run_by_run(played):
    factory, frame = make_factory(), played.ledger.set_index(["policy", "sku", "period"])
    lead = {("A", "sea"): 2, ("A", "air"): 0, ("B", "sea"): 3, ("B", "air"): 1}
    price = factory.products.set_index("sku")["price"]
    for name in played.policies:
        comes = Counter()
        runs = played.decisions[played.decisions["policy"] == name]
        for run in runs.to_dict("records"):
            day = run["period"] + pd.Timedelta(7 * lead[run["line"], run["mode"]], "D")
            comes[run["sku"], day] += run["quantity"]
        for row, sku in enumerate(SKUS):
            left = float(opening_stock()["on_hand"][row])
            for day in played.periods:
                now = frame.loc[(name, sku, day)]
                left += comes[sku, day]
                sold = min(left, now["wanted"])
                left -= sold
                assert now["arrived"] == comes[sku, day]
                assert (now["sold"], now["on_hand"]) == (sold, left)
                assert now["revenue"] == pytest.approx(price[sku] * sold)


def test_setups_overtime_and_transport_are_those_of_the_runs(played):
    for number, name in enumerate(played.policies):
        runs = played.decisions[played.decisions["policy"] == name]
        lead = runs["line"].map({"A": 0, "B": 1}) + runs["mode"].map({"sea": 2, "air": 0})
        runs = runs[runs["period"] + pd.to_timedelta(7 * lead, unit="D") <= played.periods[-1]]
        rate = runs["mode"].map({"sea": 0.4, "air": 2.0})
        money = played.money.iloc[number]
        assert money["transport"] == pytest.approx((rate * runs["quantity"]).sum())
        grams = runs["mode"].map({"sea": 100, "air": 1200}) * runs["quantity"]
        assert played.scores["co2e"].iloc[number] == pytest.approx(grams.sum() / 1000)
        own = runs.drop_duplicates(["sku", "line", "period"])["sku"]
        soft = runs.loc[runs["line"] == "A", "period"].nunique()
        setups = own.map({"CAP": 4.0, "SCARF": 3.0, "TEE": 6.0}).sum() + 2.5 * soft
        assert money["setup"] == pytest.approx(setups)
        line = runs[runs["line"] == "A"]
        used = line.groupby("period")["quantity"].sum()
        used += (
            line[line["sku"] == "CAP"]
            .groupby("period")["line"]
            .nunique()
            .reindex(used.index)
            .fillna(0)
        )
        assert money["overtime"] == pytest.approx(1.5 * (used - 30.0).clip(lower=0).sum())


def test_perfect_information_loses_nothing_where_there_is_room_and_stock_for_the_lead_time():
    factory = make_factory(capacity=500.0, moq=1).with_tables(lanes=[])
    seer = PerfectInformation(method="heuristic")
    found = play(make_panel(draw_sales()), factory, [seer], stop=WEEKS[33])
    assert found.scores["fill_rate"].iloc[0] == pytest.approx(1.0)
    assert found.scores["regret"].iloc[0] == 0.0


def test_regret_is_unknown_without_perfect_information():
    assert play(make_panel(draw_sales())).scores["regret"].isna().all()


# ---------------------------------------------------------------- what is told to whom


def two_futures(seed, n_known):
    """Return two panels that are the same up to a week, and nothing like each other after it."""
    sales, other = draw_sales(seed), 3 * draw_sales(seed + 1)
    other[:, :n_known] = sales[:, :n_known]
    for each in (sales, other):
        views = np.roll(20.0 * each, -1, axis=1)
        views[:, n_known - 1] = 7.0
        yield make_panel(each).with_channels({"views": views})


def test_what_happens_after_a_cutoff_changes_no_earlier_decision():
    policies = [ours(), MovingAverageStock(), ReorderPoint()]
    decided = []
    for panel in two_futures(5, 32):
        runs = play(panel, by_one_way(), policies, every=3, stop=WEEKS[33], horizon=5).decisions
        decided.append(runs[runs["cutoff"] < WEEKS[32]].reset_index(drop=True))
    assert set(decided[0]["cutoff"]) == {WEEKS[27], WEEKS[30]}
    pd.testing.assert_frame_equal(*decided)


@given(st.integers(0, 1000), st.integers(1, 5), st.integers(0, 2))
@settings(max_examples=3, deadline=None)
def test_nothing_that_a_policy_is_told_was_observed_after_the_cutoff(seed, step, frozen):
    told = []
    for panel in two_futures(seed, 28 + step):
        spy = Spy()
        play(panel, make_factory(frozen_periods=frozen), [spy], every=2, stop=WEEKS[33])
        told.append([known for known in spy.told if known.step <= step])
    assert len(told[0]) == len(told[1]) > 0
    for one, other in zip(*told, strict=True):
        assert one.panel.cutoff == other.panel.cutoff == WEEKS[27 + one.step]
        for name in one.panel.channels:
            np.testing.assert_array_equal(one.panel[name], other.panel[name])
        for name in ("stock", "on_order", "firm"):
            pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))
        assert not one.limits.net.any()


def test_a_policy_is_told_the_past_the_stock_and_what_is_on_its_way():
    spy = Spy()
    played = play(make_panel(draw_sales()), policies=[spy])
    assert [known.panel.cutoff for known in spy.told] == list(WEEKS[27:39])
    third = spy.told[2]
    assert third.period == WEEKS[30]
    lines = third.on_order  # air to B takes a week: the run of the week before comes now
    assert lines[["sku", "ordered", "line", "period"]].to_numpy().tolist() == [
        ["TEE", 10.0, "B", WEEKS[29]]
    ]
    assert lines["due"].tolist() == [WEEKS[30]]
    there = played.arrays["on_hand"][0, :, 1]
    assert third.stock["on_hand"].tolist() == there.tolist()
    assert isinstance(third.plan, pd.DataFrame)
    assert spy.told[0].plan is None
    assert third.left == 10


def test_a_function_of_the_cutoff_gives_what_was_known_then():
    panel, asked = make_panel(draw_sales()), []

    def _at(cutoff):
        asked.append(cutoff)
        return panel.upto(cutoff)

    own = {"policies": [MovingAverageStock()], "every": 3}
    found = play(_at, stop=WEEKS[39], **own)
    assert found.costs.equals(play(panel, **own).costs)
    assert asked == [WEEKS[39], *WEEKS[27:39:3]]


def test_a_function_that_returns_another_cutoff_is_an_error():
    panel = make_panel(draw_sales())
    with pytest.raises(ArgumentError, match="return the panel up to that period"):
        play(lambda cutoff: panel, stop=WEEKS[39])


def test_frozen_periods_are_decided_before_and_made_as_they_were():
    spy = Spy()
    found = play(make_panel(draw_sales()), make_factory(frozen_periods=2), [spy])
    assert found.decisions["period"].min() == WEEKS[30]
    assert [known.period for known in spy.told][:2] == [WEEKS[30], WEEKS[31]]
    assert spy.told[1].firm[["sku", "quantity"]].to_numpy().tolist() == [["TEE", 10]]
    assert len(spy.told[5].firm) == 2


def test_frozen_runs_of_ours_are_those_that_were_decided_at_the_cutoff_before():
    found = play(
        make_panel(draw_sales()), make_factory(frozen_periods=2), [ours()], stop=WEEKS[32], every=2
    )
    late = found.decisions["period"] - found.decisions["cutoff"]
    assert set(late.dt.days) <= {21, 28}


def test_between_decisions_the_plan_is_carried_out():
    spy = Spy()
    found = play(make_panel(draw_sales()), policies=[spy], every=5)
    assert [known.panel.cutoff for known in spy.told] == [WEEKS[27], WEEKS[32], WEEKS[37]]
    assert found.decisions["period"].tolist() == [WEEKS[28], WEEKS[33], WEEKS[38]]


def test_a_horizon_that_ends_before_the_runs_that_are_decided_is_refused():
    with pytest.raises(ArgumentError, match=r"horizon >= 5.*every=3\), got 4"):
        play(make_panel(draw_sales()), make_factory(frozen_periods=2), every=3, horizon=4)


def test_runs_that_arrive_beyond_the_horizon_are_said_with_a_count():
    said = "1 of 3 SKUs has a lead time of 1 periods.*beyond horizon=3.*horizon=4 or more"
    with pytest.warns(C2MWarning, match=said):
        play(make_panel(draw_sales()), every=3, horizon=3, policies=[Spy()])


def test_a_season_ends_horizons_where_it_ends():
    spy = Spy()
    play(make_panel(draw_sales()), policies=[spy], season=True)
    assert [known.horizon for known in spy.told] == [6] * 7 + [5, 4, 3, 2, 1]


# ---------------------------------------------------------------- the result


def test_the_same_seed_gives_the_same_bits(played):
    again = short(all_policies()[:2])
    for name in again.arrays:
        assert np.array_equal(again.arrays[name], played.arrays[name][:2]), name


def test_a_saving_shows_itself_as_the_sentence_that_it_prints(played):
    saving = played.saving("c2m", "moving average")
    html = saving._repr_html_()
    assert f"<p>{saving}.</p>" in html
    assert f"that of the {saving.over}" in html


def test_savings_are_those_against_each_other_policy(played):
    table = played.savings("c2m")
    assert table.index.tolist() == [name for name in played.policies if name != "c2m"]
    one = played.saving("c2m", "reorder point")
    assert table.loc["reorder point", ["money", "low", "high", "over"]].tolist() == [
        one.money, one.low, one.high, one.over,
    ]  # fmt: skip


def test_a_saved_rehearsal_comes_back(played, tmp_path):
    played.save(tmp_path / "played")
    again = Rehearsal.load(tmp_path / "played")
    pd.testing.assert_frame_equal(again.summary(), played.summary())
    assert (again.truth, again.periods.tolist()) == (played.truth, played.periods.tolist())
    assert again.saving("c2m", "moving average") == played.saving("c2m", "moving average")


def test_a_saving_is_the_difference_of_profits(played):
    saving = played.saving("c2m", "order what sold")
    profit = played.money["profit"]
    assert saving.money == pytest.approx(profit["c2m"] - profit["order what sold"])
    assert saving.low <= saving.money <= saving.high
    with pytest.raises(ArgumentError, match="did you mean 'c2m'"):
        played.saving("c3m", "order what sold")


def test_the_views_show_every_policy(played):
    html = played._repr_html_()
    assert all(name in html for name in played.policies)
    assert "<th>mismatch cost</th>" in html
    assert "_" not in html
    assert repr(played).startswith("Rehearsal(5 policies, 3 SKUs x 6 W periods")
    assert list(played.costs.columns) == [*COSTS, "mismatch_cost"]
    assert played.best(["moving average", "perfect information"]) == "perfect information"
