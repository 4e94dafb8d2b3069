"""Promises about who may import whom that import-linter has no words for."""

from __future__ import annotations

from itertools import product

import grimp

SHARED = "base"


def test_no_file_of_one_channel_imports_a_file_of_another() -> None:
    graph = grimp.build_graph("bot", cache_dir=None)
    files = graph.find_children("bot.channels")
    crossing = [
        f"{importer} imports {imported}"
        for importer, imported in product(files, files)
        if channel(imported) not in {channel(importer), SHARED}
        and graph.direct_import_exists(importer=importer, imported=imported)
    ]
    assert crossing == []


def channel(module: str) -> str:
    """Name the channel that a module belongs to: sms for bot.channels.sms and bot.channels.sms_http."""
    return module.rpartition(".")[2].partition("_")[0]
