"""The networks that people are reached on."""
