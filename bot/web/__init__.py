"""What comes in by HTTP: webhooks and health."""
