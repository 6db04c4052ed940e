"""Clips, faces, sounds and pictures for the timeline's tests: made from formulas, the same in every run."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter
from PySide6.QtWidgets import QApplication, QWidget

from app.core.project import Marker, Project, Segment
from app.core.timebase import TimeRange
from app.engine.faces.analysis import FaceAnalysis, FaceTrack
from app.engine.media.clip import Clip, Voice
from app.engine.media.probe import AudioStream, MediaInfo
from app.ui.panels.timeline.widget import Timeline
from app.ui.session import Session

F = Fraction
PAL = F(25)


def make_clip(seconds: int = 20, fps: Fraction = PAL, sound: bool = True) -> Clip:
    """A clip with frames at an even rate."""
    tick = 1 / (fps.numerator * F(1))
    step = fps.denominator
    audio = AudioStream(1, "aac", 48000, 2, "stereo", F(0), F(seconds)) if sound else None
    info = MediaInfo("film.mp4", "mp4", F(seconds), F(0), None, audio, ())
    count = round(seconds * fps)
    return Clip("film.mp4", "0" * 64, info, tuple(n * step for n in range(count)), tick, fps, (1280, 720))


def make_voice(seconds: int = 12) -> Voice:
    """A voice file."""
    audio = AudioStream(0, "flac", 48000, 1, "mono", F(0), F(seconds))
    return Voice("voice.flac", "1" * 64, MediaInfo("voice.flac", "flac", F(seconds), F(0), None, audio, ()), F(seconds))


def make_analysis(clip: Clip) -> FaceAnalysis:
    """Face 0 but for a quarter in the middle, with an uncertain stretch; face 1 in the second half; cuts at thirds."""
    count = clip.count
    stretches = ((0, 0, count * 3 // 8), (0, count * 5 // 8, count), (1, count // 2, count))
    tracks = tuple(_track(id, face, first, stop) for id, (face, first, stop) in enumerate(stretches))
    times = tuple(clip.time_of(index) for index in range(count))
    return FaceAnalysis(clip.size, times, (count // 3, count * 2 // 3), tracks, "test", "1")


def _track(id: int, face: int, first: int, stop: int) -> FaceTrack:
    length = stop - first
    scores = np.full(length, 0.9, np.float32)
    scores[length // 3 : length // 2] = 0.2
    return FaceTrack(id, face, first, np.zeros((length, 68, 2), np.float32), scores, np.zeros(length, np.bool_))


class Words:
    """A waveform of "words" four times in three seconds; counts how often it is read."""

    channels = 1

    def __init__(self, duration: float, phase: float = 0.0) -> None:
        self.duration, self._phase = duration, phase
        self.reads = 0

    def read(
        self, channel: int, start: float, stop: float, columns: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        self.reads += 1
        edges = np.linspace(start, stop, columns + 1)
        seconds = (edges[:-1] + edges[1:]) / 2
        loud = np.maximum(0, np.sin(seconds * 8.4 + self._phase)) * (0.55 + 0.4 * np.sin(seconds * 1.7))
        loud = np.where((seconds < 0) | (seconds >= self.duration), 0, loud).astype(np.float32)
        return -0.9 * loud, loud


def make_picture(index: int, height: int = 64) -> QImage:
    """A face-like picture whose colour tells the frame."""
    image = QImage(height * 16 // 9, height, QImage.Format.Format_RGB32)
    image.fill(QColor.fromHsv(index * 7 % 360, 90, 120))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(224, 186, 160))
    painter.drawEllipse(QPointF(image.width() / 2, height * 0.52), height * 0.28, height * 0.38)
    painter.setBrush(QColor(140, 60, 60))
    painter.drawEllipse(QPointF(image.width() / 2, height * 0.7), height * 0.1, height * 0.05)
    painter.end()
    return image


def segment(id: int, start: Fraction | int, stop: Fraction | int, **fields: object) -> Segment:
    """A dubbed stretch."""
    return Segment(TimeRange(F(start), F(stop)), id=id, **fields)  # type: ignore[arg-type]


def example() -> Project:
    """Three segments, two markers, a marked range, the voice a second late."""
    return Project(
        clip="film.mp4",
        voice="voice.flac",
        offset=F(1),
        segments=(
            segment(1, 1, 5),
            segment(2, F(162, 25), 11, face=1, offset=F(112, 100)),
            segment(3, 14, 17, strength=0.0),
        ),
        markers=(Marker(F(3), "Door slams"), Marker(F(12), "Check the lips here")),
        mark_in=F(2),
        mark_out=F(16),
    )


STATES = [
    (TimeRange(F(1), F(3)), "ready"),
    (TimeRange(F(3), F(4)), "rendering"),
    (TimeRange(F(4), F(5)), "dirty"),
    (TimeRange(F(162, 25), F(11)), "ready"),
    (TimeRange(F(14), F(387, 25)), "dirty"),
    (TimeRange(F(387, 25), F(17)), "failed"),
]


def make_timeline(project: Project | None, clip: Clip | None = None, size: tuple[int, int] = (1100, 430)) -> Timeline:
    """A shown timeline; with a clip it has voice, faces, render states, waveforms and pictures too."""
    session = Session()
    timeline = Timeline(session)
    session.setParent(timeline)
    if project is not None:
        session.open(project, None)
    timeline.resize(*size)
    timeline.show()
    if clip is not None:
        voice = make_voice(round(clip.stop * 3 / 5))
        session.set_clip(clip)
        session.set_voice(voice)
        session.set_analysis(make_analysis(clip))
        timeline.set_peaks("original", Words(float(clip.stop)))
        timeline.set_peaks("voice", Words(float(voice.duration), 1.0))
        timeline.set_strip(STATES)  # type: ignore[arg-type]
        fill_pictures(timeline)
    return timeline


def fill_pictures(timeline: Timeline) -> None:
    """Gives the pictures of what is in sight."""
    scene = timeline.view.scene()
    assert scene is not None
    for _, index in scene.slots.in_sight(scene.scale, 0, scene.scale.width):
        timeline.set_thumbnail(index, make_picture(index, timeline.view.thumbnail_requests.height))


def point(timeline: Timeline, time: Fraction | float, lane: str) -> QPointF:
    """The middle of a lane at a time."""
    return QPointF(timeline.view.navigation.scale.x_of(float(time)), timeline.view.lanes[lane].middle)  # type: ignore[index]


def mouse(
    timeline: Timeline,
    kind: QEvent.Type,
    at: QPointF,
    button: Qt.MouseButton = Qt.MouseButton.LeftButton,
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    """One event of the mouse on the surface, through Qt's own dispatch."""
    surface: QWidget = timeline.view.viewport()
    moving, up = kind == QEvent.Type.MouseMove, kind == QEvent.Type.MouseButtonRelease
    event = QMouseEvent(
        kind,
        at,
        surface.mapToGlobal(at),
        Qt.MouseButton.NoButton if moving else button,
        Qt.MouseButton.NoButton if up else button,
        modifiers,
    )
    QApplication.sendEvent(surface, event)


def press(timeline: Timeline, at: QPointF, **how: object) -> None:
    mouse(timeline, QEvent.Type.MouseButtonPress, at, **how)  # type: ignore[arg-type]


def move(timeline: Timeline, at: QPointF, **how: object) -> None:
    mouse(timeline, QEvent.Type.MouseMove, at, **how)  # type: ignore[arg-type]


def release(timeline: Timeline, at: QPointF, **how: object) -> None:
    mouse(timeline, QEvent.Type.MouseButtonRelease, at, **how)  # type: ignore[arg-type]


def drag(timeline: Timeline, start: QPointF, stop: QPointF, **how: object) -> None:
    """Press, a few steps, release."""
    press(timeline, start, **how)
    for part in (0.3, 0.7, 1.0):
        move(timeline, start + (stop - start) * part, **how)
    release(timeline, stop, **how)
