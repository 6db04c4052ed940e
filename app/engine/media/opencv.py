"""The one door to OpenCV: `from app.engine.media.opencv import cv2`.

The OpenCV wheels for Linux point QT_QPA_PLATFORM_PLUGIN_PATH and QT_QPA_FONTDIR at a Qt of their own when
they are imported, and a PySide6 window opened afterwards finds plug-ins that it cannot load. Imported from
here first, OpenCV leaves the two variables as they were; whoever imports it later
(face-alignment, PySceneDetect) gets the module that is already there.
"""

from __future__ import annotations

import os

_QT_VARIABLES = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")
_before = {name: os.environ.get(name) for name in _QT_VARIABLES}

import cv2  # noqa: E402 - the variables must be read before

for _name, _value in _before.items():
    if _value is None:
        os.environ.pop(_name, None)
    else:
        os.environ[_name] = _value

__all__ = ["cv2"]
