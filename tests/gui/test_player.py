"""The player: the device's clock leads, without one the wall clock does, and nothing is left running."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtMultimedia import QAudioFormat, QtAudio
from pytestqt.qtbot import QtBot

from app.core.project import Mix, Project, Segment
from app.core.timebase import TimeRange
from app.engine.media.clip import Clip, Voice
from app.engine.progress import CancelToken
from app.engine.sound.playback_mix import PlaybackMix, load_sounds
from app.workers.levels import WINDOW, Levels
from app.workers.player import Player
from app.workers.sound_output import GRAIN, LOST_DEVICE, NO_DEVICE, played
from app.workers.sound_sink import DeviceSink, open_device
from tests.gui import sound_material as sound
from tests.gui.sound_material import RATE

SECOND = 1_000_000_000
PATIENCE = 60_000
"""Milliseconds before a test gives up; the machine may be busy."""


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += round(seconds * SECOND)


class Rig:
    """A player with a device and a clock of the test's, and what it told."""

    def __init__(self, folder: Path, with_device: bool = True) -> None:
        self.clock = Clock()
        self.devices: list = []
        self.with_device = with_device
        self.player = Player(folder / "cache", open_sink=self._open, now=self.clock)
        self.positions: list[Fraction] = []
        self.states: list[tuple[bool, float]] = []
        self.missing: list[str] = []
        self.player.position.connect(self.positions.append)
        self.player.state_changed.connect(lambda playing, speed: self.states.append((playing, speed)))
        self.player.sound_missing.connect(self.missing.append)

    def _open(self, rate: int) -> sound.Device | None:
        if not self.with_device:
            return None
        self.devices.append(sound.Device(rate))
        return self.devices[-1]

    @property
    def device(self) -> sound.Device:
        return self.devices[-1]


@pytest.fixture
def clip(tmp_path: Path) -> Clip:
    return sound.make_clip(tmp_path / "clip.wav", 4)


@pytest.fixture
def voice(tmp_path: Path) -> Voice:
    return sound.make_voice(tmp_path / "voice.wav", 2)


@pytest.fixture
def make_rig(qtbot: QtBot, tmp_path: Path) -> Iterator[Callable[..., Rig]]:
    made: list[Rig] = []

    def make(clip: Clip | None, voice: Voice | None, project: Project | None = None, **options: bool) -> Rig:
        rig = Rig(tmp_path, **options)
        made.append(rig)
        rig.player.set_project(project or Project())
        rig.player.set_sources(clip, voice)
        if clip is not None or voice is not None:
            qtbot.waitUntil(lambda: rig.player._ready, timeout=PATIENCE)
        return rig

    yield make
    for rig in made:
        rig.player.close()
        assert all(device.closed for device in rig.devices)


def play_through(qtbot: QtBot, rig: Rig, samples: int) -> None:
    """Lets the device play so many samples, waiting for each to be written."""
    left = samples

    def step() -> bool:
        nonlocal left
        left -= rig.device.play(left)
        return left == 0

    qtbot.waitUntil(lambda: bool(rig.devices), timeout=PATIENCE)
    qtbot.waitUntil(step, timeout=PATIENCE)


def wait_for_time(qtbot: QtBot, rig: Rig, time: Fraction) -> None:
    qtbot.waitUntil(lambda: rig.positions[-1:] == [time], timeout=PATIENCE)


def mix_of(rig: Rig, first: int, count: int) -> np.ndarray:
    """What should be heard, read aside."""
    player = rig.player
    sources = load_sounds(player._clip, player._voice, player._cache, CancelToken())
    mix = PlaybackMix(player._project, sources, player._whole())
    try:
        return mix.read(first, count)
    finally:
        mix.close()


