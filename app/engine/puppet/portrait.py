"""The portrait as textures: enlarged, sharpened, graded for a style, and with lips and teeth completed."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import skimage.data
from numpy.typing import NDArray

from app.engine.media.opencv import cv2
from app.engine.ports import Image
from app.engine.puppet.face import curve, lips, load_mesh
from app.engine.puppet.style import Look

Floats = NDArray[np.floating[Any]]

LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""BT.709's weights."""
_LIPS_BOX = (190, 124, 258, 172)
"""Left, top, right, bottom (portrait pixels) of all texels that need completing."""
_EDGE = 0.9
"""The photograph's edges are blurred over about this many portrait pixels to either side."""


def grade(colours: Floats, look: Look) -> Floats:
    """Colours (... x 3 in 0 to 255) under a look's gain, gamma and saturation."""
    bright = np.clip(colours / 255, 0, 1) ** look.gamma * np.array(look.gain, np.float32)
    grey = (bright @ LUMA)[..., None]
    return np.clip((grey + (bright - grey) * look.saturation) * 255, 0, 255).astype(np.float32)


def _lit(image: Floats, look: Look, scale: int) -> Floats:
    """Brightness that changes smoothly across the face."""
    if look.light == (0.0, 0.0):
        return image
    height, width = image.shape[:2]
    x = np.tanh((np.arange(width, dtype=np.float32) / scale - 225) / 45)
    y = np.tanh((np.arange(height, dtype=np.float32) / scale - 120) / 60)
    factor = 1 + look.light[0] * x[None, :] + look.light[1] * y[:, None]
    return np.clip(image * factor[..., None], 0, 255)


class Textures:
    """What the renderer samples. All have `scale` texels to a portrait pixel; see `coordinates`."""

    def __init__(self, look: Look, scale: int) -> None:
        self.scale = scale
        portrait = cast("Image", skimage.data.astronaut())
        calm = cv2.bilateralFilter(portrait, 5, 14, 1.6)  # the scan is grainy, and grain would move with the skin
        large = cv2.resize(calm, None, fx=scale, fy=scale, interpolation=cv2.INTER_LANCZOS4).astype(np.float32)
        soft = cv2.GaussianBlur(large, (0, 0), 0.9 * scale)
        large = np.clip(large + look.sharpness * (large - soft), 0, 255)
        large = _lit(grade(large, look), look, scale)
        self.skin = np.round(large).astype(np.uint8)
        self.upper, self.lower, self.teeth = _completed(large, self.skin, scale)

    def coordinates(self, points: Floats) -> Floats:
        """Portrait pixels to texels: pixel centres lie at whole numbers in both."""
        return points * self.scale + np.float32((self.scale - 1) / 2)


def _completed(image: Floats, skin: Image, scale: int) -> tuple[Image, Image, Image]:
    """The skin with each lip's colour carried on into the mouth, and the teeth carried on beyond what is seen."""
    left, above, right, below = (side * scale for side in _LIPS_BOX)
    patch = image[above:below, left:right]
    x = (np.arange(left, right, dtype=np.float32) - (scale - 1) / 2) / scale
    y = ((np.arange(above, below, dtype=np.float32) - (scale - 1) / 2) / scale)[:, None]
    lip_x, upper, lower = lips()
    top, bottom = np.interp(x, lip_x, upper)[None, :], np.interp(x, lip_x, lower)[None, :]
    tips = np.interp(x, *curve(load_mesh().teeth_tips))[None, :]
    reach = _EDGE * np.clip(np.minimum(x - lip_x[0], lip_x[-1] - x) / 2, 0, 1)[None, :]
    inside = (x > lip_x[0]) & (x < lip_x[-1])
    over = np.where(inside, np.minimum(y, top - reach), y)
    under = np.where(inside, np.maximum(y, bottom + reach), y)
    shown = np.clip(y, top + 0.6, np.maximum(tips - 1.0, top + 0.6))
    # Blurred along the lip, or every texel of its edge would become a streak.
    soft = _floats(cv2.GaussianBlur(patch, (0, 0), sigmaX=0.8 * scale, sigmaY=0.3 * scale))
    patches = (
        _mixed(patch, _stretched(soft, over, scale), (y > top - reach) & inside),
        _mixed(patch, _stretched(soft, under, scale), (y < bottom + reach) & inside),
        _stretched(patch, shown, scale),
    )
    textures = skin.copy(), skin.copy(), skin.copy()
    for texture, part in zip(textures, patches, strict=True):
        texture[above:below, left:right] = np.round(part).astype(np.uint8)
    return textures


def _floats(image: NDArray[np.generic]) -> Floats:
    return image.astype(np.float32)


def _mixed(patch: Floats, carried: Floats, beyond: NDArray[np.bool_]) -> Floats:
    weight = _floats(cv2.GaussianBlur(beyond.astype(np.float32), (0, 0), 1.0))[..., None]
    return patch + (carried - patch) * weight


def _stretched(patch: Floats, rows: NDArray[np.float64], scale: int) -> Floats:
    """Every texel takes the colour at its own column and the row `rows` (H x W, portrait pixels)."""
    columns = np.broadcast_to(np.arange(patch.shape[1], dtype=np.float32), rows.shape)
    within = rows * scale + (scale - 1) / 2 - _LIPS_BOX[1] * scale
    return _floats(cv2.remap(patch, columns.copy(), _floats(within), cv2.INTER_LINEAR))
