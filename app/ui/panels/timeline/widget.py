"""The timeline panel."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

from PySide6.QtCore import QPointF, Qt, Signal, Slot
from PySide6.QtGui import QImage, QMouseEvent
from PySide6.QtWidgets import QMenu, QWidget

from app.core.project import Project
from app.core.timebase import TimeRange
from app.engine.media.clip import Clip
from app.ui.kit.text import face_label
from app.ui.panels.timeline.describe import describe_selection
from app.ui.panels.timeline.hit_testing import hit_test
from app.ui.panels.timeline.keyed import KeyedSurface
from app.ui.panels.timeline.menus import build_menu
from app.ui.panels.timeline.paint import playhead_reach
from app.ui.panels.timeline.peak_columns import Peaks
from app.ui.panels.timeline.scene import RenderState, SoundLane
from app.ui.session import Session


class Timeline(KeyedSurface):
    """Clip, segments and sounds over time. Reads the session, and changes the project through its `apply` alone."""

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
        super().__init__(session, parent)
        self.setObjectName("timeline")
        self.setAccessibleName("Timeline")
        self._following = True
        self._last_scrub: Fraction | None = None
        self._shown_playhead = session.playhead
        self._headers.snap.setChecked(True)
        self._connect()
        self._clip_changed(session.clip)

    def _connect(self) -> None:
        session, headers = self._session, self._headers
        session.changed.connect(self._project_changed)
        session.reset.connect(self._reset)
        session.clip_changed.connect(self._clip_changed)
        session.counting_changed.connect(self.viewport().update)
        session.voice_changed.connect(self._voice_changed)
        session.analysis_changed.connect(self._analysis_changed)
        session.playhead_changed.connect(self._playhead_changed)
        session.selection_changed.connect(self._selection_changed)
        headers.snapping_wanted.connect(self.toggle_snapping)
        headers.mute_wanted.connect(lambda sound, on: self.commands.set_sound(sound, mute=on))
        headers.solo_wanted.connect(lambda sound, on: self.commands.set_sound(sound, solo=on))

    # What the composition tells

    @Slot(object)
    def set_strip(self, items: Iterable[tuple[TimeRange, RenderState]]) -> None:
        """What is rendered: ranges in order of time with "dirty", "rendering", "ready" or "failed"."""
        self._model.set_strip(items)
        self.viewport().update()

    @Slot(int, QImage)
    def set_thumbnail(self, index: int, image: QImage) -> None:
        """The picture of a frame that `thumbnails_wanted` asked for."""
        self._model.set_thumbnail(index, image)
        lane = self.lane_layout["video"]
        self.viewport().update(0, lane.top, self.viewport().width(), lane.height)

    def set_peaks(self, sound: SoundLane, peaks: Peaks | None) -> None:
        """The waveform of the "original" sound or of the new "voice", or as much of it as is known."""
        self._model.set_peaks(sound, peaks)
        self.viewport().update()

    @Slot(bool)
    def set_snapping(self, on: bool) -> None:
        """Whether dragged edges stick to edges, markers, in, out and the playhead; Shift held turns it round."""
        self._snapping = on
        self._headers.snap.setChecked(on)

    @Slot(bool)
    def set_following(self, on: bool) -> None:
        """Whether the view turns over when the playhead leaves it, as it does at first."""
        self._following = on
        if on:
            self.reveal(float(self._session.playhead), paging=True)

    @Slot(bool)
    def toggle_snapping(self, on: bool) -> None:
        """Somebody switched snapping here."""
        if on != self._snapping:
            self.set_snapping(on)
            self.snapping_changed.emit(on)

    # What the surface, mouse and menus need

    def tell(self, sentence: str) -> None:
        """Why an edit could not be made."""
        self.problem.emit(sentence)

    def scrub(self, time: Fraction, exact: bool) -> None:
        """Moves the playhead to the frame at a time, and tells of it."""
        clip = self._session.clip
        if clip is None:
            return
        time = clip.time_of(clip.index_at(max(time, Fraction(0))))
        if exact or time != self._last_scrub:
            self._last_scrub = None if exact else time
            self._session.set_playhead(time)
            self.scrubbed.emit(time, exact)

    def visit_faceless(self, time: Fraction) -> None:
        """Goes to the first frame of the stretch without the face at a time."""
        faces = self._model.faces()
        span = None if faces is None else faces.faceless_at(float(time))
        if span is not None:
            self.go(span.start_time)
            self.faceless_clicked.emit(TimeRange(span.start_time, span.stop_time))

    def ask_offset(self) -> None:
        """Somebody asked for a proposal of the voice's offset."""
        self.offset_proposal_wanted.emit()

    def ask_render(self, span: TimeRange) -> None:
        """Somebody asked for a range to be rendered."""
        self.render_wanted.emit(span)

    def ask_retry(self) -> None:
        """Somebody asked for what failed to be tried again."""
        self.retry_wanted.emit()

    def menu_at(self, position: QPointF) -> QMenu | None:
        """The menu of the thing at a point of the surface; a segment is selected by it. None without a clip."""
        scene = self.scene()
        if scene is None:
            return None
        hit = hit_test(scene, position.x(), position.y())
        if hit.id is not None:
            self._session.select(hit.id)
        return build_menu(self, self, scene, hit)

    def empty_message(self) -> str:
        """What stands here without a clip."""
        path = self._session.project.clip
        if path:
            return f"{Path(path).name} is not open yet\nThe timeline appears as soon as it is read"
        return super().empty_message()

    def zoom_centre(self) -> float:
        """Keys zoom around the playhead where it is in sight."""
        x = self.time_scale.x_of(self._session.playhead)
        return x if 0 <= x < self.viewport().width() else super().zoom_centre()

    def dragging(self) -> bool:
        """Whether a button is down on something."""
        return self._pointer.active

    def drag_follows(self) -> None:
        """The lanes scrolled under a drag."""
        self._pointer.follow()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Begins what the thing under the cursor does."""
        self._pointer.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Goes on with it."""
        self._pointer.move(event)
        self.autoscroll_towards(event.position().x(), self._pointer.autoscrolls)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Ends it."""
        self.autoscroll_towards(0, False)
        self._pointer.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Edits a marker's note; elsewhere it is one more press."""
        scene = self.scene()
        hit = None if scene is None else hit_test(scene, event.position().x(), event.position().y())
        if hit is not None and hit.kind == "marker" and event.button() == Qt.MouseButton.LeftButton:
            self.edit_note(hit.index)
        else:
            self._pointer.press(event)

    # What the session tells

    @Slot(object, object)
    def _project_changed(self, old: Project, new: Project) -> None:
        self._model.project_changed(old, new)
        self._pointer.project_changed(new)
        self._headers.set_mixes(new)
        self._selection_changed()

    @Slot()
    def _reset(self) -> None:
        self._pointer.forget()
        self._model.voice_changed()
        self._clip_changed(None)
        self._headers.set_mixes(self._session.project)

    @Slot(object)
    def _clip_changed(self, clip: Clip | None) -> None:
        view = self._session.view  # laying out the lanes tells the session of another one
        self._pointer.forget()
        self._model.clip_changed()
        self.set_extent(0.0 if clip is None else float(clip.stop), 25.0 if clip is None else float(clip.fps))
        self.setViewportMargins(0 if clip is None else self._headers.wanted_width, 0, 0, 0)
        self._headers.setVisible(clip is not None)
        self._fit_size()
        self.restore(view.scroll, view.zoom)
        self._shown_playhead = self._session.playhead
        self._last_scrub = None
        self.ask_again()
        self._selection_changed()

    @Slot(object)
    def _voice_changed(self, _voice: object) -> None:
        self._model.voice_changed()
        self.viewport().update()

    @Slot(object)
    def _analysis_changed(self, _analysis: object) -> None:
        self._model.analysis_changed()
        self.viewport().update()

    @Slot()
    def _selection_changed(self) -> None:
        self._model.face_changed()
        self._headers.set_face(face_label(self._model.face))
        self.setAccessibleDescription(describe_selection(self.scene()))
        self.viewport().update()

    @Slot(object)
    def _playhead_changed(self, time: Fraction) -> None:
        """Repaints where the line was and where it is, unless the view goes with it."""
        old, self._shown_playhead = self._shown_playhead, time
        if self._following and not self._pointer.active:
            self.reveal(float(time), paging=True)
        reach = playhead_reach(self.lane_layout.head) + 1
        for moment in (old, time):
            self.viewport().update(self.span_rect(self.time_scale.x_of(moment), reach))
