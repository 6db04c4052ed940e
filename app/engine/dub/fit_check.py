"""Do the weights know this face? A few frames rebuilt from their own sound, before any dub."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.core.project import Segment
from app.core.timebase import TimeRange
from app.engine.dub.dubbing import NewVoice, PreparedFrame
from app.engine.dub.face_plan import FacePlan
from app.engine.dub.reference_choice import GAP, References
from app.engine.dub.report import FitCheck
from app.engine.media.audio import NETWORK_RATE, SHORTEST, network_audio
from app.engine.media.mel import speech_gain
from app.engine.media.reader import VideoReader
from app.engine.ports import Dubber, Image
from app.engine.progress import CancelToken
from app.engine.sound.listener import make_listener

FRAMES = 8
MOUTH = (0.26, 0.46, 0.74, 0.88)
"""Left, top, right, bottom of the box that is judged, as shares of the `face` crop."""


def check_fit(
    reader: VideoReader,
    plan: FacePlan,
    segment: Segment,
    references: References,
    dubber: Dubber,
    cache: Path,
    cancel: CancelToken | None = None,
) -> FitCheck:
    """Rebuilds a few frames of the segment and says what the result means.

    Score: by how many decibels the rebuilt mouth box is nearer to the true one than the aligned reference
    pasted in its place. The clip needs sound of its own. Raises Cancelled where `cancel` is raised.
    """
    if reader.info.audio is None:
        return FitCheck(None, dubber.known_fit, "The clip has no sound, so how well the weights fit was not checked.")
    sound = network_audio(reader.path, cache, tolerant=True, streams=reader.streams)
    if Fraction(len(sound), NETWORK_RATE) < SHORTEST:
        said = "The clip's own sound is too short to check how well the weights fit."
        return FitCheck(None, dubber.known_fit, said)
    own = NewVoice(sound, speech_gain(sound), Fraction(0), make_listener(dubber))
    indices = _sample(reader, plan, segment.range, references)
    score = _score(reader, plan, indices, own, references, dubber, cancel or CancelToken())
    if score is None:
        return FitCheck(None, dubber.known_fit, "The segment is too short to check how well the weights fit.")
    return FitCheck(round(score, 2), dubber.known_fit, _sentence(score, dubber))


def _sample(reader: VideoReader, plan: FacePlan, span: TimeRange, references: References) -> list[int]:
    """Frames spread over the segment, away from the reference."""
    base, stamps = reader.video.time_base, reader.timestamps
    span = TimeRange(span.start, max(span.start, min(span.stop, reader.info.duration)))
    there = [i for i in plan.indices if span.contains(stamps[i] * base)]
    there = [i for i in there if all(abs(i - item.index) >= GAP for item in references.items)]
    if not there:
        return []
    picks = np.linspace(0, len(there) - 1, min(FRAMES, len(there))).round().astype(int)
    return [there[k] for k in dict.fromkeys(picks.tolist())]


def _score(
    reader: VideoReader,
    plan: FacePlan,
    indices: list[int],
    own: NewVoice,
    references: References,
    dubber: Dubber,
    cancel: CancelToken,
) -> float | None:
    """Decibels gained over pasting the reference; None without frames to judge."""
    if not indices:
        return None
    real: list[Image] = []
    rebuilt: list[Image] = []
    pasted: list[Image] = []
    for index in indices:
        cancel.check()
        frame = reader.frame_at(reader.timestamps[index] * reader.video.time_base)
        choice = references.for_frame(index)
        shown = PreparedFrame.of(frame, plan).batch(own.windows([frame.time]), choice)
        real.append(plan.native_crop(frame))
        rebuilt.append(dubber.dub(shown, choice.encoded)[0])
        pasted.append(choice.items[choice.leading].crop)
    return 10 * float(
        np.log10(mouth_error(np.stack(real), np.stack(pasted)) / mouth_error(np.stack(real), np.stack(rebuilt)))
    )


def mouth_error(real: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Mean squared difference in the mouth box of N x S x S x 3 crops; at least a thousandth, so never nought."""
    difference = mouth_box(real).astype(np.float64) - mouth_box(other)
    return max(float(np.mean(difference**2)), 1e-3)


def mouth_box(crops: NDArray[np.uint8] | Image) -> NDArray[np.uint8]:
    """The part of (N x) S x S x 3 crops that is judged."""
    size = crops.shape[-2]
    left, top, right, bottom = (round(edge * size) for edge in MOUTH)
    return crops[..., top:bottom, left:right, :]


def _sentence(score: float, dubber: Dubber) -> str:
    """What the score tells the user."""
    if dubber.known_fit is None:
        return f"The weights rebuild this face {score:+.1f} dB against its pasted reference."
    if score >= dubber.known_fit:
        return f"The weights {dubber.weights_name} fit this face ({score:+.1f} dB)."
    return (
        f"The weights {dubber.weights_name} do not know this face well ({score:+.1f} dB; {dubber.known_fit:+.1f} dB on "
        "faces they know): expect a mouth that does not always follow the voice."
    )
