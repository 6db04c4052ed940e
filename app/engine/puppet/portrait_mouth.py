"""The puppet's mouth in other faces: teeth, tongue and dark for the portraits that training moves."""

from __future__ import annotations

from functools import cache
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.engine.media.opencv import cv2
from app.engine.puppet.face import CONTACT, MAX_JAW, lips
from app.engine.puppet.mouth import Inside, Interior
from app.engine.puppet.portrait import Textures
from app.engine.puppet.style import PuppetStyle

Floats = NDArray[np.float32]

_STYLES = 12
"""Mouths that characters choose from; each keeps a texture."""
_SCALE = 2
"""Texels to a portrait pixel: a mouth is about as large in a prepared portrait as in the puppet's."""
_PUPPET_SKIN = 170.0
"""Mean brightness of the puppet's cheeks, which its teeth go with."""
_MIDDLE = 222.2
"""x between the two middle incisors, in portrait pixels."""


class OpenMouth(Protocol):
    """What there is to know of a mouth that stands open, in pixels of a square picture."""

    @property
    def inner(self) -> Floats:
        """8 x 2, the inner lips, clockwise from the left corner."""
        ...

    @property
    def rest(self) -> Floats:
        """8 x 2, the same with the mouth shut, the head where it is."""
        ...

    @property
    def size(self) -> int:
        """Side of the picture."""
        ...


class Character(msgspec.Struct, frozen=True):
    """What is one speaker's own."""

    style: int
    light: float
    """Factor on all colours."""
    tooth: float
    """Size of the teeth over the puppet's."""
    height: float
    """By how much more of the teeth is seen, in portrait pixels."""
    tongue: float
    """Raised tip of the tongue, 0 to 1."""


class PortraitMouths:
    """Paints the insides of portraits' mouths."""

    def character(self, rng: np.random.Generator, skin: Floats) -> Character:
        """A mouth of its own for a face whose cheeks have this colour (3 of 0 to 255)."""
        bright = float(np.clip(skin.mean() / _PUPPET_SKIN, 0.35, 1.2))
        return Character(
            style=int(rng.integers(_STYLES)),
            light=float(np.sqrt(bright) * rng.uniform(0.75, 1.1)),  # teeth vary less than skins do
            tooth=float(rng.uniform(0.85, 1.2)),
            height=float(rng.normal(0, 1.2)),
            tongue=float(rng.uniform(0, 0.6)),
        )

    def paint(self, character: Character, mouth: OpenMouth) -> Floats:
        """The inside at every pixel, size x size x 3 of 0 to 255; black away from the mouth."""
        interior, textures = _mouth_of(character.style)
        image = np.zeros((mouth.size, mouth.size, 3), np.float32)
        left, top, right, bottom = _box(mouth.inner, mouth.size)
        scale = character.tooth * _puppet_width() / max(float(np.linalg.norm(mouth.rest[4] - mouth.rest[0])), 1.0)
        middle = (mouth.rest[0] + mouth.rest[4]) / 2
        line = float(mouth.rest[[1, 2, 3, 5, 6, 7], 1].mean())
        y, x = np.mgrid[top:bottom, left:right].astype(np.float32)
        origin = np.array((_MIDDLE, _contact_line() + character.height), np.float32)
        here = np.stack([(x - middle[0]) * scale + origin[0], (y - line) * scale + origin[1]], axis=2)
        inner = (mouth.inner - (middle[0], line)) * scale + origin
        upper, lower = (_edge(inner[list(row)], here[0, :, 0]) for row in ((0, 1, 2, 3, 4), (0, 7, 6, 5, 4)))
        shape = here.shape[:2]
        inside = Inside(
            x=here[..., 0],
            y=here[..., 1],
            upper=np.broadcast_to(upper, shape),
            lower=np.broadcast_to(lower, shape),
            jaw=float(np.clip((inner[[5, 6, 7], 1].mean() - origin[1]) / MAX_JAW, 0, 1)),
            tongue=character.tongue,
            density=1 / scale,
        )
        where = textures.coordinates(here)
        teeth = cv2.remap(
            textures.teeth, where[..., 0], where[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        painted = interior.paint(inside, teeth.astype(np.float32)) * character.light
        image[top:bottom, left:right] = np.clip(painted, 0, 255)
        return image


@cache
def _mouth_of(style: int) -> tuple[Interior, Textures]:
    """The painter and textures of one of the styles."""
    look = PuppetStyle(style + 1).look()
    return Interior(look), Textures(look, _SCALE)


@cache
def _puppet_width() -> float:
    """Width of the puppet's mouth, in portrait pixels."""
    x = lips()[0]
    return float(x[-1] - x[0])


@cache
def _contact_line() -> float:
    """Height at which the puppet's lips meet, in portrait pixels."""
    _, upper, lower = lips()
    return float(np.mean(upper + CONTACT * (lower - upper)))


def _edge(points: Floats, x: Floats) -> Floats:
    """The height of a lip (points from corner to corner) at each x."""
    order = np.argsort(points[:, 0])
    return np.interp(x, points[order, 0], points[order, 1]).astype(np.float32)


def _box(points: Floats, size: int) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what must be painted."""
    low, high = np.floor(points.min(axis=0)) - 2, np.ceil(points.max(axis=0)) + 3
    left, top = (min(max(int(v), 0), size - 1) for v in low)
    right, bottom = (min(max(int(v), least + 1), size) for v, least in zip(high, (left, top), strict=True))
    return left, top, right, bottom
