import os
import re
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from functools import partial
from io import StringIO
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

import c2m
from c2m.cli import main
from c2m.cli.demo import check_place
from c2m.cli.progress import Steps


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str
    folder: Path


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> Ran:
    """Run the demo with fewer models, paths and weeks, so that it takes a moment."""
    folder = tmp_path_factory.mktemp("demo") / "new" / "folder"
    out, err = StringIO(), StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        quick = partial(c2m.select_model, candidates=["SES"], windows=1)
        patch.setattr("c2m.forecast.select_model", quick)
        few = partial(c2m.plan_production, n_scenarios=5)
        patch.setattr("c2m.production.plan_production", few)
        patch.setattr("c2m.cli.demo.HORIZON", 4)
        code = main(["demo", "--out", str(folder)])
    return Ran(code, out.getvalue(), err.getvalue(), folder)


@pytest.fixture
def journey_factory() -> Path:
    from c2m.datasets import load_journey

    return load_journey().factory_path


def run(capsys, *arguments) -> tuple[int, str, str]:
    code = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_the_demo_leaves_a_report_and_a_workbook_and_says_where(demo):
    assert demo.code == 0
    assert sorted(path.name for path in demo.folder.iterdir()) == ["plan.xlsx", "report.html"]
    *figures, last = demo.out.splitlines()
    named = [line.split(":")[0] for line in figures]
    assert named == ["Runs", "Units made", "Expected profit", "Expected fill rate"]
    assert str(demo.folder / "report.html") in last
    assert str(demo.folder / "plan.xlsx") in last


def test_the_demo_shows_its_steps(demo):
    steps = [line for line in demo.err.splitlines() if line.startswith("[")]
    assert [line.split("/")[0] for line in steps] == [f"[{number}" for number in range(1, 8)]
    assert steps[0].startswith("[1/7]")


def test_the_demo_asks_nothing_of_who_runs_it(demo):
    assert "note:" not in demo.err
    page = (demo.folder / "report.html").read_text(encoding="utf-8")
    assert re.search(r"\b[1-4] of 310 products (was|were) not sold before the planned weeks", page)


@pytest.mark.parametrize("below", [[], ["sub", "folder"]])
def test_the_demo_needs_a_folder_before_it_begins(capsys, tmp_path, below):
    path = tmp_path / "f.xlsx"
    path.write_text("mine", encoding="utf-8")
    code, out, err = run(capsys, "demo", "--out", path.joinpath(*below))
    assert (code, out) == (2, "")
    assert err == f"c2m: Expected a folder, got the file {path}.\n"


def test_the_demo_needs_its_packages_before_it_begins(capsys, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    code, out, err = run(capsys, "demo", "--out", tmp_path / "new")
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        'c2m: Workbooks need the package xlsxwriter: pip install "c2m[report]"'
    ]
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("made", ["c2m.toml", "c2m-output/plan"])
def test_the_demo_does_not_write_over_a_project(capsys, tmp_path, monkeypatch, made):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c2m-output").mkdir()
    (tmp_path / made).write_text("", "utf-8")
    monkeypatch.setattr("c2m.cli.demo.run_demo", lambda folder, step: pytest.fail("it ran"))
    code, out, err = run(capsys, "demo")
    assert (code, out) == (2, "")
    assert "The demo would write in c2m-output, but " in err
    assert "--out c2m-demo" in err
    assert list((tmp_path / "c2m-output").glob("*.html")) == []


def test_the_demo_may_write_beside_settings_where_no_project_does(tmp_path):
    (tmp_path / "c2m.toml").write_text("", "utf-8")
    check_place(tmp_path / "c2m-demo")
    with pytest.raises(c2m.ArgumentError, match="a project writes, whose"):
        check_place(tmp_path / "c2m-output")


