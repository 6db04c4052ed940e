"""A small picture of each recent project: the frame that was on screen when it was saved or left."""

from __future__ import annotations

import logging
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage

from app.engine.replacing import replacing

SIZE = QSize(320, 180)
"""Pixels that a picture has at most."""
_QUALITY = 85
_LOG = logging.getLogger(__name__)


def keep_picture(image: QImage, target: Path) -> None:
    """Writes a picture, made smaller; that this fails is logged, and no reason to stop anybody."""
    small = image.scaled(SIZE, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target, keep_suffix=True) as temporary:
            if not small.save(str(temporary), quality=_QUALITY):
                raise OSError("Qt wrote no picture")
    except OSError as error:
        _LOG.warning('the picture of a recent project cannot be written to "%s": %s', target, error)
