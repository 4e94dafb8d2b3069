"""What attune simulate promises."""
