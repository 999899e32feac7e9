"""A chain of four repositories on the Hub, and asking for one."""

from __future__ import annotations

import json
import sqlite3

from typer.testing import CliRunner

from llmreg.catalog import cache
from llmreg.cli.app import app
from llmreg.errors import LlmregError


def llmreg(*args):
    try:
        return CliRunner().invoke(app, [str(arg) for arg in args], catch_exceptions=False)
    except LlmregError as error:
        return error


def verdict(name, *options, use="commercial"):
    done = llmreg("check", name, "--use", use, "--json", *options)
    assert not isinstance(done, LlmregError), done
    return json.loads(done.stdout)


def kept():
    index = cache.folder() / "hub.sqlite"
    if not index.exists():
        return []
    return sorted(row[0] for row in sqlite3.connect(index).execute("SELECT id FROM entry WHERE kind <> ''"))
