"""A waveform at any zoom: minima and maxima of ever larger bins, from the sound as it is decoded.

The smallest bins hold `BASE` samples, those of each further level `FACTOR` times as many. A view takes the coarsest
level of which at least `FINENESS` bins fall on a column, so that reading costs the same at every zoom; where even
the smallest bins are too coarse, it reads the samples themselves. Nothing is approximate but where a column ends:
its edges are moved outwards to the bins' edges, by at most 1 / `FINENESS` of its width.

For two hours of stereo at 48 kHz the levels take 58 MB, mapped from a file when they are complete.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec
import numpy as np
import soundfile
from numpy.typing import NDArray

from app.core.streams import AUTOMATIC, Streams
from app.engine.media.audio import Samples, Wav
from app.engine.media.content import content_hash
from app.engine.media.sealed import SEAL_BYTES, Draft, make_whole, place_of, seal_of
from app.engine.progress import CancelToken
from app.engine.sound.decoded import SoundForm, decode_cached, decoded_path, read_back, sound_form

Extremes = NDArray[np.float32]
"""channels x bins x 2: minimum and maximum of the samples of each bin."""
Column = NDArray[np.float32]

BASE = 128
"""Samples in a bin of the first level."""
FACTOR = 4
"""Bins of one level in a bin of the next."""
FINENESS = 4
"""Bins that fall on a column at least."""
PART = 5.0
"""Seconds of sound after which the first part is told."""
PART_GROWTH = 1.1
"""By how much more is known at each further part."""

_ALIGN = 64
_VERSION = 2


class SampleSource(Protocol):
    """Gives single samples where a view is zoomed in that far."""

    def __call__(self, first: int, count: int) -> Samples | None:
        """`count` x channels samples from `first`, all of them inside; None where they cannot be had."""
        ...


class PeakPyramid:
    """The waveform of a sound, or of its beginning while it is still being decoded. Immutable; any thread may read."""

    def __init__(
        self, rate: int, samples: int, duration: float, levels: list[Extremes], source: SampleSource | None
    ) -> None:
        """`samples` are covered by `levels`; `source` is None until the sound is complete."""
        self._levels, self._source = levels, source
        self.rate = rate
        """Samples per second."""
        self.channels = levels[0].shape[0]
        """1 or 2."""
        self.samples = samples
        """Per channel, as far as they are known."""
        self.duration = duration
        """Seconds of the whole sound; a guess from the file's header until it is complete."""
        self.complete = source is not None
        """Whether all of the sound is in it."""

    @property
    def known(self) -> float:
        """Seconds from the start that are decoded; beyond them `read` gives silence."""
        return self.samples / self.rate

    def grain(self, start: float, stop: float, columns: int) -> int:
        """Samples to whose multiples `read` moves the edges of its columns; 1 where it reads the samples."""
        width = (stop - start) * self.rate / columns
        if width < FINENESS * BASE:
            return 1 if self._source is not None else BASE
        grain = BASE
        while width >= FINENESS * FACTOR * grain and grain < BASE * FACTOR ** (len(self._levels) - 1):
            grain *= FACTOR
        return grain

    def read(self, channel: int, start: float, stop: float, columns: int) -> tuple[Column, Column]:
        """Minimum and maximum (columns each) of the samples in equal columns from `start` to `stop` seconds.

        Both are 0 where a column lies wholly outside of what is known. Column c holds the samples from
        floor(a + c w) to ceil(a + (c + 1) w) - 1, where a = start x rate and w is a column's width in samples; its
        edges are moved outwards to multiples of `grain`. Raises ValueError for an empty stretch or no columns.
        """
        if columns < 1 or stop <= start:
            raise ValueError(f"{columns} columns from {start} s to {stop} s are none")
        grain = self.grain(start, stop, columns)
        edges = np.linspace(start * self.rate, stop * self.rate, columns + 1)
        first = np.floor(edges[:-1] / grain).astype(np.int64)
        last = np.maximum(np.ceil(edges[1:] / grain).astype(np.int64), first + 1)
        bins = self._samples(channel, first[0], last[-1]) if grain == 1 else None
        if bins is None:
            return self._from_bins(channel, first * grain, last * grain, max(grain, BASE))
        return _extremes(bins, first, last, max(int(first[0]), 0))

    def _from_bins(
        self, channel: int, first: NDArray[np.int64], last: NDArray[np.int64], grain: int
    ) -> tuple[Column, Column]:
        """As `read`, from the level whose bins hold `grain` samples."""
        level = next(index for index in range(len(self._levels)) if BASE * FACTOR**index >= grain)
        return _extremes(self._levels[level][channel], first // grain, -(-last // grain), 0)

    def read_samples(self, channel: int, first: int, count: int) -> Column | None:
        """The samples themselves, from number `first` on, as far as there are any; None where they cannot be had."""
        low, high = max(first, 0), min(first + count, self.samples)
        if self._source is None:
            return None
        block = self._source(low, high - low) if low < high else np.zeros((0, self.channels), np.float32)
        return None if block is None else block[:, channel]

    def _samples(self, channel: int, first: int, last: int) -> Extremes | None:
        """The samples from `first` to `last` as bins of one each; None where they are gone."""
        samples = self.read_samples(channel, int(first), int(last) - int(first))
        return None if samples is None else np.repeat(samples[:, None], 2, axis=1)


def _extremes(
    bins: NDArray[np.float32], first: NDArray[np.int64], last: NDArray[np.int64], origin: int
) -> tuple[Column, Column]:
    """Minimum and maximum over the bins [first, last) of every column; `bins` begins with number `origin`."""
    low = np.clip(first - origin, 0, len(bins))
    high = np.clip(last - origin, 0, len(bins))
    out = np.zeros((2, len(first)), np.float32)
    some = low < high
    if some.any():
        # Pairs of edges, so that every second result is a column's; reduceat wants each edge to be an index, so that
        # one bin more than the last column's is given it.
        begin, end = int(low[some].min()), int(high[some].max())
        edges = np.stack([low[some], high[some]], axis=1).ravel() - begin
        padded = np.concatenate([bins[begin:end], bins[end - 1 : end]])
        out[0, some] = np.minimum.reduceat(padded[:, 0], edges)[::2]
        out[1, some] = np.maximum.reduceat(padded[:, 1], edges)[::2]
    return out[0], out[1]


def build_peaks(
    path: Path,
    cache: Path,
    on_part: Callable[[PeakPyramid], None],
    cancel: CancelToken | None = None,
    sha256: str = "",
    tolerant: bool = False,
    streams: Streams = AUTOMATIC,
) -> PeakPyramid:
    """The waveform of a file's sound, kept in the folder `cache` under its content hash.

    `on_part` is called with what is known after `PART` seconds of sound and whenever that has grown by `PART_GROWTH`,
    and with the whole at last; where the peaks are kept already, with the whole alone. `sha256` spares the hashing
    where it is known, `tolerant` is as in `decode_cached`. Raises MediaError for what is no sound, Cancelled when asked
    to stop.
    """
    cancel = cancel or CancelToken()
    sha256 = sha256 or content_hash(path)
    form, key = sound_form(path, streams=streams), streams.sound_key(sha256)
    kept, wav_path = cache / f"{key}-peaks-v{_VERSION}.bin", decoded_path(cache, key, form.rate)
    if seal_of(place_of(kept)) is None or seal_of(place_of(wav_path)) is None:
        builder = _Builder(form, on_part)
        wav = decode_cached(path, cache, None, sha256, builder.add, cancel, tolerant, streams)
        _write(kept, wav, builder.levels(whole=True))
    pyramid = _load(place_of(kept), read_back(place_of(wav_path), None, cancel))
    on_part(pyramid)
    return pyramid


class _Builder:
    """Gathers the first level from blocks of sound, and tells parts."""

    def __init__(self, form: SoundForm, on_part: Callable[[PeakPyramid], None]) -> None:
        self._form, self._on_part = form, on_part
        self._rest = np.zeros((0, form.channels), np.float32)
        self._bins = [np.zeros((form.channels, 0, 2), np.float32)]
        self._count = 0
        self._next = PART * form.rate

    def add(self, block: Samples) -> None:
        """More sound: n x channels."""
        sound = np.concatenate([self._rest, block])
        whole = len(sound) // BASE * BASE
        self._rest = sound[whole:].copy()
        self._bins.append(_bins(sound[:whole]))
        self._count += whole
        if self._count >= self._next:
            self._next = self._count * PART_GROWTH
            duration = max(self._form.duration, self._count / self._form.rate)
            self._on_part(PeakPyramid(self._form.rate, self._count, duration, self.levels(whole=False), None))

    def levels(self, whole: bool) -> list[Extremes]:
        """All levels so far; with what does not fill a bin where that was the `whole` sound."""
        tail = [_bins(self._rest)] if whole and len(self._rest) else []
        self._bins = [np.concatenate(self._bins + tail, axis=1)]
        return _levels(self._bins[0])


def _bins(sound: Samples) -> Extremes:
    """The first level of a stretch of sound; its last bin may be shorter."""
    starts = np.arange(0, len(sound), BASE)
    if not len(starts):
        return np.zeros((sound.shape[1], 0, 2), np.float32)
    extremes = [function.reduceat(sound, starts, axis=0) for function in (np.minimum, np.maximum)]
    return np.stack(extremes, axis=2).transpose(1, 0, 2)


def _levels(base: Extremes) -> list[Extremes]:
    """The first level and all above it, down to at most `FACTOR` bins."""
    levels = [base]
    while levels[-1].shape[1] > FACTOR:
        below = levels[-1]
        starts = np.arange(0, below.shape[1], FACTOR)
        low = np.minimum.reduceat(below[:, :, 0], starts, axis=1)
        levels.append(np.stack([low, np.maximum.reduceat(below[:, :, 1], starts, axis=1)], axis=2))
    return levels


class _Header(msgspec.Struct, frozen=True):
    """The first line of a file of peaks; the levels follow, aligned, one after the other."""

    rate: int
    channels: int
    samples: int
    bins: tuple[int, ...]
    """In each level."""


def _write(target: Path, wav: Wav, levels: list[Extremes]) -> None:
    header = msgspec.json.encode(_Header(wav.rate, wav.channels, wav.samples, tuple(x.shape[1] for x in levels)))

    def make(draft: Draft) -> None:
        with draft.path.open("wb") as file:
            file.write(header + b" " * (-(len(header) + 1) % _ALIGN) + b"\n")
            for level in levels:
                file.write(np.ascontiguousarray(level).tobytes())

    make_whole(target, make)


def _load(kept: Path, wav: Wav) -> PeakPyramid:
    """The peaks from disk, mapped."""
    with kept.open("rb") as file:
        line = file.readline()
    header = msgspec.json.decode(line, type=_Header)
    count = (kept.stat().st_size - SEAL_BYTES - len(line)) // np.dtype(np.float32).itemsize
    flat = np.memmap(kept, np.float32, "r", offset=len(line), shape=(count,))
    ends = np.cumsum([header.channels * count * 2 for count in header.bins])
    parts = np.split(flat, ends)[: len(header.bins)]
    levels = [part.reshape(header.channels, -1, 2) for part in parts]
    duration = header.samples / header.rate
    return PeakPyramid(header.rate, header.samples, duration, levels, _WavSamples(wav.path))


class _WavSamples:
    """Single samples from the decoded sound; opened for each reading, so that threads do not share a position."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self, first: int, count: int) -> Samples | None:
        """See `SampleSource`; None where the cache was emptied meanwhile, and the view stays with the bins."""
        try:
            with soundfile.SoundFile(self._path) as file:
                file.seek(first)
                return np.asarray(file.read(count, "float32", always_2d=True), np.float32)
        except soundfile.LibsndfileError:
            return None
