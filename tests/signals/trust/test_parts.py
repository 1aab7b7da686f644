import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c2m.signals.trust.crowds import _people
from c2m.signals.trust.machines import Norm
from c2m.signals.trust.memory import MEMORY_DAYS, Users
from c2m.signals.trust.patterns import Copies, same_pace, same_way
from c2m.signals.trust.visits import SkuNames, Visits, read_visits, touches
from c2m.signals.trust.vouching import Level, expected, weighted_median
from tests.signals.trust.conftest import on_day, opened


def visits_of(log: pd.DataFrame) -> tuple[Visits, SkuNames]:
    names = SkuNames()
    (_, table), *_ = opened(log).by_day("UTC")
    return read_visits(table, names), names


def walk(user: str, skus: str, start: float, gaps: list[float]) -> pd.DataFrame:
    return on_day(0, start + np.cumsum(gaps), event_type="view", sku=list(skus), user_key=user)


def test_events_are_sorted_by_user_and_time() -> None:
    log = pd.concat([walk("a", "CAB", 100, [9, 1, 1]), walk("b", "A", 50, [1])])
    visits, names = visits_of(log.sample(frac=1, random_state=1))
    skus = np.array(names.series.names()[0])[visits.sku]
    parts = {"".join(skus[s:e]) for s, e in zip(visits.start[:-1], visits.start[1:], strict=True)}
    assert parts == {"CAB", "A"}
    assert sorted(visits.n_events) == [1, 3]


def test_touches_count_events_once_a_user_and_sku() -> None:
    visits, _ = visits_of(walk("a", "ABAA", 100, [1, 1, 1, 1]))
    rows = touches(visits)
    assert rows.n_events.tolist() == [3, 1]
    assert (rows.first - visits.micros.min()).tolist() == [0, 1_000_000]


def test_the_same_pace_is_counted_whatever_the_skus_are() -> None:
    log = pd.concat(
        [
            walk("a", "ABC", 10, [1, 5, 9]),
            walk("b", "DEF", 800, [1, 5, 9]),
            walk("c", "ABC", 5, [1, 5, 8]),
        ]
    )
    visits, _ = visits_of(log)
    assert sorted(same_pace(visits)) == [1, 2, 2]


def test_the_same_way_is_counted_whatever_the_pace_is() -> None:
    log = pd.concat(
        [
            walk("a", "ABCD", 10, [1, 5, 9, 2]),
            walk("b", "ABBCD", 800, [2, 7, 7, 1, 4]),
            walk("c", "DCBA", 5, [1, 5, 8, 3]),
            walk("d", "AB", 5, [1, 5]),
        ]
    )
    visits, names = visits_of(log)
    assert sorted(same_way(visits, names)) == [0, 1, 2, 2]


def test_going_in_circles_is_no_copy_of_oneself() -> None:
    visits, names = visits_of(walk("a", "ABCABCABC", 10, [5.0] * 9))
    assert same_way(visits, names).tolist() == [1]


def test_the_number_of_copies_is_raised_where_customers_reach_it() -> None:
    shop = Copies()
    copies = np.repeat([1, 30], [500, 500])
    found = shop.judge(copies, np.ones(1000, dtype=bool))
    assert not found.any()
    strict = Copies()
    strict.judge(np.ones(1000, dtype=int), np.ones(1000, dtype=bool))
    assert strict.judge(np.array([3, 4, 9]), np.zeros(3, dtype=bool)).tolist() == [
        False,
        True,
        True,
    ]


def test_a_busy_customer_is_the_one_in_a_thousand() -> None:
    norm = Norm()
    assert norm.busy() == (0, 0)
    norm.acts[[2, 50, 400]] = [9_980, 15, 5]
    assert norm.busy()[0] == 50


