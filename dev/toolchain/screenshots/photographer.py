"""What all pictures are taken with: somebody who logs in, opens screens and calls the server like a browser does."""

import contextlib
import io

from PIL import Image

from ..console import DevError, say
from ..paths import ADDON, CHECKOUT

SIZE = {"width": 1440, "height": 860}


def save_small(content, path):
    """Save a screenshot with 256 colours: a third of the size, and nobody sees the difference.

    :param bytes content: a picture as the browser gives it
    :param pathlib.Path path: where it goes
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(io.BytesIO(content)) as picture:
        small = picture.convert("RGB").quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        small.save(path, optimize=True)
    say(f"    {path.relative_to(CHECKOUT) if path.is_relative_to(CHECKOUT) else path}")


class Photographer:
    """Opens the screens that people work with, in one language, and takes pictures of them.

    :param chromium: the browser
    :param str url: where the server is
    :param pathlib.Path folder: where the pictures go
    :param str language: ``en`` or ``ru``
    :param list only: names of the pictures to take; empty for all
    """

    def __init__(self, chromium, url, folder, language, only=()):
        self.chromium, self.url, self.folder = chromium, url, folder
        self.language, self.only = language, only
        self.page, self.known = None, {}

    @contextlib.contextmanager
    def session(self, login):
        """Work as somebody whose password is the login."""
        context = self.chromium.new_context(viewport=SIZE)
        self.page = context.new_page()
        self.page.goto(f"{self.url}/web/login")
        self.page.fill("input[name=login]", login)
        self.page.fill("input[name=password]", login)
        self.page.click("button[type=submit]")
        self.page.wait_for_selector(".o_main_navbar", timeout=60000)
        yield
        context.close()

    def picture(self, name, *, of=None, margin=0, height=None):
        """Take a picture of the screen.

        :param str name: the name of the file, without its ending
        :param str of: a selector: only this element
        :param int margin: and so many pixels around it
        :param int height: only so many pixels from the top
        """
        self.page.wait_for_timeout(1500)  # let animations, fonts and avatars settle; the bus keeps the network busy
        clip = {"x": 0, "y": 0, **SIZE, "height": height or SIZE["height"]}
        if of:
            element = self.page.locator(of).last
            element.scroll_into_view_if_needed()
            box = element.bounding_box()
            clip = {axis: box[axis] - margin for axis in "xy"}
            clip |= {side: box[side] + 2 * margin for side in ("width", "height")}
        content = self.page.screenshot(clip=clip)
        save_small(content, self.folder / f"{name}.png")

    def open_funnel(self, xml_id):
        """Open the board of a funnel."""
        [team] = self.call("crm.team", "read", [[self.id_of(xml_id)], ["funnel_action_id"]])
        self.page.goto(f"{self.url}/odoo/action-{team['funnel_action_id'][0]}")
        self.page.wait_for_selector(".o_kanban_record")

    def open_lead(self, funnel, name):
        """Open a lead from the board, as people do."""
        self.open_funnel(funnel)
        self.page.click(f".o_kanban_record:has-text('{name}')")
        self.page.wait_for_selector(".o_form_view .o_statusbar_status")

    def open_action(self, xml_id, selector):
        """Open the screen of a menu entry, and wait until it shows something."""
        self.page.goto(f"{self.url}/odoo/action-{self.id_of(xml_id)}")
        self.page.wait_for_selector(selector)

    def open_record(self, action, xml_id):
        """Open the form of a record below a menu entry."""
        self.page.goto(f"{self.url}/odoo/action-{self.id_of(action)}/{self.id_of(xml_id)}")
        self.page.wait_for_selector(".o_form_view")

    def drag(self, name, columns):
        """Drag a card so many columns to the right, as slowly as a hand."""
        card = self.page.locator(f".o_kanban_record:has-text('{name}')")
        column = self.page.locator(f".o_kanban_group:has-text('{name}')")
        start, width = card.bounding_box(), column.bounding_box()["width"]
        x, y = start["x"] + start["width"] / 2, start["y"] + 20
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + 20, y + 10, steps=5)
        self.page.mouse.move(x + columns * width, y + 10, steps=20)
        self.page.mouse.up()

    def look_up(self, xml_ids):
        """Remember the ids behind names that only an administrator may look up, for those who come after."""
        with self.session("admin"):
            self.known.update({xml_id: self.id_of(xml_id) for xml_id in xml_ids})

    def id_of(self, xml_id):
        """Return the id behind a name; a name without a module is one of the addon."""
        if xml_id in self.known:
            return self.known[xml_id]
        module, _dot, name = xml_id.rpartition(".")
        return self.call("ir.model.data", "check_object_reference", [module or ADDON.name, name])[1]

    def call(self, model, method, args, **kwargs):
        """Call a method of the server as whoever is logged in.

        :raises DevError: with the message of the server
        """
        answer = self.page.request.post(
            f"{self.url}/web/dataset/call_kw",
            data={"jsonrpc": "2.0", "params": {"model": model, "method": method, "args": args, "kwargs": kwargs}},
        ).json()
        if "error" in answer:
            raise DevError(f"{model}.{method}: {answer['error']['data']['message']}")
        return answer.get("result")
