"""Face landmarks by networks that need torch."""
