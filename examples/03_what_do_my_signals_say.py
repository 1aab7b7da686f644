"""What do my signals say?

A log of consumer events is read, and says: which of it comes from no customer, where the funnel
leaks, which signal runs ahead of sales, which SKUs shift and which only have their day, what
stock-outs cost, and what comes back. What cannot be told from the log is said too.

  python examples/03_what_do_my_signals_say.py                      a simulated shop, truth known
  python examples/03_what_do_my_signals_say.py my_events.parquet    a log of your own

It leaves figures, tables and a page in c2m-output/example-03.
"""

# %% What the command line offers.
import argparse
import secrets
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import c2m
from c2m import plot, signals
from c2m.cli.shown import warnings_as_notes
from c2m.datasets import Market, simulate_market

LEADING = ("views", "search_clicks", "wishlists", "carts", "checkouts", "preorders")
STYLE = "<style>body {font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: auto}</style>"


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the arguments."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("log", nargs="?", help="parquet, CSV or JSON files; simulated unless given")
    parser.add_argument("--schema", default="canonical", help="such as ga4 (%(default)s)")
    parser.add_argument(
        "--time-zone", help="where times without a zone were written, such as Europe/Paris"
    )
    parser.add_argument(
        "--consent", help='purposes that people must have agreed to, divided by commas; or "all"'
    )
    for name, known, example in (
        ("--column", signals.COLUMNS, "a column by the name it has in the log: sku=article"),
        ("--event-type", signals.EVENT_TYPES, "a kind by its name in the log: purchase=buy"),
    ):
        parser.add_argument(
            name,
            action="append",
            default=[],
            type=pair_of(known),
            metavar="NAME=THEIRS",
            help=f"{example}; may be repeated",
        )
    parser.add_argument("--delimiter", help="between the fields of CSV files, if it is no comma")
    parser.add_argument(
        "--attributes", type=Path, help="CSV with a row a sku: style, colour, size, category ..."
    )
    parser.add_argument(
        "--out", type=Path, default=Path("c2m-output/example-03"), help="where (%(default)s)"
    )
    return parser.parse_args(argv)


def pair_of(known: Collection[str]) -> Callable[[str], tuple[str, str]]:
    """Return what splits NAME=THEIRS, the name being a known one."""

    def _split(text: str) -> tuple[str, str]:
        own, sign, theirs = (part.strip() for part in text.partition("="))
        if not sign or not theirs or own not in known:
            names = ", ".join(known)
            raise argparse.ArgumentTypeError(f"expected NAME=THEIRS, NAME of {names}, got {text!r}")
        return own, theirs

    return _split


# %% The log: a simulated shop, of which the truth is known, or your own.
@dataclass(frozen=True)
class Log:
    """A log, what is known of its SKUs, and the market behind it if it is a simulated one."""

    events: c2m.Events
    attributes: pd.DataFrame | None
    market: Market | None = None


def open_log(options: argparse.Namespace) -> Log:
    """Open the log; a simulated one where none is named."""
    if options.log is None:
        market = simulate_market(
            5,
            n_styles=6,
            n_colours=3,
            n_sizes=4,
            n_stores=0,
            n_days=182,
            events_per_day=4000,
            fake_share=0.15,
            launch_share=0.0,
            review_days=2,
            page_suppression=0.3,
            fake_families=("crawler", "ring", "hoarder"),
        )
        print(market)
        events = c2m.read_events(market.events, time_zone="UTC")
        return Log(events, market.skus[["sku", "style", "colour", "size", "department"]], market)
    purposes = options.consent
    events = c2m.read_events(
        options.log,
        schema=options.schema,
        columns=dict(options.column) or None,
        event_types={theirs: own for own, theirs in options.event_type} or None,
        time_zone=options.time_zone,
        # pseudonyms of one run: nothing of them is written
        key=None if options.schema == "canonical" else secrets.token_bytes(32),
        consent=purposes if purposes in {None, "all"} else purposes.split(","),
        delimiter=options.delimiter,
    )
    if options.attributes is None:
        return Log(events, None)
    return Log(events, pd.read_csv(options.attributes, dtype=str, keep_default_na=False))