# ---------------------------------------------------------------- memory


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sets(st.integers(0, 60), min_size=1), min_size=1, max_size=12))
def test_users_are_remembered_as_a_dictionary_would(days: list[set[int]]) -> None:
    users, plain = Users(), dict[int, tuple[int, int]]()
    for day, seen in enumerate(days):
        ids = np.array(sorted(seen), dtype=np.uint64)
        past = users.past(ids, day)
        known = [plain.get(user, (day, 0)) for user in sorted(seen)]
        assert past.age.tolist() == [day - first for first, _ in known]
        assert past.days.tolist() == [count for _, count in known]
        users.learn(ids, past, day, ids % 2 == 0, np.full(len(ids), 0.5))
        for user, (first, count) in zip(sorted(seen), known, strict=True):
            plain[user] = (first, count + 1)
    assert len(users) == len(plain)


def test_who_was_not_seen_for_long_is_new_again() -> None:
    users, ids = Users(), np.array([5], dtype=np.uint64)
    users.learn(ids, users.past(ids, 0), 0, np.array([True]), np.array([1.0]))
    last = users.past(ids, MEMORY_DAYS)
    assert (last.buys[0], last.fake[0], last.age[0]) == (1, 1, MEMORY_DAYS)
    gone = users.past(ids, MEMORY_DAYS + 1)
    assert (gone.buys[0], gone.fake[0], gone.age[0]) == (0, 0, 0)


# ---------------------------------------------------------------- crowds


def level(strangers: float, customers: float, orders: float, n: int = 20) -> Level:
    full = [np.full(n, part * 10.0) for part in (strangers, customers, orders)]
    return Level(*full, days=np.full(n, 10.0))


def today(n: int = 20, **at_first: float) -> list[np.ndarray]:
    usual = {"strangers": 60.0, "customers": 20.0, "orders": 5.0}
    return [
        np.append(at_first.get(name, value), np.full(n - 1, value)) for name, value in usual.items()
    ]


def test_a_usual_day_is_expected() -> None:
    usual, vouched = expected(level(60, 20, 5), *today())
    assert usual[0] == pytest.approx(60)
    assert vouched[0] > 60


def test_strangers_alone_vouch_for_nothing() -> None:
    usual, vouched = expected(level(60, 20, 5), *today(strangers=900.0))
    assert usual[0] == pytest.approx(60)
    assert vouched[0] < 200


@pytest.mark.parametrize("who", [{"customers": 300.0}, {"orders": 75.0}])
def test_customers_and_orders_each_vouch_for_a_wave(who: dict[str, float]) -> None:
    usual, vouched = expected(level(60, 20, 5), *today(strangers=900.0, **who))
    assert vouched[0] > 900
    assert usual[0] > 600


def test_a_peak_day_of_the_whole_shop_is_expected() -> None:
    _, vouched = expected(level(60, 20, 5), *(4 * part for part in today()))
    assert vouched.min() > 240


def test_an_attack_that_was_always_there_does_not_vouch_for_itself() -> None:
    past = level(60, 20, 5)
    past.strangers[0], past.customers[0], past.orders[0] = 6000, 20, 2
    usual, _ = expected(past, *today(strangers=600.0, customers=2.0, orders=0.0))
    assert usual[0] < 20


def test_members_who_look_like_people_elsewhere_are_believed() -> None:
    reference = [np.array([900.0, 50, 50])] * 3 + [np.array([500.0, 500])]
    looks = [np.repeat([0, 2], [10, 90])] * 3 + [np.arange(100) % 2]
    found = _people(looks, reference, 10.0)
    assert found[:10].mean() > 0.9
    assert found[10:].max() < 0.05


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 60), st.floats(0.5, 100), st.integers(0, 10_000))
def test_never_more_are_believed_than_there_would_be(n: int, people: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    people = min(people, n - 0.5)
    found = _people(
        [rng.integers(0, 4, n), rng.integers(0, 2, n)], [rng.random(4), rng.random(2)], people
    )
    assert ((found >= 0) & (found <= 1)).all()
    assert found.sum() <= people * (1 + 1e-9)


def test_the_weighted_median_halves_the_weight() -> None:
    assert weighted_median(np.array([5.0, 1, 9]), np.array([1.0, 1, 5])) == 9
    assert weighted_median(np.array([5.0, 1, 9]), np.array([1.0, 1, 1])) == 5
    assert weighted_median(np.zeros(0), np.zeros(0)) == 0
