"""What happens to the stock of one policy, period by period."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from c2m.production.evaluate import arrivals
from c2m.production.problem import FloatArray, IntArray
from c2m.rehearse.world import World


@dataclass
class Shelf:
    """The stock of one policy; it changes through `book` and `advance`.

    Units are never made or lost on the way: at the start and in every period, what was there and
    what came is what is sold and what is left.

    Parameters
    ----------
    world : World
        What happens.
    """

    world: World
    made: IntArray = field(init=False)
    step: int = field(init=False, default=0)
    stock: FloatArray = field(init=False)
    on_hand: FloatArray = field(init=False)
    sold: FloatArray = field(init=False)
    returned: FloatArray = field(init=False)
    arrived: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        """Begin with the stock at the start."""
        world = self.world
        shape = world.wanted.shape
        self.made = np.zeros(world.limits.items.most.shape, dtype=np.int64)
        self.stock = world.on_hand.copy()
        self.on_hand, self.sold, self.returned = (np.zeros(shape) for _ in range(3))
        self.arrived = world.arriving.copy()

    @property
    def counted(self) -> IntArray:
        """The runs that can be sold in the periods that are played, (n_items, all periods)."""
        return np.where(self.world.in_time, self.made, 0)

    def book(self, made: IntArray) -> None:
        """Add runs that are decided.

        Parameters
        ----------
        made : ndarray of int, shape (n_items, all periods)
            Units or packs.
        """
        self.made += made
        new = np.where(self.world.in_time, made, 0)
        self.arrived += arrivals(self.world.limits, new)[:, : self.world.n_periods]

    def advance(self, step: int) -> None:
        """Let the periods before a step happen.

        Parameters
        ----------
        step : int
            The first one that has not happened then.
        """
        world = self.world
        for now in range(self.step, step):
            served, asked = (part[:, :now].sum(axis=1) for part in (self.sold, world.wanted))
            share = np.divide(served, asked, out=np.ones_like(asked), where=asked > 0)
            self.returned[:, now] = world.back[:, now] * share
            there = self.stock + self.arrived[:, now] + self.returned[:, now]
            self.sold[:, now] = np.minimum(there, world.wanted[:, now])
            self.stock = there - self.sold[:, now]
            self.on_hand[:, now] = self.stock
        self.step = max(self.step, step)

    def stock_table(self) -> pd.DataFrame:
        """Return the stock now: ``sku``, ``on_hand``."""
        return pd.DataFrame({"sku": list(self.world.skus), "on_hand": self.stock})

    def orders(self) -> pd.DataFrame:
        """Return the lines that are still to come; see `Known.on_order`."""
        begun = self.made.copy()
        begun[:, self.step :] = 0
        runs = self._runs(begun)
        runs = runs[runs["due_step"] >= self.step]
        lines = pd.DataFrame(
            {
                "sku": runs["sku"],
                "ordered": runs["good"],
                "received": 0.0,
                "due": self.world.days(runs["due_step"].to_numpy(dtype=np.int64)),
                "line": runs["line"],
                "period": self.world.days(runs["step"].to_numpy(dtype=np.int64)),
            }
        )
        old = self.world.orders
        now = self.world.label(self.step)
        old = old[old["due"] >= now] if self.step else old
        if old.empty:
            return lines.reset_index(drop=True)
        start = pd.DataFrame(
            {
                "sku": old["sku"],
                "ordered": old["open"],
                "received": 0.0,
                "due": old["due"].astype("datetime64[s]"),
                "line": "",
                "period": pd.Series(pd.NaT, index=old.index, dtype="datetime64[s]"),
            }
        )
        return pd.concat([start, lines], ignore_index=True) if len(lines) else start

    def firm(self, stop: int) -> pd.DataFrame:
        """Return the runs that are settled and have not begun.

        Parameters
        ----------
        stop : int
            The first period that is open.

        Returns
        -------
        DataFrame
            ``sku``, ``line``, ``mode``, ``period`` and ``quantity``.
        """
        settled = self.made.copy()
        settled[:, : self.step] = 0
        settled[:, stop:] = 0
        runs = self._runs(settled)
        days = self.world.days(runs["step"].to_numpy(dtype=np.int64))
        return runs.assign(period=days)[["sku", "line", "mode", "period", "quantity"]]

    def _runs(self, made: IntArray) -> pd.DataFrame:
        return list_of_runs(self.world, made)


def list_of_runs(world: World, made: IntArray) -> pd.DataFrame:
    """Return runs as a table.

    Parameters
    ----------
    world : World
        What happens.
    made : ndarray of int, shape (n_items, all periods)
        Units or packs.

    Returns
    -------
    DataFrame
        ``sku``, ``line``, ``mode``, ``step``, ``due_step``, ``quantity`` (begun) and ``good``.
    """
    limits = world.limits
    member, step = np.nonzero(made[limits.members.item])
    item = limits.members.item[member]
    size = made[item, step]
    modes = np.array([way.mode for way in limits.ways], dtype=object)
    return pd.DataFrame(
        {
            "sku": np.array(limits.skus, dtype=object)[limits.members.sku[member]],
            "line": np.array(limits.lines, dtype=object)[limits.items.line[item]],
            "mode": modes[limits.items.way[item]],
            "step": step,
            "due_step": step + limits.members.lead[member],
            "quantity": size * limits.members.pieces[member],
            "good": size * limits.members.units[member],
        }
    )
