"""Painters of the two waveforms."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

from app.ui.kit import palette
from app.ui.panels.timeline.bands import Columns, pixel_of
from app.ui.panels.timeline.lanes import Lane
from app.ui.panels.timeline.paint_tools import brush, colour, fill, pen
from app.ui.panels.timeline.paint_video import clip_box
from app.ui.panels.timeline.peak_columns import Column
from app.ui.panels.timeline.scene import Scene

_DIM = 0.45


def paint_original(painter: QPainter, scene: Scene, left: int, right: int) -> None:
    """The clip's own sound; dimmed where it is dropped or ducked."""
    lane = scene.layout["original"]
    painter.fillRect(clip_box(scene, lane, left, right), brush(palette.PANEL))
    if not scene.clip.has_sound:
        _say(painter, scene, lane, "The clip has no sound")
        return
    columns = Columns(painter, scene.scale, left, right)
    dubbed, _ = _segments_at(columns, scene)
    bright = np.ones_like(dubbed) if scene.project.original_audio == "keep" else ~dubbed
    if scene.original.peaks is None:
        _say(painter, scene, lane, "The waveform is being read…")
        return
    _paint_middle(painter, lane, left, right)
    wave = scene.original.read(columns.numbers, columns.scale.zoom)
    _paint_wave(painter, columns, lane, wave, bright, palette.ORIGINAL_WAVE)


def paint_voice(painter: QPainter, scene: Scene, left: int, right: int) -> None:
    """The new voice where it will sound: at each segment's own offset, at the project's elsewhere, dimmed there."""
    lane = scene.layout["voice"]
    painter.fillRect(clip_box(scene, lane, left, right), brush(palette.PANEL))
    if scene.voice_seconds is None:
        _say(painter, scene, lane, "No new voice yet: drop a sound file here")
        return
    columns = Columns(painter, scene.scale, left, right)
    dubbed, offsets = _segments_at(columns, scene)
    _paint_extent(painter, scene, lane, scene.voice_seconds)
    if scene.voice.peaks is None:
        _say(painter, scene, lane, "The waveform is being read…")
        return
    _paint_middle(painter, lane, left, right)
    zoom = columns.scale.zoom
    wave = scene.voice.read(columns.numbers - np.rint(offsets * zoom).astype(np.int64), zoom)
    _paint_wave(painter, columns, lane, wave, dubbed, palette.VOICE_WAVE)


def _segments_at(columns: Columns, scene: Scene) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """For each column, whether it is dubbed, and the voice's offset there in seconds."""
    table, offset = scene.table, float(scene.project.offset)
    if not len(table.spans):
        return np.zeros(len(columns), np.bool_), np.full(len(columns), offset)
    seconds = (columns.numbers + 0.5) / columns.scale.zoom
    number = np.searchsorted(table.spans.starts, seconds, side="right") - 1
    dubbed = (number >= 0) & (seconds < table.spans.stops[number])
    own = table.own_offsets[number]
    return dubbed, np.where(dubbed & ~np.isnan(own), own, offset)


def _paint_wave(
    painter: QPainter, columns: Columns, lane: Lane, wave: tuple[Column, Column], bright: NDArray[np.bool_], name: str
) -> None:
    """Each column filled from its minimum to its maximum, at least a pixel where there is any sound."""
    low, high = wave
    height = max(2, round(lane.height * columns.ratio))
    middle, reach = height / 2, height / 2 - columns.ratio
    top = np.floor(middle - np.clip(high, -1, 1) * reach).astype(np.int16)
    bottom = np.maximum(np.ceil(middle - np.clip(low, -1, 1) * reach).astype(np.int16), top + 1)
    bottom[(low == 0) & (high == 0)] = 0
    rows = np.arange(height, dtype=np.int16)[:, None]
    shade = np.where(bright, pixel_of(name), pixel_of(name, _DIM))
    columns.draw(painter, np.where((rows >= top) & (rows < bottom), shade, np.uint32(0)), lane.top)


def _paint_extent(painter: QPainter, scene: Scene, lane: Lane, seconds: Fraction) -> None:
    """Where the voice lies at the project's offset."""
    first = scene.scale.x_of(scene.project.offset)
    stop = scene.scale.x_of(scene.project.offset + seconds)
    first, stop = max(first, -20.0), min(stop, scene.scale.width + 20.0)
    if stop > first:
        painter.setBrush(brush(palette.VOICE_WAVE, 0.08))
        painter.setPen(pen(palette.VOICE_WAVE, 0.5))
        painter.drawRect(QRectF(round(first) + 0.5, lane.top + 0.5, round(stop - first) - 1, lane.height - 1))


def _paint_middle(painter: QPainter, lane: Lane, left: int, right: int) -> None:
    fill(painter, left, lane.middle, right - left, 1, brush(palette.LINE))


def _say(painter: QPainter, scene: Scene, lane: Lane, text: str) -> None:
    """A word in an empty lane, within what of the clip is in sight."""
    box = clip_box(scene, lane, 0, scene.scale.width).adjusted(8, 0, -8, 0)
    painter.setPen(colour(palette.MUTED_TEXT))
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(max(0, box.width())))
    painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
