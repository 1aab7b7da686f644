"""The plan and the forecast inside a workbook, on a sheet that is not shown.

They are folders of `c2m.storage`, zipped, as text in cells: a spreadsheet program keeps text to the
letter, where it may round a number. Reading checks the sums of every file, and runs no code.
"""

import base64
import binascii
import io
import re
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from c2m.demand import Demand
from c2m.errors import DataError
from c2m.plan import Plan
from c2m.report.overrides.bound import BASIS, bound_basis

_CELL: Final = 30_000
"""Letters a cell; Excel has 32,767."""

_MOST_PACKED: Final = 30 * 2**20
"""Bytes of a packed forecast; a larger one is not carried."""

_MOST_OPEN: Final = 2**31
"""Bytes that files of a workbook may have once they are unpacked."""

_KEPT: Final = ("stock", "on_order", "firm", "frozen", "overrides")
"""Inputs of a plan that costing its runs needs; the factory is given anew."""

_FILE: Final = re.compile(r"(plan|demand)/[\w.-]+")
_DAY: Final = (1980, 1, 1, 0, 0, 0)
_RESTORE: Final = "write the workbook again from the plan (plan.to_excel)"


@dataclass(frozen=True)
class Carried:
    """What a workbook carries.

    Parameters
    ----------
    plan : Plan
        The runs, costs, stock and orders of the plan.
    demand : Demand, optional
        The forecast that it was written with.
    """

    plan: Plan
    demand: Demand | None


def pack(plan: Plan, demand: Demand | None) -> list[str]:
    """Return a plan and its forecast as texts, the same for the same plan.

    Parameters
    ----------
    plan : Plan
        The plan; what only describes it is left out.
    demand : Demand, optional
        The forecast; left out where it is too large.

    Returns
    -------
    list of str
        To be joined again.
    """
    inputs = {name: plan.inputs[name] for name in _KEPT if name in plan.inputs}
    if plan.bound is not None:
        inputs[BASIS] = bound_basis(plan)
    slim = replace(plan, tables={"runs": plan.runs}, outlook={}, inputs=inputs)
    with tempfile.TemporaryDirectory() as root:
        slim.save(Path(root) / "plan")
        if demand is not None:
            demand.save(Path(root) / "demand")
        packed = _zipped(Path(root), ("plan", "demand"))
        if len(packed) > _MOST_PACKED:
            packed = _zipped(Path(root), ("plan",))
    text = base64.b64encode(packed).decode("ascii")
    return [text[start : start + _CELL] for start in range(0, len(text), _CELL)]


def _zipped(root: Path, folders: Sequence[str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder in folders:
            for file in sorted((root / folder).glob("*")):
                entry = zipfile.ZipInfo(f"{folder}/{file.name}", _DAY)
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, file.read_bytes())
    return content.getvalue()


def unpack(texts: Sequence[str], name: str) -> Carried:
    """Return what `pack` has packed.

    Parameters
    ----------
    texts : sequence of str
        The cells.
    name : str
        Of the workbook, in messages.

    Returns
    -------
    Carried
        The plan and the forecast.

    Raises
    ------
    DataError
        If anything of it was changed.
    """
    try:
        packed = base64.b64decode("".join(texts), validate=True)
        with (
            zipfile.ZipFile(io.BytesIO(packed)) as archive,
            tempfile.TemporaryDirectory() as root,
        ):
            entries = archive.infolist()
            odd = [each.filename for each in entries if not _FILE.fullmatch(each.filename)]
            if odd or sum(each.file_size for each in entries) > _MOST_OPEN:
                raise DataError(name, ["its hidden sheet holds other files"], _RESTORE)
            for entry in entries:
                file = Path(root) / entry.filename
                file.parent.mkdir(exist_ok=True)
                file.write_bytes(archive.read(entry))
            demand = Path(root) / "demand"
            has = demand.is_dir()
            return Carried(Plan.load(Path(root) / "plan"), Demand.load(demand) if has else None)
    except (binascii.Error, zipfile.BadZipFile, zipfile.LargeZipFile, EOFError) as error:
        problem = f"its hidden sheet is damaged: {error}"
        raise DataError(name, [problem], _RESTORE) from error
