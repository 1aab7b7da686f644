"""Factories with rows in every table, written and read again."""

import warnings
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from c2m.errors import DataError
from c2m.production.factory import Factory, Policy
from c2m.production.factory.tables import TABLES, columns

pytest.importorskip("xlsxwriter")
pytest.importorskip("python_calamine")


def drawn(rng, column):
    """Draw a value that a column may hold."""
    if column.may_be_empty and rng.random() < 0.5:
        return None
    if column.kind == "date":
        return date(2026, 1, 1) + timedelta(int(rng.integers(700)))
    if column.choices:
        return str(rng.choice(column.choices))
    if column.kind == "whole":
        return int(rng.integers(1, 50))
    high = 1000.0 if column.at_most is None else column.at_most
    return float(np.round(rng.uniform(0.5 if high < 1000 else 0.01, high), 4))


def drawn_factory(seed):
    """Draw a factory with rows in every table, codes that fit, and any values else."""
    rng = np.random.default_rng(seed)
    skus, lines = [" 01", "6-8", "\u00e9\tX"], ["A", "+B"]
    codes = {"sku": skus, "line": lines, "group": ["G"], "family": ["G"], "prepack": ["007"],
             "plant": ["P"], "department": ["D"], "currency": ["USD"], "material": ["F", "1/2"],
             "mode": ["sea", "air"], "unit": ["m"]}  # fmt: skip
    tables = {name: [] for name in TABLES}
    for name, row in TABLES.items():
        for _ in range(int(rng.integers(1, 4))):
            values = {each.name: drawn(rng, each) for each in columns(row) if each.kind != "code"}
            given = [each for each in columns(row) if each.kind == "code" and each.name in codes]
            values |= {
                each.name: str(rng.choice(codes[each.name]))
                for each in given
                if not each.may_be_empty or rng.random() < 0.6
            }
            tables[name].append(values)
    fixed = {"lines": [{**tables["lines"][0], "line": line, "capacity": 1e9, "unit": "pieces",
                        "plant": "P"} for line in lines],
             "products": [{**tables["products"][0], "sku": sku, "price": 2000.0,
                           "unit_cost": 1500.0, "department": "D"} for sku in skus],
             "routings": [{**tables["routings"][0], "sku": sku, "line": line, "max_lot": np.inf,
                           "lead_time_high": 0} for sku in skus for line in lines],
             "groups": [{"sku": sku, "group": "G"} for sku in skus],
             "prepacks": [{"prepack": "007", "sku": skus[0], "units": 3}],
             "materials": [{**tables["materials"][0], "material": code} for code in ("F", "1/2")],
             "limits": [{"scope": "group", "name": "G", "moq": 3, "line": "+"}],
             "markdowns": [{"sku": skus[1], "price": 0.1 + 0.2, "share": 1 / 3}],
             "rates": [{"currency": "USD", "from_day": date(2026, 1, 1), "rate": 0.9}]}  # fmt: skip
    tables |= fixed
    for rows in tables.values():
        for each in rows:
            each.update({name: 0 for name in ("lead_time_high",) if name in each})
            if "first_day" in each:
                each["last_day"] = each["first_day"] + timedelta(3)
            if each.get("unit") == "minutes":
                each["unit"] = "dozens"
    frames = {name: pd.DataFrame(rows).drop_duplicates(list(TABLES[name].key))
              for name, rows in tables.items()}  # fmt: skip
    policy = Policy(fill_rate=0.9, lead_time_level=0.75) if seed % 2 else Policy(frozen_periods=2)
    return Factory.from_frames(**frames, currency="EUR", policy=policy)


@pytest.mark.filterwarnings("ignore:.* the least that a unit costs")  # money is drawn
@pytest.mark.parametrize("seed", range(2))
def test_factories_with_anything_in_every_table_come_back(seed, tmp_path):
    factory = drawn_factory(seed)
    assert all(len(frame) for frame in factory.tables().values())
    assert Factory.from_toml(factory.to_toml(tmp_path / "f.toml")) == factory
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # 0.1 + 0.2 and 1 / 3 have 17 digits
        book = factory.to_excel(tmp_path / "f.xlsx")
    back = Factory.from_excel(book)
    for name, frame in factory.tables().items():
        pd.testing.assert_frame_equal(getattr(back, name), frame, rtol=1e-15)
    assert (back.policy, back.currency) == (factory.policy, "EUR")
    rebuilt = Factory.from_frames(**factory.tables(), currency="EUR", policy=factory.policy)
    assert rebuilt == factory


def test_two_service_levels_in_a_file_are_a_problem_beside_the_others(tmp_path):
    path = tmp_path / "f.toml"
    path.write_text("fill_rate = 0.9\ncycle_service_level = 0.8\nlead_time_level = 0.3\n")
    with pytest.raises(DataError) as caught:
        Factory.from_toml(path)
    assert caught.value.problems[:2] == [
        "settings: 1 of 1 row has 'lead_time_level' below 0.5 (first: entry 1, 0.3)",
        "settings: there are a 'fill_rate' and a 'cycle_service_level'",
    ]
    assert "lines: the table has no rows" in caught.value.problems
