"""Tests of what is asked and what answers mean."""
