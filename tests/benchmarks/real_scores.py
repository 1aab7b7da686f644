"""What `real.py` scores, and the tables that it prints."""

import numpy as np
from scipy.special import stdtrit

from c2m.forecast import scores

LEVELS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
PEERS = (
    "mlforecast LightGBM",
    "mlforecast, trees as ours",
    *(
        f"statsforecast {name}"
        for name in ("SeasonalNaive", "CrostonSBA", "TSB", "AutoETS", "MSTL")
    ),
)
COLUMNS = ("wape", "rmse", "total_wape", "scaled", "bias", "slow_bias", "wql", "sql")
OURS = ("DirectBoosting with signals", "SignalGuard", "Fallback")
"""What is held against `DirectBoosting` without signals."""


def score(case, actual, history, mean, quantiles):
    """Return the scores of one forecast at one cutoff."""
    scaled = scores.mase if case.main == "scaled" else scores.rmsse
    slow = slower_half(history)
    wql = sql = np.nan
    if quantiles is not None:
        wql = scores.weighted_quantile_loss(actual, quantiles, LEVELS)
        sql = scores.scaled_quantile_loss(actual, quantiles, LEVELS, history, case.season)
    return {
        "wape": scores.wape(actual, mean),
        "rmse": np.sqrt(np.nanmean((mean - actual) ** 2)) / np.nanmean(actual),
        "total_wape": scores.total_error(actual, mean),
        "scaled": scaled(actual, mean, history, case.season),
        "bias": scores.bias(actual, mean),
        "slow_bias": scores.bias(actual[slow], mean[slow]),
        "wql": wql,
        "sql": sql,
    }


def slower_half(history):
    """Say which series have sold no more a period than the median series."""
    sold = np.nansum(history, axis=1) / np.maximum((~np.isnan(history)).sum(axis=1), 1)
    return sold <= np.median(sold)


def margin(values):
    """Return half the width of the 95 % interval of a mean."""
    count = values.count()
    return stdtrit(count - 1, 0.975) * values.std(ddof=1) / np.sqrt(count) if count > 1 else np.nan


def cell(values):
    """Write a mean and half its interval."""
    return "" if values.isna().all() else f"{values.mean():.3f} ± {margin(values):.3f}"


def against_best(found, score):
    """Return the best peer, and by how many percent each model's score is above its."""
    wide = found.pivot(index="cutoff", columns="model", values=score)
    peers = [name for name in PEERS if name in wide]
    if not peers:
        return None, {}
    best = wide[peers].mean().idxmin()
    return best, 100 * (wide.div(wide[best], axis=0) - 1)


def gain(found, model, score):
    """Write by how many percent a model's score is above that of `DirectBoosting`."""
    wide = found.pivot(index="cutoff", columns="model", values=score)
    change = 100 * (wide[model] / wide["DirectBoosting"] - 1)
    return f"{change.mean():+.2f} ± {margin(change):.2f}"


def table(case, found):
    """Return the rows of the Markdown table."""
    rivals = {score: against_best(found, score) for score in dict.fromkeys([case.main, "rmse"])}
    heads = [f"{score} against {best}, %" for score, (best, _) in rivals.items()]
    yield ["model", *COLUMNS, "CPU-s", *heads]
    for name in found.groupby("model")[case.main].mean().sort_values().index:
        part = found[found["model"] == name]
        cells = [cell(part[column]) for column in COLUMNS]
        seconds = "" if part["cpu_s"].isna().all() else f"{part['cpu_s'].mean():.1f}"
        drops = [
            "" if best in {None, name} else f"{drop[name].mean():+.1f} ± {margin(drop[name]):.1f}"
            for best, drop in rivals.values()
        ]
        yield [name if name not in PEERS else f"*{name}*", *cells, seconds, *drops]


def show(name, case, found):
    """Print one Markdown table."""
    scaled = "MASE" if case.main == "scaled" else "RMSSE"
    print(
        f"\n### {name}: {case.panel!r}\n\n{case.windows} cutoffs {case.step} apart, horizon "
        f"{case.horizon}; scaled: {scaled}, season {case.season}\n"
    )
    head, *rows = table(case, found)
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    own = ("wape", "rmse", "scaled", "wql", "sql")
    print("\n| against DirectBoosting, % |" + " | ".join(own) + " |\n|" + "---|" * (len(own) + 1))
    for model in OURS:
        if model in set(found["model"]):
            print(f"| {model} | " + " | ".join(gain(found, model, score) for score in own) + " |")
