"""The attention dock's controls: switch, layer or source, head, pin, copy and save; colours, scale and opacity."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QToolButton,
    QWidget,
)

from app.engine.dub.source_look import SOURCE
from app.ui.kit.flow_layout import FlowLayout
from app.ui.panels.attention.style import CHOICES, COLOURS, LAYERS, MapStyle, ScaleKind, layer_hint, layer_text

_SCALES: tuple[tuple[ScaleKind, str, str], ...] = (
    ("patch", "to this patch", "The strongest colour is this patch's largest share"),
    ("frame", "to all patches", "The strongest colour is the largest share of any patch, so that patches compare"),
    ("log", "logarithmic", "From 0.01 % to 100 %, so that small shares show beside large ones"),
)
_NO_SOURCE = (
    "These weights draw every pixel and fetch none: choose others in the inspector to see where pixels come from."
)


class AttentionControls(QWidget):
    """All the buttons; `style` and `layer` are what they say."""

    overlay_toggled = Signal(bool)
    layer_changed = Signal(str)
    style_changed = Signal(object)
    """MapStyle"""
    pin_toggled = Signal(bool)
    copy_wanted = Signal()
    save_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("attentionControls")
        self.style_now, self.layer = MapStyle(), LAYERS[-1]
        self.looks = QWidget()
        """How the map is drawn: a group of its own, for the owner to place."""
        self._heads = 0
        self._fetches: bool | None = None
        self._on = False
        self.switch = _button("attentionSwitch", "Show", "Compute and show where the network looks", checkable=True)
        self.pin = _button("attentionPin", "Pin", "Keep what is picked while the mouse moves (Return)", checkable=True)
        self.copy = _button("attentionCopy", "Copy", "Copy the picture with its scale and caption to the clipboard")
        self.save = _button("attentionSave", "Save…", "Save the picture with its scale and caption as PNG")
        self.layers = self._layer_buttons()
        self.head = _combo("attentionHead", "Attention head", "All heads together, or one of them")
        self.colours = _combo(
            "attentionColours",
            "Colour map",
            "Viridis, inferno and magma are perceptually uniform; turbo tells more steps apart",
        )
        self.scale = _combo("attentionScaleKind", "Scale of the colours", "What the strongest colour stands for")
        self.opacity = _slider()
        self.smooth = _check("attentionSmooth", "Smooth", "Blend from patch to patch; off shows what was computed")
        self.grid = _check("attentionGrid", "Grid", "Draw the patch grid on the generated face")
        self.on_preview = _check("attentionOnPreview", "Map on preview", "Draw the map over the preview too")
        self.drawn_parts = _check(
            "attentionMask", "Drawn parts", "Colour what was drawn; what was fetched from a reference keeps its colours"
        )
        self._fill()
        self._lay_out()
        self._connect()

    def set_heads(self, count: int) -> None:
        """How many heads the layer has; keeps the chosen one where there still is such a one."""
        if count == self._heads:
            return
        self._heads = count
        chosen = self.style_now.head
        with QSignalBlocker(self.head):
            self.head.clear()
            self.head.addItem(f"Mean of {count} heads" if count != 1 else "The only head", None)
            for head in range(count if count > 1 else 0):
                self.head.addItem(f"Head {head + 1}", head)
            index = self.head.findData(chosen) if chosen is not None else 0
            self.head.setCurrentIndex(max(index, 0))
        self._update_style()

    def set_layer(self, layer: str) -> None:
        """Chooses a layer or `SOURCE`, as a click on its button does."""
        self.layers[layer].click()

    def set_fetches(self, fetches: bool | None) -> None:
        """Whether the weights fetch pixels, so that there are sources; None while nobody knows."""
        self._fetches = fetches
        hint = _NO_SOURCE if fetches is False else layer_hint(SOURCE)
        self.layers[SOURCE].setToolTip(hint)
        self.layers[SOURCE].setAccessibleDescription(hint)
        self._update_source()

    def set_usable(self, on: bool, has_map: bool) -> None:
        """Greys out what means nothing while attention is off or there is no map."""
        self._on = on
        for layer in LAYERS:
            self.layers[layer].setEnabled(on)
        self._update_source()
        self.looks.setEnabled(on)
        self.pin.setEnabled(on)
        self.head.setEnabled(on and self._heads > 0)
        for button in (self.copy, self.save):
            button.setEnabled(has_map)

    def _layer_buttons(self) -> dict[str, QToolButton]:
        group = QButtonGroup(self)
        buttons: dict[str, QToolButton] = {}
        for layer in CHOICES:
            text = layer_text(layer) if layer == SOURCE else layer.replace(".", ",")
            button = _button(f"attentionLayer{layer}", text, layer_hint(layer), checkable=True)
            button.setAccessibleName(layer_text(layer))
            button.setChecked(layer == self.layer)
            group.addButton(button)
            button.toggled.connect(lambda on, layer=layer: self._choose_layer(layer) if on else None)
            buttons[layer] = button
        return buttons

    def _fill(self) -> None:
        self.head.addItem("Mean of all heads", None)
        for name in COLOURS:
            self.colours.addItem(name.capitalize(), name)
        for kind, text, hint in _SCALES:
            self.scale.addItem(text, kind)
            self.scale.setItemData(self.scale.count() - 1, hint, Qt.ItemDataRole.ToolTipRole)
        self.grid.setChecked(self.style_now.grid)
        self.on_preview.setChecked(self.style_now.on_preview)
        self.opacity.setValue(round(100 * self.style_now.opacity))

    def _lay_out(self) -> None:
        rows = FlowLayout(self, spacing=4)
        rows.addWidget(self.switch)
        source, *layers = self.layers.values()
        rows.addWidget(source)
        rows.addWidget(_row(_label("Att"), *layers, spacing=1))
        for widget in (self.head, self.pin, self.copy, self.save):
            rows.addWidget(widget)
        looks = FlowLayout(self.looks)
        colours, scale = _row(_label("Colours"), self.colours), _row(_label("Scale"), self.scale)
        self._opacity = _row(_label("Opacity"), self.opacity)
        for widget in (self.drawn_parts, colours, scale, self._opacity):
            looks.addWidget(widget)
        for widget in (self.smooth, self.grid, self.on_preview):
            looks.addWidget(widget)
        self._of_layers = (self.head, colours, scale, self.smooth, self.grid)
        self._show_fitting()

    def _connect(self) -> None:
        self.switch.toggled.connect(self.overlay_toggled)
        self.pin.toggled.connect(self.pin_toggled)
        self.copy.clicked.connect(self.copy_wanted)
        self.save.clicked.connect(self.save_wanted)
        for combo in (self.head, self.colours, self.scale):
            combo.currentIndexChanged.connect(self._update_style)
        for check in (self.smooth, self.grid, self.on_preview, self.drawn_parts):
            check.toggled.connect(self._update_style)
        self.opacity.valueChanged.connect(self._update_style)

    def _choose_layer(self, layer: str) -> None:
        self.layer = layer
        self._show_fitting()
        self._update_source()
        self.layer_changed.emit(layer)

    def _show_fitting(self) -> None:
        """Only what means something for the chosen layer or for sources."""
        for widget in self._of_layers:
            widget.setVisible(self.layer != SOURCE)
        self.drawn_parts.setVisible(self.layer == SOURCE)
        for widget in (self._opacity, self.on_preview):
            widget.setEnabled(self.layer != SOURCE or self.drawn_parts.isChecked())

    def _update_source(self) -> None:
        """Sources can be chosen where there are some.

        While they are chosen, the button stays: Tab reaches the layers through the one that is chosen.
        """
        self.layers[SOURCE].setEnabled(self._on and (self._fetches is not False or self.layer == SOURCE))

    @Slot()
    def _update_style(self) -> None:
        """Reads the controls and tells what changed."""
        style = MapStyle(
            head=self.head.currentData(),
            colours=self.colours.currentData(),
            scale=self.scale.currentData(),
            opacity=self.opacity.value() / 100,
            smooth=self.smooth.isChecked(),
            grid=self.grid.isChecked(),
            on_preview=self.on_preview.isChecked(),
            mask=self.drawn_parts.isChecked(),
        )
        self._show_fitting()
        self.opacity.setToolTip(f"Opacity of the map: {self.opacity.value()} %")
        if style != self.style_now:
            self.style_now = style
            self.style_changed.emit(style)


def _button(name: str, text: str, hint: str, checkable: bool = False) -> QToolButton:
    button = QToolButton()
    button.setObjectName(name)
    button.setText(text)
    button.setToolTip(hint)
    button.setAccessibleName(f"{text}: {hint}")
    button.setCheckable(checkable)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return button


def _combo(name: str, title: str, hint: str) -> QComboBox:
    combo = QComboBox()
    combo.setObjectName(name)
    combo.setAccessibleName(title)
    combo.setToolTip(hint)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    return combo


def _check(name: str, text: str, hint: str) -> QCheckBox:
    check = QCheckBox(text)
    check.setObjectName(name)
    check.setToolTip(hint)
    return check


def _slider() -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setObjectName("attentionOpacity")
    slider.setAccessibleName("Opacity of the map")
    slider.setRange(0, 100)
    slider.setPageStep(10)
    slider.setFixedWidth(110)
    slider.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    return slider


def _label(text: str) -> QLabel:
    return QLabel(text)


def _row(*widgets: QWidget, spacing: int = 5) -> QWidget:
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(spacing)
    for widget in widgets:
        row.addWidget(widget)
    return holder
