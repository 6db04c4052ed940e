"""The waveform view: listen, look where somebody speaks, and move the new voice against the original."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app import wiring
from app.core import edits
from app.core.project import Project
from app.core.text import offset_text
from app.core.timebase import TimeRange
from app.engine.media.clip import Clip, Voice
from app.engine.sound.peaks import PeakPyramid
from app.ui.actions import KeyMap, shortcut
from app.ui.kit import palette
from app.ui.kit.renewal import keep_current
from app.ui.kit.voice_drag import offset_of
from app.ui.panels.waveform.columns import Run, voice_runs
from app.ui.panels.waveform.gestures import Gestures
from app.ui.panels.waveform.graph import Graph
from app.ui.panels.waveform.hints import Hints
from app.ui.panels.waveform.lane_contents import LaneContents
from app.ui.panels.waveform.mixer import Mixer, SoundName
from app.ui.panels.waveform.proposal import ProposalRow
from app.ui.session import Session

MARGIN = 0.02
"""What is seen beyond the ends when all is shown, as a part of it."""


def _help() -> str:
    """The tooltip, with the keys as they are now."""
    return (
        "Drag the new voice to move it; Ctrl and drag moves it in one segment alone. "
        f"{shortcut('voice_earlier')}, {shortcut('voice_later')}: one frame; {shortcut('voice_earlier_fine')}, "
        f"{shortcut('voice_later_fine')}: 10 ms. Drag elsewhere to scrub. Ctrl+wheel zooms, the wheel and the middle "
        "button scroll."
    )


class WaveformView(QWidget):
    """Two lanes over one axis. Knows the session alone; peaks and activity are given to it."""

    scrubbed = Signal(object, bool)
    """(Fraction: the playhead's new time, whether the exact frame is wanted now): the session is there already."""
    range_changed = Signal(float, float)
    """(start, stop) in seconds of the clip, after the user scrolled or zoomed here."""
    problem = Signal(str)
    """A sentence: why an edit could not be made."""

    def __init__(self, session: Session, cache: Path | None = None, parent: QWidget | None = None) -> None:
        """`cache` is the folder of decoded sound; the program's own where none is given."""
        super().__init__(parent)
        self._session = session
        self.setObjectName("waveform")
        self.setAccessibleName("Waveforms")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.graph = Graph(self)
        keep_current(self.graph, lambda: self.graph.setToolTip(_help()))
        self.hints = Hints(self.graph)
        self.contents = LaneContents(session, self.graph, self.hints)
        keep_current(self.graph, self.contents.shade)
        self.gestures = Gestures(session, self.graph, self.hints, self)
        self.mixers: dict[SoundName, Mixer] = {
            "original": Mixer(session, "original", palette.ORIGINAL_WAVE, self),
            "voice": Mixer(session, "voice", palette.VOICE_WAVE, self),
        }
        self.offset = QLabel(self)
        self.offset.setObjectName("voice_offset")
        self.offset.setAccessibleName("Offset of the voice")
        self.proposal = ProposalRow(cache or wiring.cache_folder() / "sound", self)
        self._redraw = QTimer(self)
        self._redraw.setSingleShot(True)
        self._redraw.setInterval(0)
        self._redraw.timeout.connect(self.draw)
        self._keys = KeyMap(self.gestures.slots() | {"cancel": self.gestures.cancel})
        self._lay_out()
        self._connect()
        self._forget()

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(0)
        for row, mixer in enumerate(self.mixers.values()):
            grid.addWidget(mixer, row, 0)
            grid.setRowStretch(row, 1)
        grid.addWidget(self.graph, 0, 1, 3, 1)
        grid.setColumnStretch(1, 1)
        # the room beside the axis
        self._beside_axis = QWidget(self)
        grid.addWidget(self._beside_axis, 2, 0)
        row = QHBoxLayout()
        row.setContentsMargins(8, 3, 8, 3)
        row.setSpacing(12)
        row.addWidget(self.offset)
        row.addWidget(self.proposal, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(grid, 1)
        column.addLayout(row)

    def _connect(self) -> None:
        session, graph = self._session, self.graph
        session.changed.connect(self._changed)
        session.reset.connect(self._forget)
        session.clip_changed.connect(self._media_changed)
        session.voice_changed.connect(self._media_changed)
        session.playhead_changed.connect(self._follow)
        session.selection_changed.connect(self._select)
        graph.range_moved.connect(self.range_changed)
        graph.laid_out.connect(self._schedule)
        gestures = self.gestures
        gestures.scrubbed.connect(self.scrubbed)
        gestures.problem.connect(self.problem)
        gestures.dropped.connect(self._schedule)
        self.proposal.accepted.connect(self._accept)

    # what is shown

    def set_peaks(self, sound: SoundName, peaks: PeakPyramid | None) -> None:
        """The waveform of one of the two sounds, or as much of it as is known."""
        lane = self.graph.lanes[sound]
        first = lane.peaks is None and peaks is not None
        lane.set_peaks(peaks)
        self.contents.set_problem(sound, "")
        if first and self._session.clip is None:
            self.show_all()
        self.contents.update_limits()
        self._schedule()

    def set_activity(self, sound: SoundName, activity: tuple[TimeRange, ...]) -> None:
        """Where one of the two sounds has voice, in its own seconds."""
        self.contents.set_activity(sound, activity)
        self._schedule()

    def set_problem(self, sound: SoundName, sentence: str) -> None:
        """Why one of the two sounds cannot be shown."""
        self.contents.set_problem(sound, sentence)
        self._schedule()

    def set_range(self, start: float, stop: float) -> None:
        """Shows from `start` to `stop` seconds of the clip, as far as there is something; tells nobody."""
        self.graph.set_range(float(start), float(stop))

    @Slot()
    def show_all(self) -> None:
        """The clip from end to end, or the voice where there is no clip."""
        self.contents.update_limits()
        whole = self.contents.extent
        margin = MARGIN * float(whole.duration)
        self.graph.set_range(float(whole.start) - margin, float(whole.stop) + margin)
        self.range_changed.emit(*self.graph.in_sight)

    @Slot(bool)
    def set_snapping(self, on: bool) -> None:
        """Whether a dragged voice sticks to edges, markers, in, out and the playhead; Shift held turns it round."""
        self.gestures.snapping = on

    def zoom(self, factor: float) -> None:
        """Zooms in around the playhead where it is in sight, else around the middle; out where `factor` is below 1."""
        start, stop = self.graph.in_sight
        playhead = float(self._session.playhead)
        self.graph.zoom(factor, playhead if start <= playhead <= stop else (start + stop) / 2)

    def stop(self) -> None:
        """Ends what runs in the background; before the view goes."""
        self._redraw.stop()
        self.proposal.stop()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        """A drag does not outlive the sight of it."""
        self.gestures.cancel()
        super().hideEvent(event)

    @Slot()
    def _schedule(self) -> None:
        """Draws anew when the events at hand are through."""
        self._redraw.start()

    @Slot()
    def draw(self) -> None:
        """Draws waves, bands, hints and figures; happens by itself after every change."""
        start, stop = self.graph.in_sight
        view = TimeRange(Fraction(start), Fraction(stop))
        runs: dict[SoundName, list[Run]] = {
            "original": [Run(start, stop, 0.0)],
            "voice": voice_runs(self._session.project, view),
        }
        for sound, lane in self.graph.lanes.items():
            lane.draw(runs[sound], self.graph.pixel)
        self.contents.show(runs)
        self._show_offset()
        self._fit_mixers()

    def _show_offset(self) -> None:
        """The figures under the lanes."""
        if self._session.voice is None and self.graph.lanes["voice"].peaks is None:
            self.offset.setText("")
            return
        segment, session = self.gestures.target, self._session
        name = "Voice" if segment is None else "Voice in this segment"
        fps = None if session.clip is None else session.clip.fps
        self.offset.setText(f"{name}: {offset_text(offset_of(session.project, segment), fps)}")

    def _fit_mixers(self) -> None:
        """The heads are as high as their lanes."""
        below = self.graph.height() - round(self.graph.lane_rect("voice").bottom())
        self._beside_axis.setFixedHeight(max(below, 0))

    # the session

    @Slot()
    def _forget(self) -> None:
        """Another document is open: forgets the last one's sounds."""
        self.gestures.forget()
        for sound in self.graph.lanes:
            self.contents.clear(sound)
        self.contents.shade()
        self._media_changed()

    @Slot(object)
    def _media_changed(self, medium: Clip | Voice | None = None) -> None:
        """A clip or a voice was opened, or is gone: its waveform is to come."""
        session = self._session
        if isinstance(medium, Clip) or session.clip is None:
            self.contents.clear("original")
        if isinstance(medium, Voice) or session.voice is None:
            self.contents.clear("voice")
        self.proposal.set_media(session.clip, session.voice)
        if isinstance(medium, Clip) or session.clip is None:
            self.show_all()
        self.contents.update_limits()
        self._follow(session.playhead)
        self._schedule()

    @Slot(object, object)
    def _changed(self, old: Project, new: Project) -> None:
        self.gestures.project_changed(new)
        if old.offset != new.offset or old.segments != new.segments:
            self.contents.update_limits()
            self._schedule()
        if old.segments != new.segments:
            self.contents.shade()

    @Slot(object)
    def _select(self, _id: int | None) -> None:
        self.contents.shade()
        self._schedule()

    @Slot(object)
    def _follow(self, time: Fraction) -> None:
        """The playhead moved; where it leaves the sight, the view goes after it."""
        seconds = float(time)
        start, stop = self.graph.in_sight
        before = self.graph.lanes["original"].playhead
        for lane in self.graph.lanes.values():
            lane.set_playhead(seconds)
        if start <= before <= stop and not start <= seconds <= stop and not self.gestures.busy:
            width = stop - start
            place = 0.1 if seconds > before else 0.9
            self.graph.set_range(seconds - place * width, seconds + (1 - place) * width)
            self.range_changed.emit(*self.graph.in_sight)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Runs the command on a key: Escape leaves the voice where it was, others nudge it."""
        if not self._keys.run(event):
            super().keyPressEvent(event)

    @Slot(object)
    def _accept(self, offset: Fraction) -> None:
        """The proposed offset is taken."""
        self._session.apply("Use proposed offset", edits.set_offset(self._session.project, offset))
