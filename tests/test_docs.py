"""What the pages say must hold: their links lead somewhere, and the README's road runs."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    page
    for page in [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        ROOT / "c2m/datasets/SOURCES.md",
    ]
    if ".venv" not in page.parts
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file(page):
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text("utf-8"))
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_of_a_benchmark_names_a_file_that_is_there(page):
    files = re.findall(
        r"python (tests/benchmarks/\w+\.py|examples/\w+\.py)", page.read_text("utf-8")
    )
    assert [file for file in files if not (ROOT / file).exists()] == []


def test_the_readmes_road_runs_as_it_stands(tmp_path):
    code = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    script = tmp_path / "road.py"
    script.write_text(code[1], "utf-8")
    done = subprocess.run(
        [sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "1029743: make" in done.stdout
    assert (tmp_path / "plan.xlsx").stat().st_size > 10_000
