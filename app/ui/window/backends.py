"""What the editor works with and does not make itself: the network and the face detector."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from app import wiring
from app.engine.ports import Dubber, LandmarkDetector


class Backends(msgspec.Struct, frozen=True):
    """Makers of the heavy parts; tests give others. None is called on the GUI thread."""

    make_dubber: Callable[[str, str, Callable[[str], None]], Dubber] = wiring.make_dubber
    """(weights, device, notify) -> network"""
    weights_sha256: Callable[[str], str] = wiring.weights_sha256
    weights_names: Callable[[], list[str]] = wiring.weights_names
    make_detector: Callable[[str], LandmarkDetector] = wiring.make_detector
    devices: Callable[[], list[str]] = wiring.describe_devices
    weights: Callable[[], list[str]] = lambda: wiring.describe_weights()[0]