def test_the_devices_clock_leads(qtbot: QtBot, make_rig: Callable[..., Rig], clip: Clip, voice: Voice) -> None:
    rig = make_rig(clip, voice)
    rig.player.play()
    assert rig.player.sounding
    play_through(qtbot, rig, 3000)
    wait_for_time(qtbot, rig, Fraction(3000, RATE))
    np.testing.assert_array_equal(rig.device.heard()[:3000], mix_of(rig, 0, 3000))
    play_through(qtbot, rig, 1234)
    wait_for_time(qtbot, rig, Fraction(4234, RATE))
    # a device that stalls holds the picture, however long the wall clock goes on
    rig.clock.pass_(10)
    qtbot.wait(50)
    assert rig.player.time <= Fraction(4234, RATE) + Fraction(1, 20)


def test_it_ends_at_the_end_and_starts_over(
    qtbot: QtBot, make_rig: Callable[..., Rig], clip: Clip, voice: Voice
) -> None:
    rig = make_rig(clip, voice)
    rig.player.seek(Fraction(39, 10))
    rig.player.play()
    play_through(qtbot, rig, RATE // 10 + 10)
    qtbot.waitUntil(lambda: not rig.player.playing, timeout=PATIENCE)
    assert rig.positions[-1] == clip.stop
    assert rig.states == [(True, 1.0), (False, 1.0)]
    rig.player.play()
    assert rig.player.time == 0


def test_seeking_while_playing(qtbot: QtBot, make_rig: Callable[..., Rig], clip: Clip, voice: Voice) -> None:
    rig = make_rig(clip, voice)
    rig.player.play()
    play_through(qtbot, rig, 1000)
    rig.player.seek(Fraction(2))
    assert rig.player.time == 2
    qtbot.waitUntil(lambda: rig.device.starts == 2, timeout=PATIENCE)
    play_through(qtbot, rig, 800)
    wait_for_time(qtbot, rig, Fraction(21, 10))
    np.testing.assert_array_equal(rig.device.heard()[:800], mix_of(rig, 2 * RATE, 800))


def test_what_the_position_moves_does_not_move_the_player(
    qtbot: QtBot, make_rig: Callable[..., Rig], clip: Clip, voice: Voice
) -> None:
    """The playhead snaps to frames and tells the player: that must not make it go back."""
    rig = make_rig(clip, voice)
    rig.player.position.connect(lambda time: rig.player.seek(Fraction(int(time * 25), 25)))
    rig.player.play()
    play_through(qtbot, rig, 1111)
    wait_for_time(qtbot, rig, Fraction(1111, RATE))
    assert rig.device.starts == 1


def test_a_loop_is_repeated_without_a_gap(qtbot: QtBot, make_rig: Callable[..., Rig], clip: Clip, voice: Voice) -> None:
    rig = make_rig(clip, voice)
    span = TimeRange(Fraction(1), Fraction(5, 4))
    rig.player.loop(span)
    rig.player.play()
    assert rig.player.time == 1
    play_through(qtbot, rig, 5000)
    wait_for_time(qtbot, rig, Fraction(RATE + 5000 % 2000, RATE))
    once = mix_of(rig, RATE, 2000)
    np.testing.assert_array_equal(rig.device.heard()[:5000], np.concatenate([once, once, once])[:5000])
    assert rig.player.playing


def test_a_range_is_played_once(qtbot: QtBot, make_rig: Callable[..., Rig], clip: Clip, voice: Voice) -> None:
    rig = make_rig(clip, voice)
    rig.player.play_range(TimeRange(Fraction(1), Fraction(11, 10)))
    play_through(qtbot, rig, 801)
    qtbot.waitUntil(lambda: not rig.player.playing, timeout=PATIENCE)
    assert rig.positions[-1] == Fraction(11, 10)
    assert not rig.device.heard()[800:].any()


def test_twice_the_speed_is_heard_at_twice_the_pitch(
    qtbot: QtBot, make_rig: Callable[..., Rig], clip: Clip, voice: Voice
) -> None:
    rig = make_rig(clip, voice)
    rig.player.play(2)
    assert rig.player.sounding
    play_through(qtbot, rig, 1000)
    wait_for_time(qtbot, rig, Fraction(2000, RATE))


@pytest.mark.parametrize("speed", [-1.0, -2.0, 4.0, 0.5])
def test_other_speeds_are_silent_and_go_by_the_wall_clock(
    qtbot: QtBot, make_rig: Callable[..., Rig], clip: Clip, voice: Voice, speed: float
) -> None:
    rig = make_rig(clip, voice)
    rig.player.seek(Fraction(2))
    rig.player.play(speed)
    assert not rig.player.sounding
    rig.clock.pass_(0.25)
    wait_for_time(qtbot, rig, 2 + Fraction(speed) / 4)
    rig.clock.pass_(8)
    qtbot.waitUntil(lambda: not rig.player.playing, timeout=PATIENCE)
    assert rig.positions[-1] == (0 if speed < 0 else clip.stop)


def test_j_and_l_accelerate_and_turn_round(make_rig: Callable[..., Rig], clip: Clip, voice: Voice) -> None:
    rig = make_rig(clip, voice)
    rig.player.seek(Fraction(2))
    for direction in (1, 1, 1, 1, 1, -1, -1, 1):
        rig.player.shuttle(direction)
    assert [speed for _, speed in rig.states] == [1, 2, 4, 8, 8, -1, -2, 1]
    rig.player.pause()
    rig.player.shuttle(1)
    assert rig.player.speed == 1


def test_without_a_device_the_wall_clock_plays_and_it_is_said_once(
    qtbot: QtBot, make_rig: Callable[..., Rig], clip: Clip, voice: Voice
) -> None:
    rig = make_rig(clip, voice, with_device=False)
    for start in (0, 1):
        rig.player.seek(Fraction(start))
        rig.player.play()
        qtbot.waitUntil(lambda: not rig.player.sounding, timeout=PATIENCE)
        rig.clock.pass_(0.5)
        wait_for_time(qtbot, rig, start + Fraction(1, 2))
        rig.player.pause()
        assert rig.player.time == start + Fraction(1, 2)
    assert rig.missing == [NO_DEVICE]


def test_a_device_that_goes_away_hands_over_to_the_wall_clock(
    qtbot: QtBot, make_rig: Callable[..., Rig], clip: Clip, voice: Voice
) -> None:
    rig = make_rig(clip, voice)
    rig.player.play()
    play_through(qtbot, rig, 800)
    wait_for_time(qtbot, rig, Fraction(1, 10))
    rig.device.gone = True
    qtbot.waitUntil(lambda: not rig.player.sounding, timeout=PATIENCE)
    assert rig.missing == [LOST_DEVICE]
    rig.clock.pass_(1)
    wait_for_time(qtbot, rig, Fraction(11, 10))


def test_sound_joins_when_it_is_decoded(qtbot: QtBot, tmp_path: Path, clip: Clip, voice: Voice) -> None:
    rig = Rig(tmp_path)
    rig.player.set_sources(clip, voice)
    rig.player.play()
    assert not rig.player.sounding
    rig.clock.pass_(0.5)
    qtbot.waitUntil(lambda: rig.player.sounding, timeout=PATIENCE)
    assert rig.player.time == Fraction(1, 2)
    play_through(qtbot, rig, 400)
    wait_for_time(qtbot, rig, Fraction(1, 2) + Fraction(400, RATE))
    rig.player.close()


def test_an_edit_is_heard_while_playing(qtbot: QtBot, make_rig: Callable[..., Rig], clip: Clip, voice: Voice) -> None:
    rig = make_rig(clip, voice)
    rig.player.play()
    play_through(qtbot, rig, 500)
    rig.player.set_project(Project(voice_mix=Mix(mute=True), original_mix=Mix(mute=True)))
    play_through(qtbot, rig, 4000)
    qtbot.waitUntil(lambda: len(rig.device.heard()) > 5000, timeout=PATIENCE)
    assert not rig.device.heard()[-500:].any()
    assert rig.device.starts == 1


def test_dragging_is_heard_in_grains(qtbot: QtBot, make_rig: Callable[..., Rig], clip: Clip, voice: Voice) -> None:
    rig = make_rig(clip, voice)
    rig.player.scrub(Fraction(1))
    assert rig.player.time == 1
    qtbot.waitUntil(lambda: bool(rig.devices) and len(rig.device.heard()) > 0, timeout=PATIENCE)
    length = int(GRAIN * RATE)
    grain = rig.device.heard()
    assert len(grain) == length
    expected = mix_of(rig, RATE - length // 2, length)
    np.testing.assert_array_equal(grain[100:-100], expected[100:-100])
    assert abs(grain[0]).max() <= abs(expected[0]).max() / 50
    rig.player.scrub(Fraction(3, 2))
    rig.player.scrub(Fraction(2))  # the one before was never heard
    play_through(qtbot, rig, length)
    qtbot.waitUntil(lambda: len(rig.device.heard()) == 2 * length, timeout=PATIENCE)
    expected = mix_of(rig, 2 * RATE - length // 2, length)
    np.testing.assert_array_equal(rig.device.heard()[length + 100 : -100], expected[100:-100])
    rig.player.set_scrub_sound(False)
    rig.player.scrub(Fraction(1, 2))
    assert rig.player.time == Fraction(1, 2)


def test_playing_after_dragging_begins_at_once(
    qtbot: QtBot, make_rig: Callable[..., Rig], clip: Clip, voice: Voice
) -> None:
    rig = make_rig(clip, voice)
    rig.player.scrub(Fraction(1))
    rig.player.play()
    qtbot.waitUntil(lambda: bool(rig.devices) and len(rig.device.heard()) > 900, timeout=PATIENCE)
    np.testing.assert_array_equal(rig.device.heard()[:900], mix_of(rig, RATE, 900))


def test_a_clip_without_sound_plays_silently_without_a_word(
    qtbot: QtBot, tmp_path: Path, make_rig: Callable[..., Rig]
) -> None:
    rig = Rig(tmp_path)
    rig.player.set_sources(sound.silent_clip(tmp_path / "none.mp4", 2), None)
    rig.player.play()
    rig.clock.pass_(1)
    wait_for_time(qtbot, rig, Fraction(1))
    rig.player.close()
    assert rig.missing == []


def test_a_sound_that_cannot_be_decoded_is_said(qtbot: QtBot, tmp_path: Path, clip: Clip, voice: Voice) -> None:
    rig = Rig(tmp_path)
    Path(voice.path).unlink()
    rig.player.set_sources(clip, voice)
    qtbot.waitUntil(lambda: bool(rig.missing), timeout=PATIENCE)
    assert "voice.wav" in rig.missing[0]
    rig.player.close()


def test_a_held_last_frame_lets_the_voice_end(
    qtbot: QtBot, make_rig: Callable[..., Rig], clip: Clip, voice: Voice
) -> None:
    segment = Segment(TimeRange(Fraction(1), Fraction(4)), offset=Fraction(3), id=1)
    rig = make_rig(clip, voice, Project(segments=(segment,), fit="hold"))
    assert rig.player._whole().stop == 5
    rig.player.seek(Fraction(39, 10))
    rig.player.play()
    play_through(qtbot, rig, 1600)
    wait_for_time(qtbot, rig, Fraction(41, 10))
    assert np.abs(rig.device.heard()[1000:1600]).max() > 0.05


def test_nothing_is_held_where_the_last_frame_is_not_dubbed(
    make_rig: Callable[..., Rig], clip: Clip, voice: Voice
) -> None:
    for segments in ((), (Segment(TimeRange(Fraction(1), Fraction(2)), id=1),)):
        project = Project(segments=segments, offset=Fraction(3), fit="hold")
        assert make_rig(clip, voice, project).player._whole() == clip.whole
    assert make_rig(clip, voice, Project(offset=Fraction(3), fit="hold")).player._whole().stop == 5


def test_closing_while_everything_runs(qtbot: QtBot, tmp_path: Path) -> None:
    long = sound.make_voice(tmp_path / "long.wav", 120)
    rig = Rig(tmp_path)
    rig.player.set_sources(None, long)
    rig.player.play()
    rig.player.close()


def test_a_speed_of_nothing_is_refused(make_rig: Callable[..., Rig]) -> None:
    with pytest.raises(ValueError, match="needs a speed"):
        make_rig(None, None).player.play(0)


SAYS_WHAT_THERE_IS = pytest.mark.qt_log_ignore("pipewire", "PulseAudio", "FFmpeg", extend=True)
"""What Qt says of the sound systems that it looked for."""


@SAYS_WHAT_THERE_IS
def test_the_real_clock_goes_on_and_the_real_device_is_asked(qtbot: QtBot, tmp_path: Path, clip: Clip) -> None:
    player = Player(tmp_path / "cache")
    player.set_sources(clip, None)
    qtbot.waitUntil(lambda: player._ready, timeout=PATIENCE)
    player.seek(Fraction(38, 10))
    told: list[Fraction] = []
    player.position.connect(told.append)
    player.play()
    qtbot.waitUntil(lambda: not player.playing, timeout=20_000)
    player.close()
    assert told == sorted(told)
    assert told[-1] == clip.stop


@SAYS_WHAT_THERE_IS
def test_without_hardware_there_is_no_device() -> None:
    from PySide6.QtMultimedia import QMediaDevices

    device = open_device(48_000)
    assert (device is None) == QMediaDevices.defaultAudioOutput().isNull()
    if device is not None:
        device.close()


class Pipe:
    """What a QAudioSink gives to write to; takes only so much at once."""

    def __init__(self, sink: Backend) -> None:
        self.sink = sink

    def write(self, data: bytes) -> int:
        taken = data[: min(self.sink.bytesFree(), 40_000)]
        self.sink.data += taken
        return len(taken)


class Backend:
    """A QAudioSink that plays when it is told to. Some of Qt's count what is handed over as processed, some do not."""

    eager = False
    now_state = QtAudio.State.ActiveState

    def __init__(self, device: object, form: QAudioFormat) -> None:
        self.form, self.data, self.played = form, b"", 0

    def setBufferSize(self, size: int) -> None:  # noqa: N802
        self.size = size

    def bufferSize(self) -> int:  # noqa: N802
        return self.size

    def bytesFree(self) -> int:  # noqa: N802
        return self.size - (len(self.data) - self.played)

    def processedUSecs(self) -> int:  # noqa: N802
        count = len(self.data) if self.eager else self.played
        return self.form.durationForBytes(count)

    def start(self) -> Pipe:
        self.data, self.played = b"", 0
        return Pipe(self)

    def reset(self) -> None:
        self.data = b""

    def state(self) -> QtAudio.State:
        return self.now_state

    def error(self) -> QtAudio.Error:
        return QtAudio.Error.NoError

    def deleteLater(self) -> None:  # noqa: N802
        pass


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize("kind", [QAudioFormat.SampleFormat.Float, QAudioFormat.SampleFormat.Int16])
def test_the_device_counts_what_is_heard(
    monkeypatch: pytest.MonkeyPatch, eager: bool, kind: QAudioFormat.SampleFormat
) -> None:
    monkeypatch.setattr("PySide6.QtMultimedia.QAudioSink", Backend)
    monkeypatch.setattr(Backend, "eager", eager)
    form = QAudioFormat()
    form.setSampleRate(48_000)
    form.setChannelCount(2)
    form.setSampleFormat(kind)
    sink = DeviceSink(None, form)
    assert (sink.free(), sink.waiting(), sink.lost()) == (0, 0, False)
    sink.start()
    assert sink.free() == 9600
    samples = np.random.default_rng(0).uniform(-1, 1, (9600, 2)).astype(np.float32)
    sink.write(samples)
    for _ in range(5):
        assert sink.free() == 0
    assert sink.waiting() == 9600
    backend = sink._sink
    backend.played = 2400 * sink._frame
    assert sink.waiting() == 7200
    assert sink.free() == 2400
    stored = np.frombuffer(backend.data, np.float32 if kind == QAudioFormat.SampleFormat.Float else np.int16)
    scale = 1 if kind == QAudioFormat.SampleFormat.Float else 32767
    np.testing.assert_allclose(stored.reshape(-1, 2), samples * scale, atol=0.51 if scale > 1 else 0)
    monkeypatch.setattr(Backend, "now_state", QtAudio.State.StoppedState)
    assert sink.lost()
    sink.close()
    assert sink.waiting() == 0


def test_a_device_that_refuses_to_begin_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("PySide6.QtMultimedia.QAudioSink", Backend)
    form = QAudioFormat()
    form.setSampleRate(RATE)
    form.setChannelCount(2)
    form.setSampleFormat(QAudioFormat.SampleFormat.Float)
    sink = DeviceSink(None, form)
    monkeypatch.setattr(Backend, "start", lambda _self: None)
    assert not sink.lost()
    sink.start()
    assert sink.lost()
    sink.stop()
    assert not sink.lost()


def test_resampling_keeps_low_tones_and_drops_what_would_fold_back() -> None:
    class Tone:
        rate = RATE

        def __init__(self, hertz: float) -> None:
            self.hertz = hertz

        def read(self, first: int, count: int) -> np.ndarray:
            time = np.arange(first, first + count) / RATE
            return np.repeat(np.sin(2 * np.pi * self.hertz * time)[:, None], 2, axis=1).astype(np.float32)

    low = played(Tone(200), 100, 500, 2)
    expected = np.sin(2 * np.pi * 200 * (100 + 2 * np.arange(500)) / RATE)
    assert low.shape == (500, 2)
    assert abs(low[:, 0] - expected).max() < 0.02
    assert abs(played(Tone(3500), 100, 500, 2)).max() < 0.05
    np.testing.assert_array_equal(
        played(Tone(200), 0, 400, 2), np.concatenate([played(Tone(200), 0, 100, 2), played(Tone(200), 200, 300, 2)])
    )


# Levels


def test_levels_are_those_of_what_is_heard(make_rig: Callable[..., Rig], clip: Clip, qtbot: QtBot) -> None:
    rig = make_rig(clip, None, Project(segments=()))
    told: list[tuple[float, float]] = []
    rig.player.levels.connect(lambda left, right: told.append((left, right)))
    rig.player.play()
    play_through(qtbot, rig, RATE)
    loudest = float(np.abs(rig.device.heard()).max())
    qtbot.waitUntil(lambda: any(max(peaks) > loudest / 2 for peaks in told), timeout=PATIENCE)
    assert loudest > 0.05 and all(max(peaks) <= loudest + 1e-6 for peaks in told)
    rig.player.pause()
    assert told[-1] == (0.0, 0.0)


def test_peaks_wait_until_they_are_heard() -> None:
    levels = Levels()
    loud = np.full((WINDOW, 2), 0.5, np.float32)
    levels.add(0, np.concatenate([loud, loud * np.array([0.2, 1.0], np.float32)]))
    assert levels.heard(WINDOW // 4) == (0.0, 0.0)
    assert levels.heard(WINDOW) == (0.5, 0.5)
    assert levels.heard(2 * WINDOW) == (pytest.approx(0.1), 0.5)
    levels.clear()
    assert levels.heard(9 * WINDOW) == (0.0, 0.0)
