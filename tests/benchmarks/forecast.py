"""c2m beside its peers on an M5-shaped panel: time, memory, accuracy and distribution.

    python tests/benchmarks/forecast.py --peers PYTHON [--peers-more PYTHON]
        [--peers-autogluon PYTHON] [--series 3000] [--cutoffs 3] [--days 1941] [--seed 1]
        [--threads 1] [--few 500] [--run points quantiles simple few launch] [--levels]

Items in ten stores over 1,941 days from `c2m.datasets.simulate_panel`; how much signals help on it
is a property of the simulator. Every system gets the same long frame (a row a series and day from
the launch on) and runs in a process of its own: with mlforecast, statsforecast and LightGBM in
--peers, darts in --peers-more, AutoGluon in --peers-autogluon. Both sides have the same trees: 200
of 63 leaves, and the same other parameters of LightGBM. CPU-seconds are user and system time, from
the frame in memory to the forecast in memory; memory is the peak of the process, frame included.

All forecasts are scored alike, against what was wanted, also where it was out of stock (and once
against what was sold), on the series with at least 200 days on sale. c2m is told the share of each
day in stock, which the peers have no place for. Wall times mean little on a busy machine.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from forecast_scores import HORIZON, Truth, levels_of, point_scores, quantile_scores, total_wspl

from c2m.datasets import simulate_panel
from c2m.forecast.trees.settings import TreeSettings

HERE = Path(__file__).parent
SIGNALS = ("views", "wishlists", "carts")
SIMPLE = ("seasonal_naive", "croston_sba", "tsb")
BLOCK = 1000


# ---------------------------------------------------------------- the data


def write_frames(simulated, cutoff, folder):
    """Write history and future of one cutoff, a thousand series at a time."""
    spans = {"history": (0, cutoff), "future": (cutoff, cutoff + HORIZON)}
    for part, span in spans.items():
        path, writer = folder / f"{part}-{cutoff}.parquet", None
        for start in range(0, simulated.panel.n_series, BLOCK):
            table = block_of(simulated.panel, slice(start, start + BLOCK), span, part)
            writer = writer or pq.ParquetWriter(path, table.schema)
            writer.write_table(table)
        writer.close()


def block_of(panel, rows, span, part):
    """Return some series as a long table; the days before a launch have no row."""
    launched = np.argmax(panel["on_sale"][rows] == 1, axis=1)[:, None]
    days = np.arange(*span)
    series, day = np.nonzero((days >= launched) & (launched < span[0 if part == "future" else 1]))
    keys = panel.keys
    columns = {
        "unique_id": coded(keys["sku"] + "/" + keys["location"], rows, series),
        "ds": pa.array(panel.calendar.labels(panel.first, span[1])[days[day]].as_unit("ns")),
        "item": coded(keys["sku"], rows, series),
        "store": coded(keys["location"], rows, series),
        "price": panel["price"][rows][series, days[day]],
        "event": panel["event"][rows][series, days[day]].astype(np.int8),
    }
    if part == "history":
        columns["y"] = panel["sales"][rows][series, days[day]]
        for name in ("in_stock", *(name for name in SIGNALS if name in panel)):
            columns[name] = panel[name][rows][series, days[day]]
        for name in panel.attributes:
            columns[name] = coded(panel.attributes[name], rows, series)
    return pa.table(columns)


def coded(column, rows, series):
    """Return a text column of some rows as a dictionary of all its values."""
    codes, values = pd.factorize(column, sort=True)
    taken = codes[rows][series].astype(np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(taken), pa.array(values.astype(str)))


# ---------------------------------------------------------------- one system in its process


class Bench:
    """Runs systems on the files of one folder and remembers what they cost and scored."""

    def __init__(self, options, folder, truths):
        self.options, self.folder, self.truths = options, folder, truths
        self.out, self.totals = folder / "out.parquet", folder / "out.parquet.total"
        self.rows = []

    def run(self, name, system, cutoff, *, python=None, limit=None, extras=False):
        """Run one system once, score it and print it; return what it cost."""
        settings = {
            "threads": self.options.threads,
            "limit": None if limit is None else limit.tolist(),
            "extras": extras,
            "lightgbm": lightgbm_parameters(),
        }
        cost = self.spawn(name, python, [str(cutoff), system, str(self.out), json.dumps(settings)])
        if cost is None:
            return None
        truth = self.truths[cutoff]
        cost |= {"name": name, "cutoff": cutoff}
        cost |= self.score(truth if limit is None else truth.only(limit))
        self.rows.append(cost)
        self.show(cost)
        return cost

    def spawn(self, name, python, arguments):
        """Start the process of a system; return its own account of its cost."""
        script = "forecast_ours.py" if python is None else "peers_forecast.py"
        for left in self.folder.glob("out*"):
            left.unlink()
        threads = str(self.options.threads)
        ran = subprocess.run(
            [python or sys.executable, str(HERE / script), str(self.folder), *arguments],
            capture_output=True,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": "1"},
            check=False,
        )
        if ran.returncode == 0:
            return json.loads(ran.stdout.strip().splitlines()[-1])
        last = " ".join(ran.stderr.split())[-300:] or "no message"
        sys.stdout.write(f"{name:44} did not run: {last}\n")
        sys.stdout.flush()
        return None

    def score(self, truth):
        """Score the forecast that lies in the folder."""
        frame = pd.read_parquet(self.out)
        scores = point_scores(truth, frame)
        if self.options.levels:
            scores["levels"] = levels_of(truth, frame).round(4).to_dict()
        if "q0.5" in frame:
            scores |= quantile_scores(truth, frame)
        if self.totals.exists():
            whole = pd.read_parquet(self.totals)
            scores["total"] = total_wspl(truth, truth.read_totals(whole, "q"))
            if "i0.5" in whole:
                scores["independent"] = total_wspl(truth, truth.read_totals(whole, "i"))
        return scores

    def show(self, cost):
        """Print one row, as soon as it is known."""
        named = [
            ("{:44}", cost["name"]),
            ("{:6d}", cost["cutoff"]),
            ("{:8.1f} CPU-s", cost["cpu"]),
            ("{:7.1f} s", cost["wall"]),
            ("{:6.2f} GB", cost["peak"]),
            ("WRMSSE {:.4f}", cost["wrmsse"]),
            ("L12 {:.4f}", cost["bottom"]),
            ("WAPE28 {:.4f}", cost["wape28"]),
            ("bias {:+.3f}", cost["bias"]),
            ("sold: {:.4f}", cost["wrmsse_sold"]),
            ("{:.4f}", cost["wape28_sold"]),
            ("WSPL {:.4f}", cost.get("wspl")),
            ("PIT {:.3f}", cost.get("pit")),
            ("lead {:.4f}", cost.get("total")),
            ("indep {:.4f}", cost.get("independent")),
            ("summed {:.4f}", cost.get("summed")),
            ("neg {:,}", cost.get("negative")),
            ("cross {:,}", cost.get("crossing")),
        ]
        line = " ".join(form.format(value) for form, value in named if value is not None)
        sys.stdout.write(line + "\n")
        if "steps" in cost:
            steps = ", ".join(f"{step} {spent:.1f}" for step, spent in cost["steps"].items())
            sys.stdout.write(f"{'':8}CPU-s: {steps}\n")
        if "levels" in cost:
            sys.stdout.write(f"{'':8}{cost['levels']}\n")
        sys.stdout.flush()

    def scores(self, name, score):
        """Return cutoff -> score of a system; empty where it did not run."""
        return {
            row["cutoff"]: row[score] for row in self.rows if row["name"] == name and score in row
        }

    def both(self, name, score, other, other_score):
        """Return the means of two scores over the cutoffs at which both are known."""
        mine, theirs = self.scores(name, score), self.scores(other, other_score)
        shared = mine.keys() & theirs.keys() if theirs else mine.keys()
        return mean_of(mine, shared), mean_of(theirs, shared if theirs else ())


def mean_of(scores, cutoffs):
    return float(np.mean([scores[cutoff] for cutoff in cutoffs])) if cutoffs else np.nan


def lightgbm_parameters():
    """Return the parameters of the trees on both sides."""
    given = TreeSettings(200, 63, 0.1, seed=0, num_threads=None, more={}).to_lightgbm(10**7)
    del given["num_threads"]
    return {**given, "n_estimators": 200}


# ---------------------------------------------------------------- the stages


def points(bench, cutoffs, peers):
    """Forecast at every cutoff without and with signals, as the peer does and as c2m does."""
    for cutoff in cutoffs:
        last = cutoff == cutoffs[-1]
        if peers:
            bench.run("mlforecast", "mlforecast", cutoff, python=peers)
            bench.run("mlforecast, signals", "mlforecast_signals", cutoff, python=peers)
        if bench.options.skip_ours:
            continue
        bench.run("c2m", "ours", cutoff, extras=last)
        bench.run("c2m, signals", "ours-signals", cutoff, extras=last)
        if bench.options.aligned:
            bench.run("c2m, aligned", "ours-aligned", cutoff)
            bench.run("c2m, signals, aligned", "ours-signals-aligned", cutoff)


def quantiles(bench, cutoffs, peers):
    """Run the peer's two ways to quantiles at the last cutoff."""
    if peers:
        bench.run("mlforecast, conformal", "mlforecast_conformal", cutoffs[-1], python=peers)
        if len(bench.truths[cutoffs[-1]].identity) <= 5000:
            bench.run("mlforecast, 9 quantile models", "mlforecast_quantile", cutoffs[-1],
                      python=peers)  # fmt: skip


