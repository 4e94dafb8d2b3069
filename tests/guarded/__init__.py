"""The network guard: `network` for this process, `sitecustomize` for those that tests start."""
