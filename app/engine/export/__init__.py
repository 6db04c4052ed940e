"""A whole render into one file: what is asked for, the presets, the names, the notes."""
