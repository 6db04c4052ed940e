"""The picture of the supplement's figure 2: a patch of the generated frame above, where it looked below."""

from __future__ import annotations

from fractions import Fraction

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.core.errors import FaceError
from app.core.text import face_name
from app.core.timebase import format_time
from app.engine.dub.dubbing import NewVoice, PreparedFrame
from app.engine.dub.face_plan import FacePlan
from app.engine.dub.reference_choice import Choice, References
from app.engine.media.opencv import cv2
from app.engine.media.reader import VideoReader
from app.engine.ports import Dubber, FrameBatch, Image

GREEN = (40, 220, 60)
LINE = 3
"""Pixels that the green square is thick, inside its patch."""
MAGNIFY = 4
"""Pixels of the picture for each pixel of the crop."""


class Look(msgspec.Struct, frozen=True):
    """One generated frame and all its patches' attention at one layer, within the reference that gives it most."""

    generated: Image
    """R x R x 3."""
    reference: Image
    """R x R x 3."""
    maps: NDArray[np.float32]
    """heads x patches^2 x patches^2: generated patch by reference patch, row by row; rows sum to 1."""

    @property
    def side(self) -> int:
        """Patches along a side."""
        return round(self.maps.shape[-1] ** 0.5)

    def map_of(self, patch: tuple[int, int], head: int | None = None) -> NDArray[np.float32]:
        """Where patch (column, row) looked: side x side, sums to 1; the heads' mean unless one is named."""
        column, row = patch
        rows = self.maps[:, row * self.side + column]
        chosen = rows.mean(axis=0) if head is None else rows[head]
        return chosen.reshape(self.side, self.side)

    def strongest(self, patch: tuple[int, int]) -> tuple[int, int]:
        """(column, row) of the reference patch that `patch` looked at most."""
        row, column = divmod(int(self.map_of(patch).argmax()), self.side)
        return column, row


def look(
    reader: VideoReader,
    plan: FacePlan,
    references: References,
    voice: NewVoice,
    dubber: Dubber,
    time: Fraction,
    layer: str,
) -> Look:
    """Dubs the frame on screen at `time` and keeps the attention of `layer`.

    Raises FaceError where the frame does not show the face, MediaError where it lies outside the clip.
    """
    frame = reader.frame_at(time)
    if frame.index not in plan:
        raise FaceError(
            f'"{reader.path}" does not show {face_name(plan.face)} at {format_time(time)}: choose another time.'
        )
    choice = references.for_frame(frame.index)
    shown = PreparedFrame.of(frame, plan).batch(voice.windows([frame.time]), choice)
    return look_at(shown, choice, dubber, layer)


def look_at(frame: FrameBatch, choice: Choice, dubber: Dubber, layer: str) -> Look:
    """Dubs one frame and keeps the attention of `layer`."""
    generated, maps = dubber.attention(frame, choice.encoded, layer)
    leading = maps[:, :, choice.leading]
    total = np.maximum(leading.sum(axis=2, keepdims=True), 1e-9)
    return Look(generated, choice.items[choice.leading].crop, leading / total)


def attention_picture(seen: Look, patch: tuple[int, int]) -> Image:
    """The generated frame with a green square, above the reference under its map; 2W x W x 3."""
    upper = _magnified(seen.generated)
    step = upper.shape[0] // seen.side
    left, top = patch[0] * step, patch[1] * step
    square = np.ones((step, step), np.bool_)
    square[LINE:-LINE, LINE:-LINE] = False
    upper[top : top + step, left : left + step][square] = GREEN
    return np.concatenate([upper, overlaid(_magnified(seen.reference), seen.map_of(patch))])


def overlaid(picture: Image, weights: NDArray[np.float32], opacity: float = 0.55) -> Image:
    """A picture under a map of any grid: the strongest patch opaque red, none transparent."""
    size = (picture.shape[1], picture.shape[0])
    smooth = cv2.resize(weights / max(float(weights.max()), 1e-9), size, interpolation=cv2.INTER_CUBIC)
    level = np.clip(smooth, 0, 1)
    colours = cv2.applyColorMap((level * 255).astype(np.uint8), cv2.COLORMAP_TURBO)[..., ::-1]
    share = (opacity * (0.25 + 0.75 * level))[..., None]
    return np.rint(picture * (1 - share) + colours * share).astype(np.uint8)


def _magnified(crop: Image) -> Image:
    """The crop at four times its size."""
    side = crop.shape[0] * MAGNIFY
    return np.ascontiguousarray(cv2.resize(crop, (side, side), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
