"""What training minimises; every term can be switched off by its weight."""
