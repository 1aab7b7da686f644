"""Time, memory and gap of run sizes that share one capacity, beside HiGHS and stockpyl.

Run ``python tests/benchmarks/newsvendor.py``, with ``--peers PYTHON`` for the peers: an
interpreter that has highspy, stockpyl and numpy. Every line is a process of its own that loads the
scenarios, makes one call (the first of the process) and then repeats it; peers call once. Seconds
are those of the first call, with the scenarios in memory; ``best`` is the least of the repeats;
the peak is of the whole process, scenarios included.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

SAMPLES = 200
PEERS = Path(__file__).with_name("peers_newsvendor.py")
GOAL = "goal at 100,000 x 200: 0.15 s on a quiet machine, 0.5 GB, gap 1e-9"


def save_line(folder: Path, n_skus: int) -> None:
    """Draw joint scenarios of demand, money and limits, and save them."""
    rng = np.random.default_rng(n_skus)
    mean = rng.lognormal(3, 1, n_skus).astype(np.float32)
    samples = rng.standard_gamma(2, (SAMPLES, n_skus), dtype=np.float32) * mean
    season = rng.lognormal(0, 0.2, (SAMPLES, 1)).astype(np.float32)  # moves all SKUs at once
    np.save(folder / "samples.npy", samples * season)
    unit_time = rng.uniform(0.2, 3, n_skus)
    numbers = {
        "underage": rng.uniform(1, 20, n_skus),
        "overage": rng.uniform(1, 20, n_skus),
        "unit_time": unit_time,
        "moq": rng.choice([0.0, 30.0, 60.0], n_skus),
        "lot_multiple": rng.choice([1.0, 6.0, 12.0], n_skus),
        "setup_cost": rng.uniform(0, 50, n_skus),
        "setup_time": rng.uniform(0, 10, n_skus),
        "capacity": np.array(1.4 * float(unit_time @ mean)),
    }
    np.savez(folder / "numbers.npz", **numbers)


def run_ours(folder: Path, kind: str, times: int) -> dict[str, float]:
    """Size the runs in this process and return what it took."""
    from c2m.production.newsvendor import capacitated_run_sizes

    samples = np.load(folder / "samples.npy")
    samples = samples.astype(np.float64) if kind == "float64" else samples
    numbers = dict(np.load(folder / "numbers.npz"))
    line = [numbers.pop(name) for name in ("underage", "overage", "unit_time")]
    capacity = float(numbers.pop("capacity"))
    limits = numbers if kind == "lots" else {}
    calls = []
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        sizes = capacitated_run_sizes(samples, *line, capacity, **limits)
        calls.append((time.process_time() - cpu, time.perf_counter() - wall))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {
        "cpu": calls[0][0],
        "wall": calls[0][1],
        "best": min(cpu for cpu, _ in calls),
        "peak": peak,
        "gap": sizes.gap,
        "cost": float(sizes.cost.sum()),
    }


def in_process(*command: str) -> dict[str, float]:
    """Run a command that prints one JSON object last."""
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answer


def show(name: str, n_skus: int, got: dict[str, float]) -> None:
    """Print one line of the table."""
    best = f"{got['best']:10.3f}" if "best" in got else " " * 10
    gap = f"{got['gap']:9.1e}" if "gap" in got else " " * 9
    cost = f"{got['cost']:18.4f}" if "cost" in got else " " * 18
    print(
        f"{n_skus:7,d} {name:34s} {got['cpu']:9.3f} {got['wall']:9.3f} {best} "
        f"{got['peak']:6.2f} {gap} {cost} {got.get('note', '')}",
        flush=True,
    )


def compare(n_skus: int, options: argparse.Namespace) -> None:
    """Print the lines of one size."""
    with tempfile.TemporaryDirectory() as place:
        save_line(Path(place), n_skus)
        for kind in ("float32", "float64", "lots"):
            repeats = "1" if kind == "lots" else str(options.repeats)
            own = (sys.executable, __file__, "--one", kind, "--folder", place)
            name = "c2m, MOQ, multiple, set-up" if kind == "lots" else f"c2m, {kind}"
            show(name, n_skus, in_process(*own, "--repeats", repeats))
        for peer, most in (("stockpyl", 10**9), ("segments", options.most), ("extensive", 1000)):
            if options.peers and n_skus <= most:
                peers = (options.peers, str(PEERS), peer, place, str(options.limit))
                show(f"peer: {peer}", n_skus, in_process(*peers))


def main() -> None:
    """Print the table, or run one line of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--skus", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--peers", help="python of the peers' environment")
    parser.add_argument("--most", type=int, default=10_000, help="SKUs for the segment LP")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds of a peer's solve")
    parser.add_argument("--one", choices=["float32", "float64", "lots"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(run_ours(options.folder, options.one, options.repeats)))
        return
    print(f"{SAMPLES} joint scenarios; {GOAL}")
    heads = ("CPU-s", "s", "best CPU-s", "GB", "gap", "cost")
    widths = (9, 9, 10, 6, 9, 18)
    names = " ".join(f"{head:>{width}}" for head, width in zip(heads, widths, strict=True))
    print(f"{'SKUs':>7} {'':34s} {names}")
    for n_skus in options.skus:
        compare(n_skus, options)


if __name__ == "__main__":
    main()
