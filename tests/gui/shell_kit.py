"""What the tests of the shell are made with: answers in the user's stead, and what was told."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QWidget

from app.ui.window.notice import NoticeBar
from app.ui.window.questions import Answer, Questions, Replacement
from app.ui.window.reports import Reports
from app.ui.window.status_bar import StatusBar


class Answers(Questions):
    """Gives the answers that a test has put down, and fails where a question comes up that it did not expect."""

    def __init__(self) -> None:
        self.save: Answer | None = None
        self.stop: bool | None = None
        self.replace: Replacement | None = None
        self.to_open: Path | None = None
        self.to_save: Path | None = None
        self.asked: list[str] = []

    def save_changes(self, name: str) -> Answer:
        self.asked.append(f"save {name}")
        assert self.save is not None, "nobody should have asked about changes"
        return self.save

    def replace_clip(self, old: str, new: str) -> Replacement:
        self.asked.append(f"replace {old} by {new}")
        assert self.replace is not None, "nobody should have asked about another clip"
        return self.replace

    def stop_work(self, names: list[str]) -> bool:
        self.asked.append(f"stop {', '.join(names)}")
        assert self.stop is not None, "nobody should have asked about work"
        return self.stop

    def open_file(self, title: str, name_filter: str, start: Path | None = None) -> Path | None:
        self.asked.append(title)
        return self.to_open

    def save_file(self, title: str, name_filter: str, start: Path) -> Path | None:
        self.asked.append(title)
        return self.to_save


class Told(Reports):
    """Keeps what the user would be told."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window, NoticeBar(window), StatusBar(window))
        self.dialogs: list[str] = []
        self.notices: list[str] = []
        self.said: list[str] = []

    def dialog(self, sentence: str, details: str = "") -> None:
        self.dialogs.append(sentence)

    def notice(self, sentence: str, details: str = "", lasting: bool = False) -> None:
        self.notices.append(sentence)

    def say(self, sentence: str) -> None:
        self.said.append(sentence)
