"""Connects what makes pictures (frames, renders, thumbnails) with what shows them."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.core import edits
from app.engine.media.clip import Clip
from app.engine.preview.mask_shape import face_boxes, mask_at
from app.ui.kit.text import empty_text
from app.ui.panels.preview.badges import Badge, badge
from app.ui.panels.preview.pane import PreviewPane
from app.ui.panels.timeline.widget import Timeline
from app.ui.session import Session
from app.ui.window.threads import Threads
from app.workers.jobs import Job

STRIP_MS = 150
"""At most so often is the render strip drawn anew."""


class Pictures(QObject):
    """The preview shows the playhead's frame, the timeline what is rendered."""

    problem = Signal(str)
    """A sentence: the picture cannot be shown, or not be dubbed."""

    def __init__(
        self,
        session: Session,
        threads: Threads,
        preview: PreviewPane,
        timeline: Timeline,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._session, self._player = session, threads.player
        self._frames, self._renders, self._thumbnails = threads.frames, threads.renders, threads.thumbnails
        self._preview, self._timeline = preview, timeline
        self._key: str | None = None
        self._notified: set[str] = set()
        self._boxes = self._masks = self._stopped = False
        self._strip_timer = QTimer(self)
        self._strip_timer.setSingleShot(True)
        self._strip_timer.setInterval(STRIP_MS)
        self._strip_timer.timeout.connect(self._draw_strip)
        self._connect_session()
        self._connect_threads()

    def _connect_session(self) -> None:
        session = self._session
        session.reset.connect(self._forget)
        session.clip_changed.connect(self._clip_changed)
        session.voice_changed.connect(self._sources_changed)
        session.analysis_changed.connect(self._sources_changed)
        session.changed.connect(self._sources_changed)
        self._preview.faces_toggled.connect(self.show_faces)
        self._preview.mask_toggled.connect(self.show_mask)
        self._preview.face_clicked.connect(self._choose_face)
        self._preview.scale_changed.connect(self._frames.set_scale)
        self._frames.set_scale(self._preview.scale)
        self._player.state_changed.connect(self._aim)

    def _connect_threads(self) -> None:
        frames, renders, thumbnails = self._frames, self._renders, self._thumbnails
        frames.set_cache(renders.cache)
        frames.shown.connect(self._preview.canvas.set_frame)
        frames.failed.connect(self.problem)
        frames.failed.connect(self._preview.canvas.set_problem)
        renders.frames_ready.connect(self._rendered)
        renders.state_changed.connect(self._state_changed)
        renders.failed.connect(self._render_failed)
        thumbnails.thumbnail.connect(self._timeline.set_thumbnail)
        self._timeline.thumbnails_wanted.connect(self._ask_thumbnails)
        self._timeline.retry_wanted.connect(renders.retry)
        self._timeline.render_wanted.connect(lambda span: self.look_at(span.start))

    def await_demo(self, demo: Job) -> None:
        """Says what is being made where its picture will be."""
        self._preview.canvas.set_empty("Making the demo: a puppet that speaks", "It opens when it is done")
        demo.finished.connect(self._tell_empty)

    @Slot()
    def _tell_empty(self) -> None:
        """Why there is no picture, and what to do."""
        self._preview.canvas.set_empty(*empty_text(self._session.project.clip))

    def stop(self) -> None:
        """Nothing more is drawn."""
        self._strip_timer.stop()
        self._stopped = True

    @Slot(object)
    def set_proxy(self, proxy: object) -> None:
        """The clip's small copy is there (Path), or not (None)."""
        self._frames.set_proxy(proxy)  # pyright: ignore[reportArgumentType]
        self._thumbnails.set_proxy(proxy)  # pyright: ignore[reportArgumentType]

    @Slot(object, bool)
    def show(self, time: Fraction, exact: bool) -> None:
        """The playhead is at `time`; `exact` False while it is dragged."""
        clip = self._session.clip
        if clip is None:
            return
        index = clip.index_at(time)
        self._key = self._renders.queue.key_at(index)
        self._frames.show(index, self._key, exact)
        self._aim()
        if not exact:
            self._thumbnails.stand_back()
        self._update_overlays()

    def look_at(self, time: Fraction) -> None:
        """Renders from there on first, without moving the playhead."""
        self._renders.queue.set_playhead(time, 0)

    @Slot(bool)
    def show_faces(self, on: bool) -> None:
        """Whether faces are framed."""
        self._boxes = on
        self._preview.set_faces_shown(on)
        self._update_overlays()

    @Slot(bool)
    def show_mask(self, on: bool) -> None:
        """Whether what is pasted is shown."""
        self._masks = on
        self._preview.set_mask_shown(on)
        self._set_mask_source()

    @Slot()
    def _forget(self) -> None:
        self._notified.clear()
        self._clip_changed(self._session.clip)

    @Slot(object)
    def _clip_changed(self, clip: Clip | None) -> None:
        """Another clip is open, or none: frames and thumbnails are asked for anew."""
        self._key = None
        self._frames.set_clip(clip)
        self._thumbnails.set_clip(clip)
        self._preview.canvas.set_size(None if clip is None else clip.size)
        if clip is None:
            self._tell_empty()
        self._sources_changed()
        self._timeline.view.thumbnail_requests.ask_again()
        self.show(self._session.playhead, True)

    @Slot()
    def _sources_changed(self) -> None:
        """What is rendered may be something else now."""
        session = self._session
        self._renders.queue.set_sources(session.project, session.clip, session.voice, session.analysis)
        self._set_mask_source()
        self._state_changed()

    @Slot()
    def _aim(self) -> None:
        """Tells the threads where the playhead is and which way it goes."""
        clip, player = self._session.clip, self._player
        if clip is not None:
            direction = 0 if not player.playing else 1 if player.speed > 0 else -1
            time = self._session.playhead
            self._renders.queue.set_playhead(time, direction)
            self._frames.play_ahead(clip.index_at(time), direction)

    @Slot(object)
    def _rendered(self, keys: list[str]) -> None:
        self._frames.patches_ready(keys)

    @Slot()
    def _state_changed(self) -> None:
        """Some frame is further than it was: perhaps the one on screen."""
        clip = self._session.clip
        if clip is not None:
            index = clip.index_at(self._session.playhead)
            key = self._renders.queue.key_at(index)
            if key != self._key:
                self._key = key
                self._frames.show(index, key, True)
        self._update_overlays()
        if not self._stopped and not self._strip_timer.isActive():
            self._strip_timer.start()

    @Slot()
    def _draw_strip(self) -> None:
        session = self._session
        strip = [] if session.clip is None else self._renders.queue.strip(session.project, session.clip)
        self._timeline.set_strip(strip)

    @Slot(object, str)
    def _render_failed(self, _keys: object, sentence: str) -> None:
        """The same trouble is told once for each document."""
        if sentence not in self._notified:
            self._notified.add(sentence)
            self.problem.emit(sentence)

    @Slot(list)
    def _ask_thumbnails(self, indices: list[int]) -> None:
        self._thumbnails.request(indices, self._timeline.view.thumbnail_requests.height)

    def _update_overlays(self) -> None:
        """Badges and face boxes of the playhead's frame."""
        session, clip = self._session, self._session.clip
        self._preview.canvas.set_badges([] if clip is None else self._badges(clip))
        if clip is None or session.analysis is None or not self._boxes:
            self._preview.canvas.set_faces([])
            return
        segment = session.project.segment_at(session.playhead)
        chosen = None if segment is None else segment.face
        self._preview.canvas.set_faces(face_boxes(session.analysis, clip.index_at(session.playhead), chosen))

    def _badges(self, clip: Clip) -> list[Badge]:
        """What is to be known of the frame at the playhead."""
        session = self._session
        segment = session.project.segment_at(session.playhead)
        if segment is None:
            return [badge("outside")]
        if session.analysis is None:
            return [badge("note", "Faces are not known yet")]
        if session.analysis.points_at(segment.face, clip.index_at(session.playhead)) is None:
            return [badge("no_face")]
        if session.voice is None:
            return [badge("note", "No new voice yet")]
        return [] if self._key is None else [self._state_badge(self._key)]

    def _state_badge(self, key: str) -> Badge:
        state = self._renders.queue.state_of(key)
        if state == "failed":
            return badge("failed", self._renders.queue.problem_of(key))
        if state == "ready":
            return badge("cached")
        return badge("rendering") if state == "rendering" else badge("note", "Waits to be rendered")

    def _set_mask_source(self) -> None:
        """The masks of the present project, while they are shown."""
        session = self._session
        wanted = self._masks and session.clip is not None and session.analysis is not None
        if wanted and session.clip is not None and session.analysis is not None:
            self._frames.set_mask_source(partial(mask_at, session.project, session.clip, session.analysis))
        else:
            self._frames.set_mask_source(None)

    @Slot(int)
    def _choose_face(self, face: int) -> None:
        """The segment under the playhead, or the selected one, dubs this face from now on."""
        session = self._session
        segment = session.project.segment_at(session.playhead) or session.selected
        if segment is not None and segment.face != face:
            session.apply("Choose face", edits.set_segment(session.project, segment.id, face=face))
            session.select(segment.id)
