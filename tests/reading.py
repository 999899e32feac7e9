"""How tests read what is shown: HTML as tags and text, and what a terminal of some width prints."""

from __future__ import annotations

import io
from html.parser import HTMLParser

from rich.console import Console


class Page(HTMLParser):
    """Collects the tags, checks that they are closed in order, and gathers the text."""

    VOID = {"br", "meta"}

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.text = [], [], ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def shown(thing, width=120):
    text = io.StringIO()
    Console(file=text, width=width, highlight=False).print(thing)
    return text.getvalue()


def words(text):
    return " ".join(text.split())
