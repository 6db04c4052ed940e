"""The export dialog and the groups of its fields."""
