"""A clinic that is not: the real service on a clock that leaps, with synthetic clients and therapists.

Nobody in it is a person, nothing of it leaves the process, and the same seed gives the same bytes.
"""
