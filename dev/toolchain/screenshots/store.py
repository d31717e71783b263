"""The banner of the app store, and the pictures that its page shares with the guides."""

import base64
import shutil
from pathlib import Path

from ..console import say
from .photographer import save_small

BANNER = Path(__file__).with_name("banner.html")
BANNER_SIZE = {"width": 560, "height": 280}
#: What the page of the app store shows; it may only refer to files beside it.
SHARED = (
    *("leads_kanban", "lead_form", "checklist", "move_dialog", "loss_dialog", "reminder_form", "quality_board"),
    *("stage_form", "process_map", "furniture_form"),
)


class Store:
    """Makes what ``static/description`` shows.

    :param chromium: the browser
    :param pathlib.Path pictures: the folder with the pictures in English
    :param pathlib.Path description: the folder of the app store's page
    """

    def __init__(self, chromium, pictures, description):
        self.chromium, self.pictures, self.description = chromium, pictures, description

    def make(self):
        """Draw the banner and copy the pictures."""
        icon = base64.b64encode((self.description / "icon.png").read_bytes()).decode()
        page = self.chromium.new_page(viewport=BANNER_SIZE)
        page.set_content(BANNER.read_text(encoding="utf-8").replace("ICON", f"data:image/png;base64,{icon}"))
        save_small(page.screenshot(), self.description / "banner.png")
        page.close()
        for name in SHARED:
            shutil.copyfile(self.pictures / f"{name}.png", self.description / f"{name}.png")
        say(f"    {len(SHARED)} pictures copied")
