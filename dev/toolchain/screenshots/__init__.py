"""``./dev/screenshots``: the pictures of README, guides and app store, taken from a demo database by a real browser."""

import argparse
from pathlib import Path

from playwright.sync_api import sync_playwright

from .. import browser, database, postgres, server
from ..console import DevError, step
from ..odoo_source import ensure_odoo
from ..paths import ADDON, CHECKOUT
from .demo import Demo
from .guides import Guides
from .store import Store

DATABASE = "funnel_screenshots"
PICTURES = CHECKOUT / "docs" / "pictures"
DESCRIPTION = ADDON / "static" / "description"


def main(arguments):
    """Take the pictures in all languages, or in those that are asked for."""
    options = _parse(arguments)
    source = ensure_odoo()
    postgres.start()
    if not browser.ensure():
        raise DevError("There is no Chromium to take pictures with.")
    with database.one_at_a_time():
        database.ensure_demo(source, DATABASE, reset=options.reset)
    port = server.free_port()
    process = server.start(source, DATABASE, port, log_name="screenshots")
    try:
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(
                executable_path=browser.find(), args=["--no-sandbox", "--disable-gpu"]
            )
            _take(chromium, f"http://127.0.0.1:{port}", options)
            chromium.close()
    finally:
        server.stop(process)
    return 0


def _take(chromium, url, options):
    for language in options.language:
        with step(f"Taking the pictures of the guides ({language})"):
            folder = options.folder / language
            demo = Demo(chromium, url, folder, language, options.only)
            demo.prepare()
            Guides(chromium, url, folder, language, options.only).take()
    if "en" in options.language:
        with step("Making the pictures of the app store"):
            Store(chromium, options.folder / "en", DESCRIPTION).make()


def _parse(arguments):
    parser = argparse.ArgumentParser(prog="./dev/screenshots", description=__doc__)
    parser.add_argument("only", nargs="*", help="names of pictures, such as move_dialog (default: all)")
    parser.add_argument("--folder", type=Path, default=PICTURES, help="where the pictures go (default: docs/pictures)")
    parser.add_argument(
        "--language", action="append", choices=("en", "ru"), help="a language; may be repeated (default: both)"
    )
    parser.add_argument("--reset", action="store_true", help="start over with a fresh demo database")
    options = parser.parse_args(arguments)
    options.language = options.language or ["en", "ru"]
    return options
