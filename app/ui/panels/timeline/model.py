"""What the timeline knows of the session, kept ready for drawing: numbers are made once a change, not once a paint."""

from __future__ import annotations

from collections.abc import Iterable

from app.core.project import Project
from app.core.timebase import TimeRange
from app.engine.media.clip import Clip
from app.engine.preview.render_strip import RenderState
from app.ui.panels.timeline.faces import FaceBand, face_band
from app.ui.panels.timeline.lanes import LaneLayout
from app.ui.panels.timeline.peak_columns import PeakColumns
from app.ui.panels.timeline.scale import TimeScale
from app.ui.panels.timeline.scene import Feedback, Hit, Scene, SoundLane, strip_of
from app.ui.panels.timeline.spans import SegmentTable, table_of
from app.ui.panels.timeline.thumbnails import Slots, ThumbnailStore
from app.ui.panels.timeline.ticks import ticks_of
from app.ui.session import Session


class TimelineModel:
    """Belongs to the GUI thread."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.thumbnails = ThumbnailStore()
        self.sounds: dict[SoundLane, PeakColumns] = {"original": PeakColumns(), "voice": PeakColumns()}
        self.hover: Hit | None = None
        self.feedback: Feedback | None = None
        self.band: TimeRange | None = None
        self._strip = strip_of(())
        self._table: SegmentTable | None = None
        self._table_stale = True
        self._states: list[RenderState | None] | None = None
        """Of the table's segments, by the strip."""
        self._faces: FaceBand | None = None

    @property
    def face(self) -> int:
        """Whose presence is shown: the selected segment's face, else the project's."""
        selected = self._session.selected
        return self._session.project.face if selected is None else selected.face

    def set_strip(self, items: Iterable[tuple[TimeRange, RenderState]]) -> None:
        """Takes what is rendered: ranges in order of time, with their states."""
        self._strip = strip_of(items)
        self._states = None

    def project_changed(self, old: Project, new: Project) -> None:
        """Forgets what was made from the old project."""
        if old.segments is not new.segments or old.face != new.face:
            self._table_stale = True
        self.face_changed()

    def face_changed(self) -> None:
        """Another person's presence may be wanted."""
        if self._faces is not None and self._faces.face != self.face:
            self._faces = None

    def clip_changed(self) -> None:
        """Forgets what was made of another clip."""
        self.thumbnails.clear()
        self.sounds["original"].set_peaks(None)
        self._strip = strip_of(())
        self._table = self._faces = self._states = None

    def voice_changed(self) -> None:
        """Forgets another voice's waveform."""
        self.sounds["voice"].set_peaks(None)

    def analysis_changed(self) -> None:
        """The faces are known, or no longer."""
        self._faces = None

    def table(self, clip: Clip) -> SegmentTable:
        """The segments as numbers."""
        if self._table is None or self._table_stale:
            self._table = table_of(self._session.project, clip.whole, self._table)
            self._table_stale = False
            self._states = None
        return self._table

    def faces(self) -> FaceBand | None:
        """Where the face is; None before one looked."""
        analysis = self._session.analysis
        if self._faces is None and analysis is not None and analysis.times:
            self._faces = face_band(analysis, self.face)
        return self._faces

    def scene(self, scale: TimeScale, layout: LaneLayout) -> Scene | None:
        """Everything as it is to be drawn; None without a clip."""
        session, clip = self._session, self._session.clip
        if clip is None:
            return None
        table = self.table(clip)
        if self._states is None:
            self._states = self._strip.states_of(table.spans)
        return Scene(
            project=session.project,
            clip=clip,
            voice_seconds=None if session.voice is None else session.voice.duration,
            scale=scale,
            layout=layout,
            table=table,
            strip=self._strip,
            segment_states=self._states,
            ticks=ticks_of(session.counting),
            faces=self.faces(),
            slots=Slots(clip, layout["video"].height),
            thumbnails=self.thumbnails,
            original=self.sounds["original"],
            voice=self.sounds["voice"],
            playhead=session.playhead,
            selection=session.selection,
            chosen=session.chosen,
            band=self.band,
            face_count=1 if session.analysis is None else max(1, session.analysis.face_count),
            hover=self.hover,
            feedback=self.feedback,
        )
