"""An `add` is killed at each of its file operations, and the store must be the old or the new."""

import json
import subprocess
import sys

import pytest

SCRIPT = """
import json, os, shutil, signal, sys, warnings
from pathlib import Path

import pandas as pd

from c2m.signals import DayStore, read_events

warnings.simplefilter("ignore")
root, what = Path(sys.argv[1]), sys.argv[2]
WATCHED = {"open", "os.rename", "os.remove", "os.mkdir", "os.listdir", "os.scandir"}


def log(days, units):
    times = pd.to_datetime([f"2026-06-0{day} 12:00" for day in days], utc=True)
    return read_events(pd.DataFrame({
        "event_id": [f"e{day}" for day in days], "event_time": times, "event_type": "purchase",
        "sku": "PARKA", "quantity": units, "user_key": [f"u{day % 2}" for day in days],
    }))


def change(store):
    if what == "add":
        store.add(log([2, 3, 4], 5.0))
    else:
        store.forget(["u0"])


def content(folder):
    frame = DayStore(folder).events().to_frame(["event_id", "quantity"])
    return frame.sort_values("event_id").to_dict("list")


def strays(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    rows = [row for day in manifest["days"].values() for row in [*day["buckets"], day["ids"]]]
    named = {row[0] for row in [*rows, manifest["echoes"]] if row}
    found = {file.name for file in (folder / "_days").iterdir()}
    beside = {file.name for file in folder.iterdir()} - {"manifest.json", "_days", "_lock"}
    return sorted((found ^ named) | beside)


def killed_at(step, folder):
    child = os.fork()
    if not child:
        count = 0

        def hook(event, arguments):
            nonlocal count
            if event in WATCHED and arguments and str(arguments[0]).startswith(str(folder)):
                count += 1
                if count == step:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        change(DayStore(folder))
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


DayStore(root / "old").add(log([1, 2], 3.0))
shutil.copytree(root / "old", root / "new")
change(DayStore(root / "new"))
result = {"old": content(root / "old"), "new": content(root / "new"), "found": [], "strays": []}
step, alive = 0, False
while not alive:
    step += 1
    shutil.copytree(root / "old", root / str(step))
    alive = not killed_at(step, root / str(step))
    DayStore(root / str(step))
    result["strays"].append(strays(root / str(step)))
    result["found"].append(content(root / str(step)))
    change(DayStore(root / str(step)))
    if content(root / str(step)) != result["new"]:
        result["strays"].append(["the change could not be made again"])
print(json.dumps(result))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="processes are forked and killed")
@pytest.mark.parametrize("what", ["add", "forget"])
def test_a_change_that_is_killed_leaves_the_old_or_the_new_and_nothing_else(tmp_path, what):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path), what],
        check=True,
        capture_output=True,
        text=True,
    )
    result = json.loads(done.stdout)
    assert result["old"] != result["new"]
    assert len(result["found"]) > 15
    assert all(found in (result["old"], result["new"]) for found in result["found"])
    assert result["found"][0] == result["old"]
    assert result["found"][-2] == result["found"][-1] == result["new"]
    assert not any(result["strays"])
