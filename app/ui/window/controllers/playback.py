"""Connects player, playhead and the actions of the Playback menu."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from PySide6.QtCore import QObject, Signal, Slot

from app.core.project import Project
from app.ui.actions import Actions
from app.ui.panels.issues import doubts_of_session
from app.ui.panels.timeline.widget import Timeline
from app.ui.panels.waveform.view import WaveformView
from app.ui.session import Session
from app.ui.window.controllers.editing import marked_or_whole
from app.ui.window.keys import HeldKeys
from app.workers.player import Player


class Playing(QObject):
    """The playhead follows the player, and the player whoever else moves the playhead."""

    moved = Signal(object, bool)
    """(Fraction: the playhead, whether the very frame is wanted at once) after every move."""

    def __init__(
        self,
        session: Session,
        player: Player,
        timeline: Timeline,
        waveform: WaveformView,
        actions: Actions,
        keys: HeldKeys,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._session, self._player, self._timeline = session, player, timeline
        self._actions, self._keys = actions, keys
        session.playhead_changed.connect(self._playhead_changed)
        session.changed.connect(self._project_changed)
        session.reset.connect(self._reset)
        session.clip_changed.connect(self._sources_changed)
        session.voice_changed.connect(self._sources_changed)
        timeline.scrubbed.connect(self._scrubbed)
        waveform.scrubbed.connect(self._scrubbed)
        player.position.connect(session.set_playhead)

    def slots(self) -> dict[str, Callable[..., object]]:
        """What the actions of the Playback menu do, by id."""
        return {
            "play": self._player.toggle,
            "play_range": lambda: self._player.play_range(marked_or_whole(self._session)),
            "loop": self._update_loop,
            "play_back": lambda: self._shuttle(-1),
            "pause": self._player.pause,
            "play_on": lambda: self._shuttle(1),
            "frame_back": lambda: self.step(-1),
            "frame_on": lambda: self.step(1),
            "second_back": lambda: self.go(self._session.playhead - 1),
            "second_on": lambda: self.go(self._session.playhead + 1),
            "to_start": lambda: self.go(Fraction(0)),
            "to_end": self._to_end,
            "next_problem": self._to_next_problem,
        }

    def step(self, frames: int) -> None:
        """So many frames on, or back; playing ends."""
        clip = self._session.clip
        if clip is not None:
            self._player.pause()
            self.go(clip.time_of(clip.index_at(self._session.playhead) + frames))

    @Slot(object)
    def go(self, time: Fraction) -> None:
        """Moves the playhead there, within the clip."""
        self._timeline.playhead.go(max(time, Fraction(0)))

    def _shuttle(self, direction: int) -> None:
        """J and L; with K held, one frame."""
        if self._keys.fine:
            self.step(direction)
        else:
            self._player.shuttle(direction)

    def _to_end(self) -> None:
        clip = self._session.clip
        if clip is not None:
            self.go(clip.time_of(clip.count - 1))

    def _to_next_problem(self) -> None:
        """To the next stretch that is dubbed and is to be checked; after the last one to the first."""
        clip = self._session.clip
        starts = [doubt.range.start for doubt in doubts_of_session(self._session)]
        if clip is not None and starts:
            here = clip.index_at(self._session.playhead)
            self.go(next((time for time in starts if clip.index_at(time) > here), starts[0]))

    @Slot(object, bool)
    def _scrubbed(self, time: Fraction, exact: bool) -> None:
        """The playhead is dragged, or was put somewhere (`exact`)."""
        self._player.scrub(time)
        if exact:
            self.moved.emit(self._session.playhead, True)

    @Slot(object)
    def _playhead_changed(self, time: Fraction) -> None:
        self._player.seek(time)
        self.moved.emit(time, not self._timeline.pointer.active)

    @Slot(object, object)
    def _project_changed(self, old: Project, new: Project) -> None:
        self._player.set_project(new)
        if (old.mark_in, old.mark_out) != (new.mark_in, new.mark_out):
            self._update_loop()

    @Slot()
    def _reset(self) -> None:
        self._player.pause()
        self._player.set_project(self._session.project)
        self._player.seek(self._session.playhead)
        self._update_loop()

    @Slot()
    def _sources_changed(self) -> None:
        session = self._session
        self._actions.set_clip_open(session.clip is not None)
        self._player.set_sources(session.clip, session.voice)
        self._update_loop()

    def _update_loop(self, _on: bool = False) -> None:
        """What is repeated while "Loop" is on."""
        span = marked_or_whole(self._session)
        on = self._actions["loop"].isChecked() and span.duration > 0
        self._player.loop(span if on else None)
