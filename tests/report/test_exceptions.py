from dataclasses import replace

import pandas as pd

from c2m.report.exception_rows import exception_rows
from c2m.report.products import sku_table


def test_exceptions_come_late_orders_first_then_by_money(case):
    orders = pd.DataFrame(
        {
            "sku": [*case.plan.skus[:2], "not planned"],
            "ordered": [50.0, 5.0, 8.0],
            "received": [20.0, 9.0, 0.0],
            "open": [30.0, 0.0, 8.0],
            "due": pd.to_datetime(["2026-11-02", "2026-12-07", "2026-11-02"]),
        }
    )
    plan = replace(case.plan, inputs={**case.plan.inputs, "on_order": orders})
    found = exception_rows(plan, sku_table(plan))
    assert found["kind"].tolist().count("Order overdue") == 1  # no plan counts on the last one
    assert found["kind"].iloc[0] == "Order overdue"
    assert "30 units were due on 2 November 2026" in found["what"].iloc[0]
    assert "4 units more were received than ordered" in set(found["what"])
    money = found["money"].iloc[1:].abs().fillna(0.0)
    assert money.is_monotonic_decreasing
    table = sku_table(plan)
    much = table[(table["lost"] > 0.2 * table["wanted"]) & (table["lost"] >= 1)]
    assert set(found.loc[found["kind"] == "Lost sales", "sku"]) == set(much["sku"])
