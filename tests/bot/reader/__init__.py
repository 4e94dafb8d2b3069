"""Labelled replies, and the test that each reads as its label says."""
