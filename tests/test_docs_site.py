"""The site: its reference forgets no public name, its commands no verb, and its code runs."""

import importlib.util
import pkgutil
import re
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import c2m
from c2m.errors import C2MWarning

DOCS = Path(__file__).resolve().parents[1] / "docs"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAGES = [
    page
    for page in sorted([DOCS / "quickstart.md", *DOCS.glob("concepts/*"), *DOCS.glob("guides/*")])
    if BLOCK.search(page.read_text("utf-8"))
]


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, DOCS / "_ext" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    return _load("reference")


@pytest.fixture(scope="module")
def gallery() -> ModuleType:
    return _load("gallery")


def _public() -> Iterator[tuple[str, object]]:
    """Yield every public name: those of c2m, and of each room that says what is public."""
    for name in c2m.__all__:
        yield f"c2m.{name}", getattr(c2m, name)
    for info in pkgutil.iter_modules(c2m.__path__):
        if info.name not in {"__main__", "cli", "storage"}:
            module = import_module(f"c2m.{info.name}")
            for name in getattr(module, "__all__", ()):
                yield f"c2m.{info.name}.{name}", getattr(module, name)


def _value(name: str) -> object:
    path, _, last = name.rpartition(".")
    return getattr(import_module(path), last)


def test_the_reference_describes_every_public_name_once(reference):
    named = [name for names in reference.reference().values() for name in names]
    assert len(named) == len(set(named))
    described = {id(_value(name)) for name in named}
    assert len(described) == len(named)
    assert [name for name, value in _public() if id(value) not in described] == []
    assert {f"c2m.{name}" for name in c2m.__all__} <= set(named)


def test_a_name_that_enters_all_is_on_the_page_of_its_room(reference, monkeypatch, tmp_path):
    def brand_new():
        """Return nothing yet."""

    brand_new.__module__ = "c2m.production.brand_new"
    monkeypatch.setattr(c2m, "brand_new", brand_new, raising=False)
    monkeypatch.setattr(c2m, "__all__", [*c2m.__all__, "brand_new"])
    reference.write_reference(tmp_path)
    assert "   c2m.brand_new\n" in (tmp_path / "production.rst").read_text("utf-8")


def test_the_page_of_a_name_that_has_gone_is_taken_away(reference, tmp_path):
    kept, gone = (tmp_path / "generated" / f"c2m.{name}.rst" for name in ("Panel", "Pannel"))
    kept.parent.mkdir()
    for page in (kept, gone):
        page.write_text("", "utf-8")
    reference.write_reference(tmp_path)
    assert kept.exists()
    assert not gone.exists()


def test_every_room_of_the_reference_says_what_it_is_for(reference, tmp_path):
    reference.write_reference(tmp_path)
    index = (tmp_path / "index.rst").read_text("utf-8")
    for room in reference.reference():
        assert re.search(rf"^- :doc:`{re.escape(room)}`: \w.+\.$", index, re.MULTILINE), room


def test_every_command_has_its_help_on_the_page(tmp_path):
    verbs = _load("verbs")
    verbs.write_verbs(tmp_path / "commands.md")
    page = (tmp_path / "commands.md").read_text("utf-8")
    assert {"demo", "init", "check"} <= set(verbs.verbs())
    for verb in verbs.verbs():
        assert f"## c2m {verb}\n" in page
        assert f"usage: c2m {verb} " in page


def test_the_design_index_lists_every_page_by_number():
    listed = _load("pages").design_pages(DOCS / "design")
    assert set(listed) == {page.stem for page in (DOCS / "design").glob("[0-9]*.md")}
    numbers = [int(name.split("-")[0]) for name in listed]
    assert numbers == sorted(numbers)


def test_an_example_is_put_into_the_form_of_the_gallery(gallery):
    script = (
        '"""It does: all.\n\nMore.\n\n  python it.py\n\nThe end.\n"""\n\n'
        "# %% The first step.\nimport sys\n\n"
        'if __name__ == "__main__":\n    sys.exit(main())\n'
    )
    assert gallery.for_gallery(script, ('["a"]', "")) == (
        'r"""\nIt does\n=======\n\nAll.\n\nMore.\n\n::\n\n  python it.py\n\nThe end.\n"""\n\n'
        "# %%\n# The first step.\nimport sys\n\n"
        'assert main(["a"]) == 0\nassert main() == 0\n'
    )


def test_every_example_has_a_title_for_the_gallery_and_leaves_its_end_to_it(gallery, tmp_path):
    examples = DOCS.parent / "examples"
    gallery.copy_examples(examples, tmp_path / "copies")
    for script in examples.glob("*.py"):
        copy = (tmp_path / "copies" / script.name).read_text("utf-8")
        compile(copy, script.name, "exec")
        assert "sys.exit(" not in copy
        title, underline = copy.splitlines()[1:3]
        assert underline == "=" * len(title)
    assert (tmp_path / "copies" / "05_range.csv").is_file()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_the_code_of_a_page_runs_from_top_to_end(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    blocks = BLOCK.findall(page.read_text("utf-8"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", C2MWarning)  # pages show data that earn a warning
        for block in blocks:
            exec(compile(block, str(page), "exec"), names)
    shown = capsys.readouterr().out
    assert shown
    wide = [int(count) for count in re.findall(r" rows x (\d+) columns\]", shown)]
    assert max(wide, default=0) < 20, "a table is printed of which most columns are left out"


def test_every_figure_of_a_page_has_a_file_of_its_own():
    figures = [
        (page.name, re.findall(r"^   :filename-prefix: (.+)$", options, re.MULTILINE))
        for page in DOCS.glob("*/*.md")
        for options in re.findall(r"^\.\. plot::\n((?:   :.+\n)+)", page.read_text("utf-8"), re.M)
        if ":nofigs:" not in options
    ]
    assert len(figures) >= 12
    assert [page for page, prefix in figures if len(prefix) != 1] == []
    assert len({prefix[0] for _, prefix in figures}) == len(figures)
