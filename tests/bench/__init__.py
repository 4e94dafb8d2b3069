"""Benchmarks: each figure stands beside another one of the same run, so that the machine cancels out."""
