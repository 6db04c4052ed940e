"""The fields that say what an export declares of itself: whether it is signed, and who agreed to it."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QFormLayout, QLineEdit, QWidget

from app.engine.provenance.statement import Statement


class DeclaredFields:
    """Rows of a form; `statement` has what they say."""

    def __init__(self, consent: str, parent: QWidget) -> None:
        self._sign = QCheckBox("Si&gn the file: a C2PA manifest says what was changed", parent)
        self._sign.setObjectName("export_sign")
        self._sign.setChecked(True)
        self._sign.setToolTip(
            "Readers of such manifests see that the lips were dubbed, when, and whether the file is whole."
        )
        self._consent = QLineEdit(consent, parent)
        self._consent.setObjectName("export_consent")
        self._consent.setAccessibleName("Consent")
        self._consent.setPlaceholderText("Who agreed to this dub, and on what ground")
        self._consent.setToolTip("Kept in the project, and written into the manifest as it stands here.")

    @property
    def statement(self) -> Statement:
        """What is declared."""
        return Statement(sign=self._sign.isChecked(), consent=self.consent)

    @property
    def consent(self) -> str:
        """Who agreed, as it is written in the field."""
        return self._consent.text().strip()

    def add_to(self, form: QFormLayout) -> None:
        """Appends the rows."""
        form.addRow("Consent", self._consent)
        form.addRow("", self._sign)
