"""What there is to say of where one pixel comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from app.core.timebase import format_time
from app.ui.panels.attention.style import Patch

if TYPE_CHECKING:
    from app.engine.dub.source_look import Source, SourceLook

NOTHING = 0.005
"""What is less of a pixel rounds to 0 % and is not spoken of."""
MINOR = 0.05
"""The least of a pixel for which a reference beside the giving one is marked."""


class Found(msgspec.Struct, frozen=True):
    """Where one pixel comes from."""

    pixel: tuple[float, float]
    """(x, y) of its middle, 0 to 1 across the crop."""
    source: Source
    parts: tuple[float, ...]
    """How much of the pixel each of the K references gave; with `drawn` they sum to 1."""
    places: tuple[tuple[float, float], ...]
    """(x, y) in each reference, 0 to 1."""
    shift: tuple[float, float]
    """(right, down) from the pixel to the place in the giving reference, in pixels of the crop."""

    @property
    def drawn(self) -> float:
        """How much of the pixel was drawn."""
        return 1 - self.source.fetched

    @property
    def given(self) -> float:
        """How much of the pixel the giving reference gave."""
        return self.parts[self.source.reference]

    @property
    def is_fetched(self) -> bool:
        """Whether enough was fetched to speak of."""
        return self.given >= NOTHING

    @property
    def is_mostly_drawn(self) -> bool:
        """Whether more of it was drawn than fetched."""
        return self.source.fetched < 0.5

    @property
    def rivals(self) -> tuple[int, ...]:
        """The other references that gave at least half as much as the giving one."""
        return tuple(k for k in self.minor if self.parts[k] >= self.given / 2)

    @property
    def minor(self) -> tuple[int, ...]:
        """The other references that gave something worth a mark."""
        return tuple(k for k, part in enumerate(self.parts) if part >= MINOR and k != self.source.reference)


def found_at(look: SourceLook, patch: Patch) -> Found:
    """Where the pixel (column, row) of the grid comes from."""
    column, row = patch
    x, y = (column + 0.5) / look.side, (row + 0.5) / look.side
    source = look.source_of(x, y)
    parts = tuple(share * source.fetched for share in look.shares_at(x, y))
    places = [(float(at[0]), float(at[1])) for at in np.clip(look.places[:, row, column], 0, 1)]
    size = look.generated.shape[0]
    return Found((x, y), source, parts, tuple(places), ((source.x - x) * size, (source.y - y) * size))


def source_text(look: SourceLook, patch: Patch) -> str:
    """Where a pixel comes from: "Fetched from reference 2 (0:00:03.240), 87 %; 12 px to the left"."""
    found = found_at(look, patch)
    if not found.is_fetched:
        return "Drawn by the network: nothing was fetched"
    reference = found.source.reference
    where = f"reference {reference + 1} ({format_time(look.references[reference].time)})"
    if found.is_mostly_drawn:
        return f"Mostly drawn; {whole_percent(found.given)} fetched from {where}, {shift_text(found.shift)}"
    others = "".join(f", and {number + 1}, {whole_percent(found.parts[number])}" for number in found.rivals)
    return f"Fetched from {where}, {whole_percent(found.given)}{others}; {shift_text(found.shift)}"


def parts_text(look: SourceLook, patch: Patch) -> str:
    """All that a pixel is made of: "2 % from reference 1, 87 % from reference 2, 11 % drawn"."""
    found = found_at(look, patch)
    given = [f"{whole_percent(part)} from reference {k + 1}" for k, part in enumerate(found.parts)]
    return ", ".join([*given, f"{whole_percent(found.drawn)} drawn"])


def shift_text(shift: tuple[float, float]) -> str:
    """A way in whole pixels: "12 px to the left, 3 px down"."""
    right, down = round(shift[0]), round(shift[1])
    ways = []
    if right:
        ways.append(f"{abs(right)} px to the {'right' if right > 0 else 'left'}")
    if down:
        ways.append(f"{abs(down)} px {'down' if down > 0 else 'up'}")
    return ", ".join(ways) or "at the very same place"


def generated_titles(found: Found) -> tuple[str, ...]:
    """What stands over the generated face, the longest wording first."""
    drawn = f"{whole_percent(found.drawn)} drawn"
    return f"Generated · {drawn}", f"Dub · {drawn}", drawn, "Dub"


def reference_titles(look: SourceLook, number: int, found: Found) -> tuple[str, ...]:
    """Which reference it is, how much of the pixel it gave and when it was filmed, the longest wording first."""
    gave, time = whole_percent(found.parts[number]), format_time(look.references[number].time)
    return (
        f"Reference {number + 1} · {gave} · {time}",
        f"Reference {number + 1} · {gave}",
        f"Ref. {number + 1} · {gave}",
        f"{number + 1} · {gave}",
    )


def whole_percent(share: float) -> str:
    """A share in whole percent; no line ends before the sign."""
    return f"{round(100 * share)}\u00a0%"
