"""All windows of the editor, and what they show."""
