"""A salesperson works in the funnel of furniture, in a real Chromium."""

from odoo.tests import HttpCase, new_test_user, tagged

from ..common import ADDON


@tagged("post_install", "-at_install")
class TestFurnitureTour(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.ref(f"{ADDON}.preset_furniture").action_load()
        cls.seller = new_test_user(cls.env, "tour_irina", "sales_team.group_sale_salesman", password="tour_irina")
        cls.funnel = cls.env.ref(f"{ADDON}.funnel_furniture")
        cls.board = f"/odoo/action-{cls.funnel.funnel_action_id.id}"

    def test_sheets_are_filed_and_a_measurement_is_agreed_on(self):
        measurer = new_test_user(self.env, "tour_max", f"{ADDON}.group_funnel_user", name="Max Measurer")
        options = {
            f"{kind}_id": self.env.ref(f"{ADDON}.option_furniture_{kind}_{name}").id
            for kind, name in (("deal_type", "retail_client"), ("product_type", "kitchen"))
        }
        source = self.env.ref(f"{ADDON}.source_website")
        deal = self.env["crm.lead"].create(
            {"name": "Oak", "team_id": self.funnel.id, "user_id": self.seller.id, "source_id": source.id, **options}
        )
        self.start_tour(
            f"{self.board}/{deal.id}", "sales_funnel_furniture_measurement", login="tour_irina", timeout=120
        )
        documents = deal.funnel_document_ids.sorted("version")
        self.assertEqual(documents.mapped("name"), ["first.pdf", "second.pdf"])
        self.assertEqual(documents.mapped("note"), [False, "With the island"])
        event = deal.measurement_event_id
        self.assertEqual((event.start, event.partner_ids), (deal.measurement_date, (self.seller + measurer).partner_id))
        chat = deal.chat_channel_id
        self.assertEqual(chat.channel_partner_ids, (self.seller + measurer).partner_id)

    def test_a_request_is_taken_in_and_estimated(self):
        board, funnel, seller = self.board, self.funnel, self.seller
        self.start_tour(board, "sales_funnel_furniture", login="tour_irina", timeout=120)
        deal = self.env["crm.lead"].search([("team_id", "=", funnel.id)])
        self.assertEqual((deal.name, deal.user_id, deal.preliminary_amount), ("Irina Mironova", seller, 300000))
        self.assertEqual(deal.key_need_ids, self.env.ref(f"{ADDON}.option_furniture_key_need_materials"))
        self.assertEqual(deal.stage_id, self.env.ref(f"{ADDON}.stage_furniture_estimate"))
