"""Plays the project: the sound leads, the picture follows.

Forward at once or twice the speed, the sound is heard (at twice the speed an octave higher), and its device is the
clock. At every other speed, backwards, without a device, and while the sounds are still being decoded, playing is
silent and goes by the wall clock; it joins the sound as soon as there is some.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path

from PySide6.QtCore import QElapsedTimer, QObject, Qt, QThread, QTimer, Signal, Slot

from app.core.project import Project, Take
from app.core.timebase import TimeRange
from app.engine.media.clip import Clip, Voice
from app.engine.sound.extent import heard_project
from app.engine.sound.playback_mix import Sources, heard_takes, load_sounds
from app.workers.levels import SILENCE
from app.workers.mailbox import Mailbox
from app.workers.sound_output import Heard, SoundOutput, Start
from app.workers.sound_sink import OpenSink, open_device
from app.workers.task import Task

SOUNDING = (1.0, 2.0)
"""Speeds at which sound is heard."""
SPEEDS = (1.0, 2.0, 4.0, 8.0)
"""What J and L step through."""
TICK_MS = 10
GUESS = 50_000_000
"""Nanoseconds at most for which the time is guessed from what was heard last."""
NANO = 1_000_000_000


class Player(QObject):
    """Lives on the GUI thread; every method returns at once, but for `close`.

    `position` may be connected to what moves the playhead and the playhead to `seek`: while `position` is being
    told, `seek` does nothing.
    """

    position = Signal(object)
    """Fraction: seconds of the clip, again and again while it plays, and where it stopped by itself."""
    state_changed = Signal(bool, float)
    """(playing, speed)"""
    levels = Signal(float, float)
    """(left, right) peaks of what is heard, 0 to 1, again and again while sound is heard, and 0 at its end."""
    sound_missing = Signal(str)
    """A sentence, once: why nothing is heard."""
    _mail_waits = Signal()

    def __init__(
        self,
        cache: Path,
        parent: QObject | None = None,
        open_sink: OpenSink = open_device,
        now: Callable[[], int] | None = None,
    ) -> None:
        """`cache` is where decoded sound is kept; `now` gives nanoseconds, of a QElapsedTimer where none is given."""
        super().__init__(parent)
        self._cache = cache
        self._now = now or _elapsed()
        self._project, self._clip, self._voice = Project(), None, None
        self._ready = False
        self._takes: frozenset[Take] = frozenset()
        self._playing, self._speed, self._sounding = False, 1.0, False
        self._base, self._since, self._serial = Fraction(0), 0, 0
        self._latest, self._lap = Fraction(0), 0
        self._loop: TimeRange | None = None
        self._until: Fraction | None = None
        self._scrub_sound = True
        self._telling, self._told_missing = False, False
        self._loader: Task | None = None
        self._mail = Mailbox()
        self._start_thread(open_sink)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)

    def _start_thread(self, open_sink: OpenSink) -> None:
        self._thread = QThread(self)
        self._thread.setObjectName("sound output")
        self._output = SoundOutput(self._mail, open_sink, self._now)
        self._output.moveToThread(self._thread)
        self._mail_waits.connect(self._output.read_mail)
        self._output.unavailable.connect(self._lose_sound)
        self._thread.finished.connect(self._output.deleteLater)
        self._thread.start()

    @property
    def playing(self) -> bool:
        """Whether time goes on."""
        return self._playing

    @property
    def speed(self) -> float:
        """Of the last `play`: 1 is the clip's own, negative is backwards."""
        return self._speed

    @property
    def sounding(self) -> bool:
        """Whether the sound device is the clock at the moment."""
        return self._playing and self._sounding

    @property
    def time(self) -> Fraction:
        """Seconds of the clip: what is heard or would be."""
        if not self._playing:
            return self._base
        if self._sounding:
            return self._heard_time()
        return self._base + Fraction(self._now() - self._since, NANO) * Fraction(self._speed)

    def set_project(self, project: Project) -> None:
        """The project changed: it is heard as soon as what waits in the device is over."""
        self._project = project
        if not heard_takes(project) <= self._takes:
            self._load()
        elif self._ready:
            self._post("project", self._heard_project())

    def set_sources(self, clip: Clip | None, voice: Voice | None) -> None:
        """Another clip or voice; both are decoded in the background."""
        if clip is self._clip and voice is self._voice:
            return
        self._clip, self._voice = clip, voice
        self._load()

    def _load(self) -> None:
        """Decodes all that is heard; until it is there, playing is silent."""
        clip, voice = self._clip, self._voice
        self._ready, self._takes = False, heard_takes(self._project)
        self._drop_loader()
        self._post("sources", None)
        if self._sounding:
            self._go_on()
        if clip is not None or voice is not None:
            self._loader = Task(partial(load_sounds, clip, voice, self._cache, takes=self._takes), self)
            self._loader.done.connect(self._take_sources)
            self._loader.failed.connect(self._tell_missing)
            self._loader.start()

    @Slot(object)
    def _take_sources(self, sources: Sources | None) -> None:
        """The sounds are decoded."""
        self._ready = sources is not None
        if sources is not None:
            self._post("sources", (sources, *self._heard_project()))
            if self._playing:
                self._go_on()

    def play(self, speed: float = 1.0, until: Fraction | None = None) -> None:
        """Plays from where it is, backwards where `speed` is negative, to `until` or the end.

        At the end it starts over. Raises ValueError for a speed of 0.
        """
        if not speed:
            raise ValueError("playing needs a speed; pause() stops it")
        self._base, self._until = self._beginning(self.time, speed), until
        self._playing, self._speed = True, float(speed)
        self._begin()
        self.state_changed.emit(True, self._speed)

    @Slot()
    def pause(self) -> None:
        """Stops where it is."""
        if self._playing:
            self._halt(self.time)

    @Slot()
    def toggle(self) -> None:
        """Plays at the clip's own speed, or pauses."""
        if self._playing:
            self.pause()
        else:
            self.play()

    def play_range(self, span: TimeRange) -> None:
        """Plays a stretch once, from its start to its end."""
        self._base, self._playing = span.start, False
        self.play(1.0, span.stop)

    def shuttle(self, direction: int) -> None:
        """J (-1) and L (1): plays that way; pressed again, at the next of `SPEEDS`."""
        same = self._playing and (self._speed > 0) == (direction > 0)
        faster = [speed for speed in SPEEDS if speed > abs(self._speed)]
        speed = (faster[0] if faster else SPEEDS[-1]) if same else SPEEDS[0]
        self.play(speed * (1 if direction > 0 else -1), self._until if same else None)

    def loop(self, span: TimeRange | None) -> None:
        """What is repeated while playing; None plays to the end."""
        if span == self._loop:
            return
        self._loop = span
        if self._playing:
            self._go_on()

    def seek(self, time: Fraction) -> None:
        """Goes somewhere else, playing or not; tells no position."""
        if self._telling:
            return
        self._base = max(time, Fraction(0))
        if self._playing:
            self._begin()

    def scrub(self, time: Fraction) -> None:
        """Goes somewhere by dragging: where nothing plays, a moment of sound is heard there."""
        if self._telling:
            return
        self.seek(time)
        if self._scrub_sound and self._ready and not self._playing:
            self._post("grain", self._base)

    def set_scrub_sound(self, on: bool) -> None:
        """Whether dragging is heard."""
        self._scrub_sound = on

    def close(self) -> None:
        """Ends both threads and waits for them."""
        self._timer.stop()
        self._playing = False
        self._drop_loader()
        # the output ends its thread itself, after it has let go of the device there
        self._post("close", True)
        self._thread.wait()

    def _post(self, subject: str, content: object) -> None:
        self._mail.post(subject, content)
        self._mail_waits.emit()

    def _drop_loader(self) -> None:
        if self._loader is not None:
            self._loader.stop()
            self._loader.deleteLater()
            self._loader = None

    def _whole(self) -> TimeRange:
        """What can be played."""
        return heard_project(self._project, self._clip, self._voice)[1]

    def _heard_project(self) -> tuple[Project, TimeRange]:
        return heard_project(self._project, self._clip, self._voice)

    def _bounds(self) -> TimeRange:
        """Between what playing moves."""
        whole = self._whole()
        if self._loop is not None:
            return self._loop.intersect(whole) or whole
        stop = whole.stop if self._until is None else min(max(self._until, Fraction(0)), whole.stop)
        return TimeRange(Fraction(0), stop)

    def _beginning(self, time: Fraction, speed: float) -> Fraction:
        """Where playing starts: here, or from the other end where there is nothing left in that direction."""
        whole = self._whole()
        last = self._clip.time_of(self._clip.count - 1) if self._clip is not None else whole.stop
        if speed > 0 and time >= min(last, whole.stop):
            return self._loop.start if self._loop is not None else whole.start
        if speed < 0 and time <= whole.start:
            return self._loop.stop if self._loop is not None else whole.stop
        return time

    def _go_on(self) -> None:
        """The same playing under other circumstances."""
        self._base = self.time
        self._begin()

    def _begin(self) -> None:
        """Plays from `_base`, by the device where it can be heard."""
        bounds = self._bounds()
        if self._loop is not None and not bounds.contains(self._base):
            self._base = bounds.start if self._speed > 0 else bounds.stop
        self._serial += 1
        self._since = self._now()
        self._latest, self._lap = self._base, 0
        self._sounding = self._ready and self._speed in SOUNDING
        if self._sounding:
            loop = bounds if self._loop is not None else None
            self._post("start", Start(self._serial, self._base, int(self._speed), bounds.stop, loop))
        else:
            self._post("start", None)
        self._timer.start()

    def _halt(self, time: Fraction) -> None:
        self._base, self._playing, self._sounding, self._until = time, False, False, None
        self._timer.stop()
        self._post("start", None)
        self.levels.emit(*SILENCE)
        self.state_changed.emit(False, self._speed)

    def _heard_time(self) -> Fraction:
        """What is heard now; between two looks at the device the clock goes on, and it does not tremble."""
        heard: Heard = self._output.heard
        if heard.serial != self._serial:
            return self._base
        time = heard.time
        if heard.moving:
            passed = min(max(self._now() - heard.stamp, 0), GUESS)
            time = min(time + Fraction(passed, NANO) * Fraction(self._speed), self._bounds().stop)
        if heard.lap == self._lap:
            time = max(time, self._latest)
        self._latest, self._lap = time, heard.lap
        return time

    @Slot()
    def _tick(self) -> None:
        """Tells where it is; at the ends it turns back or stops."""
        time, bounds = self.time, self._bounds()
        over = time >= bounds.stop if self._speed > 0 else time <= bounds.start
        if over and self._loop is not None and not self._sounding:
            self._base = bounds.start if self._speed > 0 else bounds.stop
            self._since = self._now()
            time = self._base
        elif over and self._loop is None:
            time = bounds.stop if self._speed > 0 else bounds.start
            self._halt(time)
        heard = self._output.heard
        if self._playing:
            self.levels.emit(*(heard.peaks if self._sounding and heard.serial == self._serial else SILENCE))
        self._tell(time)

    def _tell(self, time: Fraction) -> None:
        self._telling = True
        try:
            self.position.emit(time)
        finally:
            self._telling = False

    @Slot(int, str)
    def _lose_sound(self, serial: int, sentence: str) -> None:
        """Nothing is heard: the wall clock takes over from where the sound was."""
        self._tell_missing(sentence)
        if self._sounding and serial in (0, self._serial):
            self._base, self._since, self._sounding = self._heard_time(), self._now(), False

    @Slot(str, str)
    def _tell_missing(self, sentence: str, _details: str = "") -> None:
        if not self._told_missing:
            self._told_missing = True
            self.sound_missing.emit(sentence)


def _elapsed() -> Callable[[], int]:
    """Nanoseconds that have passed since now."""
    timer = QElapsedTimer()
    timer.start()
    return timer.nsecsElapsed
