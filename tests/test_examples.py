import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

EXAMPLES = Path(__file__).parents[1] / "examples"
ROAD = EXAMPLES / "01_from_signals_to_plan.py"
PLANNER = EXAMPLES / "02_plan_a_factory.py"
SIGNALS = EXAMPLES / "03_what_do_my_signals_say.py"
COMPARISON = EXAMPLES / "04_compare_models.py"
SEASON = EXAMPLES / "05_size_the_runs.py"
WEEK = EXAMPLES / "06_a_factory_week.py"
YEAR = EXAMPLES / "07_rehearse_a_year.py"


def run(script: Path, folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    paths = [str(EXAMPLES.parent), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    return subprocess.run(
        [sys.executable, str(script), *map(str, arguments)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def small(tmp_path) -> Path:
    """A folder with one SKU, its code with zeros in front, and a factory for it."""
    days = pd.date_range("2026-07-06", periods=16 * 7)  # whole weeks
    lines = [f"00123,{day.date()},{1 + number % 3}" for number, day in enumerate(days)]
    _write(tmp_path / "sales.csv", "sku,date,quantity", *lines)
    _write(
        tmp_path / "factory.toml",
        'lines = [{ line = "L1", capacity = 100.0, unit = "pieces" }]',
        'products = [{ sku = "00123", price = 9.0, unit_cost = 4.0, end_value = 1.0 }]',
        'routings = [{ sku = "00123", line = "L1" }]',
    )
    return tmp_path


@pytest.fixture(scope="module")
def planner():
    """The planner's script as a module, which costs less than a process a call."""
    spec = importlib.util.spec_from_file_location("plan_a_factory", PLANNER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _write(path: Path, *lines: str) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_the_road_runs_as_a_script_and_leaves_report_and_workbook(tmp_path):
    ran = run(ROAD, tmp_path)
    assert ran.returncode == 0, ran.stderr
    folder = tmp_path / "c2m-output" / "example-01"
    assert (folder / "report.html").stat().st_size > 100_000
    assert (folder / "plan.xlsx").stat().st_size > 20_000
    book = CalamineWorkbook.from_path(str(folder / "plan.xlsx"))
    inputs = [row[0] for row in book.get_sheet_by_name("Inputs").to_python()]
    assert "stock: 310 rows" in inputs


def test_the_planners_script_says_what_it_reads():
    ran = run(PLANNER, EXAMPLES, "--help")
    assert ran.returncode == 0
    for word in (
        "sku, date, quantity",
        "on_hand",
        "--decimal",
        "--date-format",
        "--write-sample",
        "SIGN",
    ):
        assert word in ran.stdout
    assert "{,,.}" not in ran.stdout


def test_the_planners_script_writes_and_plans_its_own_sample(tmp_path):
    ran = run(PLANNER, tmp_path)
    out = tmp_path / "c2m-output" / "example-02"
    assert ran.returncode == 0, ran.stderr
    assert (out / "sample" / "factory.xlsx").is_file()
    assert "sales.csv: 22,120 rows, fields divided by ';', decimal sign ','" in ran.stdout
    book = CalamineWorkbook.from_path(str(out / "plan.xlsx"))
    assert len(book.get_sheet_by_name("Plan").to_python()) > 40
    assert (out / "report.html").is_file()
    shown = ran.stdout.splitlines()
    assert "The plan starts in the week of 2018-01-01." in shown
    assert "Stock is taken as of the end of 2017-12-31." in shown
    named = [line.split(":")[0] for line in shown[-5:-1]]
    assert named == ["Runs", "Units made", "Expected profit", "Expected fill rate"]
    assert shown[-1].startswith("Wrote ")


def test_the_planners_sample_can_be_written_alone(tmp_path, planner, capsys):
    assert planner.main([str(tmp_path / "sample"), "--write-sample"]) == 0
    names = {path.name for path in (tmp_path / "sample").iterdir()}
    assert names == {"sales.csv", "stock.csv", "on_order.csv", "factory.xlsx"}
    assert [path.name for path in tmp_path.iterdir()] == ["sample"]
    with pytest.raises(SystemExit):
        planner.main(["--write-sample"])
    assert "--write-sample needs the folder to write" in capsys.readouterr().err


def test_one_sku_is_enough_and_keeps_its_zeros(small, planner):
    assert planner.main([str(small), "--out", str(small / "out"), "--periods", "2"]) == 0
    book = CalamineWorkbook.from_path(str(small / "out" / "plan.xlsx"))
    skus = [row[0] for row in book.get_sheet_by_name("By SKU").to_python()]
    assert "00123" in skus


def _no_rows(folder: Path) -> None:
    _write(folder / "sales.csv", "sku,date,quantity")


def _no_content(folder: Path) -> None:
    (folder / "sales.csv").write_bytes(b"")


def _wrong_file(folder: Path) -> None:
    (folder / "sales.csv").rename(folder / "sales.xlsx")


def _other_skus(folder: Path) -> None:
    _write(folder / "sales.csv", "sku,date,quantity", "123,2026-10-01,4")


def _other_columns(folder: Path) -> None:
    _write(folder / "sales.csv", "Artikel;Datum;Menge", "00123;01.10.2026;4")


def _broken_values(folder: Path) -> None:
    _write(folder / "sales.csv", "sku;date;quantity", "00123;01/10/2026;1.234,5", "00123;x;2")


def _empty_cells(folder: Path) -> None:
    rows = ("00123,2026-10-01,4", ",2026-10-02,4", "", "00123,2026-10-03,", "00123,2026-10-04, ")
    _write(folder / "sales.csv", "sku,date,quantity", *rows)


def _missing_by_word(folder: Path) -> None:
    _write(folder / "sales.csv", "sku,date,quantity", "00123,2026-10-01,n/a", "NA,2026-10-02,1")


def _no_factory(folder: Path) -> None:
    (folder / "factory.toml").unlink()


def _two_files(folder: Path) -> None:
    _write(folder / "sales.txt", "sku,date,quantity")


@pytest.mark.parametrize(
    ("spoil", "messages"),
    [
        (_no_rows, ["sales.csv", "it has no rows"]),
        (_no_content, ["sales.csv", "it cannot be read"]),
        (_wrong_file, ["sales.xlsx", "it cannot be read"]),
        (_other_skus, ["none of its 1 SKUs is made", "leading zeros"]),
        (_other_columns, ["no column 'sku'", "--column sku="]),
        (
            _broken_values,
            ["2 of 2 rows have no date", "1 of 2 rows have no number in 'quantity'", "'1.234,5'"],
        ),
        (
            _empty_cells,
            [
                "sales.csv",
                "1 of 4 rows have no value in 'sku' (first: line 3,",
                "2 of 4 rows have no value in 'quantity' (first: line 5,",
            ],
        ),
        (_missing_by_word, ["1 of 2 rows have no number in 'quantity' (first: line 2, 'n/a')"]),
        (_no_factory, ["Expected factory.xlsx or factory.toml", "c2m init"]),
        (_two_files, ["one file of sales", "sales.csv, sales.txt"]),
    ],
)
def test_a_wrong_folder_is_told_what_to_change(small, planner, capsys, spoil, messages):
    spoil(small)
    assert planner.main([str(small), "--out", str(small / "out")]) == 2
    shown = capsys.readouterr().err
    for message in messages:
        assert message in shown
    assert not (small / "out").exists()


def test_columns_and_dates_of_another_system_are_read_by_name(small, planner):
    _write(small / "sales.csv", "Artikel;Datum;Menge", "00123;06/07/2026;4,5", "7;07/07/2026;-2")
    names = [f"--column={pair}" for pair in ("sku=Artikel", "date=Datum", "quantity=Menge")]
    options = planner.parse([str(small), "--date-format", "%d/%m/%Y", *names])
    table = planner.read_table(small, "sales", options)
    assert table["sku"].tolist() == ["00123", "7"]
    assert table["quantity"].tolist() == [4.5, -2.0]
    assert [str(day.date()) for day in table["date"]] == ["2026-07-06", "2026-07-07"]


def test_an_excel_file_is_read_as_a_csv_is(small, planner):
    frame = pd.read_csv(small / "sales.csv", dtype={"sku": str}, parse_dates=["date"])
    options = planner.parse([str(small)])
    as_csv = planner.read_table(small, "sales", options)
    (small / "sales.csv").unlink()
    frame.to_excel(small / "sales.xlsx", index=False, engine="xlsxwriter")
    as_excel = planner.read_table(small, "sales", options)
    pd.testing.assert_frame_equal(as_csv, as_excel, check_dtype=False)


def test_a_negative_line_is_a_return(small, planner):
    factory = planner.read_factory(small)
    sales = pd.DataFrame(
        {
            "sku": "00123",
            "date": pd.date_range("2026-07-06", periods=7),
            "quantity": [5.0, 3.0, -2.0, 1.0, 1.0, 1.0, 1.0],
        }
    )
    panel = planner.read_panel(sales, factory)
    assert panel["sales"].tolist() == [[12.0]]
    assert panel["returns"].tolist() == [[2.0]]


def test_a_sku_may_be_called_na(small, planner):
    _write(small / "sales.csv", "sku,date,quantity", "NA,2026-10-02,1", "n/a,2026-10-02,1")
    table = planner.read_table(small, "sales", planner.parse([str(small)]))
    assert table["sku"].tolist() == ["NA", "n/a"]


def test_warnings_are_notes_and_a_partial_week_is_told(small, planner, capsys):
    with (small / "sales.csv").open("a", encoding="utf-8") as file:
        file.write("00123,2026-10-26,2\n00123,2026-10-28,2\n")
    assert planner.main([str(small), "--out", str(small / "out"), "--periods", "2"]) == 0
    shown = capsys.readouterr()
    assert "C2MWarning" not in shown.err
    assert "note: The period of 2026-10-26 is covered only in part" in shown.err
    assert "Sales end on 2026-10-28, inside a week" in shown.out
    assert (
        "The plan starts in the week of 2026-10-26, and stock must be of the end of the last "
        "whole week, 2026-10-25."
    ) in shown.out
    assert "Stock is taken as of the end of 2026-10-25." in shown.out


@pytest.mark.parametrize("pair", ["sku", "sku=", "colour=Farbe", "=Artikel"])
def test_a_column_argument_that_names_nothing_is_refused(small, planner, capsys, pair):
    with pytest.raises(SystemExit) as stopped:
        planner.main([str(small), "--column", pair])
    assert stopped.value.code == 2
    assert "expected NAME=THEIRS with one of date, due, on_hand" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ("price=Preis", "there is no column 'preis'; the columns are sku, date, quantity"),
        ("quantity=date", "there are columns 'date' and 'quantity'"),
    ],
)
def test_a_column_that_the_file_has_not_is_refused(small, planner, capsys, pair, message):
    assert planner.main([str(small), "--column", pair]) == 2
    assert message in capsys.readouterr().err


def test_files_may_name_their_skus_differently(small, planner):
    _write(small / "sales.csv", "Artikel,date,quantity", "1,2026-10-02,1")
    _write(small / "stock.csv", "ArtNr,on_hand", "1,5")
    _write(small / "on_order.csv", "sku,ordered,received,due", "1,5,0,2026-11-02")
    options = planner.parse([str(small), "--column=sku=Artikel", "--column=sku=ArtNr"])
    for name in ("sales", "stock", "on_order"):
        assert planner.read_table(small, name, options)["sku"].tolist() == ["1"]


def test_dates_are_read_in_the_format_that_fits_most_of_them(small, planner, capsys):
    rows = ("00123;?;1", "00123;06.07.2026;1", "00123;07.07.2026;1")
    _write(small / "sales.csv", "sku;date;quantity", *rows)
    assert planner.main([str(small)]) == 2
    assert "1 of 3 rows have no date in 'date' (first: line 2, '?')" in capsys.readouterr().err


@pytest.fixture(scope="module")
def signals():
    """The script about signals as a module."""
    spec = importlib.util.spec_from_file_location("what_do_my_signals_say", SIGNALS)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look themselves up there
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> tuple[str, Path]:
    """What the script about signals says of its simulated shop, and where it drew it."""
    folder = tmp_path_factory.mktemp("signals")
    ran = run(SIGNALS, folder)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout, folder / "c2m-output" / "example-03"


def test_the_signals_script_says_what_it_found_and_draws_it(shop):
    shown, folder = shop
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "system-ui, sans-serif" in page
    for title in ("Trust", "Funnel", "Leads", "Waves", "Stock-outs", "Returns"):
        name = title.lower().replace("-", "")
        assert f"\n{title}\n  " in shown
        assert (folder / f"{name}.png").stat().st_size > 10_000
        assert len((folder / f"{name}.csv").read_text(encoding="utf-8").splitlines()) > 1
        assert f'<img src="{name}.png"' in page
    assert "Cannot be told" not in shown
    for words in (
        r"\d+\.\d% of [\d,]+ events are taken out",
        r"The biggest leak is \w+ to \w+",
        r"carts lead sales by [\d.]+ days",
        r"In the last 21 days of views \d+ of 72 SKUs",
        r"[\d,]+ units were sold, about [\d,]+ were wanted",
        r"[\d.]+% of [\d,]+ units come back",
    ):
        assert re.search(words, shown), words


def test_the_signals_script_is_near_the_truth_of_its_shop(shop):
    shown, _ = shop
    assert shown.count("Truth of the simulation") == 4
    wanted, truth = (
        float(re.search(words, shown).group(1).replace(",", ""))
        for words in (r"about ([\d,]+) were wanted", r"simulation: ([\d,]+) wanted")
    )
    assert wanted == pytest.approx(truth, rel=0.03)
    taken, fake = (
        float(re.search(words, shown).group(1))
        for words in (r"([\d.]+)% of [\d,]+ events are taken", r"([\d.]+)% of the events are fake")
    )
    assert taken == pytest.approx(fake, abs=2)


def _own_log(folder: Path, rows: list[str], columns: str) -> Path:
    _write(folder / "log.csv", columns, *rows)
    return folder / "log.csv"


def test_a_log_of_orders_alone_says_what_cannot_be_told(tmp_path, signals, capsys):
    days = pd.date_range("2026-07-06", periods=60)
    rows = [f"{day.date()},purchase,{sku},{1 + day.day % 3}" for day in days for sku in "AB"]
    log = _own_log(tmp_path, rows, "event_time,event_type,article,quantity")
    (tmp_path / "funnel.png").write_bytes(b"of an earlier log")
    arguments = ["--column", "sku=article", "--time-zone", "Europe/Paris", "--out", str(tmp_path)]
    assert signals.main([str(log), *arguments]) == 0
    told = re.findall(r"\n([\w-]+)\n  (.*)", capsys.readouterr().out)
    assert [title for title, first in told if first.startswith("Cannot be told")] == [
        *("Trust", "Funnel", "Leads", "Stock-outs", "Returns"),
    ]
    assert dict(told)["Waves"].startswith("In the last 21 days of sales 2 of 2 SKUs")
    assert (tmp_path / "waves.csv").is_file()
    assert not (tmp_path / "funnel.png").exists()


def test_one_sku_of_three_days_is_enough_to_start(tmp_path, signals, capsys):
    kinds = ("view", "view", "cart_add", "purchase")
    rows = [
        f"2026-07-{day:02d}T10:00Z,{kind},00123,1,u{day}" for day in (6, 7, 8) for kind in kinds
    ]
    log = _own_log(tmp_path, rows, "event_time,event_type,sku,quantity,user_key")
    assert signals.main([str(log), "--time-zone", "UTC", "--out", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert "None of 12 events are taken out" in shown
    assert "Of 1,000 views come 500 carts, 500 sales" in shown
    assert shown.count("Cannot be told") == 4


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("log.csv", b"", "'log.csv' is empty"),
        ("log.csv", b"event_time,event_type,sku\n", "no event is left to count"),
        ("log.csv", b"Artikel;Datum\n1;2026-01-01\n", "pass delimiter=';'"),
        ("log.parquet", b"no parquet", "cannot be read as parquet"),
        ("other.csv", b"", "there is no file or folder"),
    ],
)
def test_a_wrong_log_is_an_error_and_leaves_nothing(
    tmp_path, signals, capsys, name, content, message
):
    (tmp_path / name).write_bytes(content)
    log = tmp_path / ("log.parquet" if name == "log.parquet" else "log.csv")
    assert signals.main([str(log), "--out", str(tmp_path / "out")]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_log_that_asks_for_consent_gets_it_by_name(tmp_path, signals, capsys):
    log = EXAMPLES.parent / "tests" / "signals" / "schemas" / "fixtures" / "ga4"
    arguments = [str(log / "*.json"), "--schema", "ga4", "--out", str(tmp_path)]
    assert signals.main(arguments) == 2
    assert "Expected consent=" in capsys.readouterr().err
    assert signals.main([*arguments, "--consent", "analytics_storage"]) == 0
    assert "Funnel" in capsys.readouterr().out


def _history(path: Path, skus: int = 6, weeks: int = 60) -> None:
    days = pd.date_range("2025-01-06", periods=weeks, freq="7D")
    lines = [
        f"{sku:05d},{day.date()},{(3 * sku + week) % 7},{(5 * sku + week) % 11}"
        for sku in range(skus)
        for week, day in enumerate(days)
    ]
    _write(path, "sku,period,sales,views", *lines)


def test_the_comparison_leaves_tables_figures_and_a_page_of_a_table_of_ones_own(tmp_path):
    _history(tmp_path / "history.csv")
    ran = run(COMPARISON, tmp_path, "history.csv", "--signal", "views", "--windows", 2)
    assert ran.returncode == 0, ran.stderr
    out = tmp_path / "c2m-output" / "example-04"
    board = pd.read_csv(out / "leaderboard.csv", index_col=0)
    assert {"my own", "MovingAverage", "boosting with signals"} <= set(board.index)
    worth = pd.read_csv(out / "signals.csv")
    assert worth["signal"].tolist() == ["all signals", "views"]
    assert len(list(out.glob("forecast-of-0000*.png"))) == 1
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "00" in page
    assert "system-ui, sans-serif" in page


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "No columns to parse"),
        ("article,week\nA,1\n", "'sku'"),
        ("sku,period,sales\n", "no row"),
    ],
)
def test_the_comparison_says_what_is_wrong_with_a_table(tmp_path, text, said):
    (tmp_path / "history.csv").write_text(text, encoding="utf-8")
    ran = run(COMPARISON, tmp_path, "history.csv")
    assert ran.returncode == 2
    assert "Traceback" not in ran.stderr
    assert said in ran.stderr


def _figure(words: str, text: str) -> float:
    """The number that a sentence names where the pattern has a group."""
    found = re.search(words, text)
    assert found is not None, words
    return float(found.group(1).replace(",", ""))


@pytest.fixture(scope="module")
def season(tmp_path_factory) -> tuple[str, Path]:
    """What the script that buys a season says of ten SKUs, and where it wrote."""
    folder = tmp_path_factory.mktemp("season")
    articles = pd.read_csv(EXAMPLES / "05_range.csv")
    own = articles["colour"].eq("NAVY") & articles["style"].isin(["TEE", "CHINO"])
    articles[own].to_csv(folder / "own.csv", index=False)
    ran = run(SEASON, folder, "own.csv", "--signals", 30, "--scenarios", 10)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout, folder / "c2m-output" / "example-05"


def test_a_season_bought_in_two_runs_is_expected_to_earn_more_than_in_one(season):
    shown, _ = season
    known, mean, single, two = (
        _figure(words, shown)
        for words in (
            r"the season would earn ([\d,]+) EUR",
            r"To make the mean, [\d,]+ units, should earn ([\d,]+) EUR",
            r"at critical ratios, ([\d,]+) EUR",
            r"make two runs, ([\d,]+) EUR",
        )
    )
    assert mean < single < two < known


def test_no_more_cloth_is_cut_than_there_is(season):
    shown, _ = season
    rows = re.findall(r"([\d,]+) of ([\d,]+) uncut metres are used", shown)
    assert len(rows) == 2
    assert all(int(used.replace(",", "")) <= int(left.replace(",", "")) for used, left in rows)


def test_the_second_run_flies_and_sails_and_leaves_workbooks_and_figures(season):
    shown, folder = season
    assert _figure(r"the second run earns ([\d,]+) EUR", shown) > 0
    for mode in ("air", "sea"):
        assert re.search(rf"[\d,]+ go by {mode}: sewn from (22|29) Mar to (22|29) Mar", shown)
    for name in ("first-run", "second-run"):
        assert (folder / f"{name}.png").stat().st_size > 20_000
        book = CalamineWorkbook.from_path(str(folder / f"{name}.xlsx"))
        assert len(book.get_sheet_by_name("Plan").to_python()) > 10
    assert (folder / "season.png").stat().st_size > 20_000
    push = pd.read_csv(folder / "push.csv")
    assert set(push["channel"]) == {"city", "mall", "market", "web"}
    assert push["gain"].is_monotonic_decreasing


def _script(path: Path) -> ModuleType:
    """A script as a module, which costs less than a process a call."""
    spec = importlib.util.spec_from_file_location(f"example_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_range_without_its_columns_is_refused_by_name(tmp_path, capsys):
    _write(tmp_path / "range.csv", "sku,style", "A,TEE")
    assert _script(SEASON).main([str(tmp_path / "range.csv"), "--out", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert "`range.csv` has 9 problems" in told
    assert "there is no column 'fabric'" in told


@pytest.fixture(scope="module")
def week(tmp_path_factory) -> tuple[str, Path]:
    """What the script of a factory's week says of seven days, and where it wrote."""
    folder = tmp_path_factory.mktemp("week")
    ran = run(WEEK, folder, "--horizon", 7, "--scenarios", 20)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout, folder / "c2m-output" / "example-06"


def test_a_factory_week_says_what_a_line_that_fails_costs_and_what_helps(week):
    shown, _ = week
    assert "SEW-2 will be out from Thursday to Friday" in shown
    for day in ("Thu 05 Nov", "Fri 06 Nov"):
        assert re.search(rf"SEW-2, {day}: the runs take [\d,.]+ minutes; with all overtime", shown)
    planned, dropped, anew = (
        float(money)
        for money in re.search(r"expected profit +([\d.]+) +([\d.]+) +([\d.]+) ", shown).groups()
    )
    assert dropped < anew < planned
    loss = _figure(r"go on as planned is worth (-[\d,]+) EUR", shown)
    assert loss == pytest.approx(dropped - planned, abs=1)
    assert _figure(r"To plan anew is worth \+([\d,]+) EUR", shown) == pytest.approx(
        anew - dropped, abs=1
    )
    assert _figure(r"Saturday after is worth \+([\d,]+) EUR", shown) > 0


def test_a_factory_week_checks_what_a_person_wants_and_names_the_way_out(week):
    shown, _ = week
    asked = re.search(r"in one run on \w+\.\nIt does not fit on (\S+): the runs take (.*)", shown)
    assert asked is not None
    assert "to the expected profit" in asked.group(2)


def test_a_factory_week_leaves_figures_and_a_factory_to_change(week, tmp_path, capsys):
    _, folder = week
    for name in ("plan-load", "plan-runs", "planned-anew-load", "planned-anew-runs"):
        assert (folder / f"{name}.png").stat().st_size > 20_000
    assert (folder / "report.html").stat().st_size > 50_000
    script = _script(WEEK)
    assert script.read_factory(folder / "factory.xlsx") == script.make_factory()
    assert script.main(["nowhere.xlsx", "--out", str(tmp_path)]) == 2
    assert "nowhere.xlsx" in capsys.readouterr().err


def test_a_rehearsed_year_says_in_money_what_each_way_to_plan_cost(tmp_path):
    ran = run(YEAR, tmp_path, "--weeks", 4, "--scenarios", 2)
    assert ran.returncode == 0, ran.stderr
    cost = {
        name: _figure(rf"\n  {name}: ([\d,]+) USD", ran.stdout)
        for name in ("c2m", "c2m once", "moving average", "two weeks more", "perfect information")
    }
    assert cost["perfect information"] == min(cost.values())
    assert "True demand is taken to be what was sold" in ran.stdout
    assert len(re.findall(r"worth.*: c2m (?:saves|costs) .* with 90 %", ran.stdout)) == 3
    folder = tmp_path / "c2m-output" / "example-07"
    assert (folder / "policies.png").stat().st_size > 20_000
    scores = pd.read_csv(folder / "scores.csv", index_col=0)
    assert scores.loc["c2m", "mismatch_cost"] == pytest.approx(cost["c2m"], abs=0.5)
    savings = pd.read_csv(folder / "savings.csv", index_col=0)
    assert (savings["low"] <= savings["money"]).all()


def test_the_rehearsals_title_says_how_long_is_played():
    script = _script(YEAR)
    assert script.__doc__.startswith("Rehearse half a year")
    assert f" {script.parse([]).weeks} weeks" in script.__doc__


def test_a_rehearsal_that_looks_less_far_than_it_decides_is_refused(tmp_path, capsys):
    assert _script(YEAR).main(["--every", "8", "--out", str(tmp_path)]) == 2
    assert "horizon >= 8" in capsys.readouterr().err
