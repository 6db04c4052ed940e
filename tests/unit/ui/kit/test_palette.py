import ast
from itertools import product
from pathlib import Path

import pytest

from app.ui.kit import palette
from app.ui.kit.palette import GROUNDS, TEXT_COLOURS, THEMES, Theme

UI = Path(palette.__file__).parents[1]


@pytest.mark.parametrize(("theme", "text", "ground"), list(product(THEMES, TEXT_COLOURS, GROUNDS)))
def test_text_is_legible_on_every_ground(theme: Theme, text: str, ground: str) -> None:
    assert palette.contrast(THEMES[theme][text], THEMES[theme][ground]) >= 4.5


@pytest.mark.parametrize(("theme", "fill"), list(product(THEMES, ["SEGMENT", "SEGMENT_SELECTED"])))
def test_text_on_a_segment_is_legible(theme: Theme, fill: str) -> None:
    assert palette.contrast(THEMES[theme]["TEXT"], THEMES[theme][fill]) >= 4.5


@pytest.mark.parametrize(("theme", "line"), list(product(THEMES, ["FOCUS", "PLAYHEAD", "ACCENT"])))
def test_what_must_be_seen_stands_out_of_every_ground(theme: Theme, line: str) -> None:
    assert all(palette.contrast(THEMES[theme][line], THEMES[theme][ground]) >= 3.0 for ground in GROUNDS)


@pytest.mark.parametrize("theme", THEMES)
def test_every_theme_has_every_colour_and_none_twice(theme: Theme) -> None:
    assert THEMES[theme].keys() == palette.DARK.keys()
    assert len(set(THEMES[theme].values())) == len(THEMES[theme]), "style sheets are recoloured by the colours"


def test_a_theme_is_taken_and_given_back() -> None:
    before = palette.use("light")
    assert palette.LIGHT["TEXT"] == palette.TEXT and before == palette.DARK
    assert palette.use("dark") == palette.LIGHT
    assert palette.DARK["PANEL"] == palette.PANEL


@pytest.mark.parametrize("file", sorted(UI.rglob("*.py")), ids=lambda file: str(file.relative_to(UI)))
def test_no_module_keeps_a_colour_of_the_theme_that_was_in_use_when_it_was_loaded(file: Path) -> None:
    if file.name == "palette.py":
        return
    kept = [use.lineno for use in _at_load(ast.parse(file.read_text("utf-8"))) if _is_colour(use)]
    assert kept == []


def _at_load(node: ast.AST) -> list[ast.AST]:
    """What of a module is worked out when it is loaded: all but the bodies of functions."""
    found: list[ast.AST] = [node]
    children = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        children = [*node.args.defaults, *(each for each in node.args.kw_defaults if each is not None)]
    return [*found, *(use for child in children for use in _at_load(child))]


def _is_colour(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "palette"
        and node.attr in palette.DARK
    )


def test_the_contrast_of_black_and_white_is_21() -> None:
    assert palette.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert palette.contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)
