"""What a worker process does: read a model and forecast everything, or make one plan.

Run as ``python -m c2m.service.worker load FOLDER`` or ``... plan FOLDER``. The folder holds
``request.json``; the worker leaves ``answer.json`` beside it, and for a load a saved forecast and
its series as JSON. It names its stages on stdout, a line each, and ends when its stdin is closed:
so it never outlives the service.
"""

import hashlib
import json
import math
import os
import shutil
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np

from c2m.demand import Demand
from c2m.errors import ArgumentError, C2MError, C2MWarning, DataError, InfeasiblePlanError
from c2m.frames import did_you_mean
from c2m.service.answers import series_lines

_NICE: Final = 10
"""Whoever waits for a forecast comes first."""

_TOO_LARGE: Final = {
    "title": "It takes more memory than it may have",
    "detail": "",
    "errors": [],
    "fix": "plan fewer SKUs, periods or scenarios",
}

_MOST_READS: Final = 5
_ORPHAN: Final = 3

Facts = dict[str, Any]


def main(verb: str, folder: Path) -> int:
    """Do one piece of work.

    Parameters
    ----------
    verb : str
        ``"load"`` or ``"plan"``.
    folder : Path
        With the request; the answer goes there too.

    Returns
    -------
    int
        Of the process: 0 when there is an answer, be it a problem.
    """
    threading.Thread(target=_end_with_service, args=(folder,), daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(_NICE)
    request = json.loads((folder / "request.json").read_text("utf-8"))
    _limit_memory(request.get("most_bytes"))
    work = {"load": load, "plan": plan}[verb]
    with _notes() as notes:
        try:
            answer: Facts = {"result": work(request, folder)}
        except C2MError as error:
            answer = {"problem": problem_of(error)}
        except MemoryError:
            answer = {"problem": dict(_TOO_LARGE)}
    answer |= {"notes": notes}
    draft = folder / "answer.tmp"
    draft.write_text(json.dumps(answer, allow_nan=False), "utf-8")
    draft.replace(folder / "answer.json")
    return 0


def load(request: Mapping[str, Any], folder: Path) -> Facts:
    """Read a model and leave the forecast of all its series.

    Parameters
    ----------
    request : mapping
        ``model``: the folder of the model; ``horizon``, or None for all that it can; ``levels``.
    folder : Path
        Where to leave them.

    Returns
    -------
    dict
        ``id`` of the model.

    Raises
    ------
    DataError
        If the folder holds no sound model.
    ArgumentError
        If nothing says how far to forecast.
    """
    from c2m.forecast import load_model

    place = Path(request["model"])
    for _ in range(_MOST_READS):  # it may be replaced meanwhile
        before = model_id(place)
        model = load_model(place)
        if model_id(place) == before:
            break
    horizon = request["horizon"] or getattr(model, "max_horizon_", None)
    if horizon is None:
        raise ArgumentError(f"Expected horizon= for a {type(model).__name__}, got None.")
    demand = model.predict(int(horizon))
    demand.save(folder / "demand")
    lines = series_lines(demand, np.arange(demand.n_series), demand.horizon, request["levels"])
    (folder / "lines.json").write_bytes(b"\n".join(lines))
    return {"id": before}


def model_id(place: Path) -> str:
    """Return the sum over a model's folder: the first letters of the manifest's last line.

    Parameters
    ----------
    place : Path
        The folder.

    Returns
    -------
    str
        Sixteen hexadecimal digits.

    Raises
    ------
    DataError
        If there is no manifest.
    """
    from c2m.storage.manifest import read_manifest

    raw = read_manifest(place).raw
    told = json.loads(raw).get("sha256")
    return str(told or hashlib.sha256(raw).hexdigest())[:16]


def plan(request: Mapping[str, Any], folder: Path) -> Facts:
    """Make a plan.

    Parameters
    ----------
    request : mapping
        A `PlanRequest`, with ``factory_path`` where the service has a factory.
    folder : Path
        Holds the saved forecast ``demand``, unless the request has its own.

    Returns
    -------
    dict
        The fields of a `PlanResult`.

    Raises
    ------
    C2MError
        Whatever `plan_production` raises.
    """
    from c2m.production import plan_production

    own = request["demand"]
    demand = _demand(own) if own else Demand.load(folder / "demand")
    made = plan_production(
        demand,
        _factory(request["factory"], request["factory_path"]),
        stock=_table(request["stock"]),
        on_order=_table(request["on_order"]),
        n_scenarios=request["n_scenarios"],
        seed=request["seed"],
        method=request["method"],
        fill_rate=request["fill_rate"],
        cycle_service_level=request["cycle_service_level"],
        serve_all=request["serve_all"],
        progress=_say,
    )
    tables = ("runs", "line_load", "shortfalls", "materials")
    return {
        "method": made.method,
        "expected_profit": _finite(made.expected_profit),
        "bound": _finite(made.bound),
        "bound_kind": made.bound_kind,
        "gap": _finite(made.gap),
        "currency": made.currency,
        "costs": dict(made.costs),
        **{name: _rows(getattr(made, name)) for name in tables},
    }


def problem_of(error: C2MError) -> Facts:
    """Return an error of c2m as the fields of a `PlanProblem`.

    Parameters
    ----------
    error : C2MError
        Raised by the work.

    Returns
    -------
    dict
        For the caller: it repeats what the caller sent.
    """
    if isinstance(error, DataError):
        title = f"`{error.table}` cannot be used"
        return {"title": title, "detail": "", "errors": error.problems, "fix": error.fix}
    if isinstance(error, InfeasiblePlanError):
        return {
            "title": error.claim,
            "detail": "Proved." if error.proved else "A longer search may find one.",
            "errors": error.reasons,
            "fix": error.relief,
        }
    return {"title": "The request cannot be planned", "detail": str(error), "errors": [], "fix": ""}


def _demand(own: Mapping[str, Any]) -> Demand:
    """Read somebody's own forecast."""
    quantiles = own["quantiles"]
    try:
        levels = {float(level): column for level, column in (quantiles or {}).items()}
    except ValueError:
        raise ArgumentError(
            f"Expected levels between 0 and 1 as keys of quantiles, got {list(quantiles)}."
        ) from None
    ways: Facts = {"quantiles": levels, "dependence": own["dependence"]} if quantiles else {}
    if own["path"] is not None:
        ways |= {"path": own["path"], "value": own["value"]}
    return Demand.from_frame(_table(own["rows"]), freq=own["freq"], **ways)


def _factory(own: Mapping[str, Any] | None, path: str | None) -> Any:
    """Read the factory of the request, else that of the service."""
    from c2m.production import Factory, Policy
    from c2m.production.factory.tables import REQUIRED_TABLES

    if own is None:
        return _service_factory(Path(str(path)))
    try:
        policy = Policy(**own["policy"])
    except TypeError as error:
        raise ArgumentError(f"Expected the fields of a Policy: {error}.") from None
    tables = {name: _cells(name, rows) for name, rows in own["tables"].items()}
    required = {name: _cells(name, []) for name in REQUIRED_TABLES}
    return Factory.from_frames(
        **(required | tables), policy=policy, freq=own["freq"], currency=own["currency"]
    )


def _service_factory(place: Path) -> Any:
    """Read the factory of the service; what is wrong with it is told to the log alone."""
    from c2m.production import Factory

    read = Factory.from_toml if place.suffix.lower() == ".toml" else Factory.from_excel
    try:
        return read(place)
    except (C2MError, OSError) as error:
        sys.stderr.write(f"The factory of the service cannot be used: {error}\n")
        raise ArgumentError("Expected a sound factory file of the service: see its log.") from error


def _cells(name: str, rows: list[Facts]) -> Any:
    """Return a factory's table; what a row leaves out, or has null, takes its default."""
    from c2m.production.factory.files import cells_to_frame
    from c2m.production.factory.tables import TABLES

    if name not in TABLES:
        hint = did_you_mean(name, TABLES)
        raise ArgumentError(f"Expected tables of a factory, got {name!r}{hint}.")
    names = dict.fromkeys(key for row in rows for key in row)
    cells = {key: [row.get(key) for row in rows] for key in names}
    return cells_to_frame(cells, TABLES[name])


def _table(rows: Any) -> Any:
    import pandas as pd

    return pd.DataFrame(rows) if rows else None


def _rows(table: Any) -> list[Facts]:
    """Return a table as rows that JSON can hold: days as text, unknown as null."""
    rows: list[Facts] = json.loads(
        table.to_json(orient="records", date_format="iso", date_unit="s", double_precision=6)
    )
    days = [name for name in table.columns if table[name].dtype.kind == "M"]
    for row in rows:
        row.update({name: row[name] and row[name][:10] for name in days})
    return rows


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _say(stage: str) -> None:
    sys.stdout.write(f"{stage}\n")
    sys.stdout.flush()


@contextmanager
def _notes() -> Iterator[list[str]]:
    """Collect c2m's warnings, each text once."""
    notes: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", C2MWarning)
        yield notes
    own = [str(each.message) for each in caught if issubclass(each.category, C2MWarning)]
    notes.extend(dict.fromkeys(own))


def _limit_memory(most_bytes: int | None) -> None:
    """Let what asks for more memory fail, rather than others; where the system can."""
    if most_bytes is not None and find_spec("resource") is not None:
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (most_bytes, most_bytes))


def _end_with_service(folder: Path) -> None:
    """End the process when the service, which holds the other end of stdin, is gone."""
    # not by sys.stdin, which locks: an interpreter that ends would wait for the lock
    while os.read(0, 1):
        pass
    shutil.rmtree(folder, ignore_errors=True)  # nobody else will
    os._exit(_ORPHAN)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
