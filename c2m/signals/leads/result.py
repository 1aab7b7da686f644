"""What the signals say about the time to come."""

from dataclasses import dataclass, field
from typing import Any

import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class Leads:
    """Lag kernels of signals and a verdict on each. Make one with `lead`.

    Parameters
    ----------
    table : DataFrame, a row a signal
        ``signal``, ``verdict`` (``"leads"``, ``"moves together"`` or ``"nothing found"``),
        ``lead`` with ``low`` and ``high`` (periods, 90 % interval; unknown unless it leads),
        ``chance`` (of as much in a signal without a lead), ``gain`` (share of the deviations
        of sales in the last third of the time that the signal's past explains beyond their own
        past), ``together`` (share of the link that lies in the same period), ``series`` (that
        count) and ``clipped`` (cells farther out than is counted, such as bought bursts).
    kernels : DataFrame, a row a signal and lag
        ``signal``, ``lag`` (periods by which the signal is earlier; below 0 it comes after),
        ``correlation``, ``error``, and ``fitted``.
    target : str
        The channel that is led.
    unit : str
        ``"day"``, ``"week"`` or ``"month"``.
    pooled_by : str, optional
        Column of the groups whose common movement was taken out.
    """

    table: pd.DataFrame = field(repr=False)
    kernels: pd.DataFrame = field(repr=False)
    target: str
    unit: str
    pooled_by: str | None

    def to_frame(self) -> pd.DataFrame:
        """Return the kernels, a row a signal and lag."""
        return self.kernels.copy()

    def summary(self) -> pd.DataFrame:
        """Return the verdicts, a row a signal."""
        return self.table.copy()

    def reading(self) -> str:
        """Say in words which signal leads, and by how long."""
        return "\n".join(self._sentence(row) for _, row in self.table.iterrows())

    def _sentence(self, row: "pd.Series[Any]") -> str:
        name, verdict = row["signal"], row["verdict"]
        if verdict == "leads":
            return (
                f"{name} lead {self.target} by {row['lead']:.1f} {self.unit}s ({row['low']:.1f} to "
                f"{row['high']:.1f})."
            )
        if verdict == "moves together":
            return f"{name} move together with {self.target}, in the same {self.unit}."
        return f"{name}: nothing found."

    def __repr__(self) -> str:
        """Say what it is in one line."""
        leading = self.table.loc[self.table["verdict"] == "leads"]
        said = ", ".join(f"{row['signal']} {row['lead']:.1f}" for _, row in leading.iterrows())
        noun = "signal" if len(self.table) == 1 else "signals"
        what = f"{len(self.table)} {noun} on {self.target}, in {self.unit}s"
        return f"Leads(of {what}: {said or 'none'})"

    def _repr_html_(self) -> str:
        return self.table.to_html(index=False)