def test_the_help_lists_the_commands_and_the_exit_codes(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    verbs = "demo init check panel forecast backtest plan replan rehearse report serve"
    for verb in verbs.split():
        assert f"    {verb} " in shown
    for code in (0, 2, 3, 130):
        assert f"\n  {code} " in shown


def test_the_demo_plans_real_products(demo):
    book = CalamineWorkbook.from_path(str(demo.folder / "plan.xlsx"))
    rows = book.get_sheet_by_name("Plan").to_python()
    head = next(number for number, row in enumerate(rows) if row[0] == "Run")
    lines = {row[rows[head].index("Line")] for row in rows[head + 1 :]}
    assert lines == {"bakery", "dairy", "frozen"}
    assert len(rows) > 200
    page = (demo.folder / "report.html").read_text(encoding="utf-8")
    assert "How good such forecasts were" in page
    assert "capacity are assumed, as its file says." in page


def test_init_writes_a_template_that_check_finds_empty(capsys, tmp_path):
    path = tmp_path / "new" / "factory.xlsx"
    code, out, _ = run(capsys, "init", path)
    assert code == 0
    assert out.splitlines()[-1] == f"Wrote {path}"
    code, out, err = run(capsys, "check", path)
    assert (code, out) == (2, "")
    assert "lines: the table has no rows" in err
    assert "routings: the table has no rows" in err


def test_init_does_not_replace_a_file_unless_forced(capsys, tmp_path):
    path = tmp_path / "factory.xlsx"
    path.write_text("mine", encoding="utf-8")
    code, out, err = run(capsys, "init", path)
    assert (code, out) == (2, "")
    assert "pass --force" in err
    assert path.read_text(encoding="utf-8") == "mine"
    assert run(capsys, "init", path, "--force")[0] == 0
    assert path.read_bytes()[:2] == b"PK"


def test_init_begins_a_project(capsys, tmp_path):
    code, out, _ = run(capsys, "init", tmp_path / "new")
    settings, book = tmp_path / "new" / "c2m.toml", tmp_path / "new" / "factory.xlsx"
    assert code == 0
    assert out.splitlines()[-1] == f"Wrote {settings} and {book}"
    code, out, err = run(capsys, "check", settings)
    assert (code, out) == (2, "")
    assert "lines: the table has no rows" in err
    assert "Expected files.events or files.history to be set" in err
    assert sorted(path.name for path in settings.parent.iterdir()) == ["c2m.toml", "factory.xlsx"]


def test_init_keeps_settings_that_are_there(capsys, tmp_path):
    settings = tmp_path / "c2m.toml"
    settings.write_text("mine", encoding="utf-8")
    code, _, err = run(capsys, "init", tmp_path)
    assert code == 2
    assert f"{settings} is there already; pass --force to replace it." in err
    assert settings.read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "factory.xlsx").exists()
    assert run(capsys, "init", tmp_path, "--force")[0] == 0
    assert "[forecast]" in settings.read_text(encoding="utf-8")


def test_init_refuses_another_ending(capsys, tmp_path):
    code, _, err = run(capsys, "init", tmp_path / "factory.txt")
    assert code == 2
    assert "ending in '.xlsx'" in err


def test_check_reads_both_kinds_of_file(capsys, tmp_path, journey_factory):
    code, out, err = run(capsys, "check", journey_factory)
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == f"Nothing is wrong with {journey_factory}"
    book = tmp_path / "factory.xlsx"
    c2m.Factory.from_toml(journey_factory).to_excel(book)
    code, out, _ = run(capsys, "check", book)
    assert code == 0
    assert "310 products" in out


def test_check_counts_its_notes(capsys, tmp_path):
    path = tmp_path / "factory.toml"
    path.write_text(
        'lines = [{ line = "L1", capacity = 5.0, unit = "pieces", overtime_limit = 1.0 }]\n'
        'products = [{ sku = "A", price = 9.0, unit_cost = 4.0, end_value = 1.0 }]\n'
        'routings = [{ sku = "A", line = "L1" }]\n',
        encoding="utf-8",
    )
    code, out, err = run(capsys, "check", path)
    assert code == 0
    assert err.startswith("note: 1 of 1 line has an 'overtime_limit' and no 'overtime_cost'")
    assert out.splitlines()[-1] == f"No errors, 1 note in {path}"


def test_check_lists_everything_that_is_wrong(capsys, tmp_path):
    path = tmp_path / "factory.toml"
    path.write_text(
        'lines = [{ line = "L1", capacity = -5.0, unit = "hours" }]\n'
        'products = [{ sku = "A", price = 9.0, unit_cost = 4.0, end_value = 1.0 }]\n'
        'routings = [{ sku = "B", line = "L1" }]\n',
        encoding="utf-8",
    )
    code, out, err = run(capsys, "check", path)
    assert (code, out) == (2, "")
    assert "Traceback" not in err
    for word in ("capacity", "unit", "'B'"):
        assert word in err


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("factory.toml", None, "factory.toml': there is no such file"),
        ("factory.xlsx", b"not a workbook", "no workbook"),
        ("factory.toml", b"lines = [", "factory.toml"),
        ("factory.csv", b"", "ending in one of .xlsx, .xlsm, .toml"),
    ],
)
def test_check_says_what_is_wrong_with_a_file(capsys, tmp_path, name, content, message):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    code, out, err = run(capsys, "check", path)
    assert (code, out) == (2, "")
    assert message in err
    assert err.startswith("c2m: ")


