import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

import c2m
from c2m.errors import ArgumentError, DataError
from c2m.storage import Folder, read_folder, write_folder

FOLDER = Folder(
    facts={"a": 1, "b": ["x"]},
    arrays={"numbers": np.arange(6.0).reshape(2, 3)},
    tables={"codes": pd.DataFrame({"sku": ["007"]})},
    texts={"model": "tree\n"},
)


def test_what_is_written_is_read_back(tmp_path):
    write_folder(tmp_path / "it", "panel", FOLDER)
    back = read_folder(tmp_path / "it", "panel")
    assert back.facts == FOLDER.facts
    assert np.array_equal(back.arrays["numbers"], FOLDER.arrays["numbers"])
    assert back.tables["codes"]["sku"].tolist() == ["007"]
    assert back.texts == FOLDER.texts


def test_a_second_write_replaces_the_first_and_leaves_nothing_else(tmp_path):
    write_folder(tmp_path / "it", "panel", FOLDER)
    write_folder(tmp_path / "it", "panel", Folder(facts={"a": 2}))
    assert read_folder(tmp_path / "it", "panel").facts == {"a": 2}
    assert [path.name for path in tmp_path.iterdir()] == ["it"]


def test_something_else_in_the_way_is_not_replaced(tmp_path):
    (tmp_path / "it").mkdir()
    (tmp_path / "it" / "holiday.jpg").touch()
    with pytest.raises(ArgumentError, match="saved panel"):
        write_folder(tmp_path / "it", "panel", FOLDER)
    assert (tmp_path / "it" / "holiday.jpg").exists()


def test_a_failing_write_leaves_the_old_folder_and_no_draft(tmp_path):
    write_folder(tmp_path / "it", "panel", FOLDER)
    broken = Folder(facts={"a": float("nan")})
    with pytest.raises(DataError, match=r"its facts cannot be saved: .*JSON"):
        write_folder(tmp_path / "it", "panel", broken)
    assert read_folder(tmp_path / "it", "panel").facts == FOLDER.facts
    assert [path.name for path in tmp_path.iterdir()] == ["it"]


@pytest.mark.parametrize("name", ["numbers.npy", "codes.parquet", "model.txt"])
def test_a_changed_file_is_found_before_it_is_parsed(tmp_path, name):
    root = write_folder(tmp_path / "it", "panel", FOLDER)
    content = bytearray((root / name).read_bytes())
    content[-1] ^= 1
    (root / name).write_bytes(bytes(content))
    with pytest.raises(DataError, match=f"{name} was changed"):
        read_folder(root, "panel")


