"""Beside the mouth a generated crop is believed where it shows what the film shows."""

from __future__ import annotations

import numpy as np
import pytest

from app.engine.faces.agreement import believed
from app.engine.faces.aligner import FACE, align, transform, warp_crop
from app.engine.faces.mask import paste_mask
from app.engine.media.opencv import cv2
from app.engine.ports import Image, Points

S = 128


@pytest.fixture
def points(face_points: Points) -> Points:
    """In pixels of the crop."""
    return transform(align(face_points, FACE, S), face_points)


@pytest.fixture
def crop(astronaut: Image, face_points: Points) -> Image:
    """The portrait's aligned crop."""
    return warp_crop(astronaut, align(face_points, FACE, S), S)


def blotched(crop: Image, at: Points, side: int = 7) -> Image:
    """The crop with something dark at a place."""
    other = crop.copy()
    x, y = np.round(at).astype(int)
    cv2.circle(other, (int(x), int(y)), side, (20, 15, 10), -1)
    return other


def cheek(points: Points) -> Points:
    """A place on the cheek: beside the mouth, on the way to the jaw's corner."""
    return 0.55 * points[3] + 0.45 * points[48]


def test_what_agrees_is_pasted_as_before(crop: Image, points: Points) -> None:
    """Also with a little noise, which is what texture out of another frame is."""
    mask = paste_mask(points, S)
    noisy = np.clip(crop + np.random.default_rng(1).normal(0, 12, crop.shape), 0, 255).astype(np.uint8)
    np.testing.assert_array_equal(believed(mask, crop, crop, points), mask)
    np.testing.assert_allclose(believed(mask, noisy, crop, points), mask, atol=0.05)


def test_hair_in_a_cheek_is_not_pasted(crop: Image, points: Points) -> None:
    """Nor skin over hair: the film is right either way; elsewhere nothing changes."""
    mask, place = paste_mask(points, S), cheek(points)
    x, y = np.round(place).astype(int)
    assert mask[y, x] > 0.5
    for generated, source in ((blotched(crop, place), crop), (crop, blotched(crop, place))):
        found = believed(mask, generated, source, points)
        assert found[y, x] < 0.02
        away = np.hypot(*(np.indices((S, S)) - np.array([y, x])[:, None, None])) > 24
        np.testing.assert_allclose(found[away], mask[away], atol=0.02)


def test_lips_and_chin_may_be_as_unlike_as_they_are(crop: Image, points: Points) -> None:
    """There the film shows what the old voice said."""
    mask = paste_mask(points, S)
    for place in (points[62], points[57], points[48], points[8]):
        found = believed(mask, blotched(crop, place, 4), crop, points)
        np.testing.assert_allclose(found, mask, atol=0.02)


def test_nothing_is_added(crop: Image, points: Points) -> None:
    """Whatever is drawn, no more is pasted than the mask lets through."""
    mask = paste_mask(points, S)
    drawn = np.random.default_rng(2).integers(0, 256, crop.shape, dtype=np.uint8)
    found = believed(mask, drawn, crop, points)
    assert (found <= mask).all() and (found >= 0).all() and found.dtype == np.float32
