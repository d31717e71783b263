"""Handing a deal over in the browser, as its salesperson."""

from odoo.tests import HttpCase, new_test_user, tagged

from .common import FunnelFactory


@tagged("post_install", "-at_install")
class TestHandoverScreens(FunnelFactory, HttpCase):
    def test_win_choose_and_follow_the_chain(self):
        seller = new_test_user(
            self.env, "handover_anna", "sales_team.group_sale_salesman_all_leads", password="handover_anna"
        )
        production = self.make_funnel("Tour production", "followup", ["Cutting", "Ready!"])
        supply = self.make_funnel("Tour supply", "followup", ["Order", "Delivered!"])
        sales = self.make_funnel("Tour sales", "deal", ["Offer", "Sold!"], handoff_team_ids=(production + supply).ids)
        deal = self.make_leads(sales, user_id=seller.id)
        self.start_tour(f"/odoo/crm.lead/{deal.id}", "sales_funnel_handover", login="handover_anna", timeout=90)
        self.assertEqual(deal.won_status, "won")
        self.assertEqual(deal.funnel_card_ids.team_id, production + supply)
        self.assertEqual(len(deal.funnel_card_ids), 2)
