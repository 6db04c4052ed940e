"""What E_c must not see: the lower face down to below the widest-open jaw."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TOP = 0.46
"""Upper edge of the hidden region, between the bridge and the nostrils, as a share of the crop's side."""
SIDE = 0.06
"""Left and right margins that stay visible."""
RADIUS = 0.12
"""Radius of the upper corners."""


def hidden_mask(size: int) -> NDArray[np.float32]:
    """1 where the lower face is hidden, 0 elsewhere: size x size, float32.

    Fixed in the `face` alignment rather than cut along the jaw: a jaw line in view tells how far the
    old mouth is open, and a network that can read it stops listening.
    """
    centres = (np.arange(size, dtype=np.float32) + 0.5) / size
    x = np.abs(centres - 0.5)[None, :]
    y = centres[:, None]
    inside = (x <= 0.5 - SIDE) & (y >= TOP)
    beyond_x, beyond_y = x - (0.5 - SIDE - RADIUS), (TOP + RADIUS) - y
    corner = (beyond_x > 0) & (beyond_y > 0) & (beyond_x**2 + beyond_y**2 > RADIUS**2)
    return (inside & ~corner).astype(np.float32)
