"""The fields that say what kind of file an export is: preset, container, encoder, quality."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QComboBox, QFormLayout, QHBoxLayout, QLabel, QSpinBox, QWidget

from app.engine.export.export_choices import ExportChoices
from app.engine.export.export_presets import ExportPreset, offers, preset_named, preset_settings, quality_text
from app.engine.media.codecs import is_hardware
from app.engine.media.encoders import EncoderCheck, EncoderSettings
from app.ui.kit.labels import add_row, below, muted


class FormatFields(QObject):
    """Rows of a form; `settings` has what they say."""

    changed = Signal()

    def __init__(self, presets: Sequence[ExportPreset], choices: ExportChoices, parent: QWidget) -> None:
        super().__init__(parent)
        self._presets = presets
        self._checks: Sequence[EncoderCheck] = ()
        known = any(preset.name == choices.preset for preset in presets)
        self._wanted = choices.codec if known else ""
        """The encoder to choose as soon as it can be (hardware is not yet known to work); empty: the preset's usual."""
        self._preset, self._container, self._encoder = QComboBox(parent), QComboBox(parent), QComboBox(parent)
        self._quality, self._quality_text = QSpinBox(parent), QLabel(parent)
        self._preset_text, self._encoder_text = QLabel(parent), QLabel(parent)
        self._name_all()
        for preset in presets:
            self._preset.addItem(preset.title, preset.name)
            self._preset.setItemData(self._preset.count() - 1, preset.text, Qt.ItemDataRole.ToolTipRole)
        self._preset.setCurrentIndex(presets.index(preset_named(presets, choices.preset)))
        self._fill(choices.suffix, choices.crf)
        self._preset.currentIndexChanged.connect(self._preset_changed)
        self._encoder.currentIndexChanged.connect(self._encoder_changed)
        self._container.currentIndexChanged.connect(self.changed)
        self._quality.valueChanged.connect(self._quality_changed)

    @property
    def preset(self) -> ExportPreset:
        """The preset that is chosen in the list."""
        return self._presets[self._preset.currentIndex()]

    @property
    def suffix(self) -> str:
        """Of the file, with its dot."""
        return str(self._container.currentData())

    @property
    def settings(self) -> EncoderSettings:
        """The encoder's settings, as the writer takes them."""
        return preset_settings(self.preset, str(self._encoder.currentData()), self._quality.value())

    def add_to(self, form: QFormLayout) -> None:
        """Adds the fields to a form, one row each."""
        add_row(form, "&Preset", self._preset, below(self._preset, self._preset_text))
        form.addRow("&Container", self._container)
        add_row(form, "&Encoder", self._encoder, below(self._encoder, self._encoder_text))
        line = QHBoxLayout()
        line.addWidget(self._quality)
        line.addWidget(self._quality_text, 1)
        add_row(form, "&Quality", self._quality, line)

    def set_checks(self, checks: Sequence[EncoderCheck]) -> None:
        """The encoders were tried: those that work can be chosen from now on."""
        self._checks = checks
        self._fill_encoders()
        self._tell()
        self.changed.emit()

    def _name_all(self) -> None:
        for widget, name, title, tip in (
            (self._preset, "export_preset", "Preset", "What the file is for."),
            (self._container, "export_container", "Container", "The kind of file."),
            (
                self._encoder,
                "export_encoder",
                "Encoder",
                "Hardware encoders can be chosen once a test frame was encoded with them.",
            ),
            (
                self._quality,
                "export_quality",
                "Quality",
                "Rate factor on x264's scale: lower is better and larger; 16 is visually lossless.",
            ),
        ):
            widget.setObjectName(name)
            widget.setAccessibleName(title)
            widget.setToolTip(tip)
        for label in (self._preset_text, self._encoder_text, self._quality_text):
            muted(label)
            label.setWordWrap(True)
        self._encoder_text.setObjectName("export_encoder_text")
        self._quality_text.setObjectName("export_quality_text")

    @Slot()
    def _preset_changed(self) -> None:
        self._wanted = ""
        self._fill("", None)
        self.changed.emit()

    @Slot()
    def _encoder_changed(self) -> None:
        self._wanted = str(self._encoder.currentData())
        self._tell()
        self.changed.emit()

    @Slot()
    def _quality_changed(self) -> None:
        self._tell()
        self.changed.emit()

    def _fill(self, suffix: str, crf: int | None) -> None:
        """The fields that hang on the preset; what does not suit it falls back to the usual."""
        preset = self.preset
        with QSignalBlocker(self._container):
            self._container.clear()
            for item in preset.suffixes:
                self._container.addItem(item.removeprefix(".").upper(), item)
            self._container.setCurrentIndex(max(0, self._container.findData(suffix)))
        self._container.setEnabled(len(preset.suffixes) > 1)
        with QSignalBlocker(self._quality):
            self._quality.setRange(*(preset.video.qualities or (0, 0)))
            self._quality.setSpecialValueText("-" if preset.crf is None else "")
            self._quality.setValue(preset.crf or 0 if crf is None else crf)
        self._quality.setEnabled(preset.crf is not None)
        self._fill_encoders()
        self._tell()

    def _fill_encoders(self) -> None:
        """The encoders of the preset, those that cannot be chosen greyed out with the reason."""
        model = self._encoder.model()
        assert isinstance(model, QStandardItemModel)
        with QSignalBlocker(self._encoder):
            self._encoder.clear()
            for row, offer in enumerate(offers(self.preset, self._checks)):
                self._encoder.addItem(offer.title, offer.codec)
                self._encoder.setItemData(row, offer.text, Qt.ItemDataRole.ToolTipRole)
                model.item(row).setEnabled(offer.usable)
            rows = [self._encoder.findData(codec) for codec in (self._wanted, *self.preset.encoders)]
            self._encoder.setCurrentIndex(next(row for row in rows if row >= 0 and model.item(row).isEnabled()))
        self._encoder.setEnabled(self._encoder.count() > 1)

    def _tell(self) -> None:
        """The texts beside the fields."""
        preset = self.preset
        self._preset_text.setText(preset.text)
        self._quality_text.setText("fixed by the format" if preset.crf is None else quality_text(self._quality.value()))
        known = {check.name for check in self._checks}
        hardware = [offer for offer in offers(preset, self._checks) if is_hardware(offer.codec)]
        usable = sum(offer.usable for offer in hardware)
        text = "Hardware encoders are being tried…" if hardware and not known else ""
        if hardware and known:
            text = f"{usable} hardware encoder{'s' * (usable != 1)} on this machine" if usable else _NONE
        self._encoder_text.setText(text)
        self._encoder_text.setVisible(bool(text))


_NONE = "No hardware encoder works here; the list's tooltips say why."
