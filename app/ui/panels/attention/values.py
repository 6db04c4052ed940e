"""What an attention map says in numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.ui.panels.attention.style import LOG_FLOOR, MapStyle, Patch

if TYPE_CHECKING:
    from app.engine.dub.attention_picture import Look

Map = NDArray[np.float32]
"""side x side: shares of one patch's attention, which sum to 1."""


class Scale(msgspec.Struct, frozen=True):
    """Which shares the two ends of the colour map stand for."""

    low: float
    high: float
    logarithmic: bool = False
    ends: tuple[str, str] | None = None
    """What to write at the two ends in place of their shares."""

    def level(self, shares: NDArray[np.float32]) -> NDArray[np.float32]:
        """Where shares lie on the scale, 0 to 1; beyond its ends, the ends."""
        if self.logarithmic:
            low, high = math.log(self.low), math.log(self.high)
            at = (np.log(np.maximum(shares, self.low)) - low) / (high - low)
        else:
            at = (shares - self.low) / max(self.high - self.low, 1e-12)
        return np.clip(at, 0, 1).astype(np.float32)

    def ticks(self) -> list[tuple[float, float]]:
        """(place from 0 to 1, share) of the marks on the scale bar, ascending."""
        if self.logarithmic:
            first, last = round(math.log10(self.low)), round(math.log10(self.high))
            return [((power - first) / (last - first), 10.0**power) for power in range(first, last + 1)]
        return [(at, self.low + at * (self.high - self.low)) for at in (0.0, 0.25, 0.5, 0.75, 1.0)]

    def texts(self) -> list[tuple[float, str]]:
        """(place from 0 to 1, text) of the same marks."""
        found = [(at, percent(share)) for at, share in self.ticks()]
        if self.ends is not None:
            found[0], found[-1] = (0.0, self.ends[0]), (1.0, self.ends[1])
        return found


class Summary(msgspec.Struct, frozen=True):
    """One map in a few numbers."""

    peak: Patch
    """(column, row) of the strongest patch."""
    peak_share: float
    """Its share, 0 to 1."""
    entropy: float
    """Shannon entropy in bits: 0 for one patch alone, 8 for all 256 alike."""
    patches: float
    """2^entropy: over how many patches it is spread, as if evenly; 1 to 256."""


MASK_SCALE = Scale(0.0, 1.0, ends=("fetched", "drawn"))
"""How much of a pixel was drawn."""


def scale_of(look: Look, patch: Patch, style: MapStyle) -> Scale:
    """The scale that `style` asks for."""
    if style.scale == "log":
        return Scale(LOG_FLOOR, 1.0, logarithmic=True)
    if style.scale == "patch":
        return Scale(0.0, float(look.map_of(patch, style.head).max()))
    maps = look.maps.mean(axis=0) if style.head is None else look.maps[style.head]
    return Scale(0.0, float(maps.max()))


def summary(shares: Map) -> Summary:
    """Peak and spread of one map."""
    row, column = divmod(int(shares.argmax()), shares.shape[1])
    flat = shares.astype(np.float64).ravel()
    flat = flat[flat > 0]
    entropy = float(-(flat * np.log2(flat)).sum())
    return Summary((column, row), float(shares[row, column]), max(entropy, 0.0), 2 ** max(entropy, 0.0))


def percent(share: float) -> str:
    """A share for people, with three digits that count: "12.3 %", "0.390 %", "< 0.001 %"."""
    value = 100 * share
    if 0 < value < 0.001:
        return "< 0.001 %"
    places = 0 if value == 0 else max(0, 2 - max(-3, math.floor(math.log10(value))))
    return f"{value:.{min(places, 4)}f} %"


def times_even(share: float, patches: int) -> str:
    """How many times the share of even attention (one over `patches`): "31.5 times the even share"."""
    times = share * patches
    places = 0 if times >= 100 else 1 if times >= 10 else 2
    return f"{times:.{places}f} times the even share"


def readout(look: Look, patch: Patch, head: int | None, under: Patch) -> str:
    """The exact value of one patch of the reference: share, place and how it compares with 1/256."""
    column, row = under
    share = float(look.map_of(patch, head)[row, column])
    return f"{percent(share)} at column {column}, row {row} · {times_even(share, look.side**2)}"


def summary_text(shares: Map) -> str:
    """Peak and spread in words."""
    told = summary(shares)
    column, row = told.peak
    spread = f"{told.patches:.1f}" if told.patches < 100 else f"{told.patches:.0f}"
    return (
        f"Peak {percent(told.peak_share)} at column {column}, row {row} · spread over {spread} of {shares.size} patches"
    )


def entropy_text(shares: Map) -> str:
    """The spread as entropy, for those who want it so."""
    return f"entropy {summary(shares).entropy:.2f} of {math.log2(shares.size):.0f} bits"