def test_an_infeasible_plan_exits_with_3(capsys, tmp_path, monkeypatch):
    def infeasible(path):
        raise c2m.InfeasiblePlanError(["L1 is 3 hours short"], "open 3 hours of overtime")

    monkeypatch.setattr(c2m.Factory, "from_toml", infeasible)
    code, _, err = run(capsys, "check", tmp_path / "factory.toml")
    assert code == 3
    assert "L1 is 3 hours short" in err


def test_a_folder_without_settings_is_no_project(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for arguments in (["plan"], ["check"], ["check", "c2m.toml"]):
        code, out, err = run(capsys, *arguments)
        assert (code, out) == (2, "")
        assert err.endswith("there is no such file. Write one with: c2m init\n")


def test_a_reader_that_has_read_enough_is_no_error(journey_factory):
    command = f"{sys.executable} -m c2m check {journey_factory} | true; exit ${{PIPESTATUS[0]}}"
    ran = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_warning_is_shown_as_a_note(capsys, tmp_path, monkeypatch, journey_factory):
    factory = c2m.Factory.from_toml(journey_factory)

    def warned(path):
        c2m.errors.warn("3 rows were left out")
        return factory

    monkeypatch.setattr(c2m.Factory, "from_toml", warned)
    code, _, err = run(capsys, "check", journey_factory)
    assert (code, err) == (0, "note: 3 rows were left out\n")


def test_without_a_command_all_are_listed(capsys):
    code, out, err = run(capsys)
    assert (code, out) == (2, "")
    assert "    rehearse " in err


def test_help_is_there_at_once():
    asks = (
        "import sys; from c2m.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: sys.exit('pandas' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_unknown_arguments_exit_with_2(capsys):
    for arguments in (["plann"], ["plan", "now"]):
        with pytest.raises(SystemExit) as stopped:
            main(arguments)
        assert stopped.value.code == 2
    assert "usage: c2m" in capsys.readouterr().err


def test_the_version_is_the_packages(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--version"])
    assert stopped.value.code == 0
    assert capsys.readouterr().out == f"c2m {c2m.__version__}\n"


def test_the_package_can_be_run(tmp_path):
    command = [sys.executable, "-m", "c2m", "plan"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert ran.returncode == 2
    assert ran.stderr == (
        "c2m: Expected the settings in c2m.toml, but there is no such file. "
        "Write one with: c2m init\n"
    )


def test_quiet_steps_show_nothing(capsys):
    with Steps(1, quiet=True) as step:
        step("working")
    assert capsys.readouterr() == ("", "")


def test_stages_of_a_step_are_lines_unless_they_pass_quickly(capsys, monkeypatch):
    clock = iter([0.0, 0.0, 1.0, 5.0, 5.5, 6.0])
    monkeypatch.setattr("c2m.cli.progress.time.monotonic", lambda: next(clock))
    with Steps(1, quiet=False) as step:
        step("planning")
        step.stage("quick")
        step.stage("slow")
    assert capsys.readouterr().err.splitlines() == [
        "[1/1]   0.0 s  planning",
        "        5.5 s    slow",
    ]


def test_steps_are_a_bar_on_a_terminal(monkeypatch):
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with Steps(2, quiet=False) as step:
        step("first")
        step("second")
        step.stage("a part of it")
    shown = terminal.getvalue()
    assert "first" in shown
    assert "a part of it" in shown
    assert "2/2" in shown.rsplit("\r", 1)[-1]


@pytest.mark.skipif(os.name != "posix", reason="pseudo terminals are those of POSIX")
def test_a_terminal_that_does_not_tell_its_size_gets_a_bar_too(monkeypatch):
    import pty

    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        with Steps(1, quiet=False) as step:
            step("the only one")
    shown = b""
    with suppress(OSError):  # the end, as Linux tells it
        while part := os.read(ours, 10_000):
            shown += part
    os.close(ours)
    assert "the only one" in shown.decode()
    assert "1/1" in shown.decode()
