"""``./dev/screenshots``: the pictures of the README, taken from a fresh demo database by a real browser."""

import argparse
import contextlib
from pathlib import Path

from playwright.sync_api import sync_playwright

from . import browser, database, postgres, server
from .console import DevError, say, step
from .odoo_source import ensure_odoo
from .paths import ADDON, CHECKOUT

DATABASE = "funnel_screenshots"
PICTURES = ADDON / "static" / "description"
#: What each of the salespeople has on the board in the demo data.
LEADS = {"anna": "Counter for a coffee shop", "oleg": "Shelving for a pharmacy chain"}
DEALS = {"anna": "Doors for 12 flats", "oleg": "Library shelves"}
#: What the pictures of the other departments show: a kitchen and a boiler house.
KITCHENS = {"anna": "Kitchen for the Mironov family", "oleg": "Кухня Мироновых"}
PROJECTS = {"anna": "Boiler house for a greenhouse", "oleg": "Котельная для теплицы"}
NEW = {"anna": "Kitchen cabinets for a new flat", "oleg": "Wholesale price list"}
SIZE = {"width": 1440, "height": 860}


def main(arguments):
    """Take all pictures, in English for the README or in another language into another folder."""
    options = _parse(arguments)
    source = ensure_odoo()
    postgres.start()
    if not browser.ensure():
        raise DevError("There is no Chromium to take pictures with.")
    with database.one_at_a_time():
        database.ensure_demo(source, DATABASE, reset=options.reset)
    options.folder.mkdir(parents=True, exist_ok=True)
    port = server.free_port()
    process = server.start(source, DATABASE, port, log_name="screenshots")
    try:
        with sync_playwright() as playwright, step("Taking pictures"):
            chromium = playwright.chromium.launch(
                executable_path=browser.find(), args=["--no-sandbox", "--disable-gpu"]
            )
            Photographer(chromium, f"http://127.0.0.1:{port}", options.folder).take(options.login)
            chromium.close()
    finally:
        server.stop(process)
    return 0


