"""Where pixels come from: which reference, what place in it, how much."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from app.core.errors import UserError
from app.engine.dub.reference_choice import Choice, Reference
from app.engine.dub.source_look import SourceLook, sources_at
from app.engine.ports import FrameBatch, Sources

SIDE, SIZE = 4, 8


def reference(index: int) -> Reference:
    crop = np.full((SIZE, SIZE, 3), index, np.uint8)
    return Reference(index, Fraction(index, 25), crop, np.zeros((68, 2), np.float32))


def centres() -> NDArray[np.float32]:
    """SIDE x SIDE x 2: (x, y) of each pixel's middle."""
    at = (np.arange(SIDE, dtype=np.float32) + 0.5) / SIDE
    return np.stack(np.meshgrid(at, at), axis=-1)


@pytest.fixture
def seen() -> SourceLook:
    """From two references: the left half from the second, an eighth to the right; the rest from the first, in place."""
    places = np.stack([centres(), centres() + np.array([0.125, 0], np.float32)])
    choice = np.full((2, SIDE, SIDE), 0.25, np.float32)
    choice[1, :, :2] = choice[0, :, 2:] = 0.75
    fetched = np.repeat(np.array([[0], [0.3], [0.6], [1]], np.float32), SIDE, axis=1)
    return SourceLook(
        np.zeros((SIZE, SIZE, 3), np.uint8), (reference(3), reference(60)), places.astype(np.float32), choice, fetched
    )


def test_the_reference_that_gave_most_and_the_place_in_it(seen: SourceLook) -> None:
    left = seen.source_of(0.3, 0.6)  # column 1, row 2
    assert left.reference == 1
    assert (left.x, left.y) == pytest.approx((0.375 + 0.125, 0.625))
    assert (left.share, left.fetched) == pytest.approx((0.75, 0.6))
    right = seen.source_of(0.9, 0.1)  # column 3, row 0
    assert right.reference == 0
    assert (right.x, right.y, right.share, right.fetched) == pytest.approx((0.875, 0.125, 0.75, 0))


def test_all_references_shares_are_told(seen: SourceLook) -> None:
    assert seen.shares_at(0.1, 0.1) == (0.25, 0.75)
    assert seen.shares_at(0.9, 0.1) == (0.75, 0.25)


def test_beyond_the_edge_is_the_nearest_pixel(seen: SourceLook) -> None:
    assert seen.source_of(-1, 2) == seen.source_of(0.1, 0.9)
    assert seen.source_of(1, 1) == seen.source_of(0.9, 0.9)


def test_a_place_beside_the_reference_is_on_its_edge(seen: SourceLook) -> None:
    beside = msgspec.structs.replace(seen, places=seen.places * np.float32(3) - np.float32(1))
    found = beside.source_of(0.9, 0.1)
    assert (found.x, found.y) == (1, 0)


def test_what_was_not_fetched_was_drawn(seen: SourceLook) -> None:
    assert seen.side == SIDE
    np.testing.assert_allclose(seen.drawn + seen.fetched, 1)


class Fetching:
    """The part of the Dubber port that is asked: fetches from places that depend on what it is shown."""

    weights_name = "small"

    def __init__(self, fetches: bool = True) -> None:
        self.fetches = fetches

    def sources(self, frames: FrameBatch, references: Any) -> Sources:
        (crop,), (mel,), (points,), (shares,), _ = frames
        places = np.repeat(centres()[None], len(shares), axis=0) + np.float32(mel.mean() + points.mean())
        choice = np.ones((1, SIDE, SIDE), np.float32) * (shares / shares.sum())[:, None, None]
        fetched = np.full((SIDE, SIDE), references / 10, np.float32)
        return Sources(np.repeat(crop, 2, axis=0).repeat(2, axis=1), places, choice, fetched)


def frame_of(*shares: float) -> FrameBatch:
    """One frame, with what each reference may give to it."""
    crop = np.arange(SIDE * SIDE * 3, dtype=np.uint8).reshape(1, SIDE, SIDE, 3)
    mel, points = np.full((1, 80, 16), 0.03, np.float32), np.full((1, 68, 2), 0.02, np.float32)
    return FrameBatch(crop, mel, points, np.array([shares], np.float32), np.ones(1, np.float32))


def test_the_network_is_shown_frame_and_references() -> None:
    frame = frame_of(0.2, 0.6)
    choice = Choice(7, (reference(3), reference(60)), frame.shares[0])
    found = sources_at(frame, choice, Fetching())  # pyright: ignore[reportArgumentType]
    assert found.references == choice.items
    assert (found.generated[::2, ::2] == frame.crops[0]).all()
    source = found.source_of(0.1, 0.1)
    assert source.reference == 1
    assert (source.x, source.y, source.share, source.fetched) == pytest.approx((0.175, 0.175, 0.75, 0.7))


def test_references_that_give_nothing_are_not_shown() -> None:
    """Of many a network consults a few."""
    frame = frame_of(0.2, 0, 0.6, 0)
    choice = Choice(7, tuple(reference(k) for k in (3, 20, 60, 90)), frame.shares[0])
    found = sources_at(frame, choice, Fetching())  # pyright: ignore[reportArgumentType]
    assert [item.index for item in found.references] == [3, 60]
    assert len(found.places) == 2 and found.choice.sum(axis=0) == pytest.approx(np.ones((SIDE, SIDE)))
    assert found.source_of(0.1, 0.1).reference == 1


def test_a_network_that_fetches_nothing_is_told() -> None:
    frame = frame_of(1)
    choice = Choice(7, (reference(3),), frame.shares[0])
    with pytest.raises(UserError, match="small draw every pixel and fetch none"):
        sources_at(frame, choice, Fetching(False))  # pyright: ignore[reportArgumentType]
