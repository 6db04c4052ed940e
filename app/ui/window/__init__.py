"""The main window and its composition: what connects panels, session and threads."""
