import tomllib
from dataclasses import fields
from inspect import Parameter, signature

import pytest

import c2m
import c2m.rehearse
import c2m.service
from c2m.cli.config import read_config
from c2m.cli.settings import ServeSettings, Settings
from c2m.cli.template import described, template_text, toml_text, write_template

CALLS = {
    "events": c2m.read_events,
    "panel": c2m.build_panel,
    "history": c2m.Panel.from_frame,
    "forecast": c2m.select_model,
    "backtest": c2m.backtest,
    "plan": c2m.plan_production,
    "replan": c2m.replan,
    "rehearse": c2m.rehearse.rehearse,
    "serve": c2m.service.serve,
}
SECTIONS = {section.name: section.default_factory for section in fields(Settings)}


def written(tmp_path, text):
    path = tmp_path / "c2m.toml"
    path.write_text(text, "utf-8")
    return path


def test_the_template_read_back_is_the_defaults(tmp_path):
    path = write_template(tmp_path / "c2m.toml")
    assert read_config(path).settings == Settings()


def test_every_setting_is_in_the_template_with_what_it_means():
    lines = template_text().splitlines()
    for name, kind in SECTIONS.items():
        begin = lines.index(f"[{name}]")
        for setting in fields(kind):
            starts = (f"{setting.name} = ", f"# {setting.name} = ")
            place = next(n for n in range(begin, len(lines)) if lines[n].startswith(starts))
            meaning = described(kind)[setting.name][1]
            assert meaning.endswith(".")
            assert lines[place - 1].removeprefix("# ") in meaning


def test_what_is_not_set_shows_a_value_that_it_could_have(tmp_path):
    text = template_text().replace("\n# ", "\n")
    examples = [line for line in text.splitlines() if " = " in line and line[0].isalpha()]
    values = [line for line in examples if line.partition(" = ")[0].isidentifier()]
    for name, kind in SECTIONS.items():
        own = [f"[{name}]"]
        for setting in fields(kind):
            example = setting.metadata.get("example")
            if example is not None:
                own.append(f"{setting.name} = {toml_text(example)}")
                assert own[-1] in values
        found = getattr(read_config(written(tmp_path, "\n".join(own))).settings, name)
        for setting in fields(kind):
            if setting.metadata.get("example") is not None:
                assert getattr(found, setting.name) == setting.metadata["example"]


@pytest.mark.parametrize("name", CALLS)
def test_the_defaults_are_those_of_the_function_that_takes_them(name):
    taken = signature(CALLS[name]).parameters
    shared = [one for one in fields(SECTIONS[name]) if one.name in taken]
    assert len(shared) >= 2
    for setting in shared:
        default = taken[setting.name].default
        own = getattr(SECTIONS[name](), setting.name)
        if default is not Parameter.empty and own not in ({}, ()) and setting.name != "policies":
            assert own == default, setting.name


def test_the_limits_of_the_service_are_its_own():
    own = ServeSettings()
    for limit in fields(c2m.service.Limits):
        assert getattr(own, limit.name) == limit.default


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("forecast.horizon=0", "forecast.horizon is 0; expected at least 1"),
        ("plan.fill_rate=1.5", "plan.fill_rate is 1.5; expected from 0 to 1"),
        ("forecast.levels=[0.5, 2]", "forecast.levels is 0.5, 2.0; expected from 0 to 1"),
        ("replan.change_cost=nan", "replan.change_cost is nan; expected at least 0"),
    ],
)
def test_a_number_out_of_its_range_is_an_error(tmp_path, change, expected):
    with pytest.raises(c2m.DataError) as wrong:
        read_config(written(tmp_path, ""), [change, "serve.port=0"])
    assert wrong.value.problems == [expected, "serve.port is 0; expected from 1 to 65535"]


def test_everything_that_is_wrong_is_said_at_once(tmp_path):
    path = written(
        tmp_path,
        "[plan]\nn_scenario = 3\nmethod = 'fast'\nseed = true\n[pannel]\nfreq = 'W'\n"
        "[forecast]\nhorizon = 4.5\ncandidates = ['SES', 3]\n",
    )
    with pytest.raises(c2m.DataError) as wrong:
        read_config(path)
    assert len(wrong.value.problems) == 6
    text = str(wrong.value)
    assert "unknown setting 'n_scenario' in [plan] (did you mean 'n_scenarios'?)" in text
    assert """plan.method is 'fast'; expected "auto", "exact" or "heuristic\"""" in text
    assert "plan.seed is True; expected int" in text
    assert "unknown section 'pannel' (did you mean 'panel'?)" in text
    assert "forecast.horizon is 4.5; expected int" in text
    assert "forecast.candidates is 'SES', 3; expected list of text" in text


def test_a_section_that_is_a_value_is_an_error(tmp_path):
    with pytest.raises(c2m.DataError, match=r"'plan' is no section; write \[plan\]"):
        read_config(written(tmp_path, "plan = 3"))


def test_text_that_is_no_toml_is_an_error(tmp_path):
    with pytest.raises(c2m.DataError, match="text stands in quotes"):
        read_config(written(tmp_path, "[plan"))


def test_a_whole_number_is_a_number_and_a_date_is_text(tmp_path):
    path = written(tmp_path, "[plan]\ntime_limit_s = 5\n[panel]\nas_of = 2026-11-22\n")
    settings = read_config(path).settings
    assert settings.plan.time_limit_s == 5.0
    assert settings.panel.as_of == "2026-11-22"


def test_the_command_line_replaces_what_the_file_says(tmp_path):
    path = written(tmp_path, "[plan]\nseed = 1\n")
    changes = ["plan.seed=2", "report.title=Week 47", "files.events=log/*.parquet"]
    settings = read_config(path, changes).settings
    assert settings.plan.seed == 2
    assert settings.report.title == "Week 47"
    assert settings.files.events == "log/*.parquet"
    assert read_config(path).settings.plan.seed == 1


@pytest.mark.parametrize("change", ["plan.seed", "seed=3", "=3", "plan.=3"])
def test_a_change_names_section_and_setting(tmp_path, change):
    with pytest.raises(c2m.ArgumentError, match=r"Expected --set SECTION\.NAME=VALUE, got"):
        read_config(written(tmp_path, ""), [change])


def test_paths_are_relative_to_the_file(tmp_path, monkeypatch):
    path = written(tmp_path, "[files]\nstock = 'tables/stock.csv'\noutput = '/elsewhere'\n")
    monkeypatch.chdir(tmp_path.parent)
    config = read_config(path.relative_to(tmp_path.parent))
    assert config.file("stock") == tmp_path / "tables" / "stock.csv"
    assert str(config.output) == "/elsewhere"
    assert config.file("on_order") is None


def test_any_text_can_be_a_value():
    for text in ('a "b" \\ c', "naïve\nline", "\x7f\x1f"):
        assert tomllib.loads(f"value = {toml_text(text)}")["value"] == text
