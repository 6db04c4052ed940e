"""Film, portraits and speech made into training material, and the dub judged against the real film."""
