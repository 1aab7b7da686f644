"""Shares of sizes under proportional choice among what is in stock."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np
import pandas as pd

from c2m.errors import warn

if TYPE_CHECKING:
    from c2m.forecast.launch.births import Positions
    from c2m.forecast.target import FloatArray
    from c2m.panel import Panel

_ROUNDS: Final = 40
_ENOUGH: Final = 1e-7
_STRENGTHS: Final = np.geomspace(2.0, 5000.0, 24)
_LEAST_BLOCKS: Final = 3
_ASSUMED_STRENGTH: Final = 50.0
"""Units that the coarser curve counts for, where too few blocks tell how alike they are."""

_TINY: Final = 1e-12


@dataclass(frozen=True, eq=False)
class Shelf:
    """What was sold and in stock, a row a series.

    Parameters
    ----------
    sold, there : ndarray, shape (n_series, n_periods)
        Units, and the share of the period in stock; both 0 where either is unknown.
    size, block, cell : ndarray of int, shape (n_series,)
        Its size; the block whose curve it belongs to; the cell (style, colour, place) within which
        sizes compete for the same buyers.
    sizes : ndarray of str
        Names of the sizes.
    """

    sold: "FloatArray"
    there: "FloatArray"
    size: "Positions"
    block: "Positions"
    cell: "Positions"
    sizes: "np.ndarray[tuple[int], np.dtype[np.object_]]"

    @classmethod
    def of(cls, panel: "Panel", table: pd.DataFrame, block: tuple[str, ...]) -> Self:
        """Read a panel.

        Parameters
        ----------
        panel : Panel
            The panel.
        table : DataFrame, n_series rows
            Columns of `block`, ``size`` and ``cell``.
        block : tuple of str
            Columns that name a block.

        Returns
        -------
        Shelf
            The shelf.

        Warns
        -----
        C2MWarning
            See `SizeCurves.fit`.
        """
        sold = panel[panel.target].astype(np.float64)
        there = np.ones_like(sold)
        if panel.target != "demand":
            if "in_stock" in panel:
                there = panel["in_stock"][:, : panel.n_periods].astype(np.float64)
            else:
                warn(
                    "The panel has no channel 'in_stock': a size that was sold out looks unwanted. "
                    "Add 'in_stock', or pass the unconstrained target 'demand'."
                )
        odd = int(np.count_nonzero((there == 0) & (sold > 0)))
        if odd:
            warn(
                f"{odd:,} of {sold.size:,} series-periods sold units with an 'in_stock' of 0; they "
                "are left out of the size curves. Correct 'in_stock' there."
            )
        if "on_sale" in panel:
            there = np.where(panel["on_sale"][:, : panel.n_periods] == 0, np.nan, there)
        known = ~np.isnan(sold) & (there > 0)
        size, sizes = pd.factorize(table["size"], sort=True)
        names = table[list(block)].agg("\x1f".join, axis=1)
        return cls(
            sold=np.where(known, sold, 0.0),
            there=np.where(known, there, 0.0),
            size=size.astype(np.intp),
            block=pd.factorize(names, sort=True)[0].astype(np.intp),
            cell=pd.factorize(table["cell"], sort=True)[0].astype(np.intp),
            sizes=np.asarray(sizes, dtype=object),
        )

    def units(self, codes: "Positions") -> "FloatArray":
        """Return units by block and size.

        Parameters
        ----------
        codes : ndarray of int, shape (n_series,)
            Block of each series.

        Returns
        -------
        ndarray, shape (n_blocks, n_sizes)
            Units sold.
        """
        return self._by_size(codes, self.sold.sum(axis=1))

    def offered(self, codes: "Positions") -> "np.ndarray[tuple[int, int], np.dtype[np.bool_]]":
        """Say which sizes each block has.

        Parameters
        ----------
        codes : ndarray of int, shape (n_series,)
            Block of each series.

        Returns
        -------
        ndarray of bool, shape (n_blocks, n_sizes)
            Whether a series of the block has the size.
        """
        return self._by_size(codes, np.ones(len(codes))) > 0

    def exposure(self, shares: "FloatArray", codes: "Positions") -> "FloatArray":
        """Return the units that a share of 1 would have sold, by block and size.

        The buyers of a cell in a period are its units divided by the shares that were in stock.

        Parameters
        ----------
        shares : ndarray, shape (n_blocks, n_sizes)
            Shares.
        codes : ndarray of int, shape (n_series,)
            Block of each series.

        Returns
        -------
        ndarray, shape (n_blocks, n_sizes)
            Units.
        """
        from c2m.forecast.launch.levels import add_up

        weight = shares[codes, self.size][:, None] * self.there  # [S, T]
        chosen = add_up(weight, self.cell)
        buyers = np.divide(
            add_up(self.sold, self.cell), chosen, out=np.zeros_like(chosen), where=chosen > 0
        )
        return self._by_size(codes, (buyers[self.cell] * self.there).sum(axis=1))

    def _by_size(self, codes: "Positions", values: "FloatArray") -> "FloatArray":
        shape = (int(codes.max(initial=0)) + 1, len(self.sizes))
        place = codes * shape[1] + self.size
        flat = np.bincount(place, weights=values, minlength=shape[0] * shape[1])
        return np.asarray(flat.reshape(shape), dtype=np.float64)


def fit_shares(
    shelf: Shelf, codes: "Positions", prior: "FloatArray", strength: float
) -> tuple["FloatArray", "FloatArray"]:
    """Return posterior shares of each block, and the units of evidence behind them.

    Share and buyers are fitted in turns: ``share = (units + k * prior) / (exposure + k)``, the
    mean of a gamma posterior, then scaled to sum to 1.

    Parameters
    ----------
    shelf : Shelf
        The data.
    codes : ndarray of int, shape (n_series,)
        Block of each series.
    prior : ndarray, shape (n_blocks, n_sizes)
        Expected shares, above 0.
    strength : float
        Units that the prior counts for, k.

    Returns
    -------
    shares : ndarray, shape (n_blocks, n_sizes)
        Shares; they sum to 1 over all sizes.
    evidence : ndarray, shape (n_blocks,)
        Units sold.
    """
    offered = shelf.offered(codes)
    units = shelf.units(codes)
    expected = _within(prior, offered)
    shares = expected.copy()
    for _ in range(_ROUNDS):
        exposure = shelf.exposure(shares, codes)
        found = (units + strength * expected) / (exposure + strength)
        found = _within(np.where(offered, found, prior), offered)
        moved = float(np.abs(found - shares).max())
        shares = found
        if moved < _ENOUGH:
            break
    return np.where(offered, shares, prior), units.sum(axis=1)


def _within(
    shares: "FloatArray", offered: "np.ndarray[tuple[int, int], np.dtype[np.bool_]]"
) -> "FloatArray":
    """Return shares that sum to 1 over the sizes that a block has."""
    own = np.where(offered, np.maximum(shares, _TINY), 0.0)
    total = own.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(own, total, out=np.zeros_like(own), where=total > 0))


def likeliest_strength(shelf: Shelf, codes: "Positions", prior: "FloatArray") -> float:
    """Return the strength of a prior under which the blocks' units are likeliest.

    Units of a size are negative binomial: Poisson around ``exposure * share`` with ``share ~
    Gamma(k * prior, k)``.

    Parameters
    ----------
    shelf : Shelf
        The data.
    codes : ndarray of int, shape (n_series,)
        Block of each series.
    prior : ndarray, shape (n_blocks, n_sizes)
        Expected shares.

    Returns
    -------
    float
        k in units; 50 where fewer than three blocks sold anything.
    """
    from scipy.special import gammaln

    units = shelf.units(codes)
    if np.count_nonzero(units.sum(axis=1)) < _LEAST_BLOCKS:
        return _ASSUMED_STRENGTH
    offered = shelf.offered(codes)
    shares, _ = fit_shares(shelf, codes, prior, float(_STRENGTHS[0]))
    exposure = shelf.exposure(_within(shares, offered), codes)[offered]
    mean, own = _within(prior, offered)[offered], units[offered]

    def _likelihood(strength: float) -> float:
        shape = strength * mean
        each = gammaln(own + shape) - gammaln(shape) + shape * np.log(strength)
        return float((each - (own + shape) * np.log(exposure + strength)).sum())

    return float(max(_STRENGTHS.tolist(), key=_likelihood))