class Photographer:
    """Logs in, opens the screens a salesperson and a head of sales work with, and takes a picture of each."""

    def __init__(self, chromium, url, folder):
        self.chromium, self.url, self.folder = chromium, url, folder
        self.page = None

    def take(self, login):
        """Take the pictures as the salesperson ``login``, then those of the configuration as the administrator."""
        with self._session(login):
            self._open_funnel("funnel_leads")
            self._picture("leads_kanban")
            self._open_funnel("funnel_deals")
            self._picture("deals_kanban")
            self._open_lead("funnel_leads", LEADS[login])
            self._picture("lead_form")
            self._open_lead("funnel_deals", DEALS[login])
            self.page.click("a[name=funnel_history]")
            self._picture("deal_form")
            self.page.locator(".o_statusbar_buttons button[data-hotkey=l]").click()
            self.page.locator(".modal .o_selection_badge").nth(2).click()
            self.page.fill(".modal [name=lost_comment] textarea", "18 % above the budget, call again in spring")
            self._picture("loss_dialog")
            self._open_lead("funnel_deals", DEALS[login])
            self.page.locator(".o_funnel_checklist").scroll_into_view_if_needed()
            self._picture("checklist")
            self._open_funnel("funnel_leads")
            self._drag(NEW[login], 1)
            self.page.wait_for_selector(".o_funnel_move_dialog")
            self._picture("move_dialog")
        with self._session("admin"):
            self._open_record("crm_stage_action_funnel", "stage_lead_qualification")
            self._picture("stage_form")
            self._open_record("crm_stage_action_funnel", "stage_lead_new")
            self.page.click("a[name=if_nobody_does]")
            self._picture("reminders")
            self.page.goto(f"{self.url}/odoo/funnel-map")
            self.page.wait_for_selector(".o_content svg")
            self._picture("process_map")
            self._load_presets()
        with self._session(login):
            self._picture_department("furniture", KITCHENS[login], self._make_kitchen)
            self._picture_department("equipment", PROJECTS[login], self._make_project)

    # ------------------------------------------------------------
    # OTHER DEPARTMENTS
    # ------------------------------------------------------------

    def _load_presets(self):
        """Load the presets of the other departments; the demo data know only that of the installation."""
        self._call(
            "funnel.preset", "action_load", [[self._id(f"preset_{code}") for code in ("furniture", "equipment")]]
        )

    def _picture_department(self, code, name, make):
        """Take pictures of the board of a department and of one of its deals."""
        funnel_id = self._id(f"funnel_{code}")
        if not self._call("crm.lead", "search_count", [[("team_id", "=", funnel_id)]]):
            make({"team_id": funnel_id, "name": name, "source_id": self._id("source_website")})
        self._open_funnel(f"funnel_{code}")
        self._picture(f"{code}_kanban")
        self._open_lead(f"funnel_{code}", name)
        self.page.locator(".o_notebook").evaluate("notebook => notebook.scrollIntoView()")
        self._picture(f"{code}_form")

    def _make_kitchen(self, known):
        option = "option_furniture_{}".format
        values = {
            "phone": "+7 912 345-67-89",
            "expected_revenue": 310000,
            "deal_type_id": self._id(option("deal_type_retail_client")),
            "product_type_id": self._id(option("product_type_kitchen")),
            "client_status_id": self._id(option("client_status_ready_to_order")),
            "general_need_ids": [(4, self._id(option("general_need_new_home")))],
            "key_need_ids": [(4, self._id(option(f"key_need_{name}"))) for name in ("materials", "design")],
            "preliminary_discount": 5,
            "preliminary_amount": 310000,
            "presentation_kind": "voice",
        }
        self._call("crm.lead", "create", [{**known, **values}])

    def _make_project(self, known):
        option = "option_equipment_{}".format
        values = {
            "phone": "+7 912 345-67-90",
            "expected_revenue": 2400000,
            "customer_kind_id": self._id(option("customer_kind_end_customer")),
            "supply_preference_id": self._id(option("supply_preference_domestic")),
            "equipment_category_ids": [(4, self._id(option("equipment_category_typical")))],
        }
        self._call("crm.lead", "create", [{**known, **values}])

    # ------------------------------------------------------------
    # STEPS
    # ------------------------------------------------------------

    @contextlib.contextmanager
    def _session(self, login):
        context = self.chromium.new_context(viewport=SIZE)
        self.page = context.new_page()
        self.page.goto(f"{self.url}/web/login")
        self.page.fill("input[name=login]", login)
        self.page.fill("input[name=password]", login)
        self.page.click("button[type=submit]")
        self.page.wait_for_selector(".o_main_navbar", timeout=60000)
        yield
        context.close()

    def _picture(self, name):
        self.page.wait_for_timeout(1500)  # let animations, fonts and avatars settle; the bus keeps the network busy
        path = self.folder / f"{name}.png"
        self.page.screenshot(path=path)
        say(f"    {path.relative_to(CHECKOUT) if path.is_relative_to(CHECKOUT) else path}")

    def _open_funnel(self, xml_id):
        [team] = self._call("crm.team", "read", [[self._id(xml_id)], ["funnel_action_id"]])
        self.page.goto(f"{self.url}/odoo/action-{team['funnel_action_id'][0]}")
        self.page.wait_for_selector(".o_kanban_record")

    def _open_lead(self, funnel, name):
        self._open_funnel(funnel)
        self.page.click(f".o_kanban_record:has-text('{name}')")
        self.page.wait_for_selector(".o_form_view .o_statusbar_status")

    def _drag(self, name, steps):
        """Drag a card so many columns to the right, as slowly as a hand."""
        card = self.page.locator(f".o_kanban_record:has-text('{name}')")
        column = self.page.locator(f".o_kanban_group:has-text('{name}')")
        start, width = card.bounding_box(), column.bounding_box()["width"]
        x, y = start["x"] + start["width"] / 2, start["y"] + 20
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + 20, y + 10, steps=5)
        self.page.mouse.move(x + steps * width, y + 10, steps=20)
        self.page.mouse.up()

    def _open_record(self, action, xml_id):
        self.page.goto(f"{self.url}/odoo/action-{self._id(action)}/{self._id(xml_id)}")
        self.page.wait_for_selector(".o_form_view")

    def _id(self, xml_id):
        return self._call("ir.model.data", "check_object_reference", [ADDON.name, xml_id])[1]

    def _call(self, model, method, args):
        answer = self.page.request.post(
            f"{self.url}/web/dataset/call_kw",
            data={"jsonrpc": "2.0", "params": {"model": model, "method": method, "args": args, "kwargs": {}}},
        ).json()
        if "error" in answer:
            raise DevError(f"{model}.{method}: {answer['error']['data']['message']}")
        return answer["result"]


def _parse(arguments):
    parser = argparse.ArgumentParser(prog="./dev/screenshots", description=__doc__)
    parser.add_argument("--folder", type=Path, default=PICTURES, help="where the pictures go (default: the addon's)")
    parser.add_argument(
        "--login",
        default="anna",
        choices=("anna", "oleg"),
        help="who looks: anna in English (default), oleg in Russian",
    )
    parser.add_argument("--reset", action="store_true", help="start over with a fresh demo database")
    return parser.parse_args(arguments)
