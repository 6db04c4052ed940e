"""From MediaPipe's 478-point face mesh to the 68 landmarks of the iBUG 300-W scheme."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MESH_INDEX_OF_68: tuple[int, ...] = (
    # 0..16: jaw, from the image-left ear over the chin (8) to the image-right ear
    *(127, 234, 93, 132, 58, 136, 150, 176, 152, 400, 379, 365, 288, 361, 323, 454, 356),
    # 17..21 and 22..26: brows, each from image-left to image-right
    *(70, 63, 105, 66, 107),
    *(336, 296, 334, 293, 300),
    # 27..30: nose bridge, downwards to the tip
    *(168, 197, 5, 4),
    # 31..35: under the nose, from image-left to image-right
    *(98, 97, 2, 326, 327),
    # 36..41 and 42..47: eyes, clockwise from the image-left corner
    *(33, 160, 158, 133, 153, 144),
    *(362, 385, 387, 263, 373, 380),
    # 48..59: outer lips, clockwise from the image-left corner
    *(61, 40, 37, 0, 267, 270, 291, 321, 314, 17, 84, 91),
    # 60..67: inner lips, clockwise from the image-left corner
    *(78, 81, 13, 311, 308, 402, 14, 178),
)
"""The mesh vertex that stands for each of the 68 landmarks.

The mesh has a vertex on or beside every one of them; the table is the usual correspondence, with the lip
points spread evenly between corner and middle. The jaw runs along the mesh's face oval, which is the
visible outline of a frontal face.
"""

_INDEX = np.array(MESH_INDEX_OF_68)


def mesh_to_68(mesh: NDArray[np.float32]) -> NDArray[np.float32]:
    """The 68 landmarks (68 x 2 or 68 x 3) of a mesh of 468 or 478 points (N x 2 or N x 3)."""
    return np.ascontiguousarray(mesh[_INDEX], dtype=np.float32)
