"""The dub itself: one face's frames through the network and back into the film."""
