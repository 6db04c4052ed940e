"""What judges pictures: files and arrays in, figures out; it never looks for a face."""
