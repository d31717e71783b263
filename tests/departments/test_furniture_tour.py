"""A salesperson works in the funnel of furniture, in a real Chromium."""

from odoo.tests import HttpCase, new_test_user, tagged

from ..common import ADDON


@tagged("post_install", "-at_install")
class TestFurnitureTour(HttpCase):
    def test_a_request_is_taken_in_and_estimated(self):
        self.env.ref(f"{ADDON}.preset_furniture").action_load()
        seller = new_test_user(self.env, "tour_irina", "sales_team.group_sale_salesman", password="tour_irina")
        funnel = self.env.ref(f"{ADDON}.funnel_furniture")
        board = f"/odoo/action-{funnel.funnel_action_id.id}"
        self.start_tour(board, "sales_funnel_furniture", login="tour_irina", timeout=120)
        deal = self.env["crm.lead"].search([("team_id", "=", funnel.id)])
        self.assertEqual((deal.name, deal.user_id, deal.preliminary_amount), ("Irina Mironova", seller, 300000))
        self.assertEqual(deal.key_need_ids, self.env.ref(f"{ADDON}.option_furniture_key_need_materials"))
        self.assertEqual(deal.stage_id, self.env.ref(f"{ADDON}.stage_furniture_estimate"))
