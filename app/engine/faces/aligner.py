"""Aligned face crops: a similarity from eyes and nose bridge, smoothed over time.

Conventions. Pixel centres lie at whole numbers, as in OpenCV. Unit crop coordinates run from 0 (left or top
edge of the crop) to 1 (right or bottom edge): pixel = unit * size - 0.5, so that a crop covers the same part
of the frame at every size. Similarities map pixels of the frame to pixels of the crop.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.core.geometry import Box, Similarity, fit_similarity
from app.engine.faces.points import EYE_CORNERS, NOSE_BRIDGE
from app.engine.media.opencv import cv2
from app.engine.ports import Image, Points

ALIGNED_POINTS = (*EYE_CORNERS, *NOSE_BRIDGE)
"""The landmarks that place the crop: none of them moves with the mouth."""

_AVERAGE_FACE = (
    *((-0.7225, -0.0122), (-0.2775, 0.0122), (0.2775, 0.0122), (0.7225, -0.0122)),
    *((0.0, -0.0822), (0.0, 0.1653), (0.0, 0.4009), (0.0, 0.5490)),
)
"""`ALIGNED_POINTS` of an average frontal face, made symmetric: origin between the eyes, x towards the
image-right eye, y downwards, unit = distance of the eye centres. Measured with MediaPipe on the most
frontal of three frames of each of 26 speakers of the training clips."""

_AVERAGE_MOUTH = 1.1804
_AVERAGE_EYE = -0.0108
"""Height of the mouth corners' middle and of the mean of all twelve eye points in the same measure."""


class AlignPreset(msgspec.Struct, frozen=True):
    """How a face is framed: where the `ALIGNED_POINTS` of an average face lie in the crop."""

    name: str
    side: float
    """Side of the crop, in distances of the eye centres."""
    eye_line: float
    """Height of the eye line in unit crop coordinates."""
    template: tuple[tuple[float, float], ...]
    """Unit crop coordinates of `ALIGNED_POINTS`."""

    def unit(self, x: float, y: float) -> tuple[float, float]:
        """Unit crop coordinates of a place on the average face (unit: eye distance, origin: between the eyes)."""
        return 0.5 + x / self.side, self.eye_line + y / self.side


def _preset(name: str, side: float, eye_line: float) -> AlignPreset:
    template = tuple((0.5 + x / side, eye_line + y / side) for x, y in _AVERAGE_FACE)
    return AlignPreset(name=name, side=side, eye_line=eye_line, template=template)


def _ffhq_preset() -> AlignPreset:
    """FFHQ's framing of the average face.

    Karras et al., "A style-based generator architecture", and their dataset tool:
    half side = max(2.0 * eye_to_eye, 1.8 * eye_to_mouth), centre = eyes + 0.1 * eye_to_mouth.
    """
    eye_to_mouth = _AVERAGE_MOUTH - _AVERAGE_EYE
    side = 2 * max(2.0, 1.8 * eye_to_mouth)
    return _preset("ffhq", side, 0.5 - (_AVERAGE_EYE + 0.1 * eye_to_mouth) / side)


FACE = _preset("face", 2.9, 0.24)
"""Brow to chin: more mouth pixels and less background; the default for dubbing."""
FFHQ = _ffhq_preset()
"""The paper's framing, for evaluation."""
PRESETS: dict[str, AlignPreset] = {preset.name: preset for preset in (FACE, FFHQ)}


def align(points: Points, preset: AlignPreset, size: int) -> Similarity:
    """The similarity that takes a face with landmarks `points` (68 x 2) into a crop of `size` pixels.

    Least squares over `ALIGNED_POINTS`. Raises ValueError where these are all one point.
    """
    source = [(float(x), float(y)) for x, y in points[list(ALIGNED_POINTS)]]
    target = [(x * size - 0.5, y * size - 0.5) for x, y in preset.template]
    return fit_similarity(source, target)


def transform(similarity: Similarity, points: Points) -> Points:
    """`points` (N x 2) moved by `similarity`."""
    linear = np.array(((similarity.a, similarity.b), (-similarity.b, similarity.a)))
    return (points.astype(np.float64) @ linear + (similarity.x, similarity.y)).astype(np.float32)


