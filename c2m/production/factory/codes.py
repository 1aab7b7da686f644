"""Checks of one table against the codes of another."""

import pandas as pd

from c2m.checks import BoolArray, Check
from c2m.frames import did_you_mean


def check_known(
    check: Check,
    name: str,
    other: str,
    known: pd.Series,
    *,
    also: tuple[str, ...] = (),
    may_lack_all: bool = True,
) -> None:
    """Note codes that the other table does not have.

    Parameters
    ----------
    check : Check
        The table.
    name : str
        Its column.
    other : str
        Name of the other table.
    known : Series
        The codes of the other table.
    also : tuple of str
        What may stand there as well.
    may_lack_all : bool
        Whether to say nothing where the other table has no code at all, because that is a problem
        of its own.
    """
    used = check.frame[name]
    if not len(used) or (may_lack_all and not known.notna().any()):
        return
    found = is_in(used, known) | used.isna() | used.isin(also)
    unknown_rows(check, (~found).to_numpy(dtype=bool), name, other, known)


def is_in(codes: pd.Series, known: pd.Series) -> "pd.Series[bool]":
    """Return which codes are known; `Series.isin` is slow where both are Arrow text.

    Parameters
    ----------
    codes, known : Series
        Codes.

    Returns
    -------
    Series of bool
        One value a code.
    """
    return codes.astype("object").isin(known.astype("object"))


def unknown_rows(check: Check, unknown: BoolArray, name: str, other: str, known: pd.Series) -> None:
    """Note rows whose code another table does not have, with the code that is meant.

    Parameters
    ----------
    check : Check
        The table.
    unknown : ndarray of bool, shape (n_rows,)
        The rows.
    name, other, known
        See `check_known`.
    """
    if not unknown.any():
        return
    used = check.frame[name]
    hint = _closest(str(used.iloc[int(unknown.argmax())]), known.dropna().unique().tolist())
    check.rows(
        unknown,
        f"has a {name!r} that is not in `{other}`{hint}",
        f"correct {name!r} or add it to `{other}`",
        lambda row: used.iloc[row],
    )


def check_spans(check: Check) -> None:
    """Note rows that end before they start.

    Parameters
    ----------
    check : Check
        A table with ``first_day`` and ``last_day``.
    """
    first, last = check.frame["first_day"], check.frame["last_day"]
    check.rows(
        (first > last).to_numpy(dtype=bool),
        "has 'first_day' after 'last_day'",
        "swap or correct the two days",
        lambda row: f"{first.iloc[row]:%Y-%m-%d} to {last.iloc[row]:%Y-%m-%d}",
    )


def _closest(code: str, known: list[str]) -> str:
    """Suggest a code; before any other one that differs by blanks, or by zeros, in front."""
    blanks = [other for other in known if other.strip() == code.strip()]
    if blanks:
        return f" (there is {blanks[0]!r}: the blanks around one of the two are too many)"
    alike = [other for other in known if other.lstrip("0") == code.lstrip("0")]
    return f" (did you mean {alike[0]!r}?)" if alike else did_you_mean(code, known)
