"""Settings come from the environment, and say which variable is wrong."""

from __future__ import annotations

import pytest

from api.settings import Settings, settings_from
from graph.errors import InvalidInput


def test_without_an_environment_the_defaults_hold() -> None:
    assert settings_from({}).writing_threads == Settings().writing_threads


def test_each_run_signs_cursors_with_a_key_of_its_own_unless_one_is_set() -> None:
    assert settings_from({}).cursor_key != settings_from({}).cursor_key
    key = {"PERFECT_ORDER_CURSOR_KEY": "sixteen or more characters"}
    assert settings_from(key).cursor_key == settings_from(key).cursor_key


@pytest.mark.parametrize(
    ("name", "value"),
    [("DRAIN_S", "soon"), ("DRAIN_S", "0"), ("READING_THREADS", "-1"), ("WRITING_THREADS", "1001")],
)
def test_a_number_that_cannot_be_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(InvalidInput, match=f"PERFECT_ORDER_{name} wants a number from 1 to 1000"):
        settings_from({f"PERFECT_ORDER_{name}": value})


def test_a_short_key_is_refused_without_being_shown() -> None:
    with pytest.raises(InvalidInput, match="at least 16 characters, got 6") as refusal:
        settings_from({"PERFECT_ORDER_CURSOR_KEY": "secret"})
    assert "secret" not in str(refusal.value)
