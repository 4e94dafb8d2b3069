"""Puts the network guard into every Python that a test starts.

tests/conftest.py puts this folder on PYTHONPATH, and Python imports a module of this name by itself.
"""

from __future__ import annotations

import runpy
from pathlib import Path

_guard = runpy.run_path(str(Path(__file__).with_name("network.py")), run_name="tests.guarded.network")
_guard["install"]()