# %% What a topic leaves behind: lines to read, a figure and a table.
@dataclass(frozen=True)
class Told:
    """What one topic says."""

    lines: list[str]
    figure: Figure | None = None
    table: pd.DataFrame | None = None


def new_figure(height: float) -> Figure:
    """Return an empty figure that pyplot does not know."""
    return Figure(figsize=(9.5, height), layout="constrained")


# %% Trust: what in the log comes from no customer.
def tell_trust(trust: signals.Trust, panel: c2m.Panel, market: Market | None) -> Told:
    """Say who was taken out, and why."""
    table = trust.summary()
    found = table[table["share"] > 0].sort_values("share", ascending=False)
    taken = f"{trust.lost:.1%}" if len(found) else "None"
    lines = [f"{taken} of {trust.n_events:,} events are taken out as not those of customers."]
    lines += [
        f"{row['share']:.2%} by {row['users']:,} users for {reason}: {row['meaning']}."
        for reason, row in found.iterrows()
    ]
    channel = "views" if "views" in panel else panel.target
    raw, kept = (np.nansum(panel[name], axis=1) for name in (f"raw_{channel}", channel))
    most = int(np.argmax(raw - kept))
    sku = panel.skus[most]
    if len(found):
        lines.append(
            f"{sku} changes most: {raw[most]:,.0f} {channel} as counted, {kept[most]:,.0f} kept."
        )
    if market is not None:
        fake = set(market.truth.fake_users["user_key"])
        share = market.events.column("user_key").to_pandas().isin(fake).mean()
        lines.append(f"Truth of the simulation: {share:.1%} of the events are fake.")
    figure = new_figure(7.2)
    above, below = figure.subplots(2, 1)
    plot.plot_trust(trust, above)
    plot.plot_weighted(panel, below, channel=channel, sku=sku)
    return Told(lines, figure, table.reset_index())


# %% The funnel: how many go on from each step to the next, and where too few do.
def tell_funnel(panel: c2m.Panel) -> Told:
    """Say where the funnel leaks, and whether empty shelves are why."""
    found = c2m.funnel(panel)
    table = found.summary()
    lines = [f"{sentence}." for sentence in found.reading().rstrip(".").split(". ")]
    step = table.loc[table["lost"].argmax(), "step"]
    worst = found.rates[found.rates["step"] == step].nlargest(3, "lost")
    before, _, after = step.partition(" to ")
    for row in worst[worst["lost"] > 0].to_dict("records"):
        own = panel.select([row["sku"]])
        there = pd.Series(own["in_stock"][0]).mean() if "in_stock" in own else np.nan
        shelf = "" if np.isnan(there) else f"; in stock {there:.0%} of the time"
        lines.append(
            f"{row['sku']}: {100 * row['rate']:,.1f} {after} for 100 {before}, in its category "
            f"{100 * row['category_rate']:,.1f}{shelf}."
        )
    shown = min(panel.n_series, 12)
    figure = new_figure(4.0 + 0.3 * shown)
    above, below = figure.subplots(2, 1, height_ratios=[3.0, 1.0 + 0.3 * shown])
    plot.plot_funnel(found, above)
    plot.plot_funnel(found, below, step=step, most=shown)
    return Told(lines, figure, found.to_frame())