def warp_crop(image: Image, similarity: Similarity, size: int) -> Image:
    """The aligned crop, size x size x 3.

    Beyond the frame's edge its last row or column goes on (a mirror image would show a second mouth to the
    network). Cubic interpolation; where the face is larger than the crop, the frame is blurred first so that fine
    texture does not alias (and flicker).
    """
    left, top, right, bottom = _needed(similarity, size, image.shape[1], image.shape[0])
    region = np.ascontiguousarray(image[top:bottom, left:right])
    sigma = antialias_sigma(similarity.scale)
    if sigma > 0.3:
        region = cv2.GaussianBlur(region, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    x, y = similarity.apply((left, top))
    local = Similarity(similarity.a, similarity.b, x, y)
    crop = cv2.warpAffine(
        region,
        np.array(local.matrix()),
        (size, size),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return crop.astype(np.uint8, copy=False)


def crop_box(similarity: Similarity, size: int) -> Box:
    """The box of the frame, in pixels, that the crop covers (upright around a turned crop)."""
    back = similarity.inverse()
    corners = [back.apply((x, y)) for x in (-0.5, size - 0.5) for y in (-0.5, size - 0.5)]
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return Box(min(xs), min(ys), max(xs), max(ys))


def evaluation_crop(points: Points) -> Box:
    """The supplement's square for evaluation (section B), from the landmarks of an FFHQ-aligned crop.

    Centre: landmark 34 (1-based). RadiusH: along y from the highest landmark to landmark 30. RadiusW: along
    x between landmarks 55 and 49. Radius: the larger. The box may reach beyond the crop.
    """
    x, y = float(points[33, 0]), float(points[33, 1])
    radius_h = abs(float(points[29, 1]) - float(points[:, 1].min()))
    radius_w = abs(float(points[54, 0]) - float(points[48, 0]))
    radius = max(radius_h, radius_w)
    return Box(x - radius, y - radius, x + radius, y + radius)


SMOOTHING_SIGMA = 0.06
"""Seconds: standard deviation of the smoothing window; its two-sided width is 0.12 s."""


def smooth_similarities(
    similarities: Sequence[Similarity],
    times: Sequence[Fraction],
    cuts: Sequence[Fraction] = (),
    sigma: float = SMOOTHING_SIGMA,
) -> list[Similarity]:
    """The similarities with their jitter smoothed away, shot by shot.

    `times` are seconds, increasing, evenly spaced or not; `cuts` the times of each new shot's first frame.
    Every parameter is fitted by a straight line within a Gaussian window (local linear regression), so that
    steady motion comes out unchanged, without lag and up to the first and last frame of a shot.
    """
    values = np.array([(s.a, s.b, s.x, s.y) for s in similarities]).reshape(-1, 4)
    return [Similarity(*(float(v) for v in row)) for row in _smooth(values, times, cuts, sigma)]


def smooth_points(
    points: NDArray[np.float32],
    times: Sequence[Fraction],
    cuts: Sequence[Fraction] = (),
    sigma: float = SMOOTHING_SIGMA,
) -> NDArray[np.float32]:
    """Landmarks (N x 68 x 2) smoothed as `smooth_similarities` smooths, for an outline that does not tremble."""
    flat = points.astype(np.float64).reshape(len(points), math.prod(points.shape[1:]))
    return _smooth(flat, times, cuts, sigma).reshape(points.shape).astype(np.float32)


def _smooth(
    values: NDArray[np.float64], times: Sequence[Fraction], cuts: Sequence[Fraction], sigma: float
) -> NDArray[np.float64]:
    """Each column of `values` (N x K) smoothed, shot by shot."""
    if len(values) != len(times):
        raise ValueError("there must be one time for each frame")
    if not len(values):
        return values
    seconds = np.array([float(t) for t in times])
    shots = np.searchsorted(np.sort([float(c) for c in cuts]), seconds, side="right")
    return np.concatenate(
        [_local_linear(values[shots == shot], seconds[shots == shot], sigma) for shot in np.unique(shots)]
    )


def _local_linear(values: NDArray[np.float64], times: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """Gaussian-weighted local linear regression of `values` (N x K) over `times`, at each time."""
    if sigma <= 0:
        return values
    reach = 3 * sigma
    first = np.searchsorted(times, times - reach, side="left")
    last = np.searchsorted(times, times + reach, side="right")
    out = np.empty_like(values)
    for i, (start, stop) in enumerate(zip(first, last, strict=True)):
        dt = times[start:stop] - times[i]
        # brought down to nought at the window's ends, so that a frame enters it without a jump
        weight = np.exp(-0.5 * (dt / sigma) ** 2) * np.maximum(1 - (dt / reach) ** 2, 0)
        out[i] = _line_at_zero(values[start:stop], dt, weight)
    return out


def _line_at_zero(
    values: NDArray[np.float64], dt: NDArray[np.float64], weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Value at dt = 0 of the weighted least-squares line through (dt, values)."""
    total = weight.sum()
    centre = (weight @ dt) / total
    mean = (weight @ values) / total
    spread = weight @ (dt - centre) ** 2
    if spread < 1e-12:
        return mean
    slope = ((weight * (dt - centre)) @ values) / spread
    return mean - slope * centre


def antialias_sigma(scale: float) -> float:
    """Gaussian blur, in frame pixels, before shrinking by `scale`; nought where nothing shrinks.

    It widens a pixel's own spread (taken as a standard deviation of 0.5) to that of the crop's larger pixel,
    and so sets in smoothly as the face grows.
    """
    return 0.5 * math.sqrt(1 / (scale * scale) - 1) if 0 < scale < 1 else 0.0


def _needed(similarity: Similarity, size: int, width: int, height: int) -> tuple[int, int, int, int]:
    """The part of the frame that a crop reads, with room for the blur; the whole frame if it lies outside."""
    box = crop_box(similarity, size)
    room = 4 + math.ceil(4 * antialias_sigma(similarity.scale))
    left, top = max(math.floor(box.left) - room, 0), max(math.floor(box.top) - room, 0)
    right, bottom = min(math.ceil(box.right) + room, width), min(math.ceil(box.bottom) + room, height)
    if right - left < 2 or bottom - top < 2:
        return 0, 0, width, height
    return left, top, right, bottom
