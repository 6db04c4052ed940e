"""The pictures: repeatable, without borders, and with the mouth that was asked for."""

from __future__ import annotations

import numpy as np
import pytest

from app.engine.puppet.renderer import Puppet
from app.engine.puppet.speech import load_voice
from app.engine.puppet.style import PuppetStyle
from app.wiring import make_eyes

VOICE = load_voice("a")
TIMES = [float(time) for time in np.linspace(0.05, VOICE.duration - 0.05, 36)]


def _puppet(seed: int = 0, size: int = 512) -> Puppet:
    return Puppet(VOICE.timing, VOICE.duration, PuppetStyle(seed), size)


@pytest.fixture(scope="module")
def puppet() -> Puppet:
    return _puppet()


def test_the_same_time_gives_the_same_pixels_whatever_was_drawn_before(puppet: Puppet) -> None:
    first = puppet.render(1.2)
    puppet.render(3.4)
    assert np.array_equal(puppet.render(1.2), first)
    assert np.array_equal(_puppet().render(1.2), first)


@pytest.mark.parametrize("size", [192, 250, 512])
def test_pictures_are_square_rgb_of_the_size_asked_for(size: int) -> None:
    picture = _puppet(size=size).render(0.7)
    assert picture.shape == (size, size, 3)
    assert picture.dtype == np.uint8


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 4, 5])
def test_there_are_no_black_borders(seed: int) -> None:
    puppet = _puppet(seed, 128)
    for time in (0.0, 2.5, 5.0):
        picture = puppet.render(time)
        assert picture[:3].max(axis=2).min() > 0
        assert (picture[:60, :2].max(axis=2) > 0).all()
        assert (picture[:60, -2:].max(axis=2) > 0).all()


def test_seeds_differ_and_so_do_moments() -> None:
    one, two = _puppet(1, 128), _puppet(2, 128)
    assert np.abs(one.render(1.0).astype(int) - two.render(1.0)).mean() > 5
    assert np.abs(one.render(1.0).astype(int) - one.render(2.0)).mean() > 0.5


def test_motion_is_continuous(puppet: Puppet) -> None:
    steps = [np.abs(puppet.landmarks(t) - puppet.landmarks(t + 0.002)).max() for t in np.linspace(0, 6, 60)]
    assert max(steps) < 1.5


def test_an_open_mouth_is_drawn_between_the_lips(puppet: Puppet) -> None:
    """The drawn opening, measured as the pixels that differ from lip in the middle column, follows the true one."""
    times = sorted(TIMES, key=puppet.mouth_opening)
    shut, wide = times[0], times[-1]
    assert puppet.mouth_opening(shut) == 0
    assert puppet.mouth_opening(wide) > 0.1
    drops = []
    for time in (shut, wide):
        points = puppet.landmarks(time)
        left, right = points[78, 0], points[308, 0]
        x, y = (left + right) / 2, points[[13, 14], 1]
        column = puppet.render(time)[int(y[0]) - 2 : int(y[1]) + 3, int(x) - 2 : int(x) + 3]
        drops.append(float(np.ptp(column.mean(axis=(1, 2)))))
    assert drops[1] > drops[0] + 30


@pytest.mark.parametrize("seed", [0, 3])
def test_a_real_detector_sees_the_opening_that_is_true(seed: int) -> None:
    mesher = make_eyes().single()
    puppet = _puppet(seed, 384)
    true, seen, distances = [], [], []
    for time in TIMES[:: 1 if seed == 0 else 2]:
        found = mesher.process(puppet.render(time)).meshes
        assert found, f"no face at {time} s"
        points = found[0][:, :2]
        eyes = np.linalg.norm(points[33] - points[263])
        true.append(puppet.mouth_opening(time))
        seen.append(np.linalg.norm(points[13] - points[14]) / eyes)
        distances.append(np.linalg.norm(points - puppet.landmarks(time), axis=1).mean() / eyes)
    assert np.corrcoef(true, seen)[0, 1] > 0.9
    assert np.mean(distances) < 0.06
