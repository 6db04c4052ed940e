"""Feeds a sound device from a mix and knows what is heard at the moment; lives in a thread of its own.

Asked through a mailbox, so that the GUI thread never waits; answers by signals, and by `heard`, a frozen value that
any thread may read. What is heard is counted in samples: those that were written less those that wait in the device.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import msgspec
import numpy as np
import soundfile
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.core.project import Project
from app.core.timebase import TimeRange, to_pts
from app.engine.sound.playback_mix import PlaybackMix, Sources
from app.workers.levels import SILENCE, Levels, Peaks
from app.workers.mailbox import Mailbox
from app.workers.sound_sink import CHANNELS, OpenSink, Samples, SoundSink

TICK_MS = 10
GRAIN = Fraction(8, 100)
"""Seconds of sound that are heard where the playhead is dragged."""
GRAIN_FADE = Fraction(1, 100)
IDLE_TICKS = 50
"""Ticks of silence after a grain, after which the device is let go."""
NO_DEVICE = "There is no sound device, or it cannot play this sound: playing goes on in silence, by the clock."
LOST_DEVICE = "The sound device went away: playing goes on in silence, by the clock."
LOST_SOUND = "The decoded sound is gone from the cache: open the clip again to hear it."

_HALF = 15


class Start(msgspec.Struct, frozen=True):
    """What is to be played."""

    serial: int
    """Names this request."""
    time: Fraction
    """Seconds of the clip."""
    speed: int
    """1 or 2."""
    stop: Fraction
    """Seconds at which it ends in silence."""
    loop: TimeRange | None
    """What is repeated instead, once its end is reached."""


class Heard(msgspec.Struct, frozen=True):
    """What is heard at a moment, and when that was."""

    serial: int
    """The request that it belongs to."""
    time: Fraction
    """Seconds of the clip."""
    stamp: int
    """Nanoseconds of the clock at which that was so."""
    moving: bool
    """Whether sound is being heard, so that time goes on."""
    lap: int = 0
    """How often the loop went back to its start."""
    peaks: Peaks = SILENCE
    """Of what is heard."""


class Stretch(msgspec.Struct, frozen=True):
    """A run of written samples that stands for a run of the mix."""

    written: int
    """Samples that were written before it."""
    sample: int
    """Where in the mix it begins."""
    speed: int
    """Samples of the mix for each one written; 0 where the end is reached."""
    lap: int = 0
    """How often the loop went back before it."""


class SoundOutput(QObject):
    """The sound thread's worker."""

    unavailable = Signal(int, str)
    """(serial of the request, sentence): it cannot be heard."""

    def __init__(self, mail: Mailbox, open_sink: OpenSink, now: Callable[[], int]) -> None:
        """`now` gives nanoseconds. The mail has these subjects, read in this order.

        "sources": (Sources, Project, TimeRange) or None; "project": (Project, TimeRange); "start": Start or None;
        "grain": Fraction; "close": anything.
        """
        super().__init__()
        self.heard = Heard(0, Fraction(0), 0, False)
        self._mail, self._open_sink, self._now = mail, open_sink, now
        self._mix: PlaybackMix | None = None
        self._sink: SoundSink | None = None
        self._start: Start | None = None
        self._grain: Fraction | None = None
        self._sample = 0
        self._written = 0
        self._idle_ticks = 0
        self._stretches: deque[Stretch] = deque()
        self._levels = Levels()
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)

    @Slot()
    def read_mail(self) -> None:
        """Does what was asked for."""
        box = self._mail.take(0.0)
        if "close" in box:
            self._close()
            return
        try:
            self._obey(box)
        except (OSError, soundfile.LibsndfileError):
            self._give_up(LOST_SOUND)

    def _obey(self, box: dict[str, Any]) -> None:
        if "sources" in box:
            self._set_sources(box["sources"])
        if "project" in box and self._mix is not None:
            self._mix.set_project(*box["project"])
        if "start" in box:
            self._begin(box["start"])
        if "grain" in box and self._start is None:
            self._grain = box["grain"]
            self._touch()

    def _set_sources(self, wanted: tuple[Sources, Project, TimeRange] | None) -> None:
        """Other sounds; whatever is heard ends."""
        self._begin(None)
        if self._mix is not None:
            self._mix.close()
            self._mix = None
        if wanted is not None:
            sources, project, whole = wanted
            self._mix = PlaybackMix(project, sources, whole)

    def _begin(self, start: Start | None) -> None:
        """Plays from another place, or stops."""
        self._start, self._grain = start, None
        if start is None:
            self._rest()
            return
        sink = self._opened()
        if sink is None or self._mix is None:
            self._give_up(NO_DEVICE)
            return
        self._restart(sink, to_pts(start.time, Fraction(1, sink.rate)), start.speed)
        self._tick()

    def _opened(self) -> SoundSink | None:
        """The device at the rate of the mix."""
        if self._mix is None:
            return None
        if self._sink is not None and self._sink.rate != self._mix.rate:
            self._sink.close()
            self._sink = None
        if self._sink is None:
            self._sink = self._open_sink(self._mix.rate)
        return self._sink

    def _restart(self, sink: SoundSink, sample: int, speed: int) -> None:
        sink.start()
        self._written, self._sample = 0, sample
        self._stretches = deque([Stretch(0, sample, speed)])
        self._levels.clear()
        self._timer.start()

    def _touch(self) -> None:
        """A grain is wanted: the device is made ready."""
        sink = self._opened()
        if sink is None:
            self._give_up(NO_DEVICE)
        elif not self._timer.isActive():
            self._idle_ticks = 0
            self._restart(sink, 0, 0)
            self._tick()

    def _rest(self) -> None:
        """Stops the device, so that nothing is heard."""
        self._timer.stop()
        if self._sink is not None:
            self._sink.stop()

    def _give_up(self, sentence: str) -> None:
        """The device or the sound is not there."""
        serial = self._start.serial if self._start is not None else 0
        self._rest()
        if self._sink is not None:
            self._sink.close()
        self._sink = self._start = self._grain = None
        self.unavailable.emit(serial, sentence)

    @Slot()
    def _tick(self) -> None:
        """Fills the device and looks at what is heard."""
        sink, mix = self._sink, self._mix
        if sink is None or mix is None:
            return
        if sink.lost():
            self._give_up(LOST_DEVICE)
            return
        try:
            if self._start is None:
                self._play_grain(sink, mix)
            else:
                self._fill(sink, mix, self._start)
                self._listen(sink, self._start)
        except (OSError, soundfile.LibsndfileError):
            self._give_up(LOST_SOUND)

    def _fill(self, sink: SoundSink, mix: PlaybackMix, start: Start) -> None:
        """Writes as much as the device takes."""
        free = sink.free()
        while free > 0:
            count, speed = self._next_run(free, start, sink.rate)
            samples = played(mix, self._sample, count, speed) if speed else np.zeros((count, CHANNELS), np.float32)
            sink.write(samples)
            self._levels.add(self._written, samples)
            self._written += count
            self._sample += count * speed
            free -= count

    def _next_run(self, free: int, start: Start, rate: int) -> tuple[int, int]:
        """How many samples come next without a jump, at most `free`, and their speed (0: silence after the end)."""
        tick = Fraction(1, rate)
        if start.loop is not None:
            first, end = to_pts(start.loop.start, tick), to_pts(start.loop.stop, tick)
            if self._sample >= end > first:
                self._sample = first
                self._stretches.append(Stretch(self._written, first, start.speed, self._stretches[-1].lap + 1))
        else:
            end = to_pts(start.stop, tick)
        left = -(-(end - self._sample) // start.speed)
        if left > 0:
            return min(free, left), start.speed
        if self._stretches[-1].speed:
            self._stretches.append(Stretch(self._written, end, 0))
        return free, 0

    def _listen(self, sink: SoundSink, start: Start) -> None:
        """Notes what is heard now."""
        stamp = self._now()
        heard = self._written - sink.waiting()
        while len(self._stretches) > 1 and self._stretches[1].written <= heard:
            self._stretches.popleft()
        stretch = self._stretches[0]
        sample = stretch.sample + (heard - stretch.written) * stretch.speed
        time = Fraction(sample, sink.rate) if stretch.speed else start.stop
        moving = heard > 0 and stretch.speed > 0
        self.heard = Heard(start.serial, time, stamp, moving, stretch.lap, self._levels.heard(heard))

    def _play_grain(self, sink: SoundSink, mix: PlaybackMix) -> None:
        """A moment of the mix where the playhead was dragged last, when the one before is nearly over."""
        length = to_pts(GRAIN, Fraction(1, sink.rate))
        waiting = sink.waiting()
        if self._grain is not None and waiting < length // 2 and sink.free() >= length:
            sink.write(grain(mix, self._grain))
            self._written += length
            self._grain, self._idle_ticks = None, 0
        elif waiting == 0:
            self._idle_ticks += 1
            if self._idle_ticks > IDLE_TICKS:
                self._rest()

    def _close(self) -> None:
        """Lets go of everything and ends the thread; what waits in its queue is not asked for any more."""
        try:
            self._set_sources(None)
            if self._sink is not None:
                self._sink.close()
                self._sink = None
        finally:
            self.thread().quit()


def grain(mix: PlaybackMix, time: Fraction) -> Samples:
    """`GRAIN` seconds of the mix around `time`, with soft ends."""
    tick = Fraction(1, mix.rate)
    length, fade = to_pts(GRAIN, tick), to_pts(GRAIN_FADE, tick)
    samples = mix.read(to_pts(time, tick) - length // 2, length)
    ramp = ((np.arange(fade) + 0.5) / fade).astype(np.float32)[:, None]
    samples[:fade] *= ramp
    samples[-fade:] *= ramp[::-1]
    return samples


def played(mix: PlaybackMix, first: int, count: int, speed: int) -> Samples:
    """`count` x 2 samples of the mix from number `first` on, at a whole speed: each is one of `speed`, low-passed.

    At twice the speed the pitch is an octave higher, as on tape.
    """
    if speed == 1:
        return mix.read(first, count)
    taps = _low_pass(speed)
    block = mix.read(first - _HALF, (count - 1) * speed + len(taps))
    windows = np.lib.stride_tricks.sliding_window_view(block, len(taps), axis=0)[::speed]
    return np.clip(windows @ taps, -1, 1)


def _low_pass(speed: int) -> Samples:
    """A windowed sinc that keeps what lies below the new half rate; its sum is 1."""
    place = np.arange(-_HALF, _HALF + 1)
    taps = np.sinc(place / speed) * np.hanning(2 * _HALF + 3)[1:-1]
    return (taps / taps.sum()).astype(np.float32)
