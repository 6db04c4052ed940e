"""A talking puppet made at run time from scikit-image's astronaut portrait (NASA, public domain)."""
