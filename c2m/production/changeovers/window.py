"""Some slots of a schedule as a case of their own."""

import numpy as np

from c2m.production.changeovers.case import NEVER, SlotCase
from c2m.production.problem import IntArray


def window_of(case: SlotCase, made: IntArray, start: int, stop: int) -> tuple[SlotCase, IntArray]:
    """Return the slots from one up to another, with what comes before and after as it is.

    Parameters
    ----------
    case : SlotCase
        The whole.
    made : ndarray, shape (n_slots,)
        A schedule that meets all due slots.
    start, stop : int
        The first slot, and that after the last.

    Returns
    -------
    part : SlotCase
        Of the SKUs in the window; what is due after it is due in its last slot.
    skus : ndarray of int, shape (n_skus of the part,)
        The SKUs of the part.
    """
    stop = min(stop, case.n_slots)
    inside = made[start:stop]
    skus = np.unique(inside[inside != NEVER])
    wanted = np.zeros((len(skus), stop - start), dtype=np.int64)
    for row, sku in enumerate(skus):
        later = int(np.count_nonzero(made[stop:] == sku))
        units = int(np.count_nonzero(inside == sku))
        due = np.minimum(case.due[sku, later : later + units], stop - 1) - start
        np.add.at(wanted[row], due, 1)
    before, after = made[:start], made[stop:]
    before, after = before[before != NEVER], after[after != NEVER]
    return (
        SlotCase(
            tuple(case.skus[sku] for sku in skus),
            wanted,
            case.changeover[np.ix_(skus, skus)],
            case.changeover[before[-1], skus] if len(before) else case.first[skus],
            case.holding[skus],
            case.changeover[skus, after[0]] if len(after) else case.onward[skus],
        ),
        skus,
    )