def simple(bench, cutoffs, peers):
    """Run the statistical baselines at the last cutoff."""
    for system in SIMPLE if peers else ():
        bench.run(f"statsforecast {system}", system, cutoffs[-1], python=peers)


def few(bench, cutoffs, peers):
    """Run what is slow, and c2m, on a few series."""
    options, cutoff = bench.options, cutoffs[-1]
    identity = bench.truths[cutoff].identity
    limit = identity[np.linspace(0, len(identity) - 1, min(options.few, len(identity)), dtype=int)]
    note = f" on {len(limit)}"
    bench.run("c2m" + note, "ours", cutoff, limit=limit)
    bench.run("c2m, signals" + note, "ours-signals", cutoff, limit=limit)
    if peers:
        bench.run("mlforecast" + note, "mlforecast", cutoff, python=peers, limit=limit)
        ets = bench.run("statsforecast AutoETS" + note, "auto_ets", cutoff, python=peers,
                        limit=limit)  # fmt: skip
        if ets:
            whole = ets["cpu"] / len(limit) * len(identity)
            sys.stdout.write(
                f"{'':8}extrapolated to {len(identity):,} series: {whole:,.0f} CPU-s\n"
            )
    if options.peers_more:
        bench.run("darts LightGBM, past covariates" + note, "darts", cutoff,
                  python=options.peers_more, limit=limit)  # fmt: skip
    if options.peers_autogluon:
        bench.run("AutoGluon tabular" + note, "autogluon", cutoff,
                  python=options.peers_autogluon, limit=limit)  # fmt: skip


