"""What opens in front of the main window, and the start screen, which stands in its place."""
