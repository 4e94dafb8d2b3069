"""Whole walks through the real process: `attune run` as a child, against networks of our own."""
