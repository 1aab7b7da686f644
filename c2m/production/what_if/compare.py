"""Plans side by side: their figures, and the runs in which they differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd

from c2m.errors import ArgumentError, warn
from c2m.plan import Plan
from c2m.plan.view import figures

_KEY = ["period", "line", "sku"]


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Plans side by side. Make it with `compare`.

    Parameters
    ----------
    names : tuple of str
        Of the plans; the first one is what the others are compared with.
    figures : DataFrame
        Index ``figure``; a column for each plan, and ``unit``. What a plan does not know is NaN.
    runs : DataFrame
        ``period``, ``line``, ``sku``, ``mode`` where a plan has modes of transport, and the
        quantity in each plan: the runs that are not the same in all of them.
    notes : tuple of str
        What the plans do not have in common, so that their money is not quite comparable.
    """

    names: tuple[str, ...]
    figures: pd.DataFrame
    runs: pd.DataFrame
    notes: tuple[str, ...]

    def summary(self) -> pd.DataFrame:
        """Return the figures, and how each plan differs from the first.

        Returns
        -------
        DataFrame
            Index ``figure``; a column for each plan, one ``"<name> - <first name>"`` for each
            but the first, and ``unit``.
        """
        table = self.figures.copy()
        first = self.names[0]
        for name in self.names[1:]:
            table[f"{name} - {first}"] = table[name] - table[first]
        table["unit"] = table.pop("unit")
        return table

    def to_frame(self) -> pd.DataFrame:
        """Return the runs that differ.

        Returns
        -------
        DataFrame
            See `runs`.
        """
        return self.runs.copy()

    def __repr__(self) -> str:
        """Return the comparison in one line."""
        profit = "expected profit"
        money = ""
        if profit in self.figures.index:
            amounts = self.figures.loc[[profit], list(self.names)].to_numpy(dtype=np.float64)[0]
            texts = [
                f"{name} {value:,.2f}" for name, value in zip(self.names, amounts, strict=True)
            ]
            money = f"; {profit}: {', '.join(texts)}"
        differ = len(self.runs)
        return f"Comparison({len(self.names)} plans, {differ:,} runs differ{money})"

    def _repr_html_(self) -> str:
        """Return the summary as HTML for a notebook."""
        return f"<div><p><code>{escape(repr(self))}</code></p>{self.summary().to_html()}</div>"


def compare(plans: Mapping[str, Plan] | Sequence[Plan]) -> Comparison:
    """Put plans side by side: what each brings and costs, and the runs that differ.

    Only what the plans store is read; nothing is planned or costed again.

    Parameters
    ----------
    plans : mapping of str to Plan, or sequence of Plan
        At least two, in the same periods and currency; plans of a sequence are called
        ``"plan 1"`` and so on.

    Returns
    -------
    Comparison
        Figures, and runs that differ.

    Raises
    ------
    ArgumentError
        If there are fewer than two plans, or they have different freqs or currencies.

    Warns
    -----
    C2MWarning
        Where the plans are for different SKUs or periods, or were costed over different
        scenarios: once, with all differences.

    Examples
    --------
    >>> runs = {"sku": ["A", "B"], "line": ["L1", "L1"], "period": ["2026-11-23"] * 2}
    >>> now, then = (
    ...     Plan.from_frame(
    ...         pd.DataFrame({**runs, "quantity": [100, size]}), freq="W", lead_time_periods=1
    ...     )
    ...     for size in (40, 60)
    ... )
    >>> comparison = compare({"now": now, "then": then})
    >>> comparison.to_frame()
          period line sku  now  then
    0 2026-11-23   L1   B   40    60
    >>> comparison.summary().loc["units made", "then - now"]
    np.float64(20.0)
    """
    named = _named(plans)
    _check(named)
    notes = _notes(list(named.values()))
    if notes:
        warn(f"The plans are not quite comparable: {'; '.join(notes)}.")
    return Comparison(tuple(named), _figures(named), _runs(named), notes)


def _named(plans: Mapping[str, Plan] | Sequence[Plan]) -> dict[str, Plan]:
    if isinstance(plans, Plan) or not isinstance(plans, Mapping | Sequence):
        raise ArgumentError(
            f"Expected a mapping or a sequence of plans, got {type(plans).__name__}; "
            'use compare({"now": plan, "then": other}).'
        )
    if isinstance(plans, Mapping):
        named = {str(name): plan for name, plan in plans.items()}
    else:
        named = {f"plan {number}": plan for number, plan in enumerate(plans, start=1)}
    wrong = [name for name, plan in named.items() if not isinstance(plan, Plan)]
    if wrong:
        raise ArgumentError(
            f"Expected plans, got {type(named[wrong[0]]).__name__} as {wrong[0]!r}."
        )
    return named


def _check(plans: dict[str, Plan]) -> None:
    if len(plans) < 2:
        raise ArgumentError(f"Expected at least two plans to compare, got {len(plans)}.")
    clash = {"unit", "mode", *_KEY} & set(plans)
    if clash:
        raise ArgumentError(
            f"A plan cannot be called {sorted(clash)[0]!r} here; name it otherwise."
        )
    for what in ("freq", "currency"):
        values = {name: getattr(plan, what) for name, plan in plans.items()}
        known = {value for value in values.values() if value is not None}
        if len(known) > 1:
            raise ArgumentError(f"Expected plans of one {what}, got {values}.")


def _notes(plans: list[Plan]) -> tuple[str, ...]:
    """Say what the plans do not have in common."""
    skus = {plan.skus for plan in plans}
    spans = {(str(plan.periods[0].date()), plan.n_periods) for plan in plans}
    costed = [plan for plan in plans if plan.costs]
    paths = {(plan.seed, plan.n_scenarios) for plan in costed}
    wanted = {round(float(plan.outlook["demand"].sum()), 6) for plan in plans if plan.outlook}
    found = [
        (len(skus) > 1, f"they are for {sorted(len(each) for each in skus)} SKUs"),
        (len(spans) > 1, f"they are for the periods {sorted(spans)} (first, number)"),
        (0 < len(costed) < len(plans), f"only {len(costed)} of {len(plans)} have costs"),
        (len(paths) > 1, f"their scenarios are {sorted(map(str, paths))} (seed, number)"),
        (len(wanted) > 1, f"customers want {sorted(wanted)} units on average"),
    ]
    return tuple(text for holds, text in found if holds)


def _figures(plans: dict[str, Plan]) -> pd.DataFrame:
    """Return the summaries side by side, in the order in which figures first come up."""
    summaries = {name: figures(plan) for name, plan in plans.items()}
    index = list(dict.fromkeys(figure for each in summaries.values() for figure in each.index))
    units: dict[str, str] = {}
    for each in summaries.values():
        units = {**dict(zip(each.index, each["unit"], strict=True)), **units}
    columns = {name: each["value"].reindex(index) for name, each in summaries.items()}
    table = pd.DataFrame(columns, index=pd.Index(index, name="figure"))
    return table.assign(unit=[units[figure] for figure in index])


def _runs(plans: dict[str, Plan]) -> pd.DataFrame:
    """Return the runs that are not the same in all plans."""
    modes = any((plan.runs["mode"] != "").any() for plan in plans.values())
    key = [*_KEY, "mode"] if modes else _KEY
    sizes = {name: plan.runs.groupby(key)["quantity"].sum() for name, plan in plans.items()}
    table = pd.DataFrame(sizes).fillna(0).astype("int64").sort_index()
    differ = table.ne(table.iloc[:, 0], axis=0).any(axis=1)
    return table[differ].reset_index()
