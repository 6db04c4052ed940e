"""Where a new voice most likely belongs against the original sound, from the two envelopes alone.

The envelope of each sound is its level in decibels (`activity.wav_levels`), cut off at its noise floor below and at
its speech level above. For every shift by a step of 10 ms the two are correlated over the stretch they share, by
their local means and deviations (D. Padfield, "Masked object registration in the Fourier domain", IEEE Transactions
on Image Processing 21(5), 2012, in one dimension); a parabola through the peak places it between the steps.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.core.errors import MediaError
from app.core.streams import AUTOMATIC, Streams
from app.engine.progress import CancelToken
from app.engine.sound.activity import STEP, Levels, level_range, wav_levels
from app.engine.sound.decoded import decode_cached

Values = NDArray[np.float64]

LEAST_SHARED = 0.3
"""Part of the shorter sound that has to lie over the other one for a shift to be looked at."""
RIVAL = Fraction(1, 4)
"""Seconds around the best shift in which other good shifts are the same peak, not rivals."""
_DIGITS = 1000


class OffsetProposal(msgspec.Struct, frozen=True):
    """A place for the voice."""

    offset: Fraction
    """Seconds of the clip at which the voice's first sample would sound; whole milliseconds."""
    confidence: float
    """0 (a guess) to 1 (the same speech, all of it); see `best_shift`."""


def propose_offset(
    original_path: Path,
    voice_path: Path,
    cache: Path,
    cancel: CancelToken | None = None,
    original_streams: Streams = AUTOMATIC,
    voice_streams: Streams = AUTOMATIC,
) -> OffsetProposal:
    """Compares the sound of a clip with a voice; the decoded sounds are kept in the folder `cache`.

    Raises MediaError for a file without sound, and where one of the two is silent or never changes; Cancelled when
    asked to stop.
    """
    original = _envelope(original_path, cache, cancel, original_streams, tolerant=True)
    voice = _envelope(voice_path, cache, cancel, voice_streams)
    shift, confidence = best_shift(original, voice)
    return OffsetProposal(Fraction(round(shift * STEP * _DIGITS), _DIGITS), confidence)


def _envelope(path: Path, cache: Path, cancel: CancelToken | None, streams: Streams, tolerant: bool = False) -> Values:
    wav = decode_cached(path, cache, cancel=cancel, tolerant=tolerant, streams=streams)
    found = envelope(wav_levels(wav, cancel))
    if found is None:
        raise MediaError(
            f'"{path}" has no loud and quiet places to compare: it is silent or never changes; place the voice by hand.'
        )
    return found


def envelope(levels: Levels) -> Values | None:
    """Levels as 0 (noise floor and below) to 1 (speech level and above); None where nothing stands out."""
    bounds = level_range(levels)
    if bounds is None:
        return None
    floor, speech = bounds
    return np.clip((levels - floor) / (speech - floor), 0, 1)


def best_shift(original: Values, voice: Values) -> tuple[float, float]:
    """Steps by which the voice is best shifted to the right, and the confidence.

    Every shift scores its correlation, times the part of the shorter sound that is shared. The confidence is the best
    score r, times (r - s) / (1 - s), where s is the best score of a shift elsewhere (`RIVAL`): it is small where the
    envelopes differ and where several places fit about as well.
    """
    scores = _scores(original, voice)
    best = int(scores.argmax())
    top = float(np.clip(scores[best], 0, 1))
    away = np.abs(np.arange(len(scores)) - best) > RIVAL / STEP
    rival = float(np.clip(scores[away].max(), 0, 1)) if away.any() else 0.0
    confidence = top * (top - rival) / (1 - rival) if rival < 1 else 0.0
    return best + _between(scores, best) - (len(voice) - 1), confidence


def _scores(original: Values, voice: Values) -> Values:
    """Correlation x shared part for the shifts -(len(voice) - 1) to len(original) - 1."""
    total = len(original) + len(voice) - 1
    size = 1 << total.bit_length()

    def correlate(one: Values, other: Values) -> Values:
        product = np.fft.rfft(one, size) * np.fft.rfft(other[::-1], size)
        return np.fft.irfft(product, size)[:total]

    ones, others = np.ones_like(original), np.ones_like(voice)
    shared = np.round(correlate(ones, others))
    sum_a, sum_b = correlate(original, others), correlate(ones, voice)
    variance_a = correlate(original**2, others) - sum_a**2 / shared
    variance_b = correlate(ones, voice**2) - sum_b**2 / shared
    covariance = correlate(original, voice) - sum_a * sum_b / shared
    part = shared / min(len(original), len(voice))
    # A variance below this is nothing but the rounding of the transforms.
    usable = (part >= LEAST_SHARED) & (np.minimum(variance_a, variance_b) > 1e-6 * shared)
    scores = np.zeros(total)
    scores[usable] = (covariance[usable] / np.sqrt(variance_a[usable] * variance_b[usable])) * part[usable]
    return scores


def _between(scores: Values, best: int) -> float:
    """Where the peak of a parabola through the best score and its neighbours lies, in steps from it; -0.5 to 0.5."""
    if not 0 < best < len(scores) - 1:
        return 0.0
    left, middle, right = scores[best - 1 : best + 2]
    bend = left - 2 * middle + right
    return float(np.clip((left - right) / (2 * bend), -0.5, 0.5)) if bend < 0 else 0.0
