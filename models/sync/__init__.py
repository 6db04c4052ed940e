"""The sync discriminator: whether a mouth and a sound belong together."""
