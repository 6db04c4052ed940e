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

import msgspec
import numpy as np
import soundfile
from moviepy import AudioClip, CompositeAudioClip, afx
from numpy.typing import NDArray

from app.core.timebase import TimeRange, complement_ranges, merge_ranges, to_pts
from app.engine.media.limiter import LimiterLog, Mix, limited

Samples = NDArray[np.float32]
"""n x channels, in [-1, 1]."""

OriginalAudio = Literal["keep", "duck", "drop"]
"""What becomes of the original sound inside the dubbed ranges."""

FADE = Fraction(1, 100)
"""Seconds over which sound fades at a cut, so that it does not click."""

DUCK = 10 ** (-12 / 20)
"""The factor that "duck" leaves of the original: -12 dB."""

CHUNK = 16_384
"""Samples in a chunk."""


class WavClip(AudioClip):
    """A MoviePy clip over a WAV file, exact to the sample; mono is given as two equal channels."""

    def __init__(self, path: Path) -> None:
        self._file = soundfile.SoundFile(path)
        self._rate: int = self._file.samplerate
        self._count: int = self._file.frames
        super().__init__(self._read, duration=self._count / self._rate, fps=self._rate)

    @property
    def channels(self) -> int:
        """How many channels the file has."""
        return self._file.channels

    def close(self) -> None:
        """Closes the WAV file; the clip cannot be read afterwards."""
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


def mix_rate(*rates: int | None) -> int | None:
    """Samples per second at which sounds are mixed: the highest of their rates, so that none loses anything.

    None for a sound that is not heard, and where none is.
    """
    return max((rate for rate in rates if rate is not None), default=None)


def original_heard(ranges: tuple[TimeRange, ...], part: TimeRange, original_audio: OriginalAudio) -> bool:
    """Whether anything of the original sounds in `part` of the clip, where `ranges` are dubbed."""
    return original_audio != "drop" or bool(complement_ranges(merge_ranges(ranges), part))


class Placement(msgspec.Struct, frozen=True, order=True):
    """A stretch that is dubbed, with the place of the voice that sounds in it; in whole samples of the bed."""

    range: TimeRange
    start: Fraction
    """Seconds of the clip at which the voice's first sample would sound."""
    voice: Path = Path()
    """Which voice."""


def build_bed(
    voice_wav: Path,
    original_wav: Path | None,
    duration: Fraction,
    offset: Fraction,
    ranges: tuple[TimeRange, ...],
    original_audio: OriginalAudio = "drop",
    *,
    offsets: tuple[Fraction, ...] | None = None,
    voices: tuple[Path, ...] | None = None,
    voice_gain_db: float = 0.0,
    original_gain_db: float = 0.0,
    span: TimeRange | None = None,
    log: LimiterLog | None = None,
) -> Iterator[Samples]:
    """The sound of an export in chunks, exactly round(duration x rate) samples at the rate of the WAVs.

    The voice's first sample falls on `offset` seconds (which may be negative) and it sounds inside `ranges`
    only; after its end there is silence. With `offsets`, one for each range, every range has the voice at its own
    place; ranges may then touch but not overlap. With `voices`, likewise one for each range, every range has a voice
    of its own in the place of `voice_wav`. The original (None: there is none) sounds in full outside the
    ranges, and inside in full ("keep"), 12 dB lower ("duck") or not at all ("drop"). Both may be made louder or
    quieter throughout; what would go beyond full scale is turned down (`limiter`), which `log` is told. With a
    `span`, only that part of the same bed is given. Chunks are n x 2, or n x 1 where all files are mono. All WAVs
    come from `decoded.decode_cached` at one rate; ValueError where the rates differ, or there is not one offset
    or voice for each range.
    """
    if offsets is not None and len(offsets) != len(ranges):
        raise ValueError(f"{len(ranges)} ranges have {len(offsets)} offsets")
    if voices is not None and len(voices) != len(ranges):
        raise ValueError(f"{len(ranges)} ranges have {len(voices)} voices")
    with ExitStack() as stack:
        spoken = {path: WavClip(path) for path in (voice_wav, *(voices or ()))}
        for clip in spoken.values():
            stack.callback(clip.close)
        voice = spoken[voice_wav]
        if any(clip.fps != voice.fps for clip in spoken.values()):
            raise ValueError("the voices are decoded at several rates")
        original = WavClip(original_wav) if original_wav is not None else None
        if original is not None:
            stack.callback(original.close)
            if original.fps != voice.fps:
                raise ValueError(f"the original is decoded at {original.fps} Hz and the voice at {voice.fps} Hz")
        rate = int(voice.fps)
        tick = Fraction(1, rate)
        whole = TimeRange(Fraction(0), to_pts(duration, tick) * tick)
        own = voices or (voice_wav,) * len(ranges)
        placements = _placements(ranges, offsets or (offset,) * len(ranges), own, whole, tick)
        clips = [_louder(piece, _factor(voice_gain_db)) for piece in _voice_pieces(spoken, placements)]
        if original is not None:
            dubbed = merge_ranges(placement.range for placement in placements)
            pieces = _original_pieces(original, dubbed, whole, original_audio)
            clips += [_louder(piece, _factor(original_gain_db)) for piece in pieces]
        channels = max(clip.channels for clip in (*spoken.values(), original) if clip is not None)
        part = _snap(span or whole, tick).intersect(whole) or TimeRange(Fraction(0), Fraction(0))
        yield from _chunks(clips, part, rate, min(channels, 2), log)


