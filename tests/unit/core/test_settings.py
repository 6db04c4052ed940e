"""The table of options."""

from __future__ import annotations

import msgspec
import pytest

from app.core.settings import OPTIONS, Settings, with_values


def test_every_option_explains_itself_and_its_default_fits() -> None:
    defaults = msgspec.structs.asdict(Settings())
    assert [*(option.name for option in OPTIONS), "shortcuts"] == list(defaults), "shortcuts have a dialog of their own"
    for option in OPTIONS:
        assert option.title and option.text.endswith(".")
        assert type(option.default) is option.kind
        assert option.default == defaults[option.name]
        assert not option.choices or option.default in option.choices
        assert (option.kind is int) == (option.low is not None and option.high is not None)
        if isinstance(option.default, int) and option.low is not None and option.high is not None:
            assert option.low <= option.default <= option.high


def test_what_the_editor_promises() -> None:
    """An autosave comes at least every 60 seconds."""
    (autosave,) = (option for option in OPTIONS if option.name == "autosave_seconds")
    assert autosave.high is not None and autosave.high <= 60


def test_values_that_fit_are_taken() -> None:
    settings, wrong = with_values(Settings(), {"device": "cpu", "memory_mb": 64, "snapping": False, "unknown": 1})
    assert settings == Settings(device="cpu", memory_mb=64, snapping=False)
    assert wrong == ()


@pytest.mark.parametrize(
    "bad", [{"device": "tpu"}, {"memory_mb": 1}, {"memory_mb": "512"}, {"snapping": 1}, {"disk_gb": None}]
)
def test_values_that_do_not_are_named(bad: dict[str, object]) -> None:
    assert with_values(Settings(device="cuda"), bad | {"backups": 7}) == (
        Settings(device="cuda", backups=7),
        tuple(bad),
    )
