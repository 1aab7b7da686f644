import re
import sys
from dataclasses import replace
from html.parser import HTMLParser

import pandas as pd
import pytest

import c2m
from c2m.report import write_report, write_workbook
from c2m.report.facts import assumptions
from c2m.report.outlook import bound_sentence, shortfall_table

VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """Reads a page, and notes tags that are not balanced."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open, self.faults, self.tags, self.text = [], [], [], []
        self.feed(text)
        self.close()
        self.faults += [f"{tag} is never closed" for tag in self.open]

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"{tag} closes nothing")

    def handle_data(self, data):
        self.text.append(data)

    @property
    def words(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.text))

    def attributes(self, name):
        return [attrs[name] for _, attrs in self.tags if name in attrs]


@pytest.fixture(scope="module")
def written(case, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(
        path,
        panel=case.panel,
        demand=case.demand,
        plan=case.plan,
        backtest=case.tested,
        describe=["style"],
        assumed=["Nobody measured <this>."],
        title="Plan & more",
    )
    return path


@pytest.fixture(scope="module")
def page(written):
    return Page(written.read_text(encoding="utf-8"))


def test_the_page_is_well_formed(page):
    assert page.faults == []
    assert len(page.tags) > 300


def test_the_page_loads_nothing(page, written):
    addresses = page.attributes("src") + page.attributes("href")
    assert addresses
    assert all(address.startswith("#") for address in addresses)
    text = written.read_text(encoding="utf-8")
    for word in ("@import", "fetch(", "XMLHttpRequest", "import(", "http://", "https://"):
        assert word not in text.replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"url\((?!#)", text)


def test_ids_are_unique_and_what_refers_to_them_finds_them(page):
    ids = page.attributes("id")
    assert len(ids) == len(set(ids))
    wanted = page.attributes("aria-labelledby")
    wanted += [address[1:] for address in page.attributes("href")]
    assert set(wanted) <= set(ids)


def test_clips_of_drawings_are_their_own(written):
    text = written.read_text(encoding="utf-8")
    named = set(re.findall(r'id="([^"]+)"', text))
    assert set(re.findall(r"url\(#([^)]+)\)", text)) <= named


def test_a_screen_reader_finds_landmarks_headings_and_what_figures_say(page):
    names = [tag for tag, _ in page.tags]
    assert [names.count(tag) for tag in ("main", "header", "nav", "footer", "h1")] == [1] * 5
    assert names.count("caption") == names.count("table")
    figures = [attrs for _, attrs in page.tags if attrs.get("role") == "img"]
    assert len(figures) == names.count("figure") >= 9
    assert all(attrs["aria-label"] for attrs in figures)
    drawings = [attrs for tag, attrs in page.tags if tag == "svg"]
    assert all(attrs["aria-hidden"] == "true" for attrs in drawings)
    heads = [attrs for tag, attrs in page.tags if tag == "th"]
    assert all("scope" in attrs for attrs in heads)


def test_wide_tables_can_be_reached_with_the_keyboard(page):
    regions = [attrs for _, attrs in page.tags if attrs.get("class") == "scroll"]
    assert regions
    assert all(attrs["tabindex"] == "0" and attrs["role"] == "region" for attrs in regions)


def test_colours_follow_the_readers_setting(written):
    drawings = re.findall(r"<svg.*?</svg>", written.read_text(encoding="utf-8"), re.DOTALL)
    assert drawings
    assert not [color for svg in drawings for color in re.findall(r": #[0-9a-f]{6}", svg)]
    assert "prefers-color-scheme: dark" in written.read_text(encoding="utf-8")


def luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", [0, 1, 2], ids=["light", "dark", "print"])
def test_text_on_every_field_has_the_contrast_that_wcag_asks_for(written, theme):
    style = written.read_text(encoding="utf-8")
    block = re.findall(r":root \{(.*?)\}", style, re.DOTALL)[theme]
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block))
    on = {
        "ink": ["paper", "panel", "band-wide", "band-middle", "band-narrow", "alert-light"],
        "muted": ["paper", "panel", "shut"],
        "line": ["paper"],
        "alert": ["paper"],
        "on-alert": ["alert"],
    }
    for text, fields in on.items():
        for field in fields:
            dark, light = sorted([luminance(colours[text]), luminance(colours[field])])
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, field)


def test_a_page_needs_no_panel(case, tmp_path):
    path = write_report(tmp_path / "report.html", demand=case.demand, plan=case.plan)
    page = Page(path.read_text(encoding="utf-8"))
    assert page.faults == []
    assert "4 weeks from 23 November 2026. Money in EUR." in page.words
    assert not any("Observed sales" in text for text in page.attributes("aria-label"))


def test_the_worth_of_signals_is_shown_where_it_is_known(case, page, tmp_path):
    assert "What the signals are worth" not in page.words
    value = c2m.SignalValue(
        pd.DataFrame(
            {
                "signal": ["views"], "group": ["all"], "question": ["left out"], "saved": [1.0],
                "percent": [4.2], "low": [1.0], "high": [7.0], "n_series": [6],
            }
        ),
        {}, tuple(case.panel.periods[-2:]), 4, "refit",
    )  # fmt: skip
    path = write_report(
        tmp_path / "report.html", demand=case.demand, plan=case.plan, signal_value=value
    )
    shown = Page(path.read_text(encoding="utf-8"))
    assert "What the signals are worth" in shown.words
    labels = shown.attributes("aria-label")
    assert "Pinball loss saved by each signal: views (left out) 4.2%." in labels


def test_a_bound_names_no_jargon_of_the_search(case):
    plan = replace(
        case.plan, bound=1000.0, bound_kind="heuristic",
        bound_from="columns found, allowances priced", costs={"expected_profit": 900.0},
    )  # fmt: skip
    assert "columns" not in bound_sentence(plan)
    assert "the ways to make each SKU that the search has tried" in bound_sentence(plan)


def test_codes_and_notes_are_shown_to_the_letter(page, case):
    for sku in case.plan.runs["sku"].unique():
        assert sku in page.words
    assert "<MovingAverage> was picked & that is why." in page.words
    assert "Nobody measured <this>." in page.words
    assert "style <0>" in page.words
    assert "Plan & more" in page.words


def test_the_page_says_what_to_start_first(page, case):
    now = case.plan.runs[case.plan.runs["period"] == case.plan.periods[0]]
    for line, runs in now.groupby("line"):
        assert f"{runs['quantity'].sum():,} units" in page.words
        assert f"Runs to start on {line} this week, largest first" in page.words


def test_the_page_says_how_new_the_data_are(page):
    assert "4 weeks from 23 November 2026. Data up to Sunday, 22 November 2026." in page.words


def test_the_page_says_what_is_known_of_better_plans(page, case):
    assert bound_sentence(case.plan) in page.words


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (
            "proved",
            "Proved: no plan earns more than EUR 1,000 over these 50 demand scenarios, so "
            "this one is at most 10.00% below the best.",
        ),
        (
            "heuristic",
            "Heuristic: the best plan is estimated to earn EUR 1,000 over these 50 demand "
            "scenarios; this one is 10.00% below that. This is not a proof: a plan may earn "
            "more.",
        ),
    ],
)
def test_a_bound_is_called_what_it_is(case, kind, sentence):
    costs = {"expected_profit": 900.0}
    plan = replace(case.plan, bound=1000.0, bound_kind=kind, bound_from="", costs=costs)
    assert bound_sentence(plan) == sentence
    known = replace(plan, bound_from="perfect foresight")
    assert bound_sentence(known) == (
        f"{sentence} The bound comes from perfect foresight, which no plan has, so the best plan "
        "is closer than that."
    )


def test_the_page_says_which_expectation_is_meant(page, case):
    assert f"{case.demand.mean.sum():,.0f} units are expected, the mean of its law" in page.words
    wanted = case.plan.outlook["demand"].sum()
    assert f"of {wanted:,.0f} units wanted, the mean over the 50 scenarios" in page.words


def test_what_is_there_at_the_start_and_made_is_sold_or_left(page, case):
    assert "At the start 30 units on hand or on order;" in page.words
    sold, left = map(
        float,
        re.search(r"with those made, ([\d.]+) are sold and ([\d.]+) left", page.words).groups(),
    )
    assert 30 + case.plan.runs["quantity"].sum() == pytest.approx(sold + left, abs=1.0)


def test_orders_on_the_way_are_not_called_nothing(case):
    assert not any("nothing on order" in text for text in assumptions(case.plan))
    bare = replace(case.plan, inputs={})
    assert not any("nothing on order" in text for text in assumptions(bare))


def test_dates_and_caption_of_the_shortfalls_are_the_pages_own(case):
    rows = pd.DataFrame(
        {
            "line": ["L1"], "period": case.plan.periods[:1], "sku": [""], "short": [2.0],
            "unit": ["minutes"], "units": [2.0], "what": ["2 units are lost"],
            "relief": ["9.0 minutes are free on L1 in the week of 2026-11-30"],
        }
    )  # fmt: skip
    shown = shortfall_table(replace(case.plan, tables={**case.plan.tables, "shortfalls": rows}))
    assert "Lost sales for want of capacity" in shown.caption
    assert shown.rows[0][-1] == "9.0 minutes are free on L1 in the week of 30\xa0Nov\xa02026"


def test_the_page_explains_the_largest_run(page, case):
    runs = case.plan.runs
    now = runs[runs["period"] == case.plan.periods[0]]
    run = now.sort_values("quantity").iloc[-1]
    texts = case.plan.explain_runs().set_index("run")["text"]
    assert texts[run["run"]] in page.words


def test_money_adds_up_to_the_expected_profit(written, case):
    text = written.read_text(encoding="utf-8")
    table = re.search(r'<table class="narrow">.*?</table>', text, re.DOTALL)[0]
    rows = re.findall(r'<th scope="row"[^>]*>([^<]+)</th><td[^>]*>([^<]+)</td>', table)
    money = {kind: float(value.replace("−", "-").replace(",", "")) for kind, value in rows}
    profit = money.pop("Expected profit")
    parts = [value for kind, value in money.items() if "Not in the sum" not in kind]
    assert profit == pytest.approx(case.plan.expected_profit, abs=0.5)
    assert sum(parts) == pytest.approx(profit, abs=0.5 * len(parts))


def test_the_backtest_is_shown_with_intervals(page, case):
    board = case.tested.leaderboard()
    assert case.tested.note in page.words
    for model in board.index:
        assert model in page.words
    low, mean = board["wql_low"].iloc[0], board["wql"].iloc[0]
    assert f"{mean:.1%} ± {mean - low:.1%}" in page.words


def test_the_same_input_gives_the_same_bytes(case, tmp_path):
    parts = {"panel": case.panel, "demand": case.demand, "plan": case.plan}
    one = write_report(tmp_path / "one.html", backtest=case.tested, **parts)
    two = write_report(tmp_path / "two.html", backtest=case.tested, **parts)
    assert one.read_bytes() == two.read_bytes()


def test_a_plan_from_outside_gets_a_page_of_what_it_knows(case, outside, tmp_path):
    path = write_report(
        tmp_path / "report.html", panel=case.panel, demand=case.demand, plan=outside
    )
    page = Page(path.read_text(encoding="utf-8"))
    assert page.faults == []
    assert "The plan came without an outlook." in page.words
    assert "The plan came without reasons." in page.words
    assert "Nothing is known about how far this plan is from the best one." in page.words
    assert "How good such forecasts were" not in page.words


def test_parts_that_do_not_belong_together_are_refused(case, tmp_path):
    earlier = case.panel.upto(case.panel.periods[-3])
    other = c2m.forecast_demand(earlier, 4, model=c2m.MovingAverage().fit(earlier))
    with pytest.raises(c2m.ArgumentError, match="a plan from 2026-11-09, the first period"):
        write_report(tmp_path / "r.html", panel=earlier, demand=other, plan=case.plan)
    few = case.demand.select(["00123"])
    with pytest.raises(c2m.ArgumentError, match="5 SKUs that the forecast does not have"):
        write_report(tmp_path / "r.html", panel=case.panel, demand=few, plan=case.plan)


def test_a_failure_leaves_the_old_page_and_no_draft(case, tmp_path):
    path = tmp_path / "report.html"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(c2m.ArgumentError, match="no attribute 'stile' \\(did you mean 'style'"):
        write_report(path, panel=case.panel, demand=case.demand, plan=case.plan, describe=["stile"])
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_another_ending_is_refused(case, tmp_path):
    with pytest.raises(c2m.ArgumentError, match=r"ending in '\.html'"):
        write_report(tmp_path / "report.pdf", panel=case.panel, demand=case.demand, plan=case.plan)


def test_without_jinja_the_error_says_what_to_install(case, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(c2m.MissingEngineError, match=r'pip install "c2m\[report\]"'):
        write_report(tmp_path / "report.html", panel=case.panel, demand=case.demand, plan=case.plan)


@pytest.mark.parametrize(
    ("freq", "labels", "words"),
    [
        ("D", pd.date_range("2026-11-20", periods=4), ["What to do today", "3 days from"]),
        ("MS", pd.date_range("2026-08-01", periods=4, freq="MS"), ["What to do this month, from"]),
    ],
)
def test_one_sku_that_nobody_makes_has_a_page_and_a_workbook(tmp_path, freq, labels, words):
    panel = c2m.Panel.from_frame(
        pd.DataFrame({"sku": "007", "period": labels, "sales": [1.0, 0.0, 2.0, 1.0]}), freq=freq
    )
    demand = c2m.MovingAverage().fit(panel).predict(3)
    factory = c2m.Factory.from_frames(
        lines=[c2m.Line("L1", 50.0, "pieces")],
        products=[c2m.Product("007", 9.0, 5.0, end_value=0.0)],
        routings=[c2m.Routing("007", "L1", setup_cost=1000.0)],  # more than it can bring
        freq=freq,
    )
    stock = pd.DataFrame({"sku": ["007"], "on_hand": [0]})
    plan = c2m.plan_production(demand, factory, stock=stock, n_scenarios=10)
    assert len(plan) == 0
    path = write_report(tmp_path / "r.html", panel=panel, demand=demand, plan=plan)
    page = Page(path.read_text(encoding="utf-8"))
    assert page.faults == []
    for text in [*words, "no run is planned", "0 runs of 0 SKUs, of 1 planned"]:
        assert text in page.words
    assert write_workbook(tmp_path / "p.xlsx", plan, demand).stat().st_size > 5000
