"""How good are the weights? Own-voice dubs measured against the real frames, by a face detector."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.core.errors import FaceError
from app.core.project import Segment
from app.core.timebase import TimeRange, format_time
from app.engine.dub.dubbing import DubbedSegment, NewVoice, Pipeline, load_voice
from app.engine.dub.face_plan import FacePlan
from app.engine.dub.fit_check import mouth_box, mouth_error
from app.engine.dub.reference_choice import References, choose_references
from app.engine.evaluation.figures import correlation, landmark_distance, lip_leak, opening_ratio
from app.engine.faces.load_analysis import load_analysis
from app.engine.faces.points import mouth_opening
from app.engine.media.frame import VideoFrame
from app.engine.media.mel import mel_windows
from app.engine.media.reader import VideoReader
from app.engine.ports import Dubber, Image, LandmarkDetector, Points

PictureFigures = Callable[[NDArray[np.uint8], NDArray[np.uint8]], dict[str, float]]
"""(real, generated) crops -> figures by name; see `models.evaluation.pictures`."""
SILENT_LEVEL = -1.5
"""A window none of whose mel values lies above it is silence (the scale runs from -4 to 4)."""
SILENT_COLUMNS = 16
"""Columns in the middle of a window that are asked, 0.2 s: networks that hear more are judged on the same frames."""


class Figures(msgspec.Struct, frozen=True):
    """One clip's figures; openings are gaps over the distance of the outer eye corners."""

    clip: str
    frames: int
    correlation: float
    """Of the mouth's opening, dubbed against real, over time."""
    correlation_shuffled: float
    """The same when the network hears another stretch of voice."""
    amplitude: float
    """Standard deviation of the opening, dubbed over real."""
    gain: float
    """dB in the mouth box, above pasting the aligned reference."""
    landmark_distance: float
    """Mean distance of the 20 mouth landmarks, in hundredths of the eye distance."""
    silent_open_real: float
    """Share of silent frames with an open mouth, in the real clip; -1 where no frame is silent."""
    silent_open: float
    """The same, dubbed."""
    pictures: dict[str, float]
    """PSNR, SSIM and texture in the mouth box."""
    lag: int = 0
    """Frames by which the clip's own voice was taken to come late."""


class Evaluation(msgspec.Struct, frozen=True):
    """A clip's figures and what they were measured on, for contact sheets."""

    figures: Figures
    real: NDArray[np.uint8]
    """N x R x R x 3 crops, at the size that the face has in the film."""
    dubbed: NDArray[np.uint8]


class Judge(msgspec.Struct, frozen=True):
    """What an evaluation works with."""

    dubber: Dubber
    detector_name: str
    make_detector: Callable[[], LandmarkDetector]
    cache: Path
    picture_figures: PictureFigures


def evaluate_clip(clip: Path, other_voice: Path, span: TimeRange | None, judge: Judge, lag: int = 0) -> Evaluation:
    """Dubs `clip` (within `span`) to its own voice and judges the result; the reference is never the target.

    `other_voice` gives the shuffled figure. The clip's own voice is taken to come `lag` frames late. Raises FaceError
    and MediaError for clips that cannot be used.
    """
    with VideoReader(clip) as reader:
        analysis, _ = load_analysis(reader, judge.detector_name, judge.make_detector, judge.cache)
        plan = FacePlan(analysis, 0, judge.dubber.crop_size, str(clip))
        segment = Segment(span or TimeRange(Fraction(0), reader.info.duration))
        references = choose_references(reader, plan, segment, judge.dubber, avoid=segment.range)
        part = DubbedSegment(segment, plan, references)
        own = load_voice(clip, -lag / reader.video.fps, judge.cache / "sound", judge.dubber)
        # an other voice, not from its start: two GRID sentences begin with alike silences
        other = load_voice(other_voice, segment.range.start - Fraction(3, 10), judge.cache / "sound", judge.dubber)
        detector = judge.make_detector()
        try:
            result = _dubbed(reader, part, own, judge, detector)
            shuffled = _dubbed(reader, part, other, judge, detector).seen
        finally:
            detector.close()
        indices = list(result.seen)
        times = [reader.timestamps[i] * reader.video.time_base for i in indices]
        truth = {i: _raw_points(analysis.points_at(0, i)) for i in indices}
        figures = _figures(clip.name, truth, result, shuffled, _mels(own, times), references, judge)
        return Evaluation(msgspec.structs.replace(figures, lag=lag), result.real, result.dubbed)


def _raw_points(points: Points | None) -> Points:
    """The detector's points; a plan holds only frames that have them."""
    assert points is not None
    return points


