"""The timeline panel: a view, a pointer, commands and menus."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QImage, QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.core.project import Project
from app.core.timebase import TimeRange
from app.engine.media.clip import Clip
from app.ui.actions import KeyMap
from app.ui.kit.text import face_label
from app.ui.panels.timeline.commands import Commands
from app.ui.panels.timeline.cursor_commands import CursorCommands
from app.ui.panels.timeline.describe import describe_selection
from app.ui.panels.timeline.menus import Menus
from app.ui.panels.timeline.model import TimelineModel
from app.ui.panels.timeline.peak_columns import Peaks
from app.ui.panels.timeline.playhead import Playhead
from app.ui.panels.timeline.pointer import Pointer
from app.ui.panels.timeline.scene import RenderState, SoundLane
from app.ui.panels.timeline.view import TimelineView
from app.ui.session import Session


class Timeline(QWidget):
    """Clip, segments and sounds over time. Reads the session, and changes the project through its `apply` alone."""

    scale_changed = Signal(object)
    """TimeScale: another stretch of time is in sight."""
    thumbnails_wanted = Signal(list)
    """Indices of frames, the most wanted first, as tall as `view.thumbnail_requests.height`. The newest list replaces
    the one before."""
    scrubbed = Signal(object, bool)
    """(Fraction: the playhead's new time, whether the exact frame is wanted now): the session's playhead is there
    already. While the mouse is down the frame need not be exact."""
    snapping_changed = Signal(bool)
    """Somebody switched snapping here."""
    faceless_clicked = Signal(object)
    """TimeRange without the face; the playhead has gone to its first frame."""
    offset_proposal_wanted = Signal()
    """The voice is to be laid over the original speech."""
    render_wanted = Signal(object)
    """TimeRange that is to be rendered first."""
    retry_wanted = Signal()
    """Frames that failed are to be tried again."""
    problem = Signal(str)
    """A sentence: why an edit could not be made."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("timeline")
        self.setAccessibleName("Timeline")
        self.session = session
        self._model = TimelineModel(session)
        self.view = TimelineView(session, self._model, self)
        self.playhead = Playhead(session, self.view)
        self.commands = Commands(session, self.problem.emit, self.playhead.go)
        self.cursor_commands = CursorCommands(session, self.view, self.playhead, self.commands)
        self.pointer = Pointer(session, self.view, self.playhead)
        self.menus = Menus(session, self.view, self.playhead, self.pointer, self.commands, self.cursor_commands)
        self._keys = KeyMap(self.cursor_commands.slots() | {"cancel": self.cancel})
        self._following = True
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.view)
        self.setFocusProxy(self.view)
        self.view.headers.snap.setChecked(True)
        self._pass_on()
        self._connect()
        self._clip_changed(session.clip)

    def _pass_on(self) -> None:
        """What the parts tell is told by the panel."""
        view, menus = self.view, self.menus
        view.navigation.scale_changed.connect(self.scale_changed)
        view.thumbnail_requests.wanted.connect(self.thumbnails_wanted)
        self.playhead.scrubbed.connect(self.scrubbed)
        self.playhead.faceless_visited.connect(self.faceless_clicked)
        self.pointer.problem.connect(self.problem)
        menus.offset_proposal_wanted.connect(self.offset_proposal_wanted)
        menus.render_wanted.connect(self.render_wanted)
        menus.retry_wanted.connect(self.retry_wanted)

    def _connect(self) -> None:
        session, headers = self.session, self.view.headers
        session.changed.connect(self._project_changed)
        session.reset.connect(self._reset)
        session.clip_changed.connect(self._clip_changed)
        session.counting_changed.connect(self.view.viewport().update)
        session.voice_changed.connect(self._voice_changed)
        session.analysis_changed.connect(self._analysis_changed)
        session.playhead_changed.connect(self._playhead_changed)
        session.selection_changed.connect(self._selection_changed)
        headers.snapping_wanted.connect(self._switch_snapping)
        headers.mute_wanted.connect(lambda sound, on: self.commands.set_sound(sound, mute=on))
        headers.solo_wanted.connect(lambda sound, on: self.commands.set_sound(sound, solo=on))
        self.menus.snapping_wanted.connect(self._switch_snapping)
        self.pointer.marker_opened.connect(self.cursor_commands.edit_note)

    # What the composition tells

    @Slot(object)
    def set_strip(self, items: Iterable[tuple[TimeRange, RenderState]]) -> None:
        """What is rendered: ranges in order of time with "dirty", "rendering", "ready" or "failed"."""
        self._model.set_strip(items)
        self.view.viewport().update()

    @Slot(int, QImage)
    def set_thumbnail(self, index: int, image: QImage) -> None:
        """The picture of a frame that `thumbnails_wanted` asked for."""
        self._model.thumbnails.put(index, image)
        lane, viewport = self.view.lanes["video"], self.view.viewport()
        viewport.update(0, lane.top, viewport.width(), lane.height)

    def set_peaks(self, sound: SoundLane, peaks: Peaks | None) -> None:
        """The waveform of the "original" sound or of the new "voice", or as much of it as is known."""
        self._model.sounds[sound].set_peaks(peaks)
        self.view.viewport().update()

    @Slot(bool)
    def set_snapping(self, on: bool) -> None:
        """Whether dragged edges stick to edges, markers, in, out and the playhead; Shift held turns it round."""
        self.pointer.snapping = on
        self.view.headers.snap.setChecked(on)

    @Slot(bool)
    def set_following(self, on: bool) -> None:
        """Whether the view turns over when the playhead leaves it, as it does at first."""
        self._following = on
        if on:
            self.view.navigation.reveal(self.session.playhead, paging=True)

    @Slot(bool)
    def _switch_snapping(self, on: bool) -> None:
        """Somebody switched snapping here."""
        if on != self.pointer.snapping:
            self.set_snapping(on)
            self.snapping_changed.emit(on)

    # Keys

    def cancel(self) -> None:
        """Gives up the drag under way; without one, selects nothing."""
        if not self.pointer.cancel():
            self.session.select(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Runs the command on a key. Ctrl+Tab leaves the timeline, where Tab steps through the segments."""
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if control and event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            super().focusNextPrevChild(event.key() == Qt.Key.Key_Tab)
        elif not self._keys.run(event):
            event.ignore()

    def focusNextPrevChild(self, next: bool) -> bool:  # noqa: N802
        """Tab goes from segment to segment, and on to the next widget after the last one."""
        cursor = self.cursor_commands
        if self.hasFocus() and (cursor.next_segment() if next else cursor.previous_segment()):
            return True
        return super().focusNextPrevChild(next)

    # What the session tells

    @Slot(object, object)
    def _project_changed(self, old: Project, new: Project) -> None:
        self._model.project_changed(old, new)
        self.pointer.project_changed(new)
        self.view.headers.set_mixes(new)
        self._selection_changed()

    @Slot()
    def _reset(self) -> None:
        self.pointer.forget()
        self._model.voice_changed()
        self._clip_changed(None)
        self.view.headers.set_mixes(self.session.project)

    @Slot(object)
    def _clip_changed(self, clip: Clip | None) -> None:
        self.pointer.forget()
        self._model.clip_changed()
        self.view.show_clip(clip)
        self.playhead.forget()
        self._selection_changed()

    @Slot(object)
    def _voice_changed(self, _voice: object) -> None:
        self._model.voice_changed()
        self.view.viewport().update()

    @Slot(object)
    def _analysis_changed(self, _analysis: object) -> None:
        self._model.analysis_changed()
        self.view.viewport().update()

    @Slot()
    def _selection_changed(self) -> None:
        self._model.face_changed()
        self.view.headers.set_face(face_label(self._model.face))
        for widget in (self, self.view):
            widget.setAccessibleDescription(describe_selection(self.view.scene()))
        self.view.viewport().update()

    @Slot(object)
    def _playhead_changed(self, _time: Fraction) -> None:
        self.playhead.show(self._following and not self.pointer.active)
