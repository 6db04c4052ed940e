"""The sound of an export at any place, without making the export: what the editor plays.

The rules are those of `app.engine.media.bed`, and a test holds the two together sample by sample. The voice is heard
inside the segments, each at its own offset or the project's; the original outside them, and inside in full ("keep"),
12 dB lower ("duck") or not at all ("drop"). Each sound has its gain. Cuts fade over `bed.FADE`.

Only while listening: a sound that is muted, or beside one that is solo, is silent; an original that alone is solo is
heard in full everywhere, as it was recorded, so that it can be compared; and without a voice the original is heard
alone.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import Literal, cast

import msgspec
import numpy as np
import soundfile
from numpy.typing import NDArray

from app.core.project import Mix, Project, Take
from app.core.timebase import TimeRange
from app.engine.media.audio import Samples, Wav
from app.engine.media.bed import DUCK, FADE, mix_rate
from app.engine.media.clip import Clip, Voice
from app.engine.media.limiter import limited
from app.engine.progress import CancelToken
from app.engine.sound.decoded import decode_cached, sound_form

Source = Literal["original", "voice"]
Span = tuple[int, int]
"""First sample and the one after the last."""


class Sources(msgspec.Struct, frozen=True):
    """The decoded sounds of a clip and a voice, both at one rate; at least one of them.

    Raises ValueError where there is none or the rates differ.
    """

    original: Wav | None
    voice: Wav | None
    takes: Mapping[Take, Wav] = {}
    """Of the segments that are heard with a voice of their own."""

    def __post_init__(self) -> None:
        """Refuses what cannot be mixed."""
        rates = {wav.rate for wav in (self.original, self.voice, *self.takes.values()) if wav is not None}
        if len(rates) != 1:
            raise ValueError(f"one rate is needed, not {sorted(rates)}")

    @property
    def rate(self) -> int:
        """Samples per second."""
        wav = self.voice or self.original
        assert wav is not None
        return wav.rate

    def wav(self, source: Source) -> Wav | None:
        """One of the two."""
        return self.voice if source == "voice" else self.original


def heard_takes(project: Project) -> frozenset[Take]:
    """The voices that segments are heard with in the place of the project's."""
    return frozenset(own for segment in project.segments or () if (own := segment.own_voice) is not None)


def load_sounds(
    clip: Clip | None, voice: Voice | None, cache: Path, cancel: CancelToken, takes: Collection[Take] = ()
) -> Sources | None:
    """All sounds, decoded into `cache` at the highest of their rates; None where neither clip nor voice has one.

    What cannot be decoded of the clip's own sound is silent. Raises UserError for a voice that cannot be decoded and
    for what cannot be written, Cancelled.
    """
    own = sound_form(Path(clip.path), None, clip.streams).rate if clip is not None and clip.has_sound else None
    said_rate = sound_form(Path(voice.path), None, voice.streams).rate if voice is not None else None
    rate = mix_rate(said_rate, own, *(sound_form(Path(take.path), None, take.streams).rate for take in takes))
    said = original = None
    if voice is not None:
        said = decode_cached(Path(voice.path), cache, rate, voice.sha256, cancel=cancel, streams=voice.streams)
    if clip is not None and own is not None:
        original = decode_cached(
            Path(clip.path), cache, rate, clip.sha256, cancel=cancel, tolerant=True, streams=clip.streams
        )
    if said is None and original is None:
        return None
    own_voices = {
        take: decode_cached(Path(take.path), cache, rate, take.sha256, cancel=cancel, streams=take.streams)
        for take in takes
    }
    return Sources(original, said, own_voices)


class Piece(msgspec.Struct, frozen=True):
    """A stretch of one sound in the mix; all places are in samples of the mix."""

    source: Source
    start: int
    stop: int
    origin: int
    """Where the sound's own first sample would be."""
    factor: float = 1.0
    fade_in: bool = False
    """Whether it rises over `FADE` (half the piece, where that is shorter) at its start."""
    fade_out: bool = False
    take: Take | None = None
    """Which voice, where it is a segment's own."""


class PlaybackMix:
    """Reads the mix of a project at any place. Belongs to one thread; `close` it at the end."""

    def __init__(self, project: Project, sources: Sources, whole: TimeRange) -> None:
        """`whole` is what is shown: from 0 to the end of the last frame, held frames included.

        Raises soundfile.LibsndfileError where a decoded sound is gone.
        """
        self.rate = sources.rate
        """Samples per second."""
        self._sources = sources
        self._stack = ExitStack()
        self._files: dict[Source | Take, soundfile.SoundFile] = {}
        for name in ("original", "voice"):
            wav = sources.wav(name)
            if wav is not None:
                self._files[name] = self._stack.enter_context(soundfile.SoundFile(wav.path))
        for take, wav in sources.takes.items():
            self._files[take] = self._stack.enter_context(soundfile.SoundFile(wav.path))
        self.set_project(project, whole)

    def set_project(self, project: Project, whole: TimeRange) -> None:
        """Another state of the project; the sounds stay."""
        pieces = sorted(lay_out(project, self._sources, whole), key=lambda piece: piece.start)
        self._pieces = pieces
        self._starts = [piece.start for piece in pieces]
        # the furthest end so far finds the first piece that may reach into a block
        self._ends = list(accumulate((piece.stop for piece in pieces), max))

    def close(self) -> None:
        """Closes the files."""
        self._stack.close()

    def read(self, first: int, count: int) -> Samples:
        """`count` x 2 samples in [-1, 1] from number `first` on (which may be negative); silence outside."""
        return limited(self._sum, first, count, self.rate).astype(np.float32)

    def _sum(self, first: int, count: int) -> NDArray[np.float64]:
        """What `read` limits."""
        mix = np.zeros((count, 2))
        pieces = self._pieces[bisect_left(self._ends, first + 1) : bisect_left(self._starts, first + count)]
        for piece in pieces:
            start, stop = max(first, piece.start), min(first + count, piece.stop)
            if start < stop:
                gains = _gains(piece, start, stop, float(FADE * self.rate))
                mix[start - first : stop - first] += self._sound(piece, start, stop) * gains[:, None]
        return mix

    def _sound(self, piece: Piece, start: int, stop: int) -> NDArray[np.float64]:
        """The piece's samples from `start` to `stop`, which lie in its file: n x 1 or n x 2."""
        file = self._files[piece.take or piece.source]
        file.seek(start - piece.origin)
        return cast("NDArray[np.float64]", file.read(stop - start, "float64", always_2d=True))


