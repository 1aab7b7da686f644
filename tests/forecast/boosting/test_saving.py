"""A saved model comes back whole, or not at all: damage, forgery, replacement while it is read."""

import json
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from c2m.errors import ArgumentError, DataError
from c2m.forecast import DirectBoosting
from c2m.forecast.saving import load_model
from c2m.storage import read_folder, write_folder


@pytest.fixture(scope="module")
def model(make_panel):
    return DirectBoosting(4, n_estimators=20).fit(make_panel(40, 60, ahead=4))


@pytest.fixture(scope="module")
def saved(tmp_path_factory, model):
    path = tmp_path_factory.mktemp("saved") / "model"
    model.save(path)
    return path


def same(one, other):
    laws = zip(one.law.arrays().values(), other.law.arrays().values(), strict=True)
    return all(np.array_equal(left, right) for left, right in laws)


def test_a_model_comes_back_with_arguments_recipe_panel_and_the_same_bits(saved, model):
    again = load_model(saved)
    assert type(again) is DirectBoosting
    assert again.get_params() == model.get_params()
    assert again.recipe_ == model.recipe_
    assert again.panel_ == model.panel_
    assert same(again.predict(4), model.predict(4))
    assert same(again.predict(4, skus=["S007"]), model.predict(4, skus=["S007"]))


