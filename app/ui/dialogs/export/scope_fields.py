"""The fields that say which part of the clip is exported and what becomes of its sound."""

from __future__ import annotations

from typing import cast, get_args

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QComboBox, QFormLayout, QWidget

from app.core.project import Fit, OriginalAudio
from app.core.timebase import TimeRange
from app.ui.session import Session

ORIGINAL = {
    "drop": "Only the new voice where it is dubbed",
    "duck": "The original quietly under the new voice (12 dB lower)",
    "keep": "The original in full with the new voice",
}
FIT = {
    "cut": "Cut a voice that is longer than the picture",
    "hold": "Hold the last frame until the voice has ended",
}


class ScopeFields(QObject):
    """Rows of a form; `span`, `original_audio` and `fit` have what they say."""

    changed = Signal()

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._range, self._original, self._fit = QComboBox(parent), QComboBox(parent), QComboBox(parent)
        self._spans = _spans(session)
        for name, title, tip in (
            ("whole", "Whole clip", "From the first frame to the last."),
            ("range", "In to out", "Set in and out with I and O on the timeline."),
            ("segment", "Selected segments", "Select a segment on the timeline."),
        ):
            self._add_range(session, name, title, tip)
        if self._spans.get("range") is not None:
            self._range.setCurrentIndex(1)
        for field, texts in ((self._original, ORIGINAL), (self._fit, FIT)):
            for value, text in texts.items():
                field.addItem(text, value)
        self._original.setCurrentIndex(self._original.findData(session.project.original_audio))
        self._fit.setCurrentIndex(self._fit.findData(session.project.fit))
        self._name_all()
        for field in (self._range, self._original, self._fit):
            field.currentIndexChanged.connect(self.changed)

    @property
    def name(self) -> str:
        """The range's: "whole", "range" or "segment"."""
        return str(self._range.currentData())

    @property
    def span(self) -> TimeRange | None:
        """Seconds of the clip; None for all of it."""
        return self._spans.get(self.name)

    @property
    def original_audio(self) -> OriginalAudio:
        """See `Project.original_audio`."""
        value = self._original.currentData()
        assert value in get_args(OriginalAudio)
        return cast("OriginalAudio", value)

    @property
    def fit(self) -> Fit:
        """See `Project.fit`."""
        value = self._fit.currentData()
        assert value in get_args(Fit)
        return cast("Fit", value)

    def add_to(self, form: QFormLayout) -> None:
        """Adds the fields to a form, one row each."""
        form.addRow("&Range", self._range)
        form.addRow("&Sound", self._original)
        form.addRow("&Long voice", self._fit)

    def _add_range(self, session: Session, name: str, title: str, tip: str) -> None:
        span = self._spans.get(name)
        clip, counting = session.clip, session.counting
        if clip is not None and (span is not None or name == "whole"):
            shown = span or clip.whole
            title = f"{title}: {counting.format(shown.start)} to {counting.format(shown.stop)}"
        self._range.addItem(title, name)
        row = self._range.count() - 1
        self._range.setItemData(row, tip, Qt.ItemDataRole.ToolTipRole)
        model = self._range.model()
        assert isinstance(model, QStandardItemModel)
        model.item(row).setEnabled(span is not None or name == "whole")

    def _name_all(self) -> None:
        for field, name, title, tip in (
            (self._range, "export_range", "Range", "Which part of the clip is in the file."),
            (
                self._original,
                "export_original",
                "Sound",
                "What becomes of the original sound inside the dubbed segments; outside them it is kept.",
            ),
            (self._fit, "export_fit", "Long voice", "What becomes of a voice that goes on after the picture."),
        ):
            field.setObjectName(name)
            field.setAccessibleName(title)
            field.setToolTip(tip)


def _spans(session: Session) -> dict[str, TimeRange | None]:
    """What each kind of range comes to; None where there is none (or, for "whole", no need to say)."""
    clip, chosen = session.clip, session.chosen_segments
    if clip is None:
        return {}
    return {
        "range": session.marked,
        "segment": TimeRange(chosen[0].range.start, chosen[-1].range.stop).intersect(clip.whole) if chosen else None,
    }
