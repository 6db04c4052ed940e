"""The composition: the main window, and what connects panels, session and threads."""
