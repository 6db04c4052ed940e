"""The picture of any frame as soon as can be: decoded before, from the proxy, or decoded now, a frame at a time.

`FrameServer` decides what to show and what to decode next. It works in pieces of one frame, so that whoever drives it
(`app.workers.frame_thread`) can turn to a newer wish in between; it belongs to one thread.
"""

from __future__ import annotations

import logging
from pathlib import Path
from time import monotonic

import msgspec

from app.core.errors import MediaError
from app.engine.media.clip import Clip
from app.engine.media.frame import VideoFrame
from app.engine.preview.clip_decoder import ClipDecoder, DecodedFrames
from app.engine.preview.proxy import ProxySlot

MEMORY_BYTES = 256 << 20
"""What the decoded frames may take by default: some 80 of 1080 lines."""
NEAR = 12
"""Frames from the wanted one within which another is shown for the time being."""
SETTLE = 0.15
"""Seconds without a newer wish after which a dragged playhead is taken to rest."""
PATIENCE = 0.06
"""Seconds after which a frame on the way to the wanted one is shown."""
SOON = 3
"""Frames that are decoded so soon that nothing else is shown before."""
AHEAD = 48
"""Most frames that are decoded ahead of the one on screen."""

_log = logging.getLogger(__name__)


class Shot(msgspec.Struct, frozen=True):
    """A picture to show now."""

    frame: VideoFrame
    """The clip's own frame, or the proxy's small one of the same index."""
    wanted: int
    """Index of the frame that was asked for; another one's picture may stand in for it."""
    exact: bool
    """Whether this is the clip's own picture of that very frame."""


class _Wish(msgspec.Struct):
    index: int
    exact: bool
    since: float
    answered: bool = False
    """Whether the picture that is there at once was looked for."""
    stands_in: bool = False
    """Whether the proxy's picture of it is on screen."""


class FrameServer:
    """Shows frames of one clip: `want` one, then `work` until nothing is pending."""

    def __init__(self, clip: Clip, memory_bytes: int = MEMORY_BYTES) -> None:
        self.clip = clip
        self.cache = DecodedFrames(memory_bytes)
        self._decoder = ClipDecoder(clip)
        self._proxy = ProxySlot(clip)
        self._wish: _Wish | None = None
        self._shown: Shot | None = None
        self._shown_at = 0.0
        self._base, self._direction = 0, 0
        self._cold = True
        self._full = False

    def close(self) -> None:
        """Gives files and decoders back."""
        self._decoder.close()
        self._proxy.close()

    def set_proxy(self, path: Path | None) -> None:
        """The clip's proxy is there, or is not any more; see `ProxySlot` for a damaged one."""
        self._proxy.set(path)

    def want(self, index: int, exact: bool) -> None:
        """Frame `index` is to be shown, in place of what was wanted before.

        With `exact` its own picture comes as soon as it is decoded; otherwise a stand-in will do until no other
        wish came for `SETTLE` seconds.
        """
        self._aim(index, self._direction)
        self._wish = _Wish(self._base, exact, monotonic())

    def play_ahead(self, index: int, direction: int) -> None:
        """Frames after (1) or before (-1) `index` will be wanted next; 0: none."""
        self._aim(index, direction)

    def give_up(self) -> None:
        """Forgets what is wanted, until the next wish."""
        self._wish = None
        self._direction = 0

    @property
    def wait(self) -> float | None:
        """Seconds until there is something to do: 0 at once, None nothing until the next wish."""
        wish = self._wish
        if wish is None:
            return 0.0 if self._cold_start or self._next_ahead() is not None else None
        if wish.answered and wish.stands_in and not wish.exact:
            return max(0.0, wish.since + SETTLE - monotonic())
        return 0.0

    def work(self) -> Shot | None:
        """Does one small piece of work; a picture to show, if there is one now.

        Raises MediaError where the clip cannot be decoded (see `give_up`).
        """
        wish = self._wish
        if wish is None:
            self._prepare()
            return None
        if not wish.answered:
            wish.answered = True
            shot = self._at_once(wish)
        elif self.wait == 0.0:
            shot = self._refined(wish)
        else:
            return None
        if shot is not None:
            self._shown, self._shown_at = shot, monotonic()
            if shot.exact:
                self._wish = None
        return shot

    def _at_once(self, wish: _Wish) -> Shot | None:
        """The best picture that takes no decoding of the clip; None where it is better to wait."""
        frame = self.cache.get(wish.index)
        if frame is not None:
            return Shot(frame, wish.index, exact=True)
        steps = self._decoder.steps_to(wish.index)
        if wish.exact and steps is not None and steps <= SOON:
            return None
        frame = self._proxy.frame(wish.index)
        if frame is not None:
            wish.stands_in = True
            return Shot(frame, wish.index, exact=False)
        near = None if wish.exact and not self._direction else self.cache.nearest(wish.index, NEAR)
        return None if near is None else Shot(near, wish.index, exact=False)

    def _refined(self, wish: _Wish) -> Shot | None:
        """Decodes one frame on the way; a picture if it is the one, or if that is still long in coming."""
        frame = self._decode(wish.index)
        if frame.index == wish.index:
            return Shot(frame, wish.index, exact=True)
        far = wish.index - frame.index > SOON
        due = far and not wish.stands_in and monotonic() - self._shown_at > PATIENCE
        return Shot(frame, wish.index, exact=False) if due and self._is_nearer(frame.index, wish.index) else None

    def _is_nearer(self, index: int, wanted: int) -> bool:
        """Whether frame `index` is nearer to the wanted one than what is on screen."""
        return self._shown is None or abs(index - wanted) < abs(self._shown.frame.index - wanted)

    def _decode(self, target: int) -> VideoFrame:
        frame = self._decoder.step(target)
        self.cache.put(frame)
        return frame

    def _aim(self, index: int, direction: int) -> None:
        self._base, self._direction = min(max(index, 0), self.clip.count - 1), direction
        self.cache.aim(self._base, direction)
        self._full = False

    @property
    def _cold_start(self) -> bool:
        """Whether the first picture is on screen and nothing is known of the clip's key frames yet."""
        return self._cold and self._shown is not None

    def _prepare(self) -> None:
        """Finds the key frames; after that, one frame on the way to the next one that playing needs."""
        if self._cold_start:
            self._warm()
            return
        target = self._next_ahead()
        if target is not None and self._decode(target).index == target:
            self._full = target not in self.cache

    def _warm(self) -> None:
        """A piece of looking for key frames. Where that fails, the first frame that needs them tells."""
        try:
            self._cold = self._decoder.warm()
        except MediaError as error:
            self._cold = False
            _log.info("The key frames are not known yet: %s", error)

    def _next_ahead(self) -> int | None:
        """The nearest frame in the direction of play that is not decoded yet; None where enough are."""
        if not self._direction or self._full:
            return None
        last = self._base + self._direction * self._reach()
        last = min(max(last, 0), self.clip.count - 1)
        wanted = range(self._base, last + self._direction, self._direction)
        return next((index for index in wanted if index not in self.cache), None)

    def _reach(self) -> int:
        """How many frames ahead: half of what the cache holds, so that the past is not lost at once."""
        return min(AHEAD, self.cache.room // 2)
