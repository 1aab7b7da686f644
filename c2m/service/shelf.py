"""The forecasts that the service answers from, and how they are replaced."""

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from pydantic_core import to_json

from c2m.demand import Demand
from c2m.demand.demand import LEVELS
from c2m.errors import C2MError
from c2m.service.answers import series_lines
from c2m.service.processes import WorkerError, new_folder, remove_folder, work
from c2m.service.worker import model_id
from c2m.storage.manifest import NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from c2m.service.limits import Limits
    from c2m.service.measures import Measures

_log: Final = logging.getLogger(__name__)

_MOST_SHAPES: Final = 3
"""Other horizons and levels of which answers are kept, beside the newest."""

_MOST_NUMBERS: Final = 10_000_000
"""Of one of these shapes, before it is begun anew."""

_Shape = tuple[int, tuple[float, ...]]
_UNKNOWN: Final = {"title": "Unknown SKU", "detail": "The loaded model has no series of it."}


@dataclass(frozen=True, eq=False)
class Loaded:
    """All forecasts of one model; never changed, only replaced.

    Parameters
    ----------
    id : str
        Of the model.
    demand : Demand
        The forecasts.
    lines : list of bytes
        Each series as JSON, over all periods and at `LEVELS`: what most callers ask for.
    notes : tuple of str
        What the model warned of.
    at : datetime
        When it was loaded.
    """

    id: str
    demand: Demand
    lines: list[bytes]
    notes: tuple[str, ...] = ()
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    _shapes: "dict[_Shape, dict[int, bytes]]" = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def data_as_of(self) -> date:
        """Last day of the data that the model knows."""
        days: date = (self.demand.periods[0] - np.timedelta64(1, "D")).date()
        return days

    @cached_property
    def periods(self) -> list[str]:
        """First day of each period."""
        return [str(day.date()) for day in self.demand.periods]

    @cached_property
    def rows(self) -> dict[str, list[int]]:
        """Where the series of a SKU are."""
        rows: dict[str, list[int]] = {}
        for row, sku in enumerate(self.demand.keys["sku"].tolist()):
            rows.setdefault(sku, []).append(row)
        return rows

    def answer(self, skus: "Sequence[str]", horizon: int, levels: "Sequence[float]") -> bytes:
        """Return a `ForecastReply` as JSON.

        Parameters
        ----------
        skus : sequence of str
            Which; one that is unknown gets a row that says so.
        horizon : int
            How many periods.
        levels : sequence of float
            Of the quantiles.

        Returns
        -------
        bytes
            With rows in the order of `skus`.
        """
        head = {
            "model_id": self.id,
            "data_as_of": self.data_as_of,
            "freq": self.demand.freq,
            "periods": self.periods[:horizon],
            "levels": list(levels),
            "notes": self.notes,
        }
        lines = self._lines(skus, horizon, levels)
        told = [line for sku in skus for line in lines(sku)]
        return to_json(head)[:-1] + b',"rows":[' + b",".join(told) + b"]}"

    def _lines(
        self, skus: "Sequence[str]", horizon: int, levels: "Sequence[float]"
    ) -> "Callable[[str], list[bytes]]":
        """Return a function from a SKU to its rows."""
        lines: Mapping[int, bytes] | list[bytes] = self.lines
        if (horizon, *levels) != (self.demand.horizon, *LEVELS):
            found = {row for sku in skus for row in self.rows.get(sku, ())}
            lines = self._made_lines(found, horizon, tuple(levels))

        def _of(sku: str) -> list[bytes]:
            rows = self.rows.get(sku)
            if rows is None:
                return [to_json({"sku": sku, "error": _UNKNOWN})]
            return [lines[row] for row in rows]

        return _of

    def _made_lines(
        self, rows: set[int], horizon: int, levels: tuple[float, ...]
    ) -> "Mapping[int, bytes]":
        """Return series as JSON in another shape, which the next caller may want too."""
        made = self._shapes.get((horizon, levels), {})
        new = sorted(rows - made.keys())
        lines = series_lines(self.demand, np.array(new, dtype=np.intp), horizon, levels)
        made = made | dict(zip(new, lines, strict=True)) if new else made
        kept = made if len(made) * horizon * (len(levels) + 1) <= _MOST_NUMBERS else {}
        others = [item for item in self._shapes.items() if item[0] != (horizon, levels)]
        # assigned whole: another thread may be reading it
        shapes = dict(others[-_MOST_SHAPES:]) | {(horizon, levels): kept}
        object.__setattr__(self, "_shapes", shapes)
        return made


