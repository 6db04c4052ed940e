"""Where the attention mesh looks again: the part of the features around lips or an eye, turned upright.

A transform is B x 2 x 3: it takes places of the small picture (16 x 16) to places of the features it is fetched from.
The rules are those of the operators Landmarks2TransformMatrix, TransformTensorBilinear and TransformLandmarks that
MediaPipe adds to TensorFlow Lite (second versions).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

SIDE = 16
"""Places along each side of what is fetched."""
_ROOM = 1.5
"""Sides of what is fetched, in sides of the box around the vertices."""


@dataclass(frozen=True)
class Region:
    """A part of the face that is looked at again."""

    name: str
    vertices: tuple[int, ...]
    """The mesh's vertices that are refined; what is fetched is the box around them."""
    left: int
    right: int
    """The vertices whose line is level in what is fetched."""
    iris: tuple[int, ...] = ()
    """The vertices of the iris, which only this region tells, and ..."""
    iris_depth: tuple[int, ...] = ()
    """... those whose mean depth is the iris's."""


LIPS = Region(
    "lips",
    (
        *(61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409),
        *(78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 191, 80, 81, 82, 13, 312, 311, 310, 415),
        *(76, 77, 90, 180, 85, 16, 315, 404, 320, 307, 306, 184, 74, 73, 72, 11, 302, 303, 304, 408),
        *(62, 96, 89, 179, 86, 15, 316, 403, 319, 325, 292, 183, 42, 41, 38, 12, 268, 271, 272, 407),
    ),
    61,
    291,
)
_LEFT_LIDS = (33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173)
_RIGHT_LIDS = (263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398)
LEFT_EYE = Region(
    "left_eye",
    (
        *_LEFT_LIDS,
        *(130, 25, 110, 24, 23, 22, 26, 112, 243, 247, 30, 29, 27, 28, 56, 190),
        *(226, 31, 228, 229, 230, 231, 232, 233, 244, 113, 225, 224, 223, 222, 221, 189),
        *(35, 124, 46, 53, 52, 65, 143, 111, 117, 118, 119, 120, 121, 128, 245),
        *(156, 70, 63, 105, 66, 107, 55, 193),
    ),
    33,
    133,
    (468, 469, 470, 471, 472),
    _LEFT_LIDS,
)
RIGHT_EYE = Region(
    "right_eye",
    (
        *_RIGHT_LIDS,
        *(359, 255, 339, 254, 253, 252, 256, 341, 463, 467, 260, 259, 257, 258, 286, 414),
        *(446, 261, 448, 449, 450, 451, 452, 453, 464, 342, 445, 444, 443, 442, 441, 413),
        *(265, 353, 276, 283, 282, 295, 372, 340, 346, 347, 348, 349, 350, 357, 465),
        *(383, 300, 293, 334, 296, 336, 285, 417),
    ),
    362,
    263,
    (473, 474, 475, 476, 477),
    _RIGHT_LIDS,
)
REGIONS = (LIPS, LEFT_EYE, RIGHT_EYE)
"""Left and right are the picture's."""


_INDEX = torch.tensor([(*r.vertices, *r.vertices[:1] * (80 - len(r.vertices))) for r in REGIONS])
"""The vertices of each region, G x 80; where it has fewer, its first one again."""
_LEFT, _RIGHT = [region.left for region in REGIONS], [region.right for region in REGIONS]


def region_transforms(places: Tensor) -> Tensor:
    """The transforms to all regions, B x G x 2 x 3. places: B x 468 x 2, vertices in places of the features."""
    across = places[:, _RIGHT] - places[:, _LEFT]
    level = across / torch.linalg.vector_norm(across, dim=-1, keepdim=True).clamp(min=1e-9)
    cosine, sine = level.unbind(-1)
    turn = torch.stack([cosine, -sine, sine, cosine], dim=-1).unflatten(-1, (2, 2))
    turned = places[:, _INDEX.to(places.device)] @ turn
    low, high = turned.amin(dim=2), turned.amax(dim=2)
    middle = (turn @ ((low + high) / 2)[..., None])[..., 0]
    matrix = turn * (_ROOM / SIDE * (high - low))[..., None, :]
    shift = middle - matrix.sum(dim=-1) * (SIDE / 2)
    return torch.cat([matrix, shift[..., None]], dim=-1)


def transformed(places: Tensor, transform: Tensor) -> Tensor:
    """... x N x 2 places, taken by ... x 2 x 3."""
    return places @ transform[..., :2].mT + transform[..., None, :, 2]


def fetched_at(features: Tensor, transforms: Tensor) -> Tensor:
    """What lies at the places of G regions, one below the other: B x C x H x W -> B x C x 16 G x 16.

    Zero where it is not inside the features. Places are read between the four around them, whose middles are at halves.
    """
    count, groups = transforms.shape[:2]
    height, width = features.shape[-2:]
    steps = torch.arange(SIDE, device=features.device, dtype=torch.float32) + 0.5
    grid = torch.stack(torch.meshgrid(steps, steps, indexing="xy"), dim=-1).reshape(1, 1, -1, 2)
    at = transformed(grid, transforms).reshape(count, groups * SIDE, SIDE, 2) - 0.5
    limit = torch.tensor([width - 1, height - 1], device=at.device, dtype=at.dtype)
    inside = ((at >= 0) & (at <= limit)).all(dim=-1)
    found = F.grid_sample(features, at / limit * 2 - 1, mode="bilinear", padding_mode="border", align_corners=True)
    return found * inside[:, None]
