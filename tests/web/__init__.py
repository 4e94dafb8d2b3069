"""Tests of what comes in by HTTP."""
