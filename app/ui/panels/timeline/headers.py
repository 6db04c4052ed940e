"""The column of names at the left of the lanes, with mute and solo of both sounds and the switch of snapping."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QToolButton, QWidget

from app.core.project import Mix, Project
from app.ui.actions import spec_of, tooltip
from app.ui.kit import palette
from app.ui.kit.renewal import keep_current
from app.ui.kit.text import face_label
from app.ui.panels.timeline.lanes import FROZEN, LaneLayout, LaneName
from app.ui.panels.timeline.paint_tools import brush, colour, pen
from app.ui.panels.timeline.scene import SoundLane


def _style() -> str:
    """How the buttons look."""
    return f"""
QToolButton {{ background: {palette.RAISED}; color: {palette.TEXT}; border: 1px solid {palette.LINE};
  border-radius: 3px; padding: 0; }}
QToolButton:checked {{ background: {palette.ACCENT}; color: {palette.BACKGROUND}; border-color: {palette.ACCENT}; }}
QToolButton[warns="true"]:checked {{ background: {palette.WARNING}; border-color: {palette.WARNING}; }}
QToolButton:focus {{ border: 2px solid {palette.FOCUS}; }}
"""


_NAMES: dict[LaneName, str] = {
    "strip": "Render",
    "marks": "Marks",
    "video": "Video",
    "faces": face_label(0),
    "segments": "Dub",
    "original": "Original",
    "voice": "New voice",
}


class LaneHeaders(QWidget):
    """Stands beside the lanes and scrolls with them."""

    mute_wanted = Signal(str, bool)
    """("original" or "voice", whether it is to be silent)"""
    solo_wanted = Signal(str, bool)
    snapping_wanted = Signal(bool)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("timelineHeaders")
        self.setStyleSheet(_style())
        self._layout: LaneLayout | None = None
        self._face_name = _NAMES["faces"]
        self.snap = self._button("snapping", "Snap", spec_of("snapping").tip)
        keep_current(self.snap, lambda: self.snap.setToolTip(tooltip(spec_of("snapping"))))
        self.snap.toggled.connect(self.snapping_wanted)
        self._buttons = {sound: self._sound_buttons(sound) for sound in ("original", "voice")}

    @property
    def wanted_width(self) -> int:
        """Pixels that names and buttons take."""
        metrics = self.fontMetrics()
        return metrics.horizontalAdvance("New voice") + 2 * self._side() + 26

    def _side(self) -> int:
        return self.fontMetrics().height() + 5

    def _button(self, name: str, text: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(name)
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(tip.partition("  [")[0].rstrip("."))
        button.setCheckable(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _sound_buttons(self, sound: str) -> tuple[QToolButton, QToolButton]:
        spoken = "the original sound" if sound == "original" else "the new voice"
        mute = self._button(f"{sound}Mute", "M", f"Mute {spoken} while listening")
        mute.setProperty("warns", True)
        solo = self._button(f"{sound}Solo", "S", f"Listen to {spoken} alone")
        mute.clicked.connect(lambda on: self.mute_wanted.emit(sound, on))
        solo.clicked.connect(lambda on: self.solo_wanted.emit(sound, on))
        return mute, solo

    def set_layout(self, layout: LaneLayout) -> None:
        """Where the lanes are now."""
        self._layout = layout
        side, gap = self._side(), 4
        ruler = layout["ruler"]
        wide = self.snap.fontMetrics().horizontalAdvance("Snap") + 14
        self.snap.setGeometry(self.width() - wide - gap, ruler.top + 2, wide, ruler.height - 4)
        for sound, buttons in self._buttons.items():
            lane = layout["original" if sound == "original" else "voice"]
            for number, button in enumerate(buttons):
                x = self.width() - (2 - number) * (side + gap)
                button.setGeometry(x, lane.middle - side // 2, side, side)
                # a lane that is scrolled behind the frozen ones takes its buttons with it
                button.setVisible(lane.middle - side // 2 >= layout.head)
        self.update()

    def set_mixes(self, project: Project) -> None:
        """How loud both sounds are."""
        for sound, mix in (("original", project.original_mix), ("voice", project.voice_mix)):
            self._show_mix(sound, mix)

    def _show_mix(self, sound: SoundLane | str, mix: Mix) -> None:
        mute, solo = self._buttons[sound]
        mute.setChecked(mix.mute)
        solo.setChecked(mix.solo)

    def set_face(self, name: str) -> None:
        """Whose presence the band of faces shows."""
        if name != self._face_name:
            self._face_name = name
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draws the names beside their lanes."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), brush(palette.PANEL))
        layout = self._layout
        if layout is None:
            return
        painter.setPen(pen(palette.LINE))
        painter.drawLine(self.width() - 1, 0, self.width() - 1, self.height())
        for name, text in _NAMES.items():
            self._paint_name(painter, layout, name, self._face_name if name == "faces" else text)

    def _paint_name(self, painter: QPainter, layout: LaneLayout, name: LaneName, text: str) -> None:
        """One name, in smaller letters for the thin lanes; hidden with its lane behind the frozen ones."""
        lane, thin = layout[name], name in ("strip", "faces")
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * (0.85 if thin else 1.0))
        painter.setFont(font)
        painter.setClipRect(self.rect() if name in FROZEN else self.rect().adjusted(0, layout.head, 0, 0))
        painter.setPen(colour(palette.MUTED_TEXT if thin else palette.TEXT))
        box = QRect(8, lane.top, self.width() - 16, lane.height)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip, text)
