"""What the actions do: one subject each, between panels, session and threads."""
