"""Tests against servers and libraries that nobody here wrote (make outside)."""
