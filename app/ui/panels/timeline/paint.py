"""The timeline's picture, put together from the painters of its lanes."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QPainter

from app.ui.kit import palette
from app.ui.panels.timeline.paint_ruler import flags_in_sight, paint_marks, paint_ruler, paint_strip
from app.ui.panels.timeline.paint_segments import paint_segments
from app.ui.panels.timeline.paint_sound import paint_original, paint_voice
from app.ui.panels.timeline.paint_tools import brush, colour, draw_boxes, fill, pen, polygon
from app.ui.panels.timeline.paint_video import paint_faces, paint_outside, paint_video
from app.ui.panels.timeline.scene import Feedback, Scene

_MARKER_PIXELS = 24
"""Where markers stand closer than this on average, their lines would hide the lanes."""
_LOWER = (paint_video, paint_faces, paint_segments, paint_original, paint_voice)
_FROZEN = (paint_ruler, paint_strip, paint_marks)


def paint_scene(painter: QPainter, scene: Scene, exposed: QRect) -> None:
    """Draws what of the scene lies in `exposed`; looks at nothing that is out of sight."""
    left, right = exposed.left(), exposed.right() + 1
    painter.fillRect(exposed, brush(palette.BACKGROUND))
    # patterns move with the clip
    painter.setBrushOrigin(QPointF(-((scene.scale.scroll * scene.scale.zoom) % 64), 0))
    painter.save()
    painter.setClipRect(QRect(left, scene.layout.head, right - left, exposed.bottom() + 1 - scene.layout.head))
    for paint_lane in _LOWER:
        paint_lane(painter, scene, left, right)
    paint_outside(painter, scene, left, right)
    painter.restore()
    for paint_lane in _FROZEN:
        paint_lane(painter, scene, left, right)
    _paint_lines(painter, scene, exposed)
    _paint_playhead(painter, scene)
    if scene.feedback is not None:
        _paint_feedback(painter, scene, scene.feedback)


def _paint_lines(painter: QPainter, scene: Scene, exposed: QRect) -> None:
    """Thin lines down from markers and from the marked range, and the one that a drag snapped to."""
    top, bottom = scene.layout.head, exposed.bottom() + 1
    left, right = exposed.left() - 1, exposed.right() + 1
    if len(flags_in_sight(scene, 0, scene.scale.width)) * _MARKER_PIXELS < scene.scale.width:
        places = [round(x) for _, x in flags_in_sight(scene, left, right)]
        draw_boxes(painter, [(x, top, 1, bottom - top) for x in places], brush(palette.MARKER, 0.4))
    for mark in (scene.project.mark_in, scene.project.mark_out):
        if mark is not None and left <= (x := round(scene.scale.x_of(mark))) <= right:
            draw_boxes(painter, [(x, y, 1, 4) for y in range(top, bottom, 8)], brush(palette.IN_OUT, 0.7))
    if scene.feedback is not None and scene.feedback.snapped is not None:
        fill(painter, round(scene.scale.x_of(scene.feedback.snapped)) - 1, 0, 2, bottom, brush(palette.FOCUS))


def playhead_reach(scene_head: int) -> int:
    """Pixels to either side of the playhead's line that its handle takes."""
    return max(6, scene_head // 7) + 2


def _paint_playhead(painter: QPainter, scene: Scene) -> None:
    """A line through all lanes with a handle on the ruler."""
    ruler = scene.layout["ruler"]
    x = round(scene.scale.x_of(scene.playhead))
    half = playhead_reach(scene.layout.head) - 2
    fill(painter, x - 1, ruler.bottom - half, 3, 10_000, brush(palette.BACKGROUND, 0.5))
    fill(painter, x, ruler.bottom - half, 1, 10_000, brush(palette.PLAYHEAD))
    top, bottom, centre = ruler.bottom - 2 * half, ruler.bottom, x + 0.5
    shoulder = top + half
    outline = [(centre - half, top), (centre + half, top), (centre + half, shoulder), (centre, bottom)]
    polygon(painter, palette.PLAYHEAD, *outline, (centre - half, shoulder))


def _paint_feedback(painter: QPainter, scene: Scene, feedback: Feedback) -> None:
    """The times of a drag beside the cursor, kept within the widget."""
    metrics = painter.fontMetrics()
    width = max(metrics.horizontalAdvance(line) for line in feedback.lines) + 16
    height = metrics.height() * len(feedback.lines) + 10
    x = min(max(4.0, feedback.x + 14), scene.scale.width - width - 4.0)
    y = max(scene.layout.head + 2.0, feedback.y - height - 12)
    box = QRectF(round(x) + 0.5, round(y) + 0.5, width, height)
    painter.setPen(pen(palette.TEXT))
    painter.setBrush(brush(palette.BACKGROUND, 0.94))
    painter.drawRect(box)
    painter.setPen(colour(palette.TEXT))
    painter.drawText(box.adjusted(8, 5, -8, -5), Qt.AlignmentFlag.AlignLeft, "\n".join(feedback.lines))


def paint_empty(painter: QPainter, box: QRect, message: str) -> None:
    """What the timeline shows without a clip: where the lanes will be, and what to do."""
    painter.fillRect(box, brush(palette.BACKGROUND))
    painter.fillRect(QRect(0, 0, box.width(), painter.fontMetrics().height() * 2), brush(palette.RAISED))
    painter.setPen(colour(palette.TEXT))
    font = painter.font()
    font.setBold(True)
    painter.setFont(font)
    first, _, rest = message.partition("\n")
    line = painter.fontMetrics().height()
    upper = QRect(box.left(), box.center().y() - line - 2, box.width(), line)
    painter.drawText(upper, Qt.AlignmentFlag.AlignCenter, first)
    font.setBold(False)
    painter.setFont(font)
    painter.setPen(colour(palette.MUTED_TEXT))
    painter.drawText(upper.translated(0, line + 4), Qt.AlignmentFlag.AlignCenter, rest)


def paint_focus(painter: QPainter, box: QRect) -> None:
    """The ring that shows where the keyboard is."""
    painter.setPen(pen(palette.FOCUS, 1.0, 2.0))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(box.adjusted(1, 1, -1, -1))
