"""Servers and networks of our own, for tests."""
