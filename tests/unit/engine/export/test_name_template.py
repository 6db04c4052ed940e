"""File names from templates."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import UserError
from app.engine.export.name_template import DEFAULT_TEMPLATE, LONGEST, NameValues, expand, legal, unique

VALUES = NameValues("/a/My clip.mp4", "/b/new voice.flac", "", "prores", "whole", datetime(2025, 1, 31, 18, 5, 9))


def test_the_default() -> None:
    assert expand(DEFAULT_TEMPLATE, VALUES) == "My clip_new voice_2025-01-31_prores"


def test_every_field() -> None:
    name = expand("{project}-{range}-{time}", VALUES)
    assert name == "no project-whole-18-05-09"


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{clop}", "{clip}, "),
        ("{}", "have no field"),
        ("{clip", "unmatched"),
        ("clip}", "unmatched"),
        ("  ", "is empty"),
    ],
)
def test_wrong_templates_are_told(template: str, said: str) -> None:
    with pytest.raises(UserError) as caught:
        expand(template, VALUES)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ('a/b\\c:d*e?f"g<h>i|j', "a_b_c_d_e_f_g_h_i_j"),
        ("dots...", "dots"),
        ("..hidden", "hidden"),
        ("con", "_con"),
        ("NUL.txt", "_NUL.txt"),
        ("console", "console"),
        ("tab\there", "tab_here"),
        ("...", "export"),
        ("Grüße 声", "Grüße 声"),
    ],
)
def test_names_are_made_legal(name: str, expected: str) -> None:
    assert legal(name) == expected


@given(st.text())
def test_no_text_makes_a_bad_name(name: str) -> None:
    made = legal(name)
    assert made and len(made.encode()) <= LONGEST + 1
    assert not set(made) & set('<>:"/\\|?*\0\n') and made[0] != "." and made[-1] not in ". "
    assert legal(made) == made


def test_names_that_are_taken_are_numbered(tmp_path: Path) -> None:
    target = tmp_path / "a.b.mp4"
    assert unique(target) == target
    target.touch()
    (tmp_path / "a.b 2.mp4").touch()
    assert unique(target) == tmp_path / "a.b 3.mp4"