class Shelf:
    """Holds what is loaded; one assignment replaces it, so that no answer mixes two models.

    Parameters
    ----------
    model : Path
        Folder of the saved model.
    horizon : int, optional
        Periods to forecast; all that the model can unless given.
    limits : Limits
        Its `load_seconds` counts.
    measures : Measures
        Where loads are counted.
    """

    def __init__(
        self, model: Path, horizon: int | None, limits: "Limits", measures: "Measures"
    ) -> None:
        self._model, self._horizon = model, horizon
        self._limits, self._measures = limits, measures
        self._loading = asyncio.Lock()
        self._seen = ""
        self.loaded: Loaded | None = None
        self.failed = False

    @property
    def loading(self) -> bool:
        """Whether a model is being read."""
        return self._loading.locked()

    async def load(self) -> None:
        """Read what is at the model's place; what was loaded answers meanwhile, or if it fails."""
        async with self._loading:
            folder = new_folder()
            try:
                loaded = await self._read(folder)
            except Exception as error:  # noqa: BLE001 - what is loaded must go on answering
                _log.exception("the model at %s was not loaded", self._model)
                self._failed(error)
            else:
                self._measures.model.clear()
                self._measures.model.labels(loaded.id, loaded.data_as_of).set(loaded.at.timestamp())
                self._measures.loads.labels("done").inc()
                self.loaded, self.failed = loaded, False
                _log.info("answering from model %s, data as of %s", loaded.id, loaded.data_as_of)
            finally:
                await asyncio.to_thread(remove_folder, folder)

    async def watch(self, seconds: float) -> None:
        """Load anew whenever another model was saved to the place.

        Parameters
        ----------
        seconds : float
            Between two looks.
        """
        while True:
            await asyncio.sleep(seconds)
            stamp = await asyncio.to_thread(self._stamp)
            if stamp not in {"", self._seen} and not self.loading:
                await self.load()

    async def _read(self, folder: Path) -> Loaded:
        self._seen = await asyncio.to_thread(self._stamp)
        request = {"model": str(self._model), "horizon": self._horizon, "levels": LEVELS}
        answer = await work("load", folder, request, seconds=self._limits.load_seconds)
        if "problem" in answer:
            raise WorkerError(str(answer["problem"]))
        return await asyncio.to_thread(_loaded, folder, answer)

    def _failed(self, error: Exception) -> None:
        outcome = "expired" if isinstance(error, TimeoutError) else "failed"
        self._measures.loads.labels(outcome).inc()
        self.failed = True

    def _stamp(self) -> str:
        """Return what changes when another model is saved; nothing while there is none.

        A copy may bring the manifest before the arrays, so that all files count.
        """
        try:
            stats = sorted((each.name, each.stat()) for each in self._model.iterdir())
            files = [(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]
            return f"{model_id(self._model)} {files}"
        except (C2MError, OSError, ValueError):
            _log.warning("there is no sound %s at %s", NAME, self._model)
            return ""


def _loaded(folder: Path, answer: dict[str, Any]) -> Loaded:
    """Read what a worker left, and make what answers need."""
    loaded = Loaded(
        id=answer["result"]["id"],
        demand=Demand.load(folder / "demand"),
        lines=(folder / "lines.json").read_bytes().split(b"\n"),
        notes=tuple(answer["notes"]),
    )
    loaded.answer(loaded.demand.skus[:1], loaded.demand.horizon, LEVELS)
    return loaded
