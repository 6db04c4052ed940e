"""The waveform view: what is drawn where, the voice moved by mouse and key, listening, and the peaks' thread."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QSlider, QToolButton
from pytestqt.qtbot import QtBot

from app.core import edits
from app.core.project import Mix, Project, Segment
from app.core.streams import Streams
from app.core.text import offset_text
from app.core.timebase import TimeRange
from app.engine.media.clip import Clip, Voice
from app.engine.sound.offset_proposal import OffsetProposal
from app.engine.sound.peaks import PeakPyramid, build_peaks
from app.ui.panels.waveform.columns import Run, traces, voice_runs
from app.ui.panels.waveform.graph import time_text
from app.ui.panels.waveform.lane import speech_bands
from app.ui.panels.waveform.proposal import answer_text
from app.ui.panels.waveform.view import WaveformView
from app.ui.session import Session
from app.workers.peaks_thread import PeaksThread
from tests.gui import sound_material as sound
from tests.gui.goldens import check_golden, use_font
from tests.gui.sound_material import RATE

LEFT, NONE, SHIFT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
SEGMENTS = (
    Segment(TimeRange(Fraction(1), Fraction(2)), id=1),
    Segment(TimeRange(Fraction(5, 2), Fraction(3)), offset=Fraction(2), id=2),
)


@pytest.fixture
def clip(tmp_path: Path) -> Clip:
    return sound.make_clip(tmp_path / "clip.wav", 4)


@pytest.fixture
def voice(tmp_path: Path) -> Voice:
    return sound.make_voice(tmp_path / "voice.wav", 2)


@pytest.fixture
def session(qtbot: QtBot) -> Session:
    session = Session()
    session.open(Project(segments=SEGMENTS, offset=Fraction(1, 2)), None)
    return session


@pytest.fixture
def view(qtbot: QtBot, session: Session, tmp_path: Path) -> Iterator[WaveformView]:
    """Without media."""
    view = WaveformView(session, tmp_path / "cache")
    use_font(view)
    view.graph.lanes["voice"].getAxis("bottom").setTickFont(view.font())
    view.resize(900, 300)
    qtbot.addWidget(view)
    view.show()
    yield view
    view.stop()


@pytest.fixture
def full(view: WaveformView, session: Session, clip: Clip, voice: Voice, tmp_path: Path) -> WaveformView:
    """With clip, voice and both waveforms."""
    session.set_clip(clip)
    session.set_voice(voice)
    for name, medium in (("original", clip), ("voice", voice)):
        view.set_peaks(name, build_peaks(Path(medium.path), tmp_path / "cache", lambda part: None))
    view.set_activity("voice", (TimeRange(Fraction(1, 4), Fraction(3, 4)), TimeRange(Fraction(5, 4), Fraction(2))))
    QApplication.processEvents()
    return view


def point(view: WaveformView, lane: str, seconds: float) -> QPoint:
    rect = view.graph.lane_rect("voice" if lane == "axis" else lane)
    y = rect.bottom() + 8 if lane == "axis" else rect.center().y()
    return QPointF(view.graph.x_of(seconds), y).toPoint()


def drag(
    qtbot: QtBot,
    view: WaveformView,
    lane: str,
    seconds: list[float],
    modifier: Qt.KeyboardModifier = NONE,
    release: bool = True,
) -> None:
    target = view.graph.viewport()
    qtbot.mousePress(target, LEFT, modifier, point(view, lane, seconds[0]))
    for where in seconds[1:]:
        qtbot.mouseMove(target, point(view, lane, where))
        QApplication.processEvents()
    if release:
        qtbot.mouseRelease(target, LEFT, modifier, point(view, lane, seconds[-1]))


def near(offset: Fraction | None, seconds: float) -> bool:
    """Within the rounding of two mouse positions to pixels."""
    return offset is not None and abs(float(offset) - seconds) < 0.012


# drawing


def test_voice_runs_follow_each_segments_offset() -> None:
    project = Project(segments=SEGMENTS, offset=Fraction(1, 2))
    view = TimeRange(Fraction(0), Fraction(4))
    assert voice_runs(project, view) == [Run(0, 2.5, 0.5), Run(2.5, 3, 2), Run(3, 4, 0.5)]
    moved = voice_runs(edits.set_segment(project, 1, offset=Fraction(-1)), view)
    assert moved[1] == Run(1, 2, -1)


def test_a_trace_lies_where_the_sound_is(tmp_path: Path, voice: Voice) -> None:
    peaks = build_peaks(Path(voice.path), tmp_path / "cache", lambda part: None)
    (coarse,) = traces(peaks, 0, [Run(0, 10, 0.5)], 0.01)
    assert coarse.pairs
    assert (coarse.x.min(), coarse.x.max()) == (pytest.approx(0.505), pytest.approx(2.495))
    whole = peaks.read(0, 0, 2, 1)
    assert coarse.y.min() == pytest.approx(whole[0][0])
    assert coarse.y.max() == pytest.approx(whole[1][0], abs=2e-4)
    (fine,) = traces(peaks, 0, [Run(1, 1.01, 0.5)], 1e-5)
    assert fine.dots
    assert not fine.pairs
    samples = peaks.read_samples(0, int(0.5 * RATE), 80)
    found = np.searchsorted(fine.x, 1 - 1e-9)
    np.testing.assert_array_equal(fine.y[found : found + 80], samples)
    assert list(traces(peaks, 0, [Run(3, 4, 0.5), Run(-2, 0.5, 0.5)], 0.01)) == []


def test_columns_stay_with_the_sound_when_it_moves(tmp_path: Path, voice: Voice) -> None:
    peaks = build_peaks(Path(voice.path), tmp_path / "cache", lambda part: None)
    (one,) = traces(peaks, 0, [Run(0, 10, 0.5)], 0.01)
    (other,) = traces(peaks, 0, [Run(0, 10, 0.517)], 0.01)
    np.testing.assert_array_equal(one.y, other.y)
    np.testing.assert_allclose(other.x - one.x, 0.017)


def test_speech_and_silence_share_the_strip() -> None:
    spans = np.array([[0.25, 0.75], [1.25, 2.0]])
    bands = speech_bands(spans, [Run(0, 1, 0.5), Run(1, 9, 0.5)], 2, "#ffffff")
    solid = [(band.start, band.stop) for band in bands if band.fill == "#ffffff"]
    assert solid == [(0.75, 1), (1, 1.25), (1.75, 2.5)]
    edges = [(band.start, band.stop) for band in bands]
    assert edges[0][0] == 0.5
    assert edges[-1][1] == 2.5
    assert all(one[1] == other[0] for one, other in pairwise(edges))


@pytest.mark.parametrize(
    ("seconds", "spacing", "text"),
    [
        (0, 1, "0:00"),
        (65, 5, "1:05"),
        (3725, 60, "1:02:05"),
        (1.25, 0.25, "0:01.25"),
        (1.25, 0.05, "0:01.25"),
        (-2, 1, "-0:02"),
        (2.0005, 0.0005, "0:02.0005"),
    ],
)
def test_times_have_the_decimals_that_the_zoom_needs(seconds: float, spacing: float, text: str) -> None:
    assert time_text(seconds, spacing) == text


def test_offsets_are_told_in_milliseconds_and_frames() -> None:
    assert offset_text(Fraction(6, 25), Fraction(25)) == "+240 ms, +6.0 frames"
    assert offset_text(Fraction(-1, 30), Fraction(30)) == "\N{MINUS SIGN}33.3 ms, \N{MINUS SIGN}1.0 frames"
    assert offset_text(Fraction(0), None) == "+0 ms"


def test_the_whole_view(full: WaveformView, session: Session) -> None:
    session.select(1)
    session.set_playhead(Fraction(3, 2))
    QApplication.processEvents()
    check_golden(full.graph.grab(), "waveform")


def test_zoomed_to_samples(full: WaveformView) -> None:
    full.set_range(1.05, 1.062)
    QApplication.processEvents()
    check_golden(full.graph.grab(), "waveform-samples")


def test_empty_view(view: WaveformView) -> None:
    QApplication.processEvents()
    check_golden(view.graph.grab(), "waveform-empty")


def hint(view: WaveformView, sound_name: str) -> str:
    label = view.findChild(QLabel, f"hint_{sound_name}")
    assert isinstance(label, QLabel)
    QApplication.processEvents()
    return "" if label.isHidden() else label.text()


def test_every_state_has_its_words(
    view: WaveformView, session: Session, clip: Clip, voice: Voice, tmp_path: Path
) -> None:
    assert (hint(view, "original"), hint(view, "voice")) == ("Open or drop a video.", "Open or drop a new voice.")
    session.set_clip(clip)
    session.set_voice(voice)
    assert hint(view, "original").startswith("Reading the sound")
    peaks = build_peaks(Path(voice.path), tmp_path / "cache", lambda part: None)
    half = PeakPyramid(RATE, RATE // 128 * 128, 2.0, peaks._levels, None)
    view.set_peaks("voice", half)
    assert hint(view, "voice").endswith(f"{half.known / 2:.0%}")
    view.set_peaks("voice", peaks)
    assert hint(view, "voice") == ""
    view.set_problem("voice", "It is damaged.")
    assert hint(view, "voice") == "It is damaged."
    session.set_clip(sound.silent_clip(tmp_path / "silent.mp4", 2))
    assert hint(view, "original") == "The clip has no sound."
    session.open(Project(), None)
    assert (hint(view, "original"), hint(view, "voice")) == ("Open or drop a video.", "Open or drop a new voice.")


def test_another_voice_takes_the_old_waveform_away(full: WaveformView, session: Session, voice: Voice) -> None:
    session.set_voice(replace(voice, sha256="other"))
    assert full.graph.lanes["voice"].peaks is None
    assert full.graph.lanes["original"].peaks is not None


# moving the voice


def test_dragging_the_voice_is_one_step(qtbot: QtBot, full: WaveformView, session: Session) -> None:
    drag(qtbot, full, "voice", [1.0, 1.1, 1.2, 1.4])
    assert near(session.project.offset, 0.9)
    assert session.project.offset * 1000 % 1 == 0
    assert session.project.segments == SEGMENTS
    assert session.undo_stack.count() == 1
    session.undo_stack.undo()
    assert session.project.offset == Fraction(1, 2)


def test_the_offset_is_told_while_dragging(qtbot: QtBot, full: WaveformView, session: Session) -> None:
    drag(qtbot, full, "voice", [1.0, 0.6], release=False)
    bubble = full.findChild(QLabel, "offset_bubble")
    assert bubble.isVisible()
    moved = session.project.offset
    assert near(moved, 0.1), "the drag is applied while it lasts"
    assert bubble.text().startswith(offset_text(moved, Fraction(25)))
    assert full.offset.text() == f"Voice: {offset_text(moved, Fraction(25))}"
    qtbot.keyClick(full, Qt.Key.Key_Escape)
    assert bubble.isHidden()
    qtbot.mouseRelease(full.graph.viewport(), LEFT, NONE, point(full, "voice", 0.6))
    assert session.project.offset == Fraction(1, 2)
    assert session.undo_stack.count() == 0


def test_a_selected_segments_own_offset_is_what_moves(qtbot: QtBot, full: WaveformView, session: Session) -> None:
    session.select(2)
    drag(qtbot, full, "voice", [2.6, 2.8])
    assert session.project.offset == Fraction(1, 2)
    moved = session.project.segment(2)
    assert moved is not None
    assert near(moved.offset, 2.2)


def test_ctrl_gives_the_segment_under_the_mouse_its_own_offset(
    qtbot: QtBot, full: WaveformView, session: Session
) -> None:
    drag(qtbot, full, "voice", [1.5, 1.7], Qt.KeyboardModifier.ControlModifier)
    moved = session.project.segment(1)
    assert moved is not None
    assert near(moved.offset, 0.7)
    assert session.project.offset == Fraction(1, 2)


def test_keys_nudge_the_voice_by_frames_and_tens_of_milliseconds(
    qtbot: QtBot, full: WaveformView, session: Session
) -> None:
    full.setFocus()
    alt = Qt.KeyboardModifier.AltModifier
    qtbot.keyClick(full, Qt.Key.Key_Right, alt)
    qtbot.keyClick(full, Qt.Key.Key_Right, alt)
    assert session.project.offset == Fraction(1, 2) + Fraction(2, 25)
    qtbot.keyClick(full, Qt.Key.Key_Left, alt | SHIFT)
    assert session.project.offset == Fraction(1, 2) + Fraction(2, 25) - Fraction(1, 100)
    assert session.undo_stack.count() == 1


def test_an_edit_from_elsewhere_ends_a_drag(qtbot: QtBot, full: WaveformView, session: Session) -> None:
    drag(qtbot, full, "voice", [1.0, 1.5], release=False)
    session.apply("Elsewhere", replace(session.project, offset=Fraction(1)))
    qtbot.mouseRelease(full.graph.viewport(), LEFT, NONE, point(full, "voice", 1.5))
    assert session.project.offset == 1


# scrubbing and the range


@pytest.mark.parametrize("lane", ["original", "axis"])
def test_dragging_elsewhere_scrubs(qtbot: QtBot, full: WaveformView, session: Session, lane: str) -> None:
    told: list[tuple[Fraction, bool]] = []
    full.scrubbed.connect(lambda time, exact: told.append((time, exact)))
    drag(qtbot, full, lane, [1.01, 2.0, 3.01])
    assert [exact for _, exact in told] == [False, False, False, True]
    assert session.playhead == told[-1][0] == Fraction(3)
    assert session.undo_stack.count() == 0


def test_a_click_on_the_voice_goes_there(qtbot: QtBot, full: WaveformView, session: Session) -> None:
    drag(qtbot, full, "voice", [2.21])
    assert session.playhead == Fraction(55, 25)
    assert session.undo_stack.count() == 0


def wheel(view: WaveformView, at: QPoint, notches: int, modifier: Qt.KeyboardModifier = NONE) -> None:
    none = QPoint()
    event = QWheelEvent(
        QPointF(at), QPointF(at), none, QPoint(0, 120 * notches), Qt.MouseButton.NoButton, modifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view.graph.viewport(), event)


def test_ctrl_and_wheel_zoom_at_the_cursor(full: WaveformView) -> None:
    told: list[tuple[float, float]] = []
    full.range_changed.connect(lambda start, stop: told.append((start, stop)))
    at = point(full, "original", 3)
    seconds = full.graph.seconds_at(at.x())
    before = full.graph.in_sight
    wheel(full, at, 3, Qt.KeyboardModifier.ControlModifier)
    start, stop = full.graph.in_sight
    assert stop - start == pytest.approx((before[1] - before[0]) / 1.25**3)
    assert full.graph.seconds_at(at.x()) == pytest.approx(seconds)
    assert told == [(start, stop)]
    wheel(full, at, -1)
    assert full.graph.in_sight[0] == pytest.approx(start + 0.1 * (stop - start))


def test_the_zoom_ends_at_samples_and_at_the_whole(full: WaveformView) -> None:
    at = point(full, "original", 2)
    wheel(full, at, 100, Qt.KeyboardModifier.ControlModifier)
    start, stop = full.graph.in_sight
    assert (stop - start) * RATE == pytest.approx(64)
    wheel(full, at, -200, Qt.KeyboardModifier.ControlModifier)
    assert full.graph.in_sight == pytest.approx(full.graph.limits)


def test_a_range_from_elsewhere_is_shown_and_not_told(full: WaveformView) -> None:
    told: list[tuple[float, float]] = []
    full.range_changed.connect(lambda start, stop: told.append((start, stop)))
    full.set_range(1, 2)
    assert full.graph.in_sight == (1, 2)
    assert told == []


def test_the_view_follows_the_playhead_out_of_sight(full: WaveformView, session: Session) -> None:
    session.set_playhead(Fraction(1))
    full.set_range(0.5, 1.5)
    session.set_playhead(Fraction(2))
    assert full.graph.in_sight == pytest.approx((1.9, 2.9))
    full.set_range(0.0, 1.0)
    session.set_playhead(Fraction(3))
    assert full.graph.in_sight == (0.0, 1.0)


# listening


def test_mute_solo_and_volume_are_steps_of_undoing(qtbot: QtBot, full: WaveformView, session: Session) -> None:
    mute, solo = (full.findChild(QToolButton, name) for name in ("mute_original", "solo_voice"))
    qtbot.mouseClick(mute, LEFT)
    qtbot.mouseClick(solo, LEFT)
    assert session.project.original_mix == Mix(mute=True)
    assert session.project.voice_mix == Mix(solo=True)
    assert [session.undo_stack.text(n) for n in range(2)] == ["Mute original", "Solo new voice"]
    session.undo_stack.undo()
    assert not solo.isChecked()


def test_a_drag_of_the_volume_is_one_step(qtbot: QtBot, full: WaveformView, session: Session) -> None:
    slider = full.findChild(QSlider, "volume_voice")
    slider.setSliderDown(True)
    for value in (-2, -10, -24):
        slider.setValue(value)
    slider.setSliderDown(False)
    assert session.project.voice_mix.gain_db == -12
    assert session.undo_stack.count() == 1
    assert full.findChild(QLabel, "gain_voice").text() == "-12.0 dB"
    qtbot.mouseDClick(slider, LEFT)
    assert session.project.voice_mix.gain_db == 0


# proposing


def test_a_proposal_is_told_and_taken(qtbot: QtBot, view: WaveformView, session: Session, tmp_path: Path) -> None:
    clip = sound.make_clip(tmp_path / "clip.wav", 4, channels=1, seed=3)
    session.set_clip(clip)
    button, use = (view.findChild(QPushButton, name) for name in ("propose_offset", "use_proposal"))
    assert not button.isEnabled()
    session.set_voice(sound.make_voice(tmp_path / "same.wav", 4, seed=3))
    assert button.isEnabled()
    qtbot.mouseClick(button, LEFT)
    qtbot.waitUntil(use.isVisible, timeout=60_000)
    assert "confidence" in view.findChild(QLabel, "proposal").text()
    qtbot.waitUntil(button.isEnabled, timeout=60_000)
    qtbot.mouseClick(use, LEFT)
    assert abs(session.project.offset) <= Fraction(1, 200)
    assert session.undo_stack.text(0) == "Use proposed offset"
    assert use.isHidden()


def test_other_media_end_a_comparison(qtbot: QtBot, full: WaveformView, session: Session) -> None:
    full.proposal.propose()
    session.set_voice(None)
    assert full.findChild(QLabel, "proposal").text() == ""
    assert not full.findChild(QPushButton, "propose_offset").isEnabled()


def test_confidence_has_words() -> None:
    for confidence, word in ((0.9, "90%, good"), (0.4, "40%, fair"), (0.1, "10%, weak: check it by ear")):
        assert word in answer_text(OffsetProposal(Fraction(1), confidence), Fraction(25))


# the thread


@pytest.fixture
def thread(qtbot: QtBot, tmp_path: Path) -> Iterator[PeaksThread]:
    thread = PeaksThread(tmp_path / "cache")
    thread.start()
    yield thread
    thread.stop()


@pytest.fixture
def told(thread: PeaksThread) -> list[tuple[str, str, object]]:
    found: list[tuple[str, str, object]] = []
    thread.peaks.connect(lambda name, peaks: found.append(("peaks", name, peaks)))
    thread.activity.connect(lambda name, spans: found.append(("activity", name, spans)))
    thread.failed.connect(lambda name, sentence: found.append(("failed", name, sentence)))
    return found


Told = list[tuple[str, str, object]]


def test_both_sounds_are_read_and_the_voice_first(
    qtbot: QtBot, thread: PeaksThread, told: Told, clip: Clip, voice: Voice
) -> None:
    thread.set_clip(clip)
    thread.set_voice(voice)
    qtbot.waitUntil(lambda: len([kind for kind, *_ in told if kind == "activity"]) == 2, timeout=60_000)
    wholes = {name: peaks for kind, name, peaks in told if kind == "peaks"}
    assert wholes["voice"].complete
    assert wholes["original"].channels == 2
    assert all(span.duration > 0 for kind, _, spans in told if kind == "activity" for span in spans)


def test_what_was_dropped_is_told_no_more(
    qtbot: QtBot, thread: PeaksThread, told: Told, voice: Voice, tmp_path: Path
) -> None:
    long = sound.make_voice(tmp_path / "long.wav", 90)
    thread.set_voice(long)
    thread.set_voice(voice)
    qtbot.waitUntil(lambda: any(kind == "activity" for kind, *_ in told), timeout=60_000)
    assert {peaks.duration for kind, _, peaks in told if kind == "peaks"} == {2.0}


def test_a_bad_file_is_said_and_the_thread_goes_on(
    qtbot: QtBot, thread: PeaksThread, told: Told, voice: Voice, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"RIFF of nothing")
    thread.request("original", (bad, "", Streams()))
    qtbot.waitUntil(lambda: bool(told), timeout=60_000)
    assert told[0][:2] == ("failed", "original")
    assert "bad.wav" in str(told[0][2])
    thread.set_voice(voice)
    qtbot.waitUntil(lambda: any(kind == "activity" for kind, *_ in told), timeout=60_000)


def test_the_thread_stops_in_the_middle(qtbot: QtBot, tmp_path: Path) -> None:
    long = sound.make_voice(tmp_path / "long.wav", 120)
    thread = PeaksThread(tmp_path / "cache")
    thread.start()
    with qtbot.waitSignal(thread.peaks, timeout=60_000) as first:
        thread.set_voice(long)
    assert not first.args[1].complete
    thread.stop()
    assert not thread.isRunning()
    assert not list((tmp_path / "cache").glob("*.part"))
