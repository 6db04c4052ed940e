"""How the attention pictures look, against pictures that somebody accepted."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtGui import QColor, QImage, QPainter, QTransform
from pytestqt.qtbot import QtBot

from app.ui.kit import palette
from app.ui.panels.attention.overlay import Overlay
from app.ui.panels.attention.pictures import Pictures
from app.ui.panels.attention.scale_bar import ScaleBar
from app.ui.panels.attention.style import MapStyle
from app.ui.panels.attention.values import scale_of
from tests.gui.attention_material import look, result
from tests.gui.goldens import check_golden, difference, use_font

Show = Callable[[int, int, tuple[int, int], MapStyle], Pictures]


@pytest.fixture
def show(qtbot: QtBot) -> Show:
    def shown(width: int, height: int, patch: tuple[int, int], style: MapStyle) -> Pictures:
        pictures = Pictures()
        qtbot.addWidget(pictures)
        use_font(pictures)
        pictures.setStyleSheet(f"background: {palette.PANEL}; color: {palette.TEXT};")
        pictures.resize(width, height)
        pictures.show_look(look(), patch, style)
        with qtbot.waitExposed(pictures):
            pictures.show()
        pictures.focusWidget().clearFocus()  # no ring around what the window chose to begin with
        return pictures

    return shown


def test_beside_each_other(show: Show) -> None:
    check_golden(show(420, 230, (11, 4), MapStyle(head=2)).grab(), "attention-beside")


def test_above_each_other_smooth_and_logarithmic(show: Show) -> None:
    style = MapStyle(smooth=True, scale="log", colours="inferno", grid=False)
    check_golden(show(200, 430, (3, 12), style).grab(), "attention-above")


def test_another_moments_pictures_are_dimmed(show: Show) -> None:
    pictures = show(420, 230, (11, 4), MapStyle(head=2))
    fresh = pictures.grab().toImage()
    pictures.set_stale(True)
    stale = pictures.grab()
    assert difference(stale.toImage(), fresh)
    check_golden(stale, "attention-stale")


def test_a_neighbouring_patch_is_another_picture(show: Show) -> None:
    one, other = (show(420, 230, patch, MapStyle(head=2)).grab().toImage() for patch in ((11, 4), (12, 4)))
    assert difference(one, other)


@pytest.mark.parametrize("kind", ["patch", "log"])
def test_scale_bar(qtbot: QtBot, kind: str) -> None:
    bar, style = ScaleBar(), MapStyle(scale=kind)  # pyright: ignore[reportArgumentType]
    qtbot.addWidget(bar)
    use_font(bar)
    bar.setStyleSheet(f"background: {palette.PANEL};")
    bar.resize(320, 40)
    bar.set_scale(scale_of(look(), (8, 8), style), style)
    check_golden(bar.grab(), f"attention-scale-{kind}")


def test_over_the_preview(qapp: object) -> None:
    frame = QImage(320, 240, QImage.Format.Format_RGB32)
    frame.fill(QColor(120, 110, 100))
    painter = QPainter(frame)
    Overlay(result(30), (9, 6), MapStyle(head=1))(painter, QTransform.fromTranslate(10, 20))
    painter.end()
    check_golden(frame, "attention-overlay")
