import numpy as np
import pandas as pd
import pytest

from c2m.demand import Demand
from c2m.distribution import GammaPoisson
from c2m.errors import ArgumentError
from c2m.periods import Calendar
from c2m.production.allocation import allocate, compare_reserves


def season(level=0.8, horizon=4, **lane):
    """Return the arguments of SKUs at doors whose demand has an unknown level each."""
    skus, n_doors = [f"S{number}" for number in range(8)], 6
    keys = pd.DataFrame([(sku, f"D{door}") for sku in skus for door in range(n_doors)])
    keys.columns = ["sku", "location"]
    mean = np.full((len(keys), horizon), 5.0)
    law = GammaPoisson(mean, np.full(mean.shape, level), np.full(len(keys), level))
    lanes = {"location": [f"D{door}" for door in range(n_doors)], "cost": 0.1}
    return {
        "demand": Demand(keys, Calendar.of("W"), 2900, law),
        "stock": pd.DataFrame({"sku": skus, "on_hand": 100}),
        "products": pd.DataFrame({"sku": skus, "price": 10.0, "end_value": 2.0}),
        "lanes": pd.DataFrame(lanes | lane),
    }


def test_without_a_reserve_and_with_nothing_left_a_path_earns_what_the_first_sending_does():
    case = season()
    table = compare_reserves(**case, shares=[0.0], n_paths=40, n_points=200)
    units = allocate(**case).doors["units"].to_numpy()
    wanted = case["demand"].sample(40, 0).sum(axis=2)
    sold = np.minimum(wanted, units).sum(axis=1)
    assert table["sent_first"][0] == units.sum() == 800
    assert table["sent_later"][0] == 0
    assert table["sold"][0] == pytest.approx(sold.mean())
    assert table["gain"][0] == pytest.approx(8 * sold.mean() - 0.1 * 800)


def test_a_reserve_pays_where_doors_err_apart():
    table = compare_reserves(**season(), shares=[0.0, 0.3])
    assert table["over_first"][1] > 5 * table["over_first_se"][1] > 0
    assert table["over_first"][1] > 0.05 * table["gain"][0]


def test_a_reserve_that_arrives_after_the_season_is_only_lost():
    with pytest.warns(UserWarning, match="after the horizon"):
        allocate(**season(lead_time_periods=4))
    table = compare_reserves(**season(lead_time_periods=3), shares=[0.0, 0.3], n_paths=5)
    assert table["sent_later"].tolist() == [0, 0]
    assert table["over_first"][1] < 0


def test_units_are_never_sent_twice_nor_sold_unsent():
    table = compare_reserves(**season(), shares=[0.0, 0.5, 1.0], n_paths=5)
    assert np.all(table["sent_first"] + table["sent_later"] <= 800)
    assert np.all(table["sold"] <= table["sent_first"] + table["sent_later"])
    assert table["sent_first"][2] == 0


def test_units_held_at_the_doors_are_sold_but_are_no_gain():
    case = season()
    held = case["demand"].keys.assign(on_hand=1000)
    table = compare_reserves(**case, held=held, shares=[0.0], n_paths=5)
    assert table["sent_first"][0] == table["gain"][0] == 0
    assert table["sold"][0] == pytest.approx(case["demand"].sample(5, 0).sum() / 5)


def test_the_second_sending_knows_nothing_of_the_demand_to_come(monkeypatch):
    case = season()
    real = case["demand"].sample(6, 0)
    sent = []
    for factor in (0.0, 1.0, 10.0):
        paths = np.concatenate([real[:, :, :1], real[:, :, 1:] * factor], axis=2)
        monkeypatch.setattr(Demand, "sample", lambda _self, _n, _seed, paths=paths: paths)
        sent.append(compare_reserves(**case, shares=[0.4], n_paths=6)["sent_later"][0])
    assert sent[0] == sent[1] == sent[2] > 0


def replay_two_doors(monkeypatch, path, on_hand=100, **lane):
    """Replay one path at two equal doors that share six tenths at first and the rest later."""
    case = season(**lane)
    one = case["demand"].select(["S0"])
    case["demand"] = Demand(one.keys[:2], one.calendar, one.first, one.law.rows(np.arange(2)))
    case["stock"] = pd.DataFrame({"sku": ["S0"], "on_hand": [on_hand]})
    paths = np.stack([np.array(path)] * 2)
    monkeypatch.setattr(Demand, "sample", lambda _self, _n, _seed: paths)
    table = compare_reserves(**case, shares=[0.4], n_paths=2)
    assert table["sent_first"][0] == 0.6 * on_hand
    return table.iloc[0]


def test_the_reserve_goes_to_the_door_that_sold_out(monkeypatch):
    sold = replay_two_doors(monkeypatch, [[0.0] * 4, [35.0, 100.0, 0.0, 0.0]])["sold"]
    assert sold == 30 + 40


def test_demand_that_a_door_could_not_serve_is_not_known(monkeypatch):
    path = [[60.0, 100.0, 0.0, 0.0], [6000.0, 0.0, 0.0, 0.0]]
    assert replay_two_doors(monkeypatch, path)["sold"] == 30 + 30 + 20


def test_doors_that_sold_little_of_what_they_had_get_no_more(monkeypatch):
    dear = {"cost": 6.0}
    slow = replay_two_doors(monkeypatch, np.zeros((2, 4)), on_hand=20, **dear)
    quick = replay_two_doors(monkeypatch, np.full((2, 4), 6.0), on_hand=20, **dear)
    assert (slow["sent_later"], quick["sent_later"]) == (0, 8)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"shares": [0.0, 1.2]}, "shares between 0 and 1"),
        ({"shares": []}, "shares between 0 and 1"),
        ({"shares": ["much"]}, "shares between 0 and 1"),
        ({"after": 4}, "after < 4"),
        ({"after": 0}, "after >= 1"),
        ({"n_paths": 1}, "n_paths >= 2"),
    ],
)
def test_arguments_out_of_range_are_refused(change, message):
    with pytest.raises(ArgumentError, match=message):
        compare_reserves(**season(), **change)
