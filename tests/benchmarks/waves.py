"""Real shift or passing wave: c2m beside a z-score and ruptures, on series with known truth.

Usage: python tests/benchmarks/waves.py [--seeds 5] [--peers /path/to/python]

1,500 daily series of views (negative binomial, median 25 a day, with carts and sales) from
`c2m.datasets.simulate_waves`: nothing, a shift of +80 %, a wave of 1.8 to 4 times that halves in
3 days, or bots in the views alone. Each method sees the panel as it is 3, 7 and 13 days after the
onset. The peers run in the interpreter named by --peers, on the same arrays; a break that PELT
or KernelCPD dates into the last 21 days counts as a shift if the mean after the last break is
still above that before the first, else as a wave.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np

AGES = (3, 7, 13)
WINDOW = 21
ROW = "{:30} {:>4} {:>9} {:>9} {:>9} {:>9} {:>9} {:>10} {:>9}"


def verdicts_of_zscore(views):
    """Call the mean of the last three days against the 28 before a shift when it is 4 sd away."""
    past, last = views[:, -31:-3], views[:, -3:].mean(axis=1)
    z = (last - past.mean(axis=1)) / (past.std(axis=1) / np.sqrt(3) + 1e-9)
    return np.where(np.abs(z) > 4, "shift", "none")


def verdicts_of_ruptures(views):
    import ruptures

    found = []
    week = np.array([views[:, day::7].mean(axis=1) for day in range(7)]).T
    flat = views / np.maximum(week[:, np.arange(views.shape[1]) % 7], 1e-9)
    for row, scale in zip(flat, flat[:, :-WINDOW].var(axis=1), strict=True):
        search = ruptures.KernelCPD(kernel="linear", min_size=2).fit(row)
        breaks = search.predict(pen=4 * np.log(len(row)) * scale)[:-1]
        recent = [place for place in breaks if place >= len(row) - WINDOW]
        if not recent:
            found.append("none")
            continue
        before = row[: recent[0]].mean()
        after = row[recent[-1] :].mean()
        first = row[recent[0] : recent[1]].mean() if len(recent) > 1 else after
        back = abs(after - before) < 0.5 * abs(first - before)
        found.append("wave" if back else "shift")
    return np.array(found)


def run_peer(path):
    """Judge the views of a file with ruptures and print verdicts and cost; runs as a peer."""
    views = np.load(path)["views"]
    start = time.process_time()
    found = verdicts_of_ruptures(views)
    cost = time.process_time() - start
    sys.stdout.write(json.dumps({"verdicts": found.tolist(), "cpu": cost}))


def score(kind, verdict):
    """Return shares in per cent; a method's own words for the verdicts."""

    def share(of, said):
        rows = kind == of
        return 100 * np.isin(verdict[rows], said).mean()

    changed = ["shift", "wave", "unbacked", "undecided"]
    return {
        "false alarm": share("none", changed),
        "shift found": share("shift", ["shift"]),
        "wave found": share("wave", ["wave"]),
        "wave=shift": share("wave", ["shift"]),
        "bots=shift": share("bots", ["shift"]),
        "undecided": 100 * (verdict == "undecided").mean(),
    }


def judge(panel, peers):
    """Yield name, verdicts and CPU-seconds of each method."""
    from c2m.signals import detect_waves

    views = panel["views"].astype(np.float64)
    for name, call in (
        ("c2m, views alone", lambda: detect_waves(panel, "views", confirm=())),
        ("c2m, views + carts + sales", lambda: detect_waves(panel)),
    ):
        start = time.process_time()
        verdict = call().table["verdict"].to_numpy(dtype=object)
        yield name, verdict, time.process_time() - start
    start = time.process_time()
    yield "z-score of 3 days", verdicts_of_zscore(views), time.process_time() - start
    if peers:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "views.npz")
            np.savez(path, views=views)
            done = subprocess.run(
                [peers, __file__, "--judge", str(path)], check=True, capture_output=True, text=True
            )
        answer = json.loads(done.stdout)
        yield "ruptures KernelCPD", np.array(answer["verdicts"]), answer["cpu"]


def compare(seeds, dispersion, peers):
    from c2m.datasets import simulate_waves

    heads = ("false al.", "shift fd.", "wave fd.", "wave=sh.", "bots=sh.", "undecided", "us/series")
    sys.stdout.write(f"dispersion {dispersion}, means of {seeds} seeds, per cent of the series\n")
    sys.stdout.write(ROW.format("method", "day", *heads) + "\n")
    for age in AGES:
        rows = {}
        for seed in range(100, 100 + seeds):
            panel, truth = simulate_waves(
                seed, age=age, dispersion=dispersion, shares=(0.4, 0.25, 0.25, 0.1)
            )
            kind = truth["kind"].to_numpy(dtype=object)
            for name, verdict, cpu in judge(panel, peers):
                cost = {"us": cpu * 1e6 / len(kind)}
                rows.setdefault(name, []).append(score(kind, verdict) | cost)
        for name, found in rows.items():
            mean = {key: np.mean([row[key] for row in found]) for key in found[0]}
            sys.stdout.write(
                ROW.format(name, age, *(f"{value:.1f}" for value in mean.values())) + "\n"
            )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--peers", help="python with ruptures")
    parser.add_argument("--judge", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.judge:
        run_peer(given.judge)
        return
    peers = given.peers or (sys.executable if find_spec("ruptures") else None)
    for dispersion in (0.05, 0.1):
        compare(given.seeds, dispersion, peers)


if __name__ == "__main__":
    main()
