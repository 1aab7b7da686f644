"""From signals to a plan.

The whole road once: the events of a shop become a panel, the panel a forecast, the forecast and
a factory a plan. Runs as a script, and cell by cell as a notebook.
"""

# %% The events of a shop: who bought what, when, at which price.
from pathlib import Path

import pandas as pd

import c2m
from c2m.datasets import load_journey
from c2m.report import write_report

journey = load_journey()
events = c2m.read_events(journey.events_path)
print(events)

# %% The panel: what was known of every SKU in every week. Displays and mailers are planned ahead.
products = journey.products[["sku", "category", "product_type"]]
panel = c2m.build_panel(events, freq="W", tz=journey.tz, attributes=products, complete=True)
planned = {
    name: journey.exposure.pivot(index="sku", columns="period", values=name).loc[panel.skus]
    for name in ("display", "mailer")
}
panel = panel.with_channels(planned, known=["display", "mailer"])
panel = panel.upto("2017-10-30")  # what was known then, and what was planned for later
print(panel)

# %% The forecast: eight weeks, by the model that did best on weeks held back.
demand = c2m.forecast_demand(panel, horizon=8)
print(*demand.notes, sep="\n")

# %% The plan: what to make, on which line, in which week, so that it is expected to earn the most.
factory = c2m.Factory.from_toml(journey.factory_path)
recent = pd.DataFrame(panel["sales"][:, -8:])  # opening stock: assume one week of mean sales
stock = pd.DataFrame({"sku": panel.skus, "on_hand": recent.mean(axis=1).fillna(0).round()})
plan = c2m.plan_production(demand, factory, stock=stock)
print(plan.summary())
print(plan.explain(plan.runs["sku"].iloc[0]))

# %% What people look at: a page and a workbook.
folder = Path("c2m-output/example-01")
write_report(folder / "report.html", panel=panel, demand=demand, plan=plan)
plan.to_excel(folder / "plan.xlsx", demand)
print(f"Wrote {folder / 'report.html'} and {folder / 'plan.xlsx'}")
