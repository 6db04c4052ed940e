"""What every window and panel is made of: colours, signs, text, fields."""
