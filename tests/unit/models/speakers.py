"""Portraits made up for tests, and a painter that fills mouths with one colour."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.data.portraits import Portraits
from models.data.synthetic import Floats, Mouth
from tests.unit.models.prepared import CANVAS, SIZE

EDGE = (CANVAS - SIZE) / 2
SKIN = (90, 90, 90)
INSIDE = (0, 200, 0)
"""Of a painted mouth."""


def face(gap: float = 0.0) -> Floats:
    """68 landmarks with depth of a schematic face, shares of the crop's side; `gap` of its inner lips, likewise."""
    points = np.zeros((68, 3))
    jaw = np.linspace(np.pi, 0, 17)
    points[:17, 0], points[:17, 1] = 0.5 + 0.36 * np.cos(jaw), 0.42 + 0.5 * np.sin(jaw)
    points[:17, 2] = 0.3 - 0.3 * np.sin(jaw)
    points[17:27, 0], points[17:27, 1] = np.linspace(0.2, 0.8, 10), 0.24
    points[27:31] = np.stack([np.full(4, 0.5), np.linspace(0.34, 0.52, 4), np.linspace(-0.04, -0.16, 4)], axis=1)
    points[31:36, 0], points[31:36, 1], points[31:36, 2] = np.linspace(0.42, 0.58, 5), 0.56, -0.06
    eye = np.linspace(np.pi, 3 * np.pi, 6, endpoint=False)
    for first, middle in ((36, 0.34), (42, 0.66)):
        points[first : first + 6, 0], points[first : first + 6, 1] = (
            middle + 0.07 * np.cos(eye),
            0.34 + 0.03 * np.sin(eye),
        )
    outer, inner = (np.linspace(np.pi, 3 * np.pi, count, endpoint=False) for count in (12, 8))
    points[48:60, 0], points[48:60, 1] = 0.5 + 0.21 * np.cos(outer), 0.72 + (0.06 + gap / 2) * np.sin(outer)
    points[60:68, 0], points[60:68, 1] = 0.5 + 0.18 * np.cos(inner), 0.72 + gap / 2 * np.sin(inner)
    points[48:68, 2] = -0.08
    return points.astype(np.float32)


def talking(opening: float, wide: float = 0.0) -> Floats:
    """68 x 2, another face's landmarks with its mouth open by a share of the crop's side; the jaw goes along."""
    points = face()[:, :2].copy()
    down = np.maximum(points[:, 1] - 0.72, 0)
    lower = [*range(55, 60), *range(65, 68)]
    points[lower, 1] += opening
    points[2:15, 1] += opening * (down[2:15] > 0)
    points[48:68, 0] += wide * (points[48:68, 0] - 0.5)
    return points.astype(np.float32)


def pixels(points: Floats) -> Floats:
    """Shares of the crop's side as pixels of the stored picture."""
    return (points * SIZE - 0.5 + EDGE).astype(np.float32)


def portraits(picture: NDArray[np.uint8] | None = None, gap: float = 0.0, count: int = 1) -> Portraits:
    """`count` portraits of one face, of plain skin where no picture is given."""
    plain = np.full((CANVAS, CANVAS, 3), SKIN, np.uint8) if picture is None else picture
    return Portraits(np.repeat(plain[None], count, axis=0), np.repeat(face(gap)[None], count, axis=0))


@dataclass
class PlainPainter:
    """Paints every place with one colour, and remembers what it was asked."""

    skins: list[Floats] = field(default_factory=list)
    mouths: list[tuple[float, Mouth]] = field(default_factory=list)

    def character(self, rng: np.random.Generator, skin: Floats) -> float:
        """A number."""
        self.skins.append(skin)
        return float(rng.random())

    def paint(self, character: float, mouth: Mouth) -> Floats:
        """See `INSIDE`."""
        self.mouths.append((character, mouth))
        return np.full((mouth.size, mouth.size, 3), INSIDE, np.float32)
