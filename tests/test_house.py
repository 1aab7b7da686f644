"""What must hold of the whole project: light imports, tests that can fail, one version."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import c2m

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("lightgbm", "statsmodels", "sklearn", "matplotlib", "highspy", "scipy.stats", "jinja2")
CHECKS = ("assert", "raises", "warns", "check", "fail")


def test_importing_c2m_loads_nothing_heavy():
    code = f"import sys, c2m; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_is_there_and_sorted():
    assert c2m.__all__ == sorted(c2m.__all__, key=lambda name: (name.upper() != name, name))
    assert all(hasattr(c2m, name) for name in c2m.__all__)


def test_the_other_subpackages_are_there_once_they_are_asked_for():
    code = (
        "import sys, c2m\n"
        "names = ['datasets', 'plot', 'rehearse', 'report', 'service']\n"
        "print([name for name in names if f'c2m.{name}' in sys.modules])\n"
        "print([getattr(c2m, name).__name__ for name in names])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    asked = [f"c2m.{name}" for name in ("datasets", "plot", "rehearse", "report", "service")]
    assert done.stdout.splitlines() == ["[]", str(asked)]


def test_dir_shows_what_is_public_and_nothing_else():
    rooms = {"datasets", "plot", "rehearse", "report", "service"}
    assert set(dir(c2m)) == {*c2m.__all__, *rooms, "__version__"}
    with pytest.raises(AttributeError, match="module 'c2m' has no attribute 'panels'"):
        _ = c2m.panels


def test_the_version_is_said_once():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == c2m.__version__


def calls(function: ast.AST) -> set[str]:
    """Return the names that a function calls."""
    found = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    return {
        name.attr if isinstance(name, ast.Attribute) else getattr(name, "id", "") for name in found
    }


def toothless(source: str) -> list[str]:
    """Return the tests of a file that assert nothing."""
    functions = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef))
    return [
        node.name
        for node in functions
        if node.name.startswith("test")
        and not any(isinstance(part, ast.Assert) for part in ast.walk(node))
        and not any(name.startswith(CHECKS) for name in calls(node))
    ]


@pytest.mark.parametrize(
    "file",
    sorted((ROOT / "tests").rglob("test_*.py")),
    ids=lambda file: str(file.relative_to(ROOT)),
)
def test_every_test_can_fail(file):
    assert toothless(file.read_text("utf-8")) == []


def test_a_test_without_an_assertion_is_found():
    assert toothless("def test_nothing():\n    print(1)\n") == ["test_nothing"]
    assert toothless("def test_something():\n    assert 1\n") == []


def test_the_package_reads_no_pickle():
    loaders = {"pickle", "cloudpickle", "dill", "joblib", "shelve"}
    for file in (ROOT / "c2m").rglob("*.py"):
        tree = ast.parse(file.read_text("utf-8"))
        imported = {
            name.name.partition(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for name in node.names
        } | {
            str(node.module).partition(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
        }
        assert not imported & loaders, file
