"""The sound of an export, put together with MoviePy: the new voice over, or instead of, the original.

MoviePy's own file reader is not used: it takes the length of a file from FFmpeg's printout (to 10 ms), seeks to
times rounded to 10 microseconds (half a sample at 48 kHz) and is always 16-bit stereo. `WavClip` reads the same
samples by number instead. Every clip is asked for the middles of samples, (n + 1/2) / rate, so that no rounding of
a float can move a cut by a sample.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import soundfile
from moviepy import AudioClip, CompositeAudioClip, afx
from numpy.typing import NDArray

from app.core.timebase import TimeRange, complement_ranges, merge_ranges, to_pts

Samples = NDArray[np.float32]
"""n x channels, in [-1, 1]."""

OriginalAudio = Literal["keep", "duck", "drop"]
"""What becomes of the original sound inside the dubbed ranges."""

FADE = Fraction(1, 100)
"""Seconds over which sound fades at a cut, so that it does not click."""

DUCK = 10 ** (-12 / 20)
"""The factor that "duck" leaves of the original: -12 dB."""

CHUNK = 16_384
"""Samples a chunk."""


class WavClip(AudioClip):
    """A MoviePy clip over a WAV file, exact to the sample; mono is given as two equal channels."""

    def __init__(self, path: Path) -> None:
        self._file = soundfile.SoundFile(path)
        self._rate: int = self._file.samplerate
        self._count: int = self._file.frames
        super().__init__(self._read, duration=self._count / self._rate, fps=self._rate)

    @property
    def channels(self) -> int:
        """Of the file."""
        return self._file.channels

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def _read(self, time: Any) -> NDArray[np.float64]:
        """Samples at the times (n x 2; for a single time 2): that which contains each; silence outside."""
        wanted = np.floor(np.atleast_1d(time) * self._rate).astype(np.int64)
        out = np.zeros((len(wanted), 2))
        inside = (wanted >= 0) & (wanted < self._count)
        if inside.any():
            first, last = int(wanted[inside].min()), int(wanted[inside].max())
            self._file.seek(first)
            block = self._file.read(last - first + 1, dtype="float64", always_2d=True)
            out[inside] = block[wanted[inside] - first]  # one column spreads to two
        return out if np.ndim(time) else out[0]


def build_bed(
    voice_wav: Path,
    original_wav: Path | None,
    duration: Fraction,
    offset: Fraction,
    ranges: tuple[TimeRange, ...],
    original_audio: OriginalAudio = "drop",
) -> Iterator[Samples]:
    """The sound of an export in chunks, exactly round(duration x rate) samples at the voice's own rate.

    The voice's first sample falls on `offset` seconds (which may be negative) and it sounds inside `ranges`
    only; after its end there is silence. The original (None: there is none) sounds in full outside them, and
    inside in full ("keep"), 12 dB lower ("duck") or not at all ("drop"). Chunks are n x 2, or n x 1 where both
    files are mono. Both WAVs come from `audio.decode_to_wav` at one rate; ValueError where the rates differ.
    """
    with ExitStack() as stack:
        voice = WavClip(voice_wav)
        stack.callback(voice.close)
        original = WavClip(original_wav) if original_wav is not None else None
        if original is not None:
            stack.callback(original.close)
            if original.fps != voice.fps:
                raise ValueError(f"the original is decoded at {original.fps} Hz and the voice at {voice.fps} Hz")
        rate = int(voice.fps)
        total = to_pts(duration, Fraction(1, rate))
        whole = TimeRange(Fraction(0), Fraction(total, rate))
        dubbed = _snapped(ranges, whole, rate)
        clips = _voice_pieces(voice, offset, dubbed)
        if original is not None:
            clips += _original_pieces(original, dubbed, whole, original_audio)
        channels = max([voice.channels] + ([original.channels] if original is not None else []))
        yield from _chunks(clips, total, rate, min(channels, 2))


def _snapped(ranges: tuple[TimeRange, ...], whole: TimeRange, rate: int) -> tuple[TimeRange, ...]:
    """The union of the ranges inside `whole`, with every cut on a sample."""
    tick = Fraction(1, rate)
    inside = [part for item in ranges if (part := item.intersect(whole)) is not None]
    return merge_ranges(TimeRange(to_pts(item.start, tick) * tick, to_pts(item.stop, tick) * tick) for item in inside)


def _voice_pieces(voice: WavClip, offset: Fraction, dubbed: tuple[TimeRange, ...]) -> list[AudioClip]:
    """The parts of the voice that are heard, each at its place."""
    tick = Fraction(1, int(voice.fps))
    start = to_pts(offset, tick) * tick
    sounding = TimeRange(start, start + _length(voice))
    parts = [part for item in dubbed if (part := item.intersect(sounding)) is not None]
    return [_piece(voice, part, start, sounding) for part in parts]


def _original_pieces(
    original: WavClip, dubbed: tuple[TimeRange, ...], whole: TimeRange, policy: OriginalAudio
) -> list[AudioClip]:
    """The original: a quiet (or no) bed throughout, and what is missing to full outside the dubbed ranges.

    The sum of the two makes a straight ramp at every cut.
    """
    sounding = TimeRange(Fraction(0), _length(original)).intersect(whole)
    if sounding is None:
        return []
    if policy == "keep":
        return [_piece(original, sounding, Fraction(0), sounding)]
    outside = [part for item in complement_ranges(dubbed, whole) if (part := item.intersect(sounding)) is not None]
    pieces = [_piece(original, part, Fraction(0), sounding) for part in outside]
    if policy == "drop":
        return pieces
    bed = _piece(original, sounding, Fraction(0), sounding)
    return [_louder(bed, DUCK), *(_louder(piece, 1 - DUCK) for piece in pieces)]


def _louder(clip: AudioClip, factor: float) -> AudioClip:
    return cast("AudioClip", clip.with_effects([afx.MultiplyVolume(factor)]))


def _length(clip: WavClip) -> Fraction:
    return Fraction(round(clip.duration * clip.fps), int(clip.fps))


def _piece(clip: WavClip, part: TimeRange, start: Fraction, sounding: TimeRange) -> AudioClip:
    """The stretch `part` of a clip that begins at `start`; faded where it is cut, not at its own ends."""
    piece = clip.subclipped(float(part.start - start), float(part.stop - start))
    fade = float(min(FADE, part.duration / 2))
    effects: list[Any] = []
    if part.start > sounding.start:
        effects.append(afx.AudioFadeIn(fade))
    if part.stop < sounding.stop:
        effects.append(afx.AudioFadeOut(fade))
    return cast("AudioClip", piece.with_effects(effects).with_start(float(part.start)))


def _chunks(clips: list[AudioClip], total: int, rate: int, channels: int) -> Iterator[Samples]:
    """The mix of the clips from sample 0 to `total`, clipped to [-1, 1]."""
    mix = CompositeAudioClip(clips) if clips else None
    for first in range(0, total, CHUNK):
        count = min(CHUNK, total - first)
        out = np.zeros((count, 2))
        if mix is not None:
            out = np.asarray(mix.get_frame((np.arange(first, first + count) + 0.5) / rate), np.float64)
        yield np.clip(out[:, :channels], -1, 1).astype(np.float32)
