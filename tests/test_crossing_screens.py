"""What leads from one funnel to another, in a real Chromium: each step as the person who takes it."""

from .common import ADDON, TourCase

#: Two clients, each with a phone number as two people spell it.
PHONES = [("+7 912 777-66-55", "8 (912) 777 66 55"), ("+7 912 777-66-56", "8 (912) 777 66 56")]


class TestCrossingTours(TourCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deals = cls.make_funnel("Tour Kitchens", "deal", ["Estimate", "Measurement", "Done!"], user_id=cls.head.id)
        cls.estimate, cls.measurement = cls.deals.stage_ids.sorted("sequence")[:2]
        cls.board = f"/odoo/action-{cls.deals.funnel_action_id.id}"

    def test_a_salesperson_lets_a_deal_wait_and_takes_it_up_again(self):
        self.make_months(self.deals, name="Tour Later")
        deal = self.make_leads(
            self.deals, name="Oak kitchen", user_id=self.anna.id, stage_id=self.measurement.id, type="opportunity"
        )
        self.walk(self.board, "deferral", self.anna)
        self.assertEqual((deal.team_id, deal.stage_id, deal.user_id), (self.deals, self.measurement, self.anna))
        kinds = deal.funnel_move_ids.sorted("id").mapped("kind")
        self.assertEqual(kinds, ["created", "deferred", "moved", "moved", "resumed"])
        self.assertEqual(deal.funnel_move_ids.user_id, self.anna | self.env.user)
        self.assertEqual(deal.activity_ids.mapped("summary"), ["Ask about the flat"])

    def test_a_colleagues_client_is_converted_knowingly_or_with_permission(self):
        oleg = self.make_user("tour_oleg", "sales_team.group_sale_salesman", "Tour Oleg")
        requests = self.make_funnel("Tour Requests", "lead", ["New"], user_id=self.head.id, deal_team_id=self.deals.id)
        known, asked = (
            [
                self.make_leads(requests, user_id=user.id, phone=phone, contact_name="A client", type="lead")
                for user, phone in zip((oleg, self.anna), spellings, strict=True)
            ][1]
            for spellings in PHONES
        )
        requests.repeat_policy = "warn"
        self.walk(f"/odoo/crm.lead/{known.id}", "colleagues_client", self.anna)

        requests.repeat_policy = "ask"
        url = f"/odoo/crm.lead/{asked.id}"
        self.walk(url, "ask_the_head", self.anna)
        self.assertEqual((asked.type, asked.activity_ids.user_id), ("lead", self.head))
        self.walk(url, "head_allows", self.head)
        self.assertEqual((asked.type, asked.repeat_approved_by_id), ("lead", self.head))
        self.walk(url, "allowed_conversion", self.anna)
        for lead in (known, asked):
            self.assertEqual((lead.type, lead.team_id, lead.user_id), ("opportunity", self.deals, self.anna))

    def test_a_deal_that_was_given_up_too_early_comes_back(self):
        kira = self.make_user("tour_kira", f"{ADDON}.group_funnel_quality_controller", "Tour Kira")
        self.make_reason("Too expensive", self.deals, comment_required=True)
        if not self.env.ref(f"{ADDON}.cause_price", raise_if_not_found=False):
            self.env["funnel.refusal.cause"].create({"name": "Price presented badly"})
        deal = self.make_leads(
            self.deals, name="Oak kitchen", user_id=self.anna.id, stage_id=self.measurement.id, type="opportunity"
        )
        self.walk(self.board, "lose_deal", self.anna)
        self.assertEqual(deal.won_status, "lost")
        self.walk("/odoo/funnel-quality", "return_deal", kira)
        self.assertEqual((deal.won_status, deal.stage_id, deal.user_id), ("pending", self.estimate, self.anna))
        self.walk(self.board, "returned_deal", self.anna)
