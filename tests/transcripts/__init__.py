"""Whole conversations as readable text, played through the front door."""
