"""What may go wrong for a user, each as one sentence that says what, which file and what to do."""

from __future__ import annotations


class UserError(Exception):
    """Something the user can put right.

    The message is one full sentence naming the file or option, what is wrong with it and what to do.
    The command line prints it and exits with code 2; the editor shows it in a dialog.
    """


class MediaError(UserError):
    """A clip, voice or output file that cannot be used."""


class FaceError(UserError):
    """The clip shows no usable face, or not the one that was asked for."""


class WeightsError(UserError):
    """Weights that are missing, damaged or made for another network."""


class DeviceError(UserError):
    """A device that was asked for is missing or has too little memory."""


class Cancelled(Exception):
    """The user stopped the work; nothing is to be reported as wrong."""
