"""The sync discriminator: do this mouth and this sound belong together?"""
