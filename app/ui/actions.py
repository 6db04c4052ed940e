"""Everything the editor can be told to do, declared once: for menus, keys, tooltips, the F1 sheet and the guide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec
from PySide6.QtCore import QKeyCombination, QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence

SEPARATOR = ""
"""Stands for a line in `MENUS`."""


class ActionSpec(msgspec.Struct, frozen=True):
    """One command: its name, its keys and what it does."""

    id: str
    """Also the name of its slot: `Actions.bind` takes {id: slot}."""
    text: str
    """As menus show it, with `&` before the letter that Alt presses."""
    keys: tuple[str, ...] = ()
    """Shortcuts in Qt's portable text ("Ctrl+S"); the first one is shown."""
    tip: str = ""
    """A sentence for tooltip and F1 sheet."""
    checkable: bool = False
    repeats: bool = False
    """Whether holding the key down repeats it."""
    needs_clip: bool = False
    """Disabled until a clip is open."""
    held: bool = False
    """Works while its key is held, so that it is no menu item; the window looks after its key."""

    @property
    def label(self) -> str:
        """The text without `&` and dots."""
        return self.text.replace("&", "").removesuffix("...")


A = ActionSpec
MENUS: Mapping[str, tuple[ActionSpec | str, ...]] = {
    "&File": (
        A("new", "&New project", ("Ctrl+N",), "Starts an empty project."),
        A("open", "&Open project...", ("Ctrl+O",), "Opens a .redub project."),
        A("open_recent", "Open &recent", (), "The projects that were opened last."),
        SEPARATOR,
        A("open_clip", "Choose &video...", ("Ctrl+Shift+O",), "Chooses the clip that gets new lips."),
        A("open_voice", "Choose ne&w voice...", ("Ctrl+Shift+A",), "Chooses the audio the lips will follow."),
        A("open_cut", "Open a clip of a &cut...", (), "Chooses a shot of an OpenTimelineIO or FCP 7 XML timeline."),
        A("demo", "Try the &demo", (), "Makes a puppet clip and a second voice, and opens them."),
        SEPARATOR,
        A("save", "&Save", ("Ctrl+S",), "Saves the project."),
        A("save_as", "Save &as...", ("Ctrl+Shift+S",), "Saves the project under another name."),
        SEPARATOR,
        A("properties", "&Media properties...", ("Ctrl+I",), "Tells what the clip and the voice are.", needs_clip=True),
        A("relink", "Re&link media...", (), "Finds clip and voice again that were moved."),
        SEPARATOR,
        A(
            "import_lines",
            "Import s&ubtitles...",
            (),
            "Makes segments from SRT, WebVTT, ASS or SubtitleEditTts.json.",
            needs_clip=True,
        ),
        A("export_lines", "Se&gments as subtitles...", (), "Writes SRT, WebVTT or ASS.", needs_clip=True),
        SEPARATOR,
        A("export", "&Export...", ("Ctrl+E",), "Writes the dubbed video.", needs_clip=True),
        A("still", "Save this p&icture...", ("Ctrl+Shift+E",), "Writes the frame as it is shown.", needs_clip=True),
        SEPARATOR,
        A("quit", "&Quit", ("Ctrl+Q",), "Closes the editor."),
    ),
    "&Edit": (
        A("undo", "&Undo", ("Ctrl+Z",), "Undoes the last step.", repeats=True),
        A("redo", "&Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "Redoes the last undone step.", repeats=True),
        SEPARATOR,
        A("split", "&Split segment", ("S",), "Splits the segment at the playhead.", needs_clip=True),
        A("trim_start", "Begin segment here", ("[",), "The selected segment begins at the playhead.", needs_clip=True),
        A("trim_stop", "End segment here", ("]",), "The selected segment ends at the playhead.", needs_clip=True),
        A("segment_earlier", "Segments one frame earlier", ("Ctrl+Shift+Left",), "", repeats=True, needs_clip=True),
        A("segment_later", "Segments one frame later", ("Ctrl+Shift+Right",), "", repeats=True, needs_clip=True),
        A("previous_segment", "Select previous segment", ("Ctrl+Left",), "", repeats=True, needs_clip=True),
        A("next_segment", "Select &next segment", ("Ctrl+Right",), "", repeats=True, needs_clip=True),
        A("select_all", "Select &all segments", ("Ctrl+A",), "Selects every segment.", needs_clip=True),
        A("copy", "Cop&y segments", ("Ctrl+C",), "Copies the selected segments with their settings.", needs_clip=True),
        A("paste", "&Paste segments", ("Ctrl+V",), "Puts the copies in from the playhead on.", needs_clip=True),
        A("rename", "Rena&me segment", ("F2",), "Puts the cursor into the segment's name.", needs_clip=True),
        A("delete", "&Delete segments", ("Delete", "Backspace"), "Removes the selected segments.", needs_clip=True),
        A("dub_range", "Dub from in to &out", ("D",), "Makes a segment from in to out.", needs_clip=True),
        A("dub_all", "Dub &everything", ("Ctrl+D",), "Fills all gaps that the voice covers.", needs_clip=True),
        SEPARATOR,
        A("marker", "Add mar&ker", ("M",), "Puts a marker at the playhead.", needs_clip=True),
        A("mark_in", "Set &in", ("I",), "The range begins at the playhead.", needs_clip=True),
        A("mark_out", "Set out", ("O",), "The range ends with the frame at the playhead.", needs_clip=True),
        A("clear_marks", "&Clear in and out", ("G",), "Forgets the range.", needs_clip=True),
        SEPARATOR,
        A("voice_earlier", "Voice one frame ear&lier", ("Alt+Left",), "", repeats=True, needs_clip=True),
        A("voice_later", "Voice one frame la&ter", ("Alt+Right",), "", repeats=True, needs_clip=True),
        A("voice_earlier_fine", "Voice 10 ms earlier", ("Alt+Shift+Left",), "", repeats=True, needs_clip=True),
        A("voice_later_fine", "Voice 10 ms later", ("Alt+Shift+Right",), "", repeats=True, needs_clip=True),
        SEPARATOR,
        A("add_take", "Add take of the voice...", (), "Another voice for the selected segments.", needs_clip=True),
        A("speaker_voice", "Voice of this speaker...", (), "A voice for all the speaker says.", needs_clip=True),
        A("next_take", "Compare takes", ("Shift+T",), "The segment's next take, or the project's.", needs_clip=True),
        A("keep_take", "Keep this take", (), "Removes the takes that are not heard.", needs_clip=True),
        SEPARATOR,
        A("edit_keys", "Edit s&hortcuts...", (), "Gives commands other keys."),
        A("settings", "Settin&gs...", ("Ctrl+,",), "Device, cache, autosave and the like."),
    ),
    "&Playback": (
        A("play", "&Play / pause", ("Space",), "Plays from the playhead, or pauses.", needs_clip=True),
        A("play_range", "Play from &in to out", ("Shift+Space",), "Plays the range once.", needs_clip=True),
        A("loop", "&Loop", ("Ctrl+L",), "Plays the range, or the clip, again and again.", checkable=True),
        SEPARATOR,
        A("play_back", "Play &backwards", ("J",), "Again for 2, 4 and 8 times the speed.", needs_clip=True),
        A("pause", "Pa&use", ("K",), "Held with J or L it goes one frame.", needs_clip=True),
        A("play_on", "Play &forwards", ("L",), "Again for 2, 4 and 8 times the speed.", needs_clip=True),
        SEPARATOR,
        A("frame_back", "Frame bac&k", ("Left", ","), "One frame back.", repeats=True, needs_clip=True),
        A("frame_on", "Frame &on", ("Right", "."), "One frame on.", repeats=True, needs_clip=True),
        A("second_back", "Second back", ("Shift+Left",), "One second back.", repeats=True, needs_clip=True),
        A("second_on", "Second on", ("Shift+Right",), "One second on.", repeats=True, needs_clip=True),
        A("previous_edge", "Previous edge", ("Up",), "To the segment edge before.", repeats=True, needs_clip=True),
        A("next_edge", "Next edge", ("Down",), "To the segment edge after.", repeats=True, needs_clip=True),
        A("previous_marker", "Previous marker", ("Ctrl+Up",), "To the marker before.", repeats=True, needs_clip=True),
        A("next_marker", "Next marker", ("Ctrl+Down",), "To the marker after.", repeats=True, needs_clip=True),
        A("to_start", "To the &start", ("Home",), "To the first frame.", needs_clip=True),
        A("to_end", "To the &end", ("End",), "To the last frame.", needs_clip=True),
        A("to_in", "To in", ("Shift+I",), "To where the range begins.", needs_clip=True),
        A("to_out", "To out", ("Shift+O",), "To the last frame of the range.", needs_clip=True),
        A("next_problem", "Next stretch to &check", ("P",), "Where no certain face is found.", needs_clip=True),
        A("go_to", "&Type a time", ("Ctrl+G",), "Puts the cursor into the timecode field.", needs_clip=True),
    ),
    "&View": (
        A("show_dubbed", "&Dubbed picture", ("1",), "Shows the new lips.", checkable=True),
        A("show_original", "&Original picture", ("2",), "Shows the clip as it was filmed.", checkable=True),
        A("show_wipe", "&Wipe", ("3",), "Original and dubbed picture with a line between them.", checkable=True),
        A("show_side", "&Side by side", ("4",), "Original and dubbed picture beside each other.", checkable=True),
        A("hold_original", "Original while held", ("H",), "Shows the original as long as it is held.", held=True),
        SEPARATOR,
        A("show_faces", "&Face boxes", ("F",), "Frames the faces; a click chooses one.", checkable=True),
        A("show_mask", "&Mask", ("Shift+M",), "Shows what is pasted.", checkable=True),
        A("show_attention", "&Attention", ("T",), "Shows where the network looks and fetches.", checkable=True),
        A("preview_fit", "Fit the &picture", ("Shift+F",), "Shows the whole picture."),
        SEPARATOR,
        A("zoom_in", "Timeline: zoom &in", ("+", "="), "", repeats=True),
        A("zoom_out", "Timeline: zoom out", ("-",), "", repeats=True),
        A("zoom_fit", "Timeline: show a&ll", ("\\",), "Fits the clip into the timeline."),
        A("snapping", "S&napping", ("N",), "Drags stick to edges, markers and the playhead.", checkable=True),
    ),
    "&Window": (
        A("panel_timeline", "&Timeline", ("Ctrl+1",), "Shows the timeline and puts the keyboard into it."),
        A("panel_waveform", "&Waveform", ("Ctrl+2",), "Shows the waveforms and puts the keyboard into them."),
        A("panel_inspector", "&Inspector", ("Ctrl+3",), "Shows the inspector and puts the keyboard into it."),
        A("panel_attention", "&Attention", ("Ctrl+4",), "Shows the attention panel and puts the keyboard into it."),
        A("panel_markers", "&Markers", ("Ctrl+5",), "Shows the markers and puts the keyboard there."),
        A("panel_jobs", "&Jobs", ("Ctrl+6",), "Shows the jobs and puts the keyboard there."),
        A("panel_to_check", "To &check", ("Ctrl+7",), "Shows what is to be checked and puts the keyboard there."),
        A("panel_history", "&History", ("Ctrl+8",), "Shows the history and puts the keyboard into it."),
        SEPARATOR,
        A("full_screen", "F&ull screen", ("F11",), "The window fills the screen.", checkable=True),
        A("full_picture", "&Picture on full screen", ("Shift+F11",), "The picture alone fills a screen; Esc ends it."),
        A("reset_layout", "&Reset layout", (), "Puts all panels back to their places."),
    ),
    "&Tools": (
        A("propose_offset", "Propose voice &offset", (), "Lays the voice over the original speech.", needs_clip=True),
        A("cache", "&Cache...", (), "How much is kept, and clearing it."),
        A("verify", "&Verify a file...", (), "Tells what a file's signed manifest says of how it was made."),
    ),
    "&Help": (
        A("guide", "&Guide", ("Shift+F1",), "Opens the guide."),
        A("report", "&Report a problem...", (), "Gathers log, versions and settings in one file; no media."),
        SEPARATOR,
        A("shortcuts", "&Shortcuts", ("F1",), "Lists all keys."),
        A("about", "&About Redub", (), "Version and licence."),
    ),
}
"""The menus in order, with all actions."""

PANELS = (A("cancel", "Cancel", ("Esc",), "Gives up the drag under way; without one, selects nothing."),)
"""Commands of the panel that has the keyboard, which stand in no menu."""

MOUSE = (
    ("K + J, K + L", "One frame back or on while K is held"),
    ("Ctrl + wheel", "Zooms the timeline at the cursor"),
    ("Wheel, Shift + wheel", "Scrolls the timeline; the middle button drags it"),
    ("Click or drag on the ruler", "Scrubs"),
    ("Drag a segment or its edge", "Moves or trims it; with Shift it does not snap"),
    ("Ctrl or Shift + click (segments)", "Selects several: one more or less, or all up to there"),
    ("Ctrl + drag (segments)", "Selects all that the rubber band touches"),
    ("Drag the new voice", "Moves it; with Ctrl, in the segment under the cursor alone"),
    ("Tab, Ctrl + Tab (timeline)", "The next segment; out of the timeline"),
    ("Arrow keys (attention)", "The next patch or pixel, once the face was clicked; Return pins it"),
    ("Wheel, middle drag (preview)", "Zooms and moves the picture"),
    ("Right click", "What can be done with the thing under the cursor"),
)
"""Gestures that are no actions, for the F1 sheet."""


def all_actions() -> Iterator[ActionSpec]:
    """Every action, in the order of the menus."""
    for items in MENUS.values():
        yield from (item for item in items if isinstance(item, ActionSpec))


_SPECS = {spec.id: spec for spec in (*all_actions(), *PANELS)}


def spec_of(id: str) -> ActionSpec:
    """The command of that id. Raises KeyError."""
    return _SPECS[id]


_own: dict[str, tuple[str, ...]] = {}
"""The user's keys by the ids of commands, in place of those of the table."""


def keys_of(id: str) -> tuple[str, ...]:
    """The keys of a command as they are now: the user's own, or those of the table. Raises KeyError."""
    return _own.get(id, _SPECS[id].keys)


def own_keys() -> dict[str, tuple[str, ...]]:
    """The user's keys by the ids of commands."""
    return dict(_own)


def use_keys(own: Mapping[str, Sequence[str]]) -> bool:
    """Takes the user's keys by the ids of commands, in place of all that were taken before; whether any changed.

    Passed over are ids of no command, which another version may know, and keys that would have two meanings.
    """
    kept = {id: tuple(map(portable, keys)) for id, keys in own.items() if id in _SPECS}
    while clash := _clashing(kept):
        del kept[clash]
    changed = kept != _own
    _own.clear()
    _own.update(kept)
    return changed


def portable(key: str) -> str:
    """A key in Qt's portable text as Qt itself writes it; empty for what is no key."""
    return _sequence(key).toString(QKeySequence.SequenceFormat.PortableText)


def _clashing(own: Mapping[str, tuple[str, ...]]) -> str:
    """A command whose own keys are no keys, or keys of another command; empty where there is none."""
    every = Counter(portable(key) for id, spec in _SPECS.items() for key in own.get(id, spec.keys))
    return next((id for id, keys in own.items() if any(not key or every[key] > 1 for key in keys)), "")


def key_text(keys: Sequence[str]) -> str:
    """The keys as this system writes them, such as "Ctrl+Shift+Z, Ctrl+Y"; empty for none."""
    return ", ".join(_sequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in keys)


def shortcut(id: str) -> str:
    """The first key of a command as this system writes it, such as "Ctrl+Y", for a sentence; without a key its name.

    Raises KeyError.
    """
    return key_text(keys_of(id)[:1]) or f'"{spec_of(id).label}"'


def first_key(id: str) -> QKeyCombination | None:
    """The first key of a command, None where it has none. Raises KeyError for no such command."""
    keys = keys_of(id)
    return _combination(keys[0]) if keys else None


def _sequence(key: str) -> QKeySequence:
    return QKeySequence(key, QKeySequence.SequenceFormat.PortableText)


def _combination(key: str) -> QKeyCombination:
    return _sequence(key)[0]  # pyright: ignore[reportIndexIssue] the stubs leave it out


def tooltip(spec: ActionSpec) -> str:
    """What the action does and its keys."""
    return with_keys(spec.tip or f"{spec.label}.", spec.id)


def with_keys(text: str, id: str) -> str:
    """A tooltip with the keys of a command behind it, where it has any. Raises KeyError."""
    keys = key_text(keys_of(id))
    return f"{text}  [{keys}]" if keys else text


class Actions(QObject):
    """The actions as Qt has them, by id."""

    hold_changed = Signal(str, bool)
    """(id, whether its key is down) of an action that works while it is held."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._actions = {spec.id: _make(spec, self) for spec in all_actions()}
        self._need_clip = [spec.id for spec in all_actions() if spec.needs_clip]
        self._bound: set[str] = set()
        self.set_clip_open(False)

    def __getitem__(self, id: str) -> QAction:
        """The action of that id. Raises KeyError."""
        return self._actions[id]

    def __iter__(self) -> Iterator[str]:
        """The ids, in the order of the menus."""
        return iter(self._actions)

    @property
    def bound(self) -> frozenset[str]:
        """The ids that have a slot."""
        return frozenset(self._bound)

    def renew_keys(self) -> None:
        """The keys are others now (`use_keys`)."""
        for id, action in self._actions.items():
            _give_keys(action, spec_of(id))

    def bind(self, slots: Mapping[str, Callable[..., object]]) -> None:
        """Connects slots by id; one of a checkable action gets whether it is checked. Raises KeyError."""
        for id, slot in slots.items():
            action = self._actions[id]
            action.triggered.connect(_with_state(slot) if action.isCheckable() else _without_arguments(slot))
            self._bound.add(id)

    def set_clip_open(self, open: bool) -> None:
        """Enables or disables what needs a clip."""
        for id in self._need_clip:
            self._actions[id].setEnabled(open)


class KeyMap:
    """Runs commands by their keys in a panel that has the keyboard, for when the window has no shortcut on them."""

    def __init__(self, slots: Mapping[str, Callable[[], object]]) -> None:
        """Slots by the ids of commands. Raises KeyError for an id that is none."""
        self._by_id = {spec_of(id).id: slot for id, slot in slots.items()}

    def run(self, event: QKeyEvent) -> bool:
        """Runs the command on a key; whether there is one."""
        modifiers, key = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier, Qt.Key(event.key())
        slots = {_combination(key): slot for id, slot in self._by_id.items() for key in keys_of(id)}
        slot = slots.get(QKeyCombination(modifiers, key))
        if slot is None and _is_sign(key):
            # as for Qt's shortcuts: on many keyboards a sign such as + is typed with Shift
            slot = slots.get(QKeyCombination(modifiers & ~Qt.KeyboardModifier.ShiftModifier, key))
        if slot is not None:
            slot()
        return slot is not None


def _is_sign(key: Qt.Key) -> bool:
    return Qt.Key.Key_Space < key <= Qt.Key.Key_AsciiTilde and not chr(key).isalnum()


def _without_arguments(slot: Callable[..., object]) -> Callable[[bool], None]:
    """`slot` without Qt's `checked`."""

    def run(_checked: bool) -> None:
        slot()

    return run


def _with_state(slot: Callable[..., object]) -> Callable[[bool], None]:
    """`slot` with Qt's `checked`, whatever kind of callable it is."""

    def run(checked: bool) -> None:
        slot(checked)

    return run


def _make(spec: ActionSpec, parent: QObject) -> QAction:
    """The QAction of a spec."""
    action = QAction(spec.text, parent)
    action.setObjectName(spec.id)
    action.setStatusTip(spec.tip)
    action.setCheckable(spec.checkable)
    action.setAutoRepeat(spec.repeats)
    action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
    _give_keys(action, spec)
    return action


def _give_keys(action: QAction, spec: ActionSpec) -> None:
    action.setToolTip(tooltip(spec))
    if not spec.held:
        action.setShortcuts([_sequence(key) for key in keys_of(spec.id)])
