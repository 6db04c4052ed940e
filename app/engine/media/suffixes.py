"""What files of pictures and of sound are usually called."""

from app.engine.media.codecs import CONTAINERS

CLIP_SUFFIXES = (
    *CONTAINERS,
    *(".mkv", ".webm", ".avi", ".mxf", ".mts", ".m2ts", ".ts", ".mpg", ".mpeg", ".wmv", ".3gp", ".ogv", ".flv"),
)
"""Of videos that file dialogs list and folders are searched for; others are opened where they are named."""
SOUND_SUFFIXES = (".wav", ".flac", ".mp3", ".m4a", ".aac", ".ogg", ".opus", ".aif", ".aiff", ".wma")
"""Likewise, of sounds."""
