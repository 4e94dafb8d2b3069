"""Every zone of tzdata (make zones)."""
