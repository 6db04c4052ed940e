"""What the timeline looks like in its main states, held against pictures that were looked at."""

from __future__ import annotations

from fractions import Fraction

import pytest
from PySide6.QtGui import QColor, QImage, QPainter
from pytestqt.qtbot import QtBot

from app.core.project import Project
from tests.gui.goldens import check_golden, difference, use_font
from tests.gui.timeline_material import (
    F,
    example,
    fill_pictures,
    make_clip,
    make_timeline,
    move,
    point,
    press,
    release,
    segment,
)


def test_empty(qtbot: QtBot) -> None:
    timeline = make_timeline(None, size=(760, 300))
    qtbot.addWidget(timeline)
    use_font(timeline)
    check_golden(timeline.view.viewport().grab(), "timeline-empty")


def test_whole_clip_in_sight(qtbot: QtBot) -> None:
    timeline = make_timeline(example(), make_clip(), size=(900, 380))
    qtbot.addWidget(timeline)
    use_font(timeline)
    timeline.view.navigation.fit()
    timeline.session.set_playhead(F(4))
    timeline.session.select(2)
    fill_pictures(timeline)
    check_golden(timeline.grab(), "timeline-whole")


def test_zoomed_in_at_drop_frame_rate(qtbot: QtBot) -> None:
    timeline = make_timeline(example(), make_clip(fps=F(30000, 1001)), size=(900, 380))
    qtbot.addWidget(timeline)
    use_font(timeline)
    timeline.view.navigation.restore(4.0, 400.0)
    fill_pictures(timeline)
    check_golden(timeline.view.viewport().grab(), "timeline-zoomed")


def test_trim_with_snap_line_and_times(qtbot: QtBot) -> None:
    timeline = make_timeline(example(), make_clip(), size=(900, 380))
    qtbot.addWidget(timeline)
    use_font(timeline)
    timeline.view.navigation.fit()
    fill_pictures(timeline)
    press(timeline, point(timeline, 4.97, "segments"))
    for time in (5.4, 6.46):
        move(timeline, point(timeline, time, "segments"))
    check_golden(timeline.view.viewport().grab(), "timeline-trim")
    release(timeline, point(timeline, 6.46, "segments"))


def test_two_thousand_segments_merge_into_columns(qtbot: QtBot) -> None:
    segments = tuple(segment(n + 1, F(18 * n, 5), F(18 * n + 11, 5), face=n % 2) for n in range(2000))
    timeline = make_timeline(Project(clip="f", segments=segments), make_clip(7200), size=(900, 380))
    qtbot.addWidget(timeline)
    use_font(timeline)
    timeline.view.navigation.restore(3600.0, 1.0)
    fill_pictures(timeline)
    check_golden(timeline.view.viewport().grab(), "timeline-many")


@pytest.mark.parametrize("spoil", ["shift", "hole", "shade"])
def test_a_spoilt_picture_is_noticed(qtbot: QtBot, spoil: str) -> None:
    timeline = make_timeline(example(), make_clip(), size=(600, 330))
    qtbot.addWidget(timeline)
    good = timeline.view.viewport().grab().toImage()
    bad = QImage(good)
    painter = QPainter(bad)
    if spoil == "shift":
        painter.drawImage(12, 0, good)
    elif spoil == "hole":
        painter.fillRect(200, 100, 20, 20, QColor("white"))
    else:
        painter.fillRect(bad.rect(), QColor(255, 255, 255, 12))
    painter.end()
    assert difference(good, good) == ""
    assert "differs" in difference(bad, good)
    assert "pixels" in difference(good.scaled(10, 10), good)


def test_a_part_is_painted_as_in_the_whole(qtbot: QtBot) -> None:
    """The playhead repaints only where it was and is: what it leaves must look as if all had been drawn."""
    timeline = make_timeline(example(), make_clip(), size=(700, 350))
    qtbot.addWidget(timeline)
    surface = timeline.view.viewport()
    surface.repaint()
    for time in (1, 5, 11):
        timeline.session.set_playhead(Fraction(time))
        qtbot.wait(1)
    whole = surface.grab().toImage()
    part = QImage(whole.size(), QImage.Format.Format_RGB32)
    for left in range(0, part.width(), 37):
        painter = QPainter(part)
        box = surface.rect().intersected(surface.rect().translated(left, 0))
        box.setWidth(min(37, box.width()))
        painter.drawPixmap(box.topLeft(), surface.grab(box))
        painter.end()
    assert difference(part, whole, mean=0.01, most=3) == ""
