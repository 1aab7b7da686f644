"""What the peers' scripts share: the rows of a lot-sizing programme, and a clock of CPU-seconds."""

import threading
import time

import numpy as np


def stop_after(seconds, stop):
    """Call a function once the process has used so many CPU-seconds from now on."""
    until = time.process_time() + seconds

    def _watch():
        while time.process_time() < until:
            time.sleep(0.05)
        stop()

    threading.Thread(target=_watch, daemon=True).start()


def columns(n, h, s):
    """Return column numbers: size, set-up, stock, lost, overtime."""
    first, paths = n * h, n * h * s
    size = np.arange(first).reshape(n, h)
    stock = 2 * first + np.arange(paths).reshape(n, h, s)
    return size, first + size, stock, stock + paths, 2 * (first + paths) + np.arange(h)


def matrix(most, unit_time, setup_time, at):
    """Return rows: balance of every path, set-up links, capacity."""
    from scipy.sparse import coo_matrix

    size, on, stock, lost, over = at
    n, h, s = stock.shape
    balance = np.arange(n * h * s).reshape(n, h, s)
    link, load = n * h * s + size, n * h * s + n * h + np.arange(h)
    entries = [
        (balance, np.broadcast_to(size[:, :, None], balance.shape), 1.0),
        (balance, lost, 1.0),
        (balance, stock, -1.0),
        (balance[:, 1:], stock[:, :-1], 1.0),
        (link, size, 1.0),
        (link, on, -most),
        (np.broadcast_to(load, (n, h)), size, unit_time[:, None]),
        (np.broadcast_to(load, (n, h)), on, setup_time[:, None]),
        (load, over, -1.0),
    ]
    row, column = (np.concatenate([np.ravel(part[k]) for part in entries]) for k in (0, 1))
    value = np.concatenate([np.broadcast_to(v, np.shape(r)).ravel() for r, _, v in entries])
    return coo_matrix((value, (row, column)), shape=(load[-1] + 1, over[-1] + 1)).tocsc()


def run_highs(lp, seconds):
    """Solve for so many CPU-seconds; return the least value found, or None, and the bound."""
    import highspy

    solver = highspy.Highs()
    for name, option in {"output_flag": False, "threads": 1, "time_limit": 20 * seconds}.items():
        solver.setOptionValue(name, option)
    solver.passModel(lp)
    solver.HandleUserInterrupt = True
    stop_after(seconds, solver.cancelSolve)
    solver.run()
    info = solver.getInfo()
    found = info.primal_solution_status == 2
    return (info.objective_function_value if found else None), info.mip_dual_bound