def launch(bench, cutoffs, peers):
    """Hand over to the benchmark of launches."""
    if (HERE / "launch.py").exists():
        sys.stdout.flush()
        subprocess.run([sys.executable, str(HERE / "launch.py")], check=False)


STAGES = {"points": points, "quantiles": quantiles, "simple": simple, "few": few, "launch": launch}


# ---------------------------------------------------------------- the table of ratios


def goals(bench):
    """Print each goal with what was measured and the ratio to the peer."""
    ours, peer = "c2m", "mlforecast"
    if not bench.scores(ours, "cpu"):
        return
    signals, lagged, conformal = "c2m, signals", "mlforecast, signals", "mlforecast, conformal"
    lines = [
        ("CPU-s, 9 quantiles and lead time", ours, "cpu", peer, "cpu"),
        ("  with three signals", signals, "cpu", peer, "cpu"),
        ("  with three signals, peer with them too", signals, "cpu", lagged, "cpu"),
        ("peak GB", ours, "peak", peer, "peak"),
        ("  with three signals", signals, "peak", lagged, "peak"),
        ("WRMSSE", ours, "wrmsse", peer, "wrmsse"),
        ("  aligned", "c2m, aligned", "wrmsse", peer, "wrmsse"),
        ("  with signals", signals, "wrmsse", lagged, "wrmsse"),
        ("  with signals, aligned", "c2m, signals, aligned", "wrmsse", lagged, "wrmsse"),
        ("WRMSSE of what was sold", ours, "wrmsse_sold", peer, "wrmsse_sold"),
        ("  with signals", signals, "wrmsse_sold", lagged, "wrmsse_sold"),
        ("WAPE of the 28-day total", ours, "wape28", peer, "wape28"),
        ("  with signals", signals, "wape28", lagged, "wape28"),
        ("  of what was sold", ours, "wape28_sold", peer, "wape28_sold"),
        ("  of what was sold, with signals", signals, "wape28_sold", lagged, "wape28_sold"),
        ("WSPL, bottom", ours, "wspl", conformal, "wspl"),
        ("  with signals", signals, "wspl", conformal, "wspl"),
        ("lead-time WSPL, beside conformal summed", ours, "total", conformal, "summed"),
        ("  beside its own quantiles summed", ours, "total", ours, "summed"),
        ("  beside independent days", ours, "total", ours, "independent"),
        ("  with signals, beside independent days", signals, "total", ours, "independent"),
        ("randomised-PIT error at 9 levels", ours, "pit", conformal, "pit"),
        ("  with signals", signals, "pit", conformal, "pit"),
        ("cells with a negative quantile", ours, "negative", conformal, "negative"),
        ("cells with crossing quantiles", ours, "crossing", "mlforecast, 9 quantile models",
         "crossing"),
        ("200 paths, CPU-s", ours, "paths_cpu", None, ""),
        ("  negative, of all paths", ours, "negative_paths", None, ""),
        ("  sums that differ from summed paths", ours, "incoherent", None, ""),
    ]  # fmt: skip
    sys.stdout.write(
        f"\n{'mean of the cutoffs that both forecast':46}{'c2m':>10}{'peer':>10}{'ratio':>8}\n"
    )
    for title, name, score, other, other_score in lines:
        mine, theirs = bench.both(name, score, other, other_score)
        ratio = mine / theirs if theirs else np.nan
        sys.stdout.write(f"{title:46}{mine:10.4g}{theirs:10.4g}{ratio:8.3f}\n")


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", help="Python with mlforecast, statsforecast and lightgbm")
    parser.add_argument("--peers-more", help="Python with darts and lightgbm")
    parser.add_argument("--peers-autogluon", help="Python with AutoGluon-TimeSeries")
    parser.add_argument("--series", type=int, default=3000, help="a multiple of 10, up to 30490")
    parser.add_argument("--days", type=int, default=1941)
    parser.add_argument("--cutoffs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--few", type=int, default=500)
    parser.add_argument("--aligned", action="store_true", help="c2m also aligned to aggregates")
    parser.add_argument("--skip-ours", action="store_true", help="only the peers' points")
    parser.add_argument("--levels", action="store_true", help="print the twelve levels too")
    parser.add_argument(
        "--run", nargs="+", choices=STAGES, default=["points", "quantiles", "simple"]
    )
    return parser.parse_args()


def main():
    options = parse()
    cutoffs = [options.days - HORIZON * back for back in range(options.cutoffs, 0, -1)]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        simulated = simulate_panel(
            seed=options.seed, n_items=options.series // 10, n_days=options.days, n_ahead=0
        )
        truths = {}
        for cutoff in cutoffs:
            write_frames(simulated, cutoff, folder)
            truths[cutoff] = Truth.of(simulated, cutoff)
        sys.stdout.write(
            f"{simulated}; cutoffs after days {cutoffs}; {options.threads} thread(s); "
            f"{len(truths[cutoffs[-1]].identity):,} series are scored at the last\n"
        )
        del simulated
        bench = Bench(options, folder, truths)
        for stage in options.run:
            STAGES[stage](bench, cutoffs, options.peers)
        goals(bench)


if __name__ == "__main__":
    main()
