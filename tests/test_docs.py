"""The guides: links lead somewhere, both languages say the same, labels stand on the screen as they are quoted."""

import functools
import re
from pathlib import Path

import odoo
import pytest
from babel.messages.pofile import read_po

from toolchain.paths import ADDON, CHECKOUT

DOCS = CHECKOUT / "docs"
LANGUAGES = ("en", "ru")
GUIDES = sorted(path.name for path in (DOCS / "en").glob("*.md"))
PAGES = [
    CHECKOUT / "README.md",
    *sorted(DOCS.rglob("*.md")),
    ADDON / "static" / "description" / "index.html",
]
#: A picture is looked at by people with slow connections, too.
PICTURE_LIMIT = 120_000
#: Modules of Odoo whose labels the guides mention.
ODOO_MODULES = (
    *("base", "base_automation", "base_import", "base_setup", "calendar", "crm", "digest", "mail", "resource"),
    *("sale", "sale_crm", "sales_team", "utm", "web"),
)

FENCE = re.compile(r"^```.*?^```", re.S | re.M)
MARKDOWN_LINK = re.compile(r"\]\(([^)\s]+)\)")
HTML_LINK = re.compile(r"(?:src|href)=\"([^\"]+)\"")
HEADING = re.compile(r"^(#+) (.+)$", re.M)
FILE = re.compile(r"^[\w/*]+\.(?:py|xml|js|md)$")
BOLD = re.compile(r"\*\*(.+?)\*\*", re.S)


def _text(path):
    return FENCE.sub("", path.read_text(encoding="utf-8"))


def _targets(path):
    """Return the local targets of a page, without those on other sites."""
    pattern = HTML_LINK if path.suffix == ".html" else MARKDOWN_LINK
    return [target for target in pattern.findall(_text(path)) if not re.match(r"[a-z]+:", target)]


def _anchors(path):
    """Return the anchors that the headings of a page get: small letters and hyphens, no punctuation."""
    headings = (re.sub(r"[^\w\- ]", "", heading.lower()) for _level, heading in HEADING.findall(_text(path)))
    return {heading.replace(" ", "-") for heading in headings}


@functools.cache
def _labels(language):
    """Return all that stands on the screen of someone who works in ``language``."""
    addons = Path(odoo.__path__[0]) / "addons"
    folders = [*CHECKOUT.glob("sales_funnel_*/i18n"), *(addons / module / "i18n" for module in ODOO_MODULES)]
    labels = set()
    for folder in folders:
        for path in folder.glob("*.pot" if language == "en" else f"{language}.po"):
            for message in read_po(path.open("rb")):
                if text := message.id if language == "en" else message.string or message.id:
                    labels.update(_as_shown(text if isinstance(text, str) else " ".join(text)))
    return labels


def _as_shown(text):
    """Return a term as it is, and what people see of it when it contains tags."""
    return {" ".join(text.split()), *(" ".join(part.split()).strip(": ") for part in re.split(r"<[^>]*>", text))}


def _quoted(path):
    """Return what a guide quotes in bold: a label, or a path of labels through the menus."""
    for quote in BOLD.findall(_text(path)):
        yield from (" ".join(part.split()) for part in quote.split("→"))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_links_lead_somewhere(path):
    dead = []
    for target in _targets(path):
        name, _hash, anchor = target.partition("#")
        page = (path.parent / name).resolve() if name else path
        if not page.exists() or (anchor and anchor not in _anchors(page)):
            dead.append(target)
    assert not dead, f"{path.relative_to(CHECKOUT)} leads nowhere: {', '.join(dead)}"


@pytest.mark.parametrize(
    "name", sorted({path.name for language in LANGUAGES for path in (DOCS / language).glob("*.md")})
)
def test_languages_say_the_same(name):
    one, other = (_text(DOCS / language / name) for language in LANGUAGES)
    assert [len(level) for level, _text in HEADING.findall(one)] == [
        len(level) for level, _text in HEADING.findall(other)
    ]
    pictures = [re.findall(r"pictures/../(\w+)\.png", text) for text in (one, other)]
    assert pictures[0] == pictures[1], "each language shows the same pictures, in the same order"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", GUIDES)
def test_labels_stand_on_the_screen(language, name):
    unknown = set(_quoted(DOCS / language / name)) - _labels(language)
    assert not unknown, f"docs/{language}/{name} quotes what no screen shows: {', '.join(sorted(unknown))}"


def test_files_of_the_developer_guide_are_there():
    files = [path.relative_to(CHECKOUT) for path in CHECKOUT.glob("*/**/*") if path.is_file()]
    quoted = {quote for quote in re.findall(r"`([^`\n]+)`", _text(DOCS / "developer.md")) if FILE.search(quote)}
    assert quoted
    missing = [quote for quote in sorted(quoted) if not any(path.match(quote) for path in files)]
    assert not missing, f"docs/developer.md names what is not there: {', '.join(missing)}"


def test_pictures_are_shown_and_small():
    pictures = {path: path.stat().st_size for path in (DOCS / "pictures").rglob("*.png")}
    assert pictures, "./dev/screenshots takes the pictures"
    shown = {(path.parent / target).resolve() for path in PAGES for target in _targets(path)}
    assert not {path.name for path in pictures if path.resolve() not in shown}
    assert not {path.name: size for path, size in pictures.items() if size > PICTURE_LIMIT}
