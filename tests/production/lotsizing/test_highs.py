"""HiGHS as the wing runs it: nothing is printed, what cannot run is an error of ours."""

import numpy as np
import pytest

from c2m.errors import C2MError
from c2m.production.lotsizing.highs import run, silent_solver


def test_a_solver_prints_nothing_from_its_making_to_its_answer(capfd):
    solver = silent_solver()
    solver.addVar(0.0, 3.0)
    solver.changeColCost(0, -1.0)
    run(solver, "answer")
    assert solver.getSolution().col_value[0] == pytest.approx(3.0)
    assert capfd.readouterr() == ("", "")


def test_a_solver_takes_the_options_it_is_given_and_one_thread():
    solver = silent_solver({"presolve": "off"})
    assert solver.getOptionValue("presolve")[1] == "off"
    assert solver.getOptionValue("threads")[1] == 1


def test_a_solver_that_cannot_work_is_an_error_that_says_at_what():
    solver = silent_solver()
    solver.addVar(0.0, np.inf)
    solver.setOptionValue("solver", "no such solver")
    solver.run = lambda: __import__("highspy").HighsStatus.kError
    with pytest.raises(C2MError, match="could not size runs"):
        run(solver, "size runs")