def _placements(
    ranges: tuple[TimeRange, ...],
    offsets: tuple[Fraction, ...],
    voices: tuple[Path, ...],
    whole: TimeRange,
    tick: Fraction,
) -> list[Placement]:
    """The ranges inside `whole` with every cut on a sample; those of one voice and offset that meet are made one."""
    by_place: dict[tuple[Fraction, Path], list[TimeRange]] = {}
    for item, offset, voice in zip(ranges, offsets, voices, strict=True):
        inside = item.intersect(whole)
        if inside is not None:
            by_place.setdefault((to_pts(offset, tick) * tick, voice), []).append(_snap(inside, tick))
    return sorted(Placement(part, *place) for place, parts in by_place.items() for part in merge_ranges(parts))


def _snap(item: TimeRange, tick: Fraction) -> TimeRange:
    """A range with its ends on samples."""
    return TimeRange(to_pts(item.start, tick) * tick, to_pts(item.stop, tick) * tick)


def _voice_pieces(voices: dict[Path, WavClip], placements: list[Placement]) -> list[AudioClip]:
    """The parts of the voices that are heard, each at its place."""
    pieces: list[AudioClip] = []
    for placement in placements:
        voice = voices[placement.voice]
        sounding = TimeRange(placement.start, placement.start + _length(voice))
        part = placement.range.intersect(sounding)
        if part is not None:
            pieces.append(_piece(voice, part, placement.start, sounding))
    return pieces


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


def _factor(decibels: float) -> float:
    """The factor of a gain."""
    return 10 ** (decibels / 20)


def _louder(clip: AudioClip, factor: float) -> AudioClip:
    return clip if factor == 1 else cast("AudioClip", clip.with_effects([afx.MultiplyVolume(factor)]))


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


def _chunks(
    clips: list[AudioClip], part: TimeRange, rate: int, channels: int, log: LimiterLog | None
) -> Iterator[Samples]:
    """The mix of the clips over `part`, limited to [-1, 1]."""

    def read(first: int, count: int) -> Mix:
        times = (np.arange(first, first + count) + 0.5) / rate
        # only what sounds now: with thousands of segments each chunk would ask all of them
        playing = [clip for clip in clips if clip.start <= times[-1] and (clip.end is None or clip.end >= times[0])]
        if not playing:
            return np.zeros((count, 2))
        return np.asarray(CompositeAudioClip(playing).get_frame(times), np.float64)

    first, stop = int(part.start * rate), int(part.stop * rate)
    for start in range(first, stop, CHUNK):
        mix = limited(read, start, min(CHUNK, stop - start), rate, log)
        yield mix[:, :channels].astype(np.float32)
