"""Faces: finding, following, aligning, masking and blending them."""
