"""Keyboard, contrast and names; a phone of 390 pixels, where a thumb does the work."""

import re
from pathlib import Path

from odoo.tests import tagged

from .common import ADDON, TourCase

ADDONS = Path(__file__).parents[1]
#: What makes text too pale: Odoo's own class has a contrast of 4.3 on white.
PALE = re.compile(r"\btext-muted\b")


def test_nothing_of_ours_is_muted_beyond_reading():
    sources = [
        path
        for folder in ("views", "wizard", "report", "static/src")
        for kind in ("xml", "js", "scss")
        for path in ADDONS.glob(f"sales_funnel_*/{folder}/**/*.{kind}")
        if not path.name.endswith("_messages.xml")  # mails know no styles of the web client
    ]
    assert len(sources) > 100
    pale = [str(path.relative_to(ADDONS)) for path in sources if PALE.search(path.read_text())]
    assert not pale, "use the class o_funnel_muted"


class ScreenCase(TourCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team = cls.make_funnel("Kitchens", "deal", ["Estimate", "Measurement", "Done!"], user_id=cls.head.id)
        cls.demand(cls.stage(cls.team, "Measurement"), "city")
        cls.make_task(cls.stage(cls.team, "Estimate"), "Call the client", mandatory=False)
        cls.deal = cls.make_leads(cls.team, name="Oak kitchen", user_id=cls.anna.id, phone="+7 912 345-67-89")

    def walk_board(self, tour):
        self.walk(f"/odoo/action-{self.team.funnel_action_id.id}", tour, self.anna)


@tagged("post_install", "-at_install")
class TestKeyboard(ScreenCase):
    def test_a_deal_is_worked_without_a_mouse(self):
        self.walk_board("keyboard")
        self.assertEqual(self.deal.funnel_contact_ids.outcome, "reached")
        self.assertEqual(self.deal.stage_id.name, "Estimate")


@tagged("post_install", "-at_install")
class TestPhone(ScreenCase):
    browser_size = "390x844"
    touch_enabled = True

    def test_a_deal_is_worked_with_a_thumb(self):
        self.walk_board("phone")

    def test_first_steps(self):
        manager = self.make_user("tour_phone", f"{ADDON}.group_funnel_manager", "Phone")
        self.walk("/odoo/action-sales_funnel_addon.crm_team_action_funnel", "phone_steps", manager)
