"""Tests of bot.channels."""

import pytest

pytest.register_assert_rewrite("tests.channels.contract")  # so that a failure shows its values
