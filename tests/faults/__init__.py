"""What may never happen does not happen: the process is killed at every step, the database at any moment."""
