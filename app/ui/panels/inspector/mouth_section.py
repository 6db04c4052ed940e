"""How the new mouth is pasted and what it does in silence: a row for each setting without a widget of its own."""

from __future__ import annotations

from collections.abc import Hashable

from PySide6.QtCore import Slot

from app.core.project import SEGMENT_FIELDS
from app.ui.panels.inspector.edit_steps import Editor
from app.ui.panels.inspector.section import Section
from app.ui.panels.inspector.setting_row import setting_row

ELSEWHERE = ("face", "reference", "offset")
"""Settings that other sections show, with widgets of their own."""


class MouthSection(Section):
    """All other settings of the selected segment."""

    def __init__(self, editor: Editor) -> None:
        super().__init__("Mouth", "inspectorMouth")
        self._editor = editor
        self.rows = {name: setting_row(spec) for name, spec in SEGMENT_FIELDS.items() if name not in ELSEWHERE}
        for row in self.rows.values():
            self.add(row.spec.label, row, row.focus)
            row.changed.connect(self._change)

    def refresh(self) -> None:
        """Shows the selected segment."""
        segment = self._editor.segment
        if segment is not None:
            for name, row in self.rows.items():
                row.set_value(getattr(segment, name))

    @Slot(str, object, object)
    def _change(self, name: str, value: object, token: Hashable | None) -> None:
        self._editor.change_segment(SEGMENT_FIELDS[name].step, token, **{name: value})
