"""What the lanes show beyond the waves: speech, segments, words; and how far one may scroll over them."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import numpy as np

from app.core.timebase import TimeRange
from app.ui.kit import palette
from app.ui.panels.waveform.bands import Band, segment_bands, unheard_bands
from app.ui.panels.waveform.columns import Run
from app.ui.panels.waveform.graph import CLOSEST, Graph
from app.ui.panels.waveform.hints import Hints, sound_hint
from app.ui.panels.waveform.lane import Spans, speech_bands
from app.ui.panels.waveform.mixer import SoundName
from app.ui.session import Session


class LaneContents:
    """Fills the two lanes from the session and from what is known of the sounds."""

    def __init__(self, session: Session, graph: Graph, hints: Hints) -> None:
        self._session, self._graph, self._hints = session, graph, hints
        self._activity: dict[SoundName, Spans | None] = {"original": None, "voice": None}
        self._problems: dict[SoundName, str] = {"original": "", "voice": ""}

    def set_activity(self, sound: SoundName, activity: tuple[TimeRange, ...]) -> None:
        """Where a sound has voice, in its own seconds; `show` draws it."""
        spans = [(float(span.start), float(span.stop)) for span in activity]
        self._activity[sound] = np.array(spans, np.float64).reshape(-1, 2)

    def set_problem(self, sound: SoundName, sentence: str) -> None:
        """Why a sound cannot be shown; empty where it can. `show` writes it."""
        self._problems[sound] = sentence

    def clear(self, sound: SoundName) -> None:
        """Forgets all that is known of a sound."""
        self._graph.lanes[sound].set_peaks(None)
        self._activity[sound] = None
        self._problems[sound] = ""

    @property
    def extent(self) -> TimeRange:
        """The clip, or without one the voice."""
        if self._session.clip is not None:
            return self._session.clip.whole
        peaks = self._graph.lanes["voice"].peaks
        offset = self._session.project.offset
        if peaks is None:
            return TimeRange(Fraction(0), Fraction(10))
        return TimeRange(offset, offset + Fraction(peaks.duration))

    def update_limits(self) -> None:
        """One may scroll over the clip and over the voice wherever it lies, and a little beyond."""
        whole, voice = self.extent, self._graph.lanes["voice"].peaks
        low, high = float(whole.start), float(whole.stop)
        if voice is not None:
            offset = float(self._session.project.offset)
            low, high = min(low, offset), max(high, offset + voice.duration)
        margin = max((high - low) * 0.1, 0.05)
        self._graph.limits = (low - margin, high + margin)
        rates = [lane.peaks.rate for lane in self._graph.lanes.values() if lane.peaks is not None]
        self._graph.closest = min(CLOSEST / max(rates, default=8000), high - low)

    def shade(self) -> None:
        """Shows the segments, which of them is selected, and where the voice is not heard."""
        project = self._session.project
        shades = segment_bands(project, self._session.chosen)
        for lane in self._graph.lanes.values():
            lane.set_segments(shades)
        self._graph.lanes["voice"].set_veil(unheard_bands(project))

    def show(self, runs: Mapping[SoundName, list[Run]]) -> None:
        """Speech under the waves where the sounds lie, and words where there is no wave."""
        session = self._session
        for sound, lane in self._graph.lanes.items():
            lane.set_speech(self._speech(sound, runs[sound]))
            medium = session.clip is not None if sound == "original" else session.voice is not None
            silent = sound == "original" and session.clip is not None and not session.clip.has_sound
            hint = sound_hint(sound, medium, silent, lane.peaks, self._problems[sound])
            self._hints.show_hint(sound, hint, self._graph.lane_rect(sound).toRect())

    def _speech(self, sound: SoundName, runs: list[Run]) -> tuple[Band, ...]:
        spans, peaks = self._activity[sound], self._graph.lanes[sound].peaks
        if spans is None or peaks is None:
            return ()
        colour = palette.ORIGINAL_WAVE if sound == "original" else palette.VOICE_WAVE
        return speech_bands(spans, runs, peaks.duration, colour, self._graph.pixel)
