"""Where the network looked: the attention dock and what it draws over the preview."""
