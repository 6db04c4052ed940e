"""What is seen between the lips: the dark of the mouth, tongue, lower teeth, and the portrait's own upper teeth."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.engine.puppet.face import MAX_JAW, curve, load_mesh
from app.engine.puppet.portrait import grade
from app.engine.puppet.style import Look

Floats = NDArray[np.floating[Any]]

_MIDDLE = 222.2
"""x between the two middle incisors, in portrait pixels."""
_LOWER_EDGES = (0.0, 2.5, 5.0, 7.7, 10.4, 13.2)
"""Where one lower tooth ends and the next begins, to either side of the middle."""
_LOWER_TOP = 148.4
"""Tips of the lower incisors with the jaw shut: just behind those of the upper ones."""


class Inside(msgspec.Struct, frozen=True):
    """The opening at every pixel of a patch (H x W, portrait pixels of the head at rest)."""

    x: Floats
    y: Floats
    upper: Floats
    """y of the upper lip in this column."""
    lower: Floats
    jaw: float
    """Drop of the jaw, 0 to 1."""
    tongue: float
    """Raised tip of the tongue, 0 to 1."""
    density: float
    """Picture pixels to a portrait pixel."""


def _over(below: Floats, colour: Floats, alpha: Floats) -> Floats:
    return below + (colour - below) * alpha[..., None]


class Interior:
    """Paints the inside of the mouth for one look."""

    def __init__(self, look: Look) -> None:
        names = {"dark": (30, 10, 9), "flesh": (112, 48, 44), "tongue": (176, 92, 86), "gum": (150, 76, 70)}
        names["tooth"] = (230, 206, 178)
        self._colours = {name: grade(np.array(value, np.float32), look) for name, value in names.items()}
        self._tips = curve(load_mesh().teeth_tips)
        self._ledge = np.linspace(-16, 16, 321).astype(np.float32)
        self._crown, self._gloss = _lower_row(self._ledge)

    def paint(self, inside: Inside, teeth: Floats) -> Floats:
        """H x W x 3 colours (0 to 255); `teeth` is the teeth texture sampled at the same pixels."""
        image = self._cavity(inside)
        image = self._tongue(image, inside)
        image = self._lower_teeth(image, inside)
        image = self._upper_teeth(image, inside, teeth)
        return image * _lip_shadow(inside)[..., None]

    def _cavity(self, inside: Inside) -> Floats:
        """Dark in the depth, redder towards the lower lip."""
        height = np.maximum(inside.lower - inside.upper, 0.5)
        low = np.clip((inside.y - inside.upper) / height, 0, 1)
        corners = np.exp(-height / 1.6)
        mix = (0.10 + 0.45 * low**2 + 0.40 * corners)[..., None]
        return self._colours["dark"] * (1 - mix) + self._colours["flesh"] * mix

    def _tongue(self, image: Floats, inside: Inside) -> Floats:
        middle = _LOWER_TOP + MAX_JAW * inside.jaw * 0.85 + 1.2 - 2.6 * inside.tongue
        across, down = (inside.x - _MIDDLE) / 10.5, (inside.y - middle) / (3.6 + 0.8 * inside.tongue)
        radius = np.sqrt(across**2 + np.where(down < 0, down, 0.5 * down) ** 2)
        alpha = np.clip((1 - radius) * 3.0, 0, 1)
        light = np.clip(0.80 - 0.22 * down - 0.25 * across**2, 0.3, 1.0) * (0.70 + 0.25 * inside.tongue)
        groove = 1 - 0.12 * np.exp(-((across / 0.10) ** 2))
        return _over(image, self._colours["tongue"] * (light * groove)[..., None], alpha)

    def _lower_teeth(self, image: Floats, inside: Inside) -> Floats:
        across = inside.x - _MIDDLE
        crown = np.interp(across, self._ledge, self._crown).astype(np.float32)
        gloss = np.interp(across, self._ledge, self._gloss).astype(np.float32)
        depth = inside.y - (_LOWER_TOP + MAX_JAW * inside.jaw * 0.92 + crown)
        alpha = np.clip(depth * inside.density * 0.7 + 0.5, 0, 1) * np.clip((13.5 - np.abs(across)) / 2, 0, 1)
        light = gloss * (0.66 + 0.14 * np.clip(depth / 2.5, 0, 1))
        gum = np.clip((depth - 3.6 + 0.5 * (1 - gloss)) / 1.2, 0, 1)
        colour = _over(self._colours["tooth"] * light[..., None], self._colours["gum"] * 0.8, gum)
        return _over(image, colour, alpha)

    def _upper_teeth(self, image: Floats, inside: Inside, teeth: Floats) -> Floats:
        tips = np.interp(inside.x, *self._tips).astype(np.float32)
        height = tips - inside.y
        alpha = np.clip(height * inside.density * 0.7 + 0.5, 0, 1)
        biting_edge = 1 - 0.16 * np.exp(-np.maximum(height, 0) / 0.5)
        return _over(image, teeth * (0.96 * biting_edge)[..., None], alpha)


def _lower_row(x: Floats) -> tuple[Floats, Floats]:
    """Along a row of lower teeth: how far its edge lies below the highest, and its brightness."""
    edges = np.array(_LOWER_EDGES, np.float32)
    away = np.abs(x)
    tooth = np.clip(np.searchsorted(edges, away, side="right") - 1, 0, len(edges) - 2)
    low, high = edges[tooth], edges[tooth + 1]
    along = np.clip((away - low) / (high - low), 0, 1) * 2 - 1
    crown = 0.35 * np.abs(along) ** 4 + 0.011 * away**2
    seam = np.minimum(away - low, np.abs(high - away))
    gloss = (1 - 0.20 * np.exp(-((seam / 0.35) ** 2))) * (1 - 0.75 * np.clip(away / 13.5, 0, 1) ** 2)
    return crown.astype(np.float32), gloss.astype(np.float32)


def _lip_shadow(inside: Inside) -> Floats:
    """Light comes from above and in front: the upper lip shades the teeth, the corners lie in the dark."""
    gap = inside.lower - inside.upper
    from_top, from_bottom = np.maximum(inside.y - inside.upper, 0), np.maximum(inside.lower - inside.y, 0)
    top = 1 - 0.48 * np.exp(-from_top / 1.1)
    bottom = 1 - 0.22 * np.exp(-from_bottom / 0.7)
    narrow = 0.82 + 0.18 * np.clip(gap / 3.0, 0, 1)
    return top * bottom * narrow
