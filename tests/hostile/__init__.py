"""What networks do to those who rely on them: the real channels against servers that misbehave on request."""