class _Dubbed(msgspec.Struct, frozen=True):
    """A clip's dubbed frames."""

    indices: list[int]
    real: NDArray[np.uint8]
    """N x R x R x 3."""
    dubbed: NDArray[np.uint8]
    seen: dict[int, Points]
    """The detector's landmarks by index; frames in which it loses the dubbed face have none."""


def _dubbed(
    reader: VideoReader, part: DubbedSegment, voice: NewVoice, judge: Judge, detector: LandmarkDetector
) -> _Dubbed:
    """Dubs the segment and looks at the result."""
    detector.reset()
    span = part.segment.range
    indices: list[int] = []
    real: list[Image] = []
    crops: list[Image] = []
    seen: dict[int, Points] = {}
    sources: list[VideoFrame] = []

    def watched() -> Iterator[VideoFrame]:
        for frame in reader.frames(span.start, span.stop):
            sources.append(frame)
            yield frame

    for out in Pipeline((part,), voice, judge.dubber).run(watched()):
        source = sources.pop(0)
        if not out.dubbed:
            continue
        result = VideoFrame(out.yuv, source.pts, source.time_base, source.index)
        indices.append(source.index)
        real.append(part.plan.native_crop(source))
        crops.append(part.plan.native_crop(result))
        faces = detector.detect(result.rgb())
        if faces:
            seen[source.index] = faces[0].points
    if not seen:
        raise FaceError(
            f'"{reader.path}" shows no face from {format_time(span.start)} to {format_time(span.stop)} that is still '
            "one when it is dubbed: leave the clip out of the catalogue."
        )
    return _Dubbed(indices, np.stack(real), np.stack(crops), seen)


def _figures(
    name: str,
    truth: dict[int, Points],
    result: _Dubbed,
    shuffled: dict[int, Points],
    mels: NDArray[np.float32],
    references: References,
    judge: Judge,
) -> Figures:
    """All figures of one clip."""
    real, dubbed, seen = result.real, result.dubbed, result.seen
    indices = list(seen)
    true, drawn = np.stack([truth[i] for i in indices]), np.stack([seen[i] for i in indices])
    opening, opening_drawn = mouth_opening(true), mouth_opening(drawn)
    common = [i for i in indices if i in shuffled]
    pasted = np.stack([choice.items[choice.leading].crop for choice in map(references.for_frame, result.indices)])
    silent = is_silent(mels)
    return Figures(
        clip=name,
        frames=len(real),
        correlation=correlation(opening, opening_drawn),
        correlation_shuffled=correlation(_openings(truth, common), _openings(shuffled, common)),
        amplitude=opening_ratio(opening, opening_drawn),
        gain=10 * float(np.log10(mouth_error(real, pasted) / mouth_error(real, dubbed))),
        landmark_distance=landmark_distance(true, drawn),
        silent_open_real=_leak(opening, silent),
        silent_open=_leak(opening_drawn, silent),
        pictures=judge.picture_figures(mouth_box(real), mouth_box(dubbed)),
    )


def is_silent(mels: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which of N windows, N x 80 x C, are silence in their middle."""
    spare = max(mels.shape[2] - SILENT_COLUMNS, 0) // 2
    return mels[:, :, spare : mels.shape[2] - spare].max(axis=(1, 2)) < SILENT_LEVEL


def _mels(voice: NewVoice, times: Iterable[Fraction]) -> NDArray[np.float32]:
    """Mel windows of a voice at these times of the clip."""
    return mel_windows(voice.sound, [time - voice.offset for time in times], voice.gain)


def _openings(points: dict[int, Points], indices: list[int]) -> NDArray[np.float64]:
    """The mouth's opening in these frames."""
    return np.array([mouth_opening(points[index]) for index in indices], np.float64)


def _leak(opening: NDArray[np.float64], silent: NDArray[np.bool_]) -> float:
    """`lip_leak` as the catalogue's figures hold it."""
    leak = lip_leak(opening, silent)
    return -1.0 if leak is None else leak


def contact_sheet(evaluation: Evaluation, columns: int = 12) -> Image:
    """Real above dubbed, frames spread over the clip: 2R x (columns R) x 3."""
    picks = np.linspace(0, len(evaluation.real) - 1, columns).round().astype(int)
    rows = [np.concatenate(list(crops[picks]), axis=1) for crops in (evaluation.real, evaluation.dubbed)]
    return np.concatenate(rows)


def stacked(sheets: Sequence[Image]) -> Image:
    """Contact sheets below each other; narrower ones, of smaller faces, end in black."""
    width = max(sheet.shape[1] for sheet in sheets)
    return np.concatenate([np.pad(sheet, ((0, 0), (0, width - sheet.shape[1]), (0, 0))) for sheet in sheets])


def last_fifth(reader_duration: Fraction) -> TimeRange:
    """The part of a long clip that was held out from training."""
    return TimeRange(reader_duration * 4 / 5, reader_duration)
