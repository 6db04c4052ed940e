"""The first page: a place each for the video, the new voice and the output; recent projects; the demo."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QFont, QIcon, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import (
    QAbstractButton,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.ui.actions import with_keys
from app.ui.kit import palette
from app.ui.kit.file_dialogs import ask_open, ask_save
from app.ui.kit.file_kinds import CLIP_FILTER, OUTPUT_FILTER, VOICE_FILTER, as_output, dropped_files, kind_of
from app.ui.kit.fitting import Scroll
from app.ui.kit.labels import muted
from app.ui.kit.renewal import keep_current


class FileSlot(QAbstractButton):
    """A place for one file: it is clicked, or the file is dropped on it."""

    dropped = Signal(object)
    """Path of a file that was dropped here."""

    def __init__(self, number: int, title: str, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._number, self._title, self._hint = number, title, hint
        self._path: Path | None = None
        self.suggested = False
        """Whether the file was only proposed, so that another may take its place."""
        self._dragging = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAcceptDrops(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_path(None)

    @property
    def path(self) -> Path | None:
        """The file that lies here."""
        return self._path

    def set_path(self, path: Path | None, suggested: bool = False) -> None:
        """Puts a file here; one that is only suggested is shown paler."""
        self._path, self.suggested = path, suggested
        self.setToolTip(str(path) if path else self._hint)
        self.setAccessibleName(f"{self._title}: {path.name if path else 'empty'}")
        self.setAccessibleDescription(self._hint)
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        """Room for three lines."""
        unit = self.fontMetrics()
        return QSize(unit.averageCharWidth() * 34, round(unit.height() * 7.5))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """A card: filled and full-lined where a file lies, dashed where not."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_card(painter)
        self._paint_text(painter)

    def _paint_card(self, painter: QPainter) -> None:
        held = self._path is not None and not self.suggested
        active = self.hasFocus() or self._dragging
        colour = palette.FOCUS if active else palette.ACCENT if held or self.underMouse() else palette.MUTED_TEXT
        pen = QPen(QColor(colour), 2.5 if active else 1.5)
        pen.setStyle(Qt.PenStyle.SolidLine if held else Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(QColor(palette.RAISED if held or self._dragging else palette.BACKGROUND))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(2, 2, -2, -2), 10, 10)

    def _paint_text(self, painter: QPainter) -> None:
        """Number and title, what to do or the file's name, its folder."""
        name = self._path.name if self._path else "Choose or drop a file"
        below = str(self._path.parent) if self._path else self._hint
        line = self.fontMetrics().height()
        area = self.rect().adjusted(line, line, -line, -line // 2)
        rows = (
            (f"{self._number}  {self._title}", palette.TEXT, 1.25, True),
            (name, palette.MUTED_TEXT if self._path is None or self.suggested else palette.ACCENT, 1.05, False),
            (below, palette.MUTED_TEXT, 0.95, False),
        )
        for text, colour, scale, bold in rows:
            font = QFont(self.font())
            font.setPointSizeF(font.pointSizeF() * scale)
            font.setBold(bold)
            painter.setFont(font)
            painter.setPen(QColor(colour))
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, area.width())
            painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, shown)
            area.setTop(area.top() + round(painter.fontMetrics().height() * 1.45))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        """Takes one file of any kind: the place says what it is for."""
        if len(dropped_files(event.mimeData())) == 1 and kind_of(dropped_files(event.mimeData())[0]) != "project":
            self._dragging = True
            event.acceptProposedAction()
            self.update()

    def dragLeaveEvent(self, _event: object) -> None:  # noqa: N802
        """The drag has left, so that nothing is marked any more."""
        self._dragging = False
        self.update()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """Hands the file on."""
        self._dragging = False
        event.acceptProposedAction()
        self.update()
        self.dropped.emit(dropped_files(event.mimeData())[0])


