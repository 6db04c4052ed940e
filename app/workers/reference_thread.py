"""The thread that looks for good reference frames of a face, with a picture of each."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import msgspec
import numpy as np
from PySide6.QtCore import QObject, QThread, Signal
from PySide6.QtGui import QImage

from app.core.errors import Cancelled, UserError
from app.engine.dub.face_plan import FacePlan
from app.engine.faces.analysis import FaceAnalysis
from app.engine.faces.reference import ReferenceCandidate, propose_references
from app.engine.media.clip import Clip
from app.engine.media.reader import VideoReader
from app.engine.ports import Image
from app.engine.progress import CancelToken
from app.workers.mailbox import Mailbox
from app.workers.unexpected import unexpected

CROP = 128
"""Pixels along a side of the crops that are judged and shown."""
COUNT = 16
"""How many proposals at most: the shortlist they are taken from holds 32."""


class Proposal(msgspec.Struct, frozen=True, eq=False):
    """A frame that may serve as reference."""

    time: Fraction
    """Seconds of the clip, the frame's own."""
    image: QImage
    """The aligned face, CROP x CROP."""
    candidate: ReferenceCandidate | None = None
    """What speaks for it, where it was proposed; None where the user named it."""


class Proposals(msgspec.Struct, frozen=True, eq=False):
    """All that is known of one face's reference frames."""

    clip: str
    """Content hash of the clip."""
    face: int
    best: tuple[Proposal, ...]
    """Best first; only frames in which the face itself was found. Empty where there is none."""
    chosen: Proposal | None
    """The frame that the user named, where one was asked for and shows the face."""


class ReferenceThread(QThread):
    """Proposes reference frames; the latest request counts. All methods are for the GUI thread."""

    proposed = Signal(object)
    """Proposals"""
    failed = Signal(int, str)
    """The face and a sentence: its frames cannot be looked at."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("reference thread")
        self._mail = Mailbox()
        self._cancel = CancelToken()
        self._known: dict[tuple[str, int], tuple[FaceAnalysis, tuple[Proposal, ...]]] = {}

    def request(self, clip: Clip, analysis: FaceAnalysis, face: int, chosen: Fraction | None = None) -> None:
        """Proposals for `face` are wanted, and a picture of the frame at `chosen`; returns at once."""
        self._cancel.cancel()
        self._cancel = CancelToken()
        self._mail.post("request", (clip, analysis, face, chosen, self._cancel))

    def stop(self) -> None:
        """Ends the thread and waits for it, at most for what one frame takes to decode."""
        self._cancel.cancel()
        self._mail.post("stop", True)
        self.wait()

    def run(self) -> None:
        """The thread's own work: one request after the other."""
        while True:
            box = self._mail.take(None)
            if "stop" in box:
                return
            self._answer(*box["request"])

    def _answer(
        self, clip: Clip, analysis: FaceAnalysis, face: int, chosen: Fraction | None, cancel: CancelToken
    ) -> None:
        try:
            self.proposed.emit(self._look(clip, analysis, face, chosen, cancel))
        except Cancelled:
            return
        except UserError as error:
            self.failed.emit(face, str(error))
        except Exception as error:
            self.failed.emit(face, unexpected("Reference frames could not be looked for", error))

    def _look(
        self, clip: Clip, analysis: FaceAnalysis, face: int, chosen: Fraction | None, cancel: CancelToken
    ) -> Proposals:
        """Opens the clip; what was found before is not looked for again."""
        plan = FacePlan(analysis, face, CROP, clip.path)
        self._known = {key: value for key, value in self._known.items() if key[0] == clip.picture_key}
        found = self._known.get((clip.picture_key, face))
        with VideoReader(Path(clip.path), clip.times, clip.streams) as reader:
            named = None if chosen is None else picture_of(reader, plan, clip, chosen)
            if found is None or found[0] is not analysis:
                found = analysis, propose(reader, plan, clip, cancel)
                self._known[clip.picture_key, face] = found
        cancel.check()
        return Proposals(clip.sha256, face, found[1], named)


def propose(reader: VideoReader, plan: FacePlan, clip: Clip, cancel: CancelToken) -> tuple[Proposal, ...]:
    """The best frames of the face in the whole clip, with their pictures.

    Raises Cancelled where `cancel` asks for it, MediaError for a clip that cannot be decoded.
    """
    indices = plan.indices
    times = [clip.time_of(index) for index in indices]
    crops: dict[int, Image] = {}

    def crop_of(position: int) -> Image:
        cancel.check()
        crops[position] = plan.crop(reader.frame_at(times[position]))
        return crops[position]

    points = np.stack([plan.points(index) for index in indices])
    sure = np.array([plan.is_sure(index) for index in indices], np.bool_)
    found = propose_references(points, times, crop_of, COUNT, sure)
    return tuple(Proposal(each.time, _to_qimage(crops[each.index]), each) for each in found)


def picture_of(reader: VideoReader, plan: FacePlan, clip: Clip, time: Fraction) -> Proposal | None:
    """The face in the frame on screen at `time`; None where it is not there."""
    index = clip.index_at(time)
    if index not in plan:
        return None
    return Proposal(clip.time_of(index), _to_qimage(plan.crop(reader.frame_at(clip.time_of(index)))))


def _to_qimage(crop: Image) -> QImage:
    """With memory of its own; for any thread."""
    rows = np.ascontiguousarray(crop)
    return QImage(rows.data, rows.shape[1], rows.shape[0], 3 * rows.shape[1], QImage.Format.Format_RGB888).copy()