# %% Leads: which signal runs ahead of sales, and by how long.
def tell_leads(panel: c2m.Panel, market: Market | None) -> Told:
    """Say which signal leads sales."""
    names = [name for name in LEADING if name in panel]
    found = c2m.lead(panel, names, max_lag=min(35, panel.n_periods // 3))
    leading = found.table[found.table["verdict"] == "leads"]
    lines = found.reading().splitlines()
    lines += [
        f"The past of {row['signal']} explains {row['gain']:.1%} of what the past of "
        f"{found.target} does not."
        for row in leading[leading["gain"] > 0].to_dict("records")
    ]
    if market is not None:
        lines.append(
            "Truth of the simulation: buyers look about 10 days, wish 14 and fill a cart 2 days "
            "before they buy."
        )
    shown = [*leading["signal"], *found.table["signal"].drop(leading.index)][:3]
    figure = new_figure(6.4)
    above, below = figure.subfigures(2, 1)
    plot.plot_leads(found, above.subplots())
    for ax, name in zip(np.ravel(below.subplots(1, len(shown))), shown, strict=True):
        plot.plot_leads(found, ax, signal=name)
    return Told(lines, figure, found.summary())


# %% Waves: which SKUs have moved to another level, and which only have their day.
MEANINGS = {
    "shift": "moved to another level, and stay there",
    "wave": "had their day, which passes",
    "unbacked": "changed in the looking alone, no buyer backs it (bots, a mention)",
    "undecided": "moved, but it is too early to say how",
}


def tell_waves(panel: c2m.Panel) -> Told:
    """Say what the last weeks were."""
    found = c2m.detect_waves(panel)
    table = found.table.sort_values("alarm", ascending=False)
    old = table[table["verdict"] != "too short"]
    quiet = old["verdict"].eq("none").sum()
    lines = [
        f"In the last {found.window} days of {found.channel} {quiet:,} of {len(old):,} SKUs with "
        "enough history are as they were."
    ]
    chosen = []
    for verdict, meaning in MEANINGS.items():
        own = table[table["verdict"] == verdict]
        if len(own):
            named = own["sku"] + " (" + own["factor"].round(1).astype(str) + " times)"
            lines.append(f"{len(own):,} {meaning}, such as {', '.join(named.head(3))}.")
            chosen.append(own["sku"].iloc[0])
    if not chosen:
        return Told(lines, table=table)
    lines.append(
        "A season, promotion or peak that was planned is no news: pass it to detect_waves as "
        "expected=."
    )
    rows = -(-len(chosen) // 2)
    figure = new_figure(3.4 + 2.6 * rows)
    above, below = figure.subfigures(2, 1, height_ratios=[3.4, 2.6 * rows])
    plot.plot_waves(found, above.subplots())
    for place, sku in enumerate(chosen):
        plot.plot_waves(found, below.add_subplot(rows, 2, place + 1), sku=sku, panel=panel)
    return Told(lines, figure, table)


# %% Stock-outs: how long SKUs were out, and what would have been sold.
def tell_stockouts(panel: c2m.Panel, market: Market | None) -> Told:
    """Say what empty shelves cost."""
    found = c2m.unconstrain(panel)
    full = found.panel
    known = ~np.isnan(full["sales"])
    out = known & ~np.isin(found.method, ["observed", "unknown"])
    sales, demand = (full[name].astype(float) for name in ("sales", "demand"))
    lost = np.where(out, demand - sales, 0.0).clip(min=0).sum(axis=1)
    sd = float(np.sqrt(np.nansum(full["demand_sd"].astype(float) ** 2)))
    most = [full.skus[row] for row in np.argsort(-lost, kind="stable") if lost[row] > 0]
    share = 1 - float(np.nanmean(full["in_stock"][:, : full.n_periods]))
    lines = [
        f"SKUs were out of stock {share:.1%} of the time: {out.sum():,} of {known.sum():,} "
        "SKU-days were cut short.",
        f"{np.nansum(sales):,.0f} units were sold, about {np.nansum(demand):,.0f} were wanted "
        f"(standard deviation {sd:,.0f}).",
        f"About {lost.sum():,.0f} units found no stock; most: {', '.join(most[:3]) or 'none'}.",
    ]
    if found.page_factor is not None:
        lines.append(
            f"A page is seen {found.page_factor:.2f} times as often while its SKU is out of stock."
        )
    if found.spill is None:
        lines.append("What is bought in place of a SKU that is out cannot be told without 'style'.")
    else:
        units = found.spill["spill_in"].sum()
        lines.append(f"About {units:,.0f} units were bought in place of a neighbour that was out.")
    if market is not None:
        truth = market.truth
        lines.append(
            f"Truth of the simulation: {truth.demand.sum():,} wanted, {truth.spill_in.sum():,} "
            "bought in place of another."
        )
    figure = new_figure(6.6)
    above, below = figure.subplots(2, 1)
    plot.plot_stockouts(found, above)
    plot.plot_stockouts(found, below, sku=(most or full.skus)[0], last=min(70, full.n_periods))
    return Told(lines, figure, found.to_frame())


# %% Returns: how many units come back, and when.
def tell_returns(log: Log, panel: c2m.Panel) -> Told:
    """Say how many units come back, and how long that takes."""
    if "order_id" in log.events.columns:  # each unit's delay is known
        found = c2m.fit_returns(log.events, attributes=log.attributes)
    else:
        found = c2m.fit_returns(panel)
    table = found.summary()
    sold = table["sold"].sum()
    rate = (table["rate"] * table["sold"]).sum() / sold
    delay = np.average(table["mean_delay_days"], weights=table["rate"] * table["sold"])
    high = table.assign(sure=table["rate"] - 2 * table["rate_sd"]).nlargest(3, "sure")
    named = high["sku"] + " (" + (100 * high["rate"]).round().astype(int).astype(str) + " %)"
    lines = [
        f"{rate:.1%} of {sold:,.0f} units come back, {delay:.0f} days after the purchase on "
        "average.",
        f"{table['returned'].sum():,.0f} units are back; about "
        f"{table['still_to_come'].sum():,.0f} of those sold will still come.",
        f"Highest rates: {', '.join(named)}.",
    ]
    if log.market is not None:
        skus = log.market.skus.set_index("sku")["return_rate"]
        truth = (table["sku"].map(skus) * table["sold"]).sum() / sold
        lines.append(f"Truth of the simulation: {truth:.1%} come back.")
    figure = new_figure(3.4)
    left, right = figure.subplots(1, 2)
    plot.plot_returns(found, left)
    plot.plot_returns(found, right, sku=high["sku"].iloc[0])
    return Told(lines, figure, table)


# %% The road: one pass for trust, one for the panel, then topic by topic.
def tell(title: str, name: str, out: Path, topic: Callable[[], Told]) -> str:
    """Print a topic, write its figure and table, and return its part of the page."""
    try:
        told = topic()
    except (c2m.DataError, c2m.ArgumentError) as error:  # the other topics may do without
        reason = "; ".join(getattr(error, "problems", [str(error)]))
        told = Told([f"Cannot be told: {reason.rstrip('.')}."])
    print(f"\n{title}", *told.lines, sep="\n  ")
    for ending in ("csv", "png"):  # of an earlier log
        (out / f"{name}.{ending}").unlink(missing_ok=True)
    page = f"<h2>{escape(title)}</h2><p>{'<br>'.join(map(escape, told.lines))}</p>"
    if told.table is not None:
        told.table.to_csv(out / f"{name}.csv", index=False)
        page += f'<p><a href="{name}.csv">{name}.csv</a></p>'
    if told.figure is not None:
        told.figure.savefig(out / f"{name}.png", dpi=110)
        page += f'<img src="{name}.png" alt="{escape(title)}" width="900">'
    return page


def look(options: argparse.Namespace) -> None:
    """Read the log, and tell what it says."""
    log = open_log(options)
    trust = c2m.score_trust(log.events) if "user_key" in log.events.columns else None
    panel = c2m.build_panel(
        log.events, freq="D", attributes=log.attributes, trust=trust, stock="changes"
    )
    print(panel)
    out = options.out
    out.mkdir(parents=True, exist_ok=True)
    no_users = Told(["Cannot be told: the log does not say who did something (no 'user_key')."])
    topics = {
        "Trust": lambda: no_users if trust is None else tell_trust(trust, panel, log.market),
        "Funnel": lambda: tell_funnel(panel),
        "Leads": lambda: tell_leads(panel, log.market),
        "Waves": lambda: tell_waves(panel),
        "Stock-outs": lambda: tell_stockouts(panel, log.market),
        "Returns": lambda: tell_returns(log, panel),
    }
    parts = [
        tell(title, title.lower().replace("-", ""), out, topic) for title, topic in topics.items()
    ]
    page = f'<!doctype html><meta charset="utf-8"><title>What the signals say</title>{STYLE}'
    (out / "index.html").write_text("\n".join([page, *parts]), encoding="utf-8")
    print(f"\nWrote {out / 'index.html'}")


def main(argv: list[str] | None = None) -> int:
    """Run the script; 0 done, 2 bad input."""
    options = parse(argv)
    try:
        with warnings_as_notes():
            look(options)
    except (c2m.C2MError, OSError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
