from dataclasses import replace

import pandas as pd

from c2m.report import write_report
from c2m.report.agenda import read_agenda


def section(path):
    text = path.read_text(encoding="utf-8")
    return text[text.index('<section id="start"') : text.index("</section>")]


def test_one_task_is_no_list_and_two_are(case, tmp_path):
    assert len(read_agenda(case.plan).actions) == 1
    one = section(write_report(tmp_path / "one.html", demand=case.demand, plan=case.plan))
    assert "<ol" not in one
    assert "<li" not in one
    assert "<p>Start " in one
    late = pd.DataFrame(
        {"sku": [case.plan.skus[0]], "ordered": [50.0], "received": [20.0], "open": [30.0],
         "due": pd.to_datetime(["2026-11-02"])}
    )  # fmt: skip
    plan = replace(case.plan, inputs={**case.plan.inputs, "on_order": late})
    two = section(write_report(tmp_path / "two.html", demand=case.demand, plan=plan))
    assert two.count("<li") == len(read_agenda(plan).actions) == 2
    assert '<ol class="agenda">' in two
