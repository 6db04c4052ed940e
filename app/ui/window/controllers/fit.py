"""Finds out how well the weights know the faces that are dubbed, before anybody exports, and says so."""

from __future__ import annotations

from collections.abc import Hashable

from PySide6.QtCore import QObject, Slot

from app.core.project import Segment
from app.engine.dub.report import FitCheck
from app.ui.session import Session
from app.ui.window.reports import Reports
from app.workers.render_thread import FitResult, RenderThread


class Fitting(QObject):
    """Asks the render thread for each face of the project, one after another; remembers what it told."""

    def __init__(self, session: Session, renders: RenderThread, reports: Reports, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._renders, self._reports = session, renders, reports
        self._known: dict[Hashable, FitCheck] = {}
        self._asked: Hashable = None
        self._notified: set[str] = set()
        renders.fit_ready.connect(self._take)
        session.tell_of_all(self._follow)
        session.voice_changed.connect(self._follow)
        session.fits_changed.connect(self._tell)

    @Slot()
    def _follow(self) -> None:
        """What is known of the project as it is now; the first face of which nothing is known is asked for."""
        first = self._first_segments()
        self._session.set_fits(
            {segment.face: check for segment in first if (check := self._known.get(self._key(segment))) is not None}
        )
        wanted = next((segment for segment in first if self._key(segment) not in self._known), None)
        key = None if wanted is None else self._key(wanted)
        if wanted is not None and key != self._asked:
            self._renders.queue.request_fit(wanted.id)
        self._asked = key

    def _first_segments(self) -> list[Segment]:
        """The first segment of each face, once the faces are known."""
        session = self._session
        if session.clip is None or session.voice is None or session.analysis is None:
            return []
        first: dict[int, Segment] = {}
        for segment in session.project.segments_of(session.clip.whole):
            first.setdefault(segment.face, segment)
        return list(first.values())

    def _key(self, segment: Segment) -> Hashable:
        """What the result depends on."""
        session = self._session
        assert session.clip is not None and session.analysis is not None
        faces = session.analysis.detector, session.analysis.detector_version
        return session.clip.sha256, faces, segment.face, segment.reference, session.project.weights

    @Slot(object)
    def _take(self, result: FitResult) -> None:
        """A result of sources that are no longer the present ones is asked for anew."""
        sources, session = result.sources, self._session
        segment = sources.segment(result.segment_id)
        same = sources.clip == session.clip and sources.analysis is session.analysis and session.clip is not None
        self._asked = None
        if segment is not None and same and sources.project.weights == session.project.weights:
            self._known[self._key(segment)] = result.check
        self._follow()

    @Slot()
    def _tell(self) -> None:
        """The sentences of weak fits stand over the picture as long as they hold."""
        weak = {check.sentence for check in self._session.fits.values() if check.doubtful}
        for sentence in self._notified - weak:
            self._reports.withdraw(sentence)
        for sentence in sorted(weak - self._notified):
            self._reports.notice(sentence)
        self._notified = weak