def _gains(piece: Piece, start: int, stop: int, fade: float) -> NDArray[np.float64]:
    """Factors for the samples from `start` to `stop`, each taken in its middle."""
    middles = np.arange(start, stop) + 0.5
    fade = min(fade, (piece.stop - piece.start) / 2)
    gains = np.full(stop - start, piece.factor)
    if piece.fade_in:
        gains *= np.clip((middles - piece.start) / fade, 0, 1)
    if piece.fade_out:
        gains *= np.clip((piece.stop - middles) / fade, 0, 1)
    return gains


def lay_out(project: Project, sources: Sources, whole: TimeRange) -> list[Piece]:
    """All pieces of the mix, in no order."""
    rate = sources.rate
    end = _sample(whole.stop, rate)
    segments = project.segments_of(whole) if sources.voice is not None else ()
    placed = [
        (_snapped(segment.range, rate, end), _sample(project.offset_of(segment), rate), segment.own_voice)
        for segment in segments
    ]
    pieces: list[Piece] = []
    if sources.voice is not None:
        pieces += _scaled(_voice(placed, sources.voice.samples, sources.takes), listening(project, "voice"))
    if sources.original is not None:
        dubbed = _merged(span for span, _, _ in placed)
        length = min(sources.original.samples, end)
        pieces += _scaled(_original(project, dubbed, length, end), listening(project, "original"))
    return [piece for piece in pieces if piece.factor and piece.start < piece.stop]


def listening(project: Project, source: Source) -> float:
    """The factor by which a sound is heard in the editor: its gain, or 0 where it is muted or the other one is solo."""
    own, other = project.original_mix, project.voice_mix
    if source == "voice":
        own, other = other, own
    return 0.0 if own.mute or (other.solo and not own.solo) else gain(own)


def gain(mix: Mix) -> float:
    """The factor of a gain in decibels."""
    return 10 ** (mix.gain_db / 20)


def _scaled(pieces: Iterator[Piece], factor: float) -> Iterator[Piece]:
    return (msgspec.structs.replace(piece, factor=piece.factor * factor) for piece in pieces)


def _sample(time: Fraction, rate: int) -> int:
    """`timebase.to_pts` for a tick of 1 / `rate`, quicker: a project may have thousands of segments."""
    return (2 * time.numerator * rate + time.denominator) // (2 * time.denominator)


def _snapped(span: TimeRange, rate: int, end: int) -> Span:
    """A range in samples, inside of what is shown; it may be empty."""
    return min(max(_sample(span.start, rate), 0), end), min(max(_sample(span.stop, rate), 0), end)


def _merged(spans: Iterable[Span]) -> list[Span]:
    """The union, in order, touching neighbours joined and empty ones dropped."""
    merged: list[Span] = []
    for start, stop in sorted(span for span in spans if span[0] < span[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], stop)
        else:
            merged.append((start, stop))
    return merged


def _voice(placed: Iterable[tuple[Span, int, Take | None]], length: int, takes: Mapping[Take, Wav]) -> Iterator[Piece]:
    """The voice inside the segments, each with its origin; where two of one voice and origin touch, there is no cut.

    A take that is not decoded yet is silent.
    """
    by_origin: dict[tuple[int, Take | None], list[Span]] = {}
    for span, origin, take in placed:
        if take is None or take in takes:
            by_origin.setdefault((origin, take), []).append(span)
    for (origin, take), spans in by_origin.items():
        last = origin + (length if take is None else takes[take].samples)
        for start, stop in _merged(spans):
            start, stop = max(start, origin), min(stop, last)
            yield Piece("voice", start, stop, origin, 1.0, start > origin, stop < last, take)


def _original(project: Project, dubbed: list[Span], length: int, end: int) -> Iterator[Piece]:
    """The original: a quiet (or no) bed throughout, and what is missing to full outside the dubbed ranges."""
    alone = project.original_mix.solo and not project.voice_mix.solo
    if project.original_audio == "keep" or alone:
        yield Piece("original", 0, length, 0)
        return
    bed = DUCK if project.original_audio == "duck" else 0.0
    yield Piece("original", 0, length, 0, bed)
    starts, stops = [0, *(stop for _, stop in dubbed)], [*(start for start, _ in dubbed), end]
    for start, stop in zip(starts, stops, strict=True):
        stop = min(stop, length)
        yield Piece("original", start, stop, 0, 1 - bed, start > 0, stop < length)