class StartScreen(QWidget):
    """Collects what a new project needs, or opens one that is there."""

    start_wanted = Signal(object, object, object)
    """(clip, voice, output): Path or None each."""
    project_wanted = Signal(object)
    """Path of a project file."""
    open_wanted = Signal()
    demo_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("start_screen")
        self.setAccessibleName("Start")
        self.clip = self._slot("slot_clip", 1, "Video", "The clip to re-lip")
        self.voice = self._slot("slot_voice", 2, "New voice", "The audio the lips will follow")
        self.output = self._slot("slot_output", 3, "Output", "Where the dubbed video goes")
        self._start = self._button("start", "Open in the editor", "Opens what was chosen")
        self._start.setDefault(True)
        self._recent = self._recent_list()
        self._connect()
        self._lay_out()
        self.set_recent([])
        self._choose_enabled()

    def set_recent(self, projects: Sequence[Path], pictures: Sequence[Path] = ()) -> None:
        """The projects that were opened last, the last one first, and the files of their pictures where there are."""
        self._recent.clear()
        for path, picture in zip_longest(projects, pictures[: len(projects)]):
            item = QListWidgetItem(_as_icon(picture, self._recent.iconSize()), f"{path.stem}\n{path.parent}")
            item.setData(Qt.ItemDataRole.UserRole, path)
            item.setToolTip(str(path))
            self._recent.addItem(item)
        self._recent.setVisible(bool(projects))
        self._nothing.setVisible(not projects)

    def clear(self) -> None:
        """Empties the three places."""
        for slot in (self.clip, self.voice, self.output):
            slot.set_path(None)
        self._choose_enabled()

    def set_clip(self, path: Path) -> None:
        """Puts the video into its place and suggests an output beside it."""
        self.clip.set_path(path)
        if self.output.path is None or self.output.suggested:
            self.output.set_path(as_output(path.with_name(f"{path.stem}_dubbed")), suggested=True)
        self._choose_enabled()

    def set_voice(self, path: Path) -> None:
        """Puts the voice into its place."""
        self.voice.set_path(path)
        self._choose_enabled()

    def set_output(self, path: Path) -> None:
        """Puts the output into its place; a name that no export may have gets the usual suffix."""
        self.output.set_path(as_output(path))

    def _slot(self, name: str, number: int, title: str, hint: str) -> FileSlot:
        slot = FileSlot(number, title, hint, self)
        slot.setObjectName(name)
        return slot

    def _button(self, name: str, text: str, tip: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(name)
        button.setToolTip(tip)
        return button

    def _connect(self) -> None:
        self.clip.clicked.connect(self._ask_clip)
        self.voice.clicked.connect(self._ask_voice)
        self.output.clicked.connect(self._ask_output)
        self.clip.dropped.connect(self.set_clip)
        self.voice.dropped.connect(self.set_voice)
        self.output.dropped.connect(self.set_output)
        self._start.clicked.connect(self._start_clicked)
        self._recent.itemActivated.connect(self._recent_chosen)
        self._recent.itemClicked.connect(self._recent_chosen)  # some desktops activate by a click: both come then

    def _lay_out(self) -> None:
        """Title, the three places in a row, the buttons, the recent projects."""
        title = QLabel("Redub", self)
        title.setIndent(3)  # large letters stand in line with the text below
        font = title.font()
        font.setPointSizeF(font.pointSizeF() * 2.2)
        font.setBold(True)
        title.setFont(font)
        sentence = muted(QLabel("Gives a filmed face a new voice, and lips that follow it, on this machine.", self))
        sentence.setWordWrap(True)
        column = QVBoxLayout()
        column.setSpacing(10)
        column.addStretch(1)
        column.addWidget(title)
        column.addWidget(sentence)
        column.addSpacing(14)
        column.addLayout(self._slots())
        column.addLayout(self._buttons())
        column.addSpacing(18)
        column.addWidget(QLabel("Recent projects", self))
        column.addWidget(self._recent)
        column.addWidget(self._no_recent())
        column.addStretch(2)
        inner = Scroll(column, self)
        inner.setMaximumWidth(self.fontMetrics().averageCharWidth() * 150)
        row = QHBoxLayout(self)
        row.addStretch(1)
        row.addWidget(inner, 20)
        row.addStretch(1)

    def _slots(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(14)
        for slot in (self.clip, self.voice, self.output):
            row.addWidget(slot)
        return row

    def _buttons(self) -> QHBoxLayout:
        """What can be done, the chief one first."""
        opener = self._button("open_project", "Open a project...", "")
        keep_current(opener, lambda: opener.setToolTip(with_keys("Opens a .redub file", "open")))
        opener.clicked.connect(self.open_wanted)
        demo = self._button("demo", "Try the demo", "Makes a puppet clip and a second voice, and opens them")
        demo.clicked.connect(self.demo_wanted)
        row = QHBoxLayout()
        for button in (self._start, opener, demo):
            row.addWidget(button)
        row.addStretch(1)
        return row

    def _recent_list(self) -> QListWidget:
        recent = QListWidget(self)
        recent.setObjectName("recent")
        recent.setAccessibleName("Recent projects")
        line = self.fontMetrics().height()
        recent.setIconSize(QSize(round(line * 16 / 3), line * 3))
        recent.setSpacing(2)
        recent.setMaximumHeight(line * 14)
        return recent

    def _no_recent(self) -> QLabel:
        sentence = "None yet. Drop a video, a sound file or a project anywhere into this window."
        self._nothing = muted(QLabel(sentence, self))
        self._nothing.setWordWrap(True)
        return self._nothing

    def _choose_enabled(self) -> None:
        """There must be something to open."""
        self._start.setEnabled(self.clip.path is not None or self.voice.path is not None)

    @Slot()
    def _ask_clip(self) -> None:
        file = ask_open(self, "Choose the video", CLIP_FILTER)
        if file is not None:
            self.set_clip(file)

    @Slot()
    def _ask_voice(self) -> None:
        file = ask_open(self, "Choose the new voice", VOICE_FILTER)
        if file is not None:
            self.set_voice(file)

    @Slot()
    def _ask_output(self) -> None:
        start = self.output.path or Path("dubbed.mp4")
        # asked again, with the file's name, by the export itself
        file = ask_save(self, "Where the dubbed video goes", OUTPUT_FILTER, start, replace_asked=False)
        if file is not None:
            self.set_output(file)

    @Slot()
    def _start_clicked(self) -> None:
        self.start_wanted.emit(self.clip.path, self.voice.path, self.output.path)

    @Slot(QListWidgetItem)
    def _recent_chosen(self, item: QListWidgetItem) -> None:
        if self.isVisible():
            self.project_wanted.emit(item.data(Qt.ItemDataRole.UserRole))


def _as_icon(picture: Path | None, size: QSize) -> QIcon:
    """A project's picture in the middle of its place; an empty place where there is none."""
    place = QPixmap(size)
    place.fill(QColor(palette.BACKGROUND))
    shown = QPixmap(str(picture)) if picture is not None and picture.is_file() else QPixmap()
    if not shown.isNull():
        shown = shown.scaled(size, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
        painter = QPainter(place)
        painter.drawPixmap((size.width() - shown.width()) // 2, (size.height() - shown.height()) // 2, shown)
        painter.end()
    return QIcon(place)
