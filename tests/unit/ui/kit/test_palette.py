from itertools import product

import pytest

from app.ui.kit import palette


@pytest.mark.parametrize(("text", "ground"), list(product(palette.TEXT_COLOURS, palette.GROUNDS)))
def test_text_is_legible_on_every_ground(text: str, ground: str) -> None:
    assert palette.contrast(text, ground) >= 4.5


@pytest.mark.parametrize("fill", [palette.SEGMENT, palette.SEGMENT_SELECTED])
def test_text_on_a_segment_is_legible(fill: str) -> None:
    assert palette.contrast(palette.TEXT, fill) >= 4.5


@pytest.mark.parametrize("line", [palette.FOCUS, palette.PLAYHEAD, palette.ACCENT])
def test_what_must_be_seen_stands_out_of_every_ground(line: str) -> None:
    assert all(palette.contrast(line, ground) >= 3.0 for ground in palette.GROUNDS)


def test_the_contrast_of_black_and_white_is_21() -> None:
    assert palette.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert palette.contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)
