"""The preview pane: original and dubbed picture, and what lies over them."""