@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_a_flipped_byte_in_any_file_is_found(tmp_path, saved, data):
    copy = tmp_path / "copy"
    shutil.copytree(saved, copy, dirs_exist_ok=True)
    file = copy / data.draw(st.sampled_from(sorted(file.name for file in copy.iterdir())))
    content = bytearray(file.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    file.write_bytes(bytes(content))
    with pytest.raises(DataError):
        DirectBoosting.load(copy)


def _damage(folder, chance):
    """Change one file of a folder: its bytes, its length, its name, or another one's place."""
    files = sorted(folder.iterdir())
    file, other = (files[chance.integers(len(files))] for _ in range(2))
    content, more = file.read_bytes(), other.read_bytes()
    at = int(chance.integers(max(len(content), 1)))
    match int(chance.integers(6)):
        case 0:
            file.write_bytes(content[:at])
        case 1:
            file.write_bytes(content[:at] + chance.bytes(20) + content[at + 20 :])
        case 2:
            file.write_bytes(content + content[: at + 1])
        case 3:
            file.unlink()
        case 4:
            file.rename(folder / f"x{file.name}")
        case _:
            file.write_bytes(more)
            other.write_bytes(content)


def test_a_damaged_folder_is_refused_or_holds_the_same_model(tmp_path, saved, model):
    known, refused = model.predict(4), 0
    for seed in range(60):
        copy = tmp_path / str(seed)
        shutil.copytree(saved, copy)
        _damage(copy, np.random.default_rng(seed))
        try:
            again = load_model(copy)
        except DataError:
            refused += 1
        else:  # two files of the same content, or one in its own place
            assert again.predict(4) == known
    assert refused > 40


@pytest.mark.parametrize("cut", [0, 1, 100])
def test_a_file_that_was_cut_short_is_found(tmp_path, saved, cut):
    for name in sorted(file.name for file in saved.iterdir()):
        shutil.copytree(saved, tmp_path / name)
        (tmp_path / name / name).write_bytes((saved / name).read_bytes()[:cut])
        with pytest.raises(DataError):
            DirectBoosting.load(tmp_path / name)


def forged(saved, path, facts):
    """Write the folder again with other facts and sums that fit them."""
    folder = read_folder(saved, "model")
    write_folder(path, "model", type(folder)(facts, folder.arrays, folder.tables, folder.texts))
    return path


def leaves(facts, place=()):
    for name, value in facts.items():
        yield (*place, name)
        if isinstance(value, dict):
            yield from leaves(value, (*place, name))


ODD = [None, -1, 0, 2.5, 10**30, "text", [], ["sales", "x"], {}, {"a": 1}, True, [[[]]]]


def test_facts_that_were_forged_are_an_error_or_a_sound_forecast(tmp_path, saved):
    facts = read_folder(saved, "model").facts
    refused = 0
    for place in list(leaves(facts))[::2]:
        odd = ODD[len(str(place)) % len(ODD)]
        changed = json.loads(json.dumps(facts))
        inner = changed
        for name in place[:-1]:
            inner = inner[name]
        inner[place[-1]] = odd
        try:
            mean = load_model(forged(saved, tmp_path / "model", changed)).predict(1).mean
        except (ArgumentError, DataError):
            refused += 1
        else:
            assert np.isfinite(mean).all()
            assert (mean >= 0).all()
    assert refused > 10


@pytest.mark.parametrize(
    "change",
    [
        lambda spread: spread[:0],
        lambda spread: spread[None],
        lambda spread: np.array(["a"] * len(spread)),
        lambda spread: np.full(len(spread), np.nan),
    ],
    ids=["empty", "deeper", "text", "unknown"],
)
@pytest.mark.parametrize("name", ["log-mean", "dispersion", "level-variance"])
def test_a_head_that_does_not_fit_is_refused_when_it_is_loaded(tmp_path, saved, name, change):
    folder = read_folder(saved, "model")
    arrays = dict(folder.arrays)
    arrays[f"learnt.head-{name}"] = change(arrays[f"learnt.head-{name}"])
    write_folder(tmp_path / "model", "model", replace(folder, arrays=arrays))
    with pytest.raises(DataError):
        load_model(tmp_path / "model")


def test_a_recipe_that_reads_beyond_the_history_is_refused(tmp_path, saved):
    facts = json.loads(json.dumps(read_folder(saved, "model").facts))
    facts["learnt"]["recipe"]["seasons"] = [0]
    with pytest.raises(DataError):
        load_model(forged(saved, tmp_path / "model", facts))


def test_facts_that_are_not_a_models_are_named(tmp_path, saved):
    facts = json.loads(json.dumps(read_folder(saved, "model").facts))
    facts["arguments"]["max_horizons"] = 3
    with pytest.raises(DataError, match=r"its facts are not those of a model.*max_horizons"):
        load_model(forged(saved, tmp_path / "model", facts))


def test_a_class_that_c2m_does_not_have_is_not_imported(tmp_path, saved):
    facts = {**read_folder(saved, "model").facts, "class": "subprocess.Popen"}
    with pytest.raises(DataError, match=r"it holds a 'subprocess.Popen'; this c2m has"):
        load_model(forged(saved, tmp_path / "model", facts))


MUTATE = r"""
import json, re, sys
import numpy as np
from c2m.errors import DataError
from c2m.forecast.saving import load_model, model_of
from c2m.storage import Folder, read_folder

folder = read_folder(sys.argv[1], "model")
chance = np.random.default_rng(int(sys.argv[2]))
text = folder.texts["learnt.trees"]
odd = ["0", "-1", "1", "7", "99999", "-99999", "1e308", "-1e308", "nan", "inf", "", "2147483648",
       "a", "0x1", "1_0", "\n", "=", " "]
numbers = list(re.finditer(r"-?\d+(\.\d+)?(e[-+]?\d+)?", text))
count = {"refused": 0, "read": 0}
for _ in range(int(sys.argv[3])):
    kind = chance.integers(4)
    if kind < 2:
        one = numbers[chance.integers(len(numbers))]
        start, stop = one.span()
        changed = text[:start] + odd[chance.integers(len(odd))] + text[stop:]
    elif kind == 2:
        lines = text.split("\n")
        one, other = chance.integers(len(lines), size=2)
        lines[one] = lines[other]
        changed = "\n".join(lines)
    else:
        start = chance.integers(len(text))
        changed = text[:start] + text[start + chance.integers(1, 50):]
    # the sizes that the head gives are made to fit again, as somebody who forges would
    blocks = re.findall(r"Tree=\d+\n.*?(?=Tree=\d+\n|end of trees)", changed, re.DOTALL)
    sizes = " ".join(str(len(block)) for block in blocks)
    changed = re.sub(r"tree_sizes=.*", f"tree_sizes={sizes}", changed)
    new = Folder(folder.facts, folder.arrays, folder.tables, {"learnt.trees": changed})
    try:
        mean = model_of(new).predict(4).mean
    except DataError:
        count["refused"] += 1
        continue
    assert np.isfinite(mean).all() and (mean >= 0).all()
    count["read"] += 1
print(json.dumps(count))
"""


def test_trees_that_were_forged_never_end_the_process(saved):
    done = subprocess.run(
        [sys.executable, "-c", MUTATE, str(saved), "0", "120"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    count = json.loads(done.stdout)
    assert sum(count.values()) == 120
    assert count["refused"] > 40


def test_a_model_that_is_replaced_while_it_is_read_is_the_old_or_the_new(tmp_path, model, saved):
    other = DirectBoosting(4, n_estimators=20, seed=1).fit(model.panel_)
    known = [model.predict(4), other.predict(4)]
    shutil.copytree(saved, tmp_path / "model")
    with ThreadPoolExecutor(4) as pool:
        writes = [pool.submit((model, other)[n % 2].save, tmp_path / "model") for n in range(12)]
        reads = [pool.submit(DirectBoosting.load, tmp_path / "model") for _ in range(12)]
        found = [read.result().predict(4) for read in reads]
        assert all(write.result() is None for write in writes)
    assert all(same(one, known[0]) or same(one, known[1]) for one in found)


def test_a_model_of_another_class_is_told_by_its_name(tmp_path, make_panel):
    from c2m.forecast import MovingAverage

    MovingAverage(window=3).fit(make_panel(4, 20)).save(tmp_path / "model")
    with pytest.raises(DataError, match=r"holds a 'MovingAverage', not a 'DirectBoosting'") as info:
        DirectBoosting.load(tmp_path / "model")
    assert info.value.fix == "load it with MovingAverage.load"


def test_an_array_that_says_it_is_huge_takes_no_memory(tmp_path, saved):
    content = (saved / "learnt.head-dispersion.npy").read_bytes()
    shape = re.search(rb"\((\d+),\)", content)
    assert shape is not None
    huge = b"(" + b"9" * 11 + b",)"
    grown = content.replace(shape[0] + b", }" + b" " * (len(huge) - len(shape[0])), huge + b", }")
    assert len(grown) == len(content)
    folder = tmp_path / "model"
    shutil.copytree(saved, folder)
    (folder / "learnt.head-dispersion.npy").write_bytes(grown)
    sign(folder)
    with pytest.raises(DataError, match=r"dispersion\.npy is broken.*bytes for the shape"):
        DirectBoosting.load(folder)


def test_a_table_that_was_packed_to_grow_is_refused(tmp_path, saved):
    folder = tmp_path / "model"
    shutil.copytree(saved, folder)
    pd.DataFrame({"sku": ["A" * 1000] * 100_000}).to_parquet(
        folder / "learnt.panel.keys.parquet", compression="zstd"
    )
    sign(folder)
    with pytest.raises(DataError, match=r"keys\.parquet is broken: it is compressed"):
        DirectBoosting.load(folder)


def sign(folder):
    """Compute the sums anew, as somebody who forges a folder would."""
    from hashlib import sha256

    from c2m.storage.manifest import manifest_text

    facts = json.loads((folder / "manifest.json").read_text())["facts"]
    files = {
        file.name: {
            "bytes": file.stat().st_size,
            "sha256": sha256(file.read_bytes()).hexdigest(),
        }
        for file in sorted(folder.iterdir())
        if file.name != "manifest.json"
    }
    (folder / "manifest.json").write_text(manifest_text("model", facts, files), newline="")
