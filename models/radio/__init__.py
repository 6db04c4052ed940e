"""RADIO: the generator, its encoders, its attention and its image discriminator."""
