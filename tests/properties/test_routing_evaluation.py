"""What the evaluation says of any plan is what a checker counts that shares no code with it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.routing.checker import check_plan
from optimizer.routing.evaluation import evaluate_plan
from optimizer.routing.validation import validated
from tests.properties.routing_problems import problems, routes


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_the_checker_counts_every_violation_as_the_evaluation_names_it(data: st.DataObject) -> None:
    problem = validated(data.draw(problems()))
    planned = data.draw(routes(problem))
    verdict = check_plan(problem, planned, evaluate_plan(problem, planned))
    assert verdict.agrees, (verdict.untruths, verdict.unreported)
