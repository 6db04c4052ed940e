"""Where the pixels of a generated frame come from: how much was fetched from which reference, and from where in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.core.errors import WeightsError
from app.engine.ports import Dubber, FrameBatch, Image

if TYPE_CHECKING:
    from app.engine.dub.reference_choice import Choice, Reference

SOURCE = "source"
"""The name by which it is asked for where the attention layers are asked for by "5.1" to "6.2"."""


class Source(msgspec.Struct, frozen=True):
    """Where one pixel comes from; coordinates run from 0 to 1 across a crop, from its edges."""

    reference: int
    """The reference that gave most of what was fetched, from 0."""
    x: float
    y: float
    """The place in it."""
    share: float
    """How much of what was fetched came from this reference, 0 to 1."""
    fetched: float
    """How much of the pixel was fetched, 0 to 1; the rest was drawn."""


class SourceLook(msgspec.Struct, frozen=True):
    """One generated frame and the sources of all its pixels, on a grid of S x S."""

    generated: Image
    """R x R x 3."""
    references: tuple[Reference, ...]
    """The K that gave anything, whose crops are R x R x 3."""
    places: NDArray[np.float32]
    """K x S x S x 2: (x, y) in reference k, from 0 to 1."""
    choice: NDArray[np.float32]
    """K x S x S: how much of what was fetched came from reference k; sums to 1."""
    fetched: NDArray[np.float32]
    """S x S: how much was fetched, 0 to 1."""

    @property
    def side(self) -> int:
        """S, pixels along a side of the grid."""
        return self.fetched.shape[0]

    @property
    def drawn(self) -> NDArray[np.float32]:
        """S x S: how much the network drew itself, 0 to 1."""
        return 1 - self.fetched

    def source_of(self, x: float, y: float) -> Source:
        """The source of the grid's pixel at (x, y), both from 0 to 1; beyond the edges, of the nearest pixel."""
        row, column = self._cell(y), self._cell(x)
        giver = int(self.choice[:, row, column].argmax())
        # beyond its edge a reference gives the pixels of the edge
        at = np.clip(self.places[giver, row, column], 0, 1)
        share, fetched = self.choice[giver, row, column], self.fetched[row, column]
        return Source(giver, float(at[0]), float(at[1]), float(share), float(fetched))

    def shares_at(self, x: float, y: float) -> tuple[float, ...]:
        """How much of what was fetched for the pixel at (x, y) came from each of the K references; sums to 1."""
        return tuple(self.choice[:, self._cell(y), self._cell(x)].tolist())

    def _cell(self, at: float) -> int:
        """The number of the row or column at a place."""
        return min(max(int(at * self.side), 0), self.side - 1)


def sources_at(frame: FrameBatch, choice: Choice, dubber: Dubber) -> SourceLook:
    """Dubs one frame and keeps where its pixels come from.

    Raises WeightsError where the network fetches nothing.
    """
    if not dubber.fetches:
        raise WeightsError(
            f"The weights {dubber.weights_name} draw every pixel and fetch none: choose an attention layer."
        )
    told = dubber.sources(frame, choice.encoded)
    gave = np.flatnonzero(told.choice.any(axis=(1, 2)))
    references = tuple(choice.items[k] for k in gave)
    return SourceLook(told.generated, references, told.places[gave], told.choice[gave], told.fetched)