def test_missing_and_added_files_are_all_named(tmp_path):
    root = write_folder(tmp_path / "it", "panel", FOLDER)
    (root / "model.txt").unlink()
    (root / "extra.npy").touch()
    with pytest.raises(DataError) as caught:
        read_folder(root, "panel")
    assert caught.value.problems == [
        "model.txt is missing",
        "extra.npy was added after it was saved",
    ]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"kind": "demand"}, "holds a 'demand'"),
        ({"format": 99}, "format is 99"),
        ({"files": {"../secret": {}}}, "outside the folder"),
        ({"files": None}, "lists no files"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(tmp_path, change, problem):
    root = write_folder(tmp_path / "it", "panel", FOLDER)
    manifest = json.loads((root / "manifest.json").read_text()) | change
    (root / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(DataError, match=problem):
        read_folder(root, "panel")


def fix_of(root, kind):
    with pytest.raises(DataError) as caught:
        read_folder(root, kind)
    return caught.value.fix


def test_the_fix_fits_what_is_wrong(tmp_path):
    root = write_folder(tmp_path / "it", "panel", FOLDER)
    assert fix_of(root, "demand") == "load it with Panel.load"
    whole = (root / "manifest.json").read_text()
    (root / "manifest.json").write_text(json.dumps(json.loads(whole) | {"format": 99}))
    assert fix_of(root, "panel") == "load it with a newer c2m"
    assert fix_of(root, "demand") == "load it with Panel.load; load it with a newer c2m"
    (root / "manifest.json").write_text(whole)
    (root / "model.txt").write_text("another tree")
    assert fix_of(root, "panel") == "restore the folder or save it again"


@pytest.mark.parametrize("kind", [c2m.Panel, c2m.Demand, c2m.Plan])
def test_every_kind_that_is_saved_is_told_by_its_class(tmp_path, kind):
    root = write_folder(tmp_path / "it", kind.__name__.lower(), FOLDER)
    assert fix_of(root, "another") == f"load it with {kind.__name__}.load"
    assert callable(kind.load)


def test_a_folder_without_a_manifest_is_no_saved_panel(tmp_path):
    with pytest.raises(DataError, match=r"no manifest\.json"):
        read_folder(tmp_path, "panel")


def test_an_array_of_objects_is_refused_on_write(tmp_path):
    with pytest.raises(ValueError, match="pickle"):
        write_folder(tmp_path / "it", "panel", Folder(facts={}, arrays={"a": np.array([{}])}))


def test_several_writers_at_once_leave_one_whole_folder(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: write_folder(tmp_path / "it", "panel", FOLDER), range(40)))
    assert read_folder(tmp_path / "it", "panel").facts == FOLDER.facts
    assert [path.name for path in tmp_path.iterdir()] == ["it"]


@pytest.mark.parametrize("there", [True, False])
def test_a_link_is_followed(tmp_path, there):
    if there:
        write_folder(tmp_path / "real", "panel", FOLDER)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_folder(tmp_path / "link", "panel", Folder(facts={"a": 2}))
    assert (tmp_path / "link").is_symlink()
    assert read_folder(tmp_path / "real", "panel").facts == {"a": 2}


def test_numpy_numbers_are_facts_too(tmp_path):
    write_folder(tmp_path / "it", "panel", Folder(facts={"a": np.int64(1), "b": np.float64(0.5)}))
    assert read_folder(tmp_path / "it", "panel").facts == {"a": 1, "b": 0.5}


def test_a_table_that_parquet_cannot_hold_is_an_error_that_says_what_to_type(tmp_path):
    sizes = pd.DataFrame({"size": pd.Series([38, "M"], dtype=object)})
    with pytest.raises(DataError, match=r"`sizes`.*\n.*cannot be saved(.|\n)*astype"):
        write_folder(tmp_path / "it", "panel", Folder(facts={}, tables={"sizes": sizes}))
    assert not list(tmp_path.iterdir())


def test_a_part_keeps_what_it_holds_apart(tmp_path):
    both = FOLDER.with_part("inner", FOLDER).with_part("other", Folder({"a": 2}))
    write_folder(tmp_path / "it", "panel", both)
    back = read_folder(tmp_path / "it", "panel")
    inner = back.part("inner")
    assert inner.facts == FOLDER.facts
    assert np.array_equal(inner.arrays["numbers"], FOLDER.arrays["numbers"])
    assert inner.tables["codes"]["sku"].tolist() == ["007"]
    assert inner.texts == FOLDER.texts
    assert back.part("other") == Folder({"a": 2})
    with pytest.raises(DataError, match="no part 'third'"):
        back.part("third")


def test_a_manifest_that_is_nested_without_end_is_refused(tmp_path):
    root = write_folder(tmp_path / "it", "panel", FOLDER)
    (root / "manifest.json").write_text("[" * 10**6)
    with pytest.raises(DataError, match="no JSON object"):
        read_folder(root, "panel")


def test_a_manifest_that_is_larger_than_any_is_not_read(tmp_path):
    root = write_folder(tmp_path / "it", "panel", FOLDER)
    with (root / "manifest.json").open("r+b") as stream:
        stream.truncate(2**25)
    with pytest.raises(DataError, match="larger than any"):
        read_folder(root, "panel")


def test_a_changed_space_in_the_manifest_is_found(tmp_path):
    root = write_folder(tmp_path / "it", "panel", FOLDER)
    text = (root / "manifest.json").read_text()
    (root / "manifest.json").write_text(text.replace("\n ", "\n\t", 1))
    with pytest.raises(DataError, match=r"manifest\.json was changed"):
        read_folder(root, "panel")


def test_arrays_come_back_in_their_order_and_may_be_written_to(tmp_path):
    arrays = {"c": np.arange(6.0).reshape(2, 3), "f": np.asfortranarray(np.eye(3)), "n": np.eye(0)}
    arrays["t"] = np.array(["ab", "c"])
    write_folder(tmp_path / "it", "panel", Folder({}, arrays))
    back = read_folder(tmp_path / "it", "panel").arrays
    for name, array in arrays.items():
        assert np.array_equal(back[name], array)
        assert back[name].flags.f_contiguous == array.flags.f_contiguous
        assert back[name].flags.writeable
