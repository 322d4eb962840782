"""What a page says, holds and would load."""

import re
from html import unescape
from html.parser import HTMLParser


def text(page: str) -> str:
    """What a person reads, without the markup."""
    body = page[page.index("<body") :]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


class Attributes(HTMLParser):
    """Every tag of a page, and every attribute."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]


def loads(page: str) -> list[str]:
    """What a browser would fetch or run for the page."""
    found = Attributes(page)
    acting = [tag for tag in found.tags if tag in ("script", "iframe", "object", "embed", "link", "base", "form")]
    fetched = [
        value
        for _, name, value in found.attributes
        if name in ("src", "srcset", "data", "action", "poster", "background")
    ]
    hrefs = [value for tag, name, value in found.attributes if name == "href" and tag != "a"]
    events = [f"{name}={value}" for _, name, value in found.attributes if name.startswith("on")]
    jumps = [value for tag, name, value in found.attributes if tag == "a" and name == "href" and "script:" in value]
    styles = re.findall(r"@import[^;]*|url\([^)]*\)", page[: page.index("<body")])
    return (
        acting + [each for each in fetched if not each.startswith("data:image/png;")] + hrefs + events + jumps + styles
    )
