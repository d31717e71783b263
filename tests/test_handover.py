"""Hand-over: winning a deal makes a card in another funnel, exactly one, and both know of each other."""

from datetime import timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user

from .common import FunnelCase
from .test_reminders import MONDAY, ReminderCase


class HandoverCase(FunnelCase):
    """Deals are handed over to production, production to warranty."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.foreman = new_test_user(cls.env, "foreman", "sales_team.group_sale_salesman", name="Foreman")
        cls.production = cls.make_funnel(
            "Production", "followup", ["Cutting", "Assembly", "Ready!"], user_id=cls.foreman.id
        )
        cls.warranty = cls.make_funnel("Warranty", "followup", ["Claim", "Solved!"])
        cls.deals.handoff_team_ids = cls.production
        cls.production.handoff_team_ids = cls.warranty

    def win(self, deal):
        deal.stage_id = self.done
        return deal.sudo().funnel_card_ids

    @classmethod
    def two_funnels(cls):
        """Let whoever wins a deal choose between two funnels."""
        cls.deals.handoff_team_ids += cls.warranty


class TestHandover(HandoverCase):
    def test_the_card_of_a_won_deal(self):
        client = self.env["res.partner"].create({"name": "Ivan", "phone": "+7 912 345-67-89", "city": "Perm"})
        deal = self.make_deal(
            name="Kitchen",
            partner_id=client.id,
            expected_revenue=500,
            address_house="7",
            source_id=self.env.ref("sales_funnel_addon.source_website").id,
        )
        card = self.win(deal)
        self.assertEqual(
            (card.name, card.team_id, card.stage_id, card.user_id, card.type),
            ("Kitchen", self.production, self.stage(self.production, "Cutting"), self.foreman, "opportunity"),
        )
        self.assertEqual(
            (card.partner_id, card.phone, card.city, card.address_house), (client, client.phone, "Perm", "7")
        )
        self.assertEqual((card.expected_revenue, card.won_status, card.source_id.id), (0, "pending", False))
        self.assertEqual((deal.won_status, deal.expected_revenue), ("won", 500))
        self.assertEqual((card.funnel_origin_id, card.funnel_origin_team_id), (deal, self.deals))
        self.assertEqual((card + deal.sudo()).funnel_chain_id, deal)
        self.assertIn("Production", deal.message_ids[0].body)
        self.assertEqual(card.funnel_move_ids.kind, "created")

    def test_who_gets_the_card(self):
        for value, user in (("head", self.foreman), ("same", self.salesperson), ("none", self.env["res.users"])):
            self.production.handoff_salesperson = value
            self.assertEqual(self.win(self.make_deal()).user_id, user)
        self.production.handoff_salesperson = "head"
        self.foreman.active = False
        self.assertFalse(self.win(self.make_deal()).user_id)

    def test_every_path_to_won(self):
        paths = {
            "button": lambda deals: deals.action_set_won_rainbowman(),
            "action": lambda deals: deals.action_set_won(),
            "write": lambda deals: deals.write({"stage_id": self.done.id}),
            "override": lambda deals: deals.with_user(self.manager).funnel_override_move(self.done.id, "In a hurry"),
        }
        for name, path in paths.items():
            with self.subTest(name):
                deal = self.make_deal()
                path(deal)
                self.assertEqual(deal.sudo().funnel_card_ids.team_id, self.production)
        imported = self.env["crm.lead"].load(
            ["name", "team_id/.id", "stage_id/.id"], [["Imported", str(self.deals.id), str(self.done.id)]]
        )
        self.assertEqual(len(self.env["crm.lead"].browse(imported["ids"]).funnel_card_ids), 1, imported["messages"])

    def test_several_deals_at_once(self):
        deals = self.as_salesperson(self.make_leads(self.deals, 3, user_id=self.salesperson.id))
        deals.action_set_won()
        cards = deals.sudo().funnel_card_ids
        self.assertEqual(set(cards.mapped("name")), set(deals.mapped("name")))
        self.assertEqual([card.funnel_chain_id for card in cards], [card.funnel_origin_id for card in cards])

    def test_a_stage_that_is_not_won_hands_over_nothing(self):
        deal = self.make_deal()
        deal.stage_id = self.contract
        self.assertFalse(deal.funnel_card_ids)
        deal.action_set_lost(lost_reason_id=self.price.id)
        self.assertFalse(deal.funnel_card_ids)

    # ------------------------------------------------------------
    # WHERE TO
    # ------------------------------------------------------------

    def test_whoever_wins_chooses_between_several_funnels(self):
        self.two_funnels()
        deal = self.make_deal()
        verdict = deal.funnel_check_move(self.done.id)
        self.assertEqual(verdict["status"], "fixable")
        [field] = verdict["missing_fields"]
        self.assertEqual((field["name"], field["relation"]), ("funnel_handover_team_id", "crm.team"))
        self.assertEqual(field["domain"], [("id", "in", (self.production + self.warranty).ids)])
        with self.assertRaisesRegex(ValidationError, "Choose to which funnel .*Production, Warranty"):
            deal.stage_id = self.done
        with self.assertRaisesRegex(ValidationError, "Choose to which funnel"):
            deal.with_user(self.manager).funnel_override_move(self.done.id, "In a hurry")
        deal.write({"stage_id": self.done.id, "funnel_handover_team_id": self.warranty.id})
        self.assertEqual(deal.sudo().funnel_card_ids.team_id, self.warranty)

    def test_the_button_asks_where_to(self):
        self.two_funnels()
        deal = self.make_deal()
        action = deal.action_set_won_rainbowman()
        self.assertEqual((action["res_model"], deal.won_status), ("funnel.handover", "pending"))
        dialog = Form(deal.env["funnel.handover"].with_context(**action["context"]))
        self.assertEqual(dialog.choice_ids[:], self.production + self.warranty)
        dialog.team_id = self.warranty
        dialog.save().action_apply()
        self.assertEqual((deal.won_status, deal.sudo().funnel_card_ids.team_id), ("won", self.warranty))

    def test_handing_over_to_the_others_later(self):
        self.two_funnels()
        deal = self.make_deal(funnel_handover_team_id=self.production.id)
        self.assertFalse(deal.funnel_can_hand_over)
        self.win(deal)
        self.assertTrue(deal.funnel_can_hand_over)
        self.assertEqual(deal.sudo().funnel_handover_choice_ids, self.warranty)
        deal.funnel_hand_over(self.warranty.id)
        self.assertEqual(deal.sudo().funnel_card_ids.team_id, self.production + self.warranty)
        self.env.invalidate_all()
        self.assertFalse(deal.funnel_can_hand_over)
        self.assertFalse(deal.funnel_hand_over(self.warranty.id))

    def test_what_cannot_be_handed_over(self):
        deal = self.make_deal()
        with self.assertRaisesRegex(UserError, "It is not won"):
            deal.funnel_hand_over(self.production.id)
        self.win(deal)
        for team_id in (self.warranty.id, self.deals.id, True, "x", None):
            with self.assertRaisesRegex(UserError, "does not hand over to the one"):
                deal.funnel_hand_over(team_id)
        with self.assertRaisesRegex(ValidationError, "are not handed over to “Warranty”"):
            self.make_deal().funnel_handover_team_id = self.warranty
        with self.assertRaises(AccessError):
            deal.with_user(self.foreman).funnel_hand_over(self.production.id)

    def test_a_funnel_that_can_take_no_cards(self):
        deal = self.make_deal()
        self.production.active = False
        with self.assertRaisesRegex(ValidationError, "“Production”, to which it is handed over, is archived"):
            deal.action_set_won()
        self.assertEqual(deal.won_status, "pending")
        self.production.active = True
        self.production.stage_ids.filtered(lambda stage: not stage.is_won).unlink()
        with self.assertRaisesRegex(ValidationError, "“Production”, .* has no stage in which cards begin"):
            deal.action_set_won()
        self.assertFalse(deal.sudo().funnel_card_ids)

    def test_what_the_first_stage_asks_of_the_card(self):
        self.demand(self.stage(self.production, "Cutting"), "address_house")
        deal = self.make_deal()
        with self.assertRaisesRegex(ValidationError, "(?s)handed over to “Production”.*Fill in: House"):
            deal.action_set_won()
        self.assertEqual(deal.won_status, "pending")
        deal.address_house = "7"
        self.assertTrue(self.win(deal))

    def test_what_is_asked_of_the_origin(self):
        self.demand_condition(
            self.stage(self.production, "Assembly"), "[('funnel_origin_id.received_amount', '>', 0)]", "Not paid"
        )
        card = self.win(deal := self.make_deal()).with_user(self.foreman)
        with self.assertRaisesRegex(ValidationError, "Not paid"):
            card.stage_id = self.stage(self.production, "Assembly")
        deal.received_amount = 10
        card.stage_id = self.stage(self.production, "Assembly")

    def test_funnels_that_do_not_hand_over(self):
        with self.assertRaisesRegex(ValidationError, "Only funnels of deals and of follow-ups"):
            self.leads.handoff_team_ids = self.production
        with self.assertRaisesRegex(ValidationError, "“Kitchens” to Requests"):
            self.deals.handoff_team_ids += self.leads
        with self.assertRaisesRegex(ValidationError, "does not hand over to itself"):
            self.deals.handoff_team_ids += self.deals
        with self.assertRaisesRegex(ValidationError, "Only funnels of deals and of follow-ups"):
            self.warranty.funnel_kind = "deferred"

    # ------------------------------------------------------------
    # EXACTLY ONCE
    # ------------------------------------------------------------

    def test_winning_again(self):
        deal = self.make_deal()
        card = self.win(deal)
        deal.stage_id = self.contract
        self.assertEqual(self.win(deal), card)
        card.active = False  # put away, not lost
        deal.stage_id = self.contract
        self.win(deal)
        self.assertFalse(deal.sudo().funnel_card_ids)

    def test_winning_again_after_the_card_was_lost_or_deleted(self):
        reason = self.make_reason("Cancelled", self.production)
        deal = self.make_deal()
        card = self.win(deal)
        card.action_set_lost(lost_reason_id=reason.id)
        deal.stage_id = self.contract
        second = self.win(deal)
        self.assertEqual(len(second), 1)
        self.assertNotEqual(second, card)
        second.unlink()
        deal.stage_id = self.contract
        self.assertEqual(len(self.win(deal)), 1)

    def test_a_deal_that_was_handed_over_needs_no_choice_to_be_won_again(self):
        deal = self.make_deal()
        card = self.win(deal)
        self.two_funnels()
        deal.stage_id = self.contract
        self.assertEqual(self.win(deal), card)

    def test_a_copy_of_a_won_deal_has_no_card(self):
        deal = self.make_deal()
        card = self.win(deal)
        copy = deal.copy()
        self.assertEqual((copy.stage_id, copy.won_status), (self.estimate, "pending"))
        self.assertFalse(copy.funnel_card_ids or copy.funnel_chain_id)
        self.assertFalse(card.copy().funnel_origin_id)

    # ------------------------------------------------------------
    # THE CHAIN
    # ------------------------------------------------------------

    def test_a_chain_of_three(self):
        deal = self.make_deal(name="Kitchen")
        card = self.win(deal)
        card.action_set_won()
        claim = card.funnel_card_ids
        self.assertEqual((claim.team_id, claim.funnel_origin_id, claim.funnel_chain_id), (self.warranty, card, deal))
        chain = claim.with_user(self.head).funnel_chain
        self.assertEqual([item["id"] for item in chain], [deal.id, card.id, claim.id])
        self.assertEqual([item["state"] for item in chain], ["won", "won", "pending"])
        self.assertEqual([item["funnel"] for item in chain], ["Kitchens", "Production", "Warranty"])
        self.assertEqual(chain[1]["user"], "Foreman")

    def test_cards_of_others_are_named_without_details(self):
        deal = self.make_deal(name="Secret", expected_revenue=77)
        card = self.win(deal)
        mine, others = card.with_user(self.foreman).funnel_chain
        self.assertEqual(
            mine, {"id": deal.id, "funnel": "Kitchens", "state": "won", "position": 1, "is_readable": False}
        )
        self.assertTrue(others["is_readable"])

    def test_nobody_writes_where_a_card_comes_from(self):
        deal, other = self.make_deal(), self.make_deal()
        for name in ("funnel_origin_id", "funnel_chain_id"):
            with self.assertRaisesRegex(AccessError, "noted by the funnel itself"):
                other.write({name: deal.id})
            with self.assertRaisesRegex(AccessError, "noted by the funnel itself"):
                self.env["crm.lead"].with_user(self.manager).create({"name": "x", name: deal.id})
            with self.assertRaisesRegex(AccessError, "noted by the funnel itself"):
                self.env["crm.lead"].with_user(self.manager).with_context(**{f"default_{name}": deal.id}).create(
                    {"name": "x"}
                )

    def test_what_a_client_sends_does_not_reach_the_card(self):
        deal = self.make_deal(name="Kitchen")
        hostile = {"default_name": "x", "default_user_id": self.salesperson.id, "default_expected_revenue": 9}
        deal.with_context(**hostile, default_stage_id=self.done.id).action_set_won()
        card = deal.sudo().funnel_card_ids
        self.assertEqual((card.name, card.user_id, card.expected_revenue), ("Kitchen", self.foreman, 0))
        self.assertEqual(card.stage_id.name, "Cutting")

    def test_the_origin_is_deleted(self):
        deal = self.make_deal()
        card = self.win(deal)
        card.action_set_won()
        claim = card.funnel_card_ids
        card.unlink()
        self.assertEqual((claim.funnel_origin_id, claim.funnel_chain_id), (deal, deal))
        deal.sudo().unlink()
        self.assertFalse(claim.funnel_origin_id or claim.funnel_chain_id)

    def test_merging_deals_with_cards(self):
        first, second = self.make_deal(), self.make_deal()
        cards = self.win(first) + self.win(second)
        merged = (first + second).with_user(self.head).merge_opportunity()
        self.assertEqual(cards.funnel_origin_id, merged)
        self.assertEqual(cards.funnel_chain_id, merged)
        self.assertEqual(len(merged.funnel_chain), 3)

    def test_merging_a_card_into_its_origin(self):
        deal = self.make_deal()
        card = self.win(deal)
        card.action_set_won()
        claim = card.funnel_card_ids
        merged = (deal.sudo() + card).with_user(self.manager).merge_opportunity(team_id=self.deals.id)
        self.assertFalse(merged.funnel_origin_id)
        self.assertEqual((claim.funnel_origin_id, claim.funnel_chain_id), (merged, merged))

    # ------------------------------------------------------------
    # PRESALE
    # ------------------------------------------------------------

    def test_presale_and_sale(self):
        presale = self.make_funnel("Presale", "deal", ["Audit", "Audited!"], handoff_team_ids=self.deals.ids)
        self.deals.handoff_salesperson = "same"
        campaign = self.env["utm.campaign"].create({"name": "Spring"})
        marketing = {
            "source_id": self.env.ref("sales_funnel_addon.source_website").id,
            "medium_id": self.env.ref("sales_funnel_addon.medium_website_cart").id,
            "campaign_id": campaign.id,
        }
        [deal] = self.make_leads(
            presale, user_id=self.salesperson.id, expected_revenue=50, phone="+79123456789", **marketing
        )
        self.as_salesperson(deal).action_set_won()
        sale = deal.funnel_card_ids
        self.assertEqual((sale.team_id, sale.user_id, sale.expected_revenue), (self.deals, self.salesperson, 0))
        for name, value in marketing.items():
            self.assertEqual(sale[name].id, value, name)
        self.assertFalse(sale.is_repeat_client)
        self.assertEqual(deal.expected_revenue, 50)
        sale.phone = "+79123456780"
        self.assertFalse(sale.is_repeat_client)
        # the next request of the client is that of a repeat client
        self.assertTrue(self.make_leads(self.leads, phone="+79123456789").is_repeat_client)

    # ------------------------------------------------------------
    # RIGHTS
    # ------------------------------------------------------------

    def test_funnels_of_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.env.user.company_ids += other
        foreign = self.make_funnel("Foreign", "followup", ["One", "Two!"])
        self.deals.handoff_team_ids = foreign
        foreign.company_id = other
        deal = self.make_deal(company_id=self.env.company.id)
        self.assertFalse(deal._get_handovers())
        self.assertFalse(self.win(deal))
        with self.assertRaisesRegex(UserError, "does not hand over to the one"):
            deal.funnel_hand_over(foreign.id)

    def test_a_portal_user_hands_nothing_over(self):
        portal = new_test_user(self.env, "portal_client", "base.group_portal")
        deal = self.make_deal()
        self.win(deal)
        with self.assertRaises(AccessError):
            deal.with_user(portal).funnel_hand_over(self.production.id)
        with self.assertRaises(AccessError):
            deal.with_user(portal).read(["funnel_chain"])


class TestReminderThatWins(ReminderCase):
    """A reminder that moves deals on wins them like a person, and where it cannot know where to, it says so."""

    def setUp(self):
        super().setUp()
        self.production = self.make_funnel("Production", "followup", ["Cutting", "Ready!"])
        self.deals.handoff_team_ids = self.production
        self.remind(name="Paid", role_ids=[Command.clear()], move_stage_id=self.done.id)
        with self.at(MONDAY):
            self.deal = self.make_deal()

    def test_it_hands_over(self):
        self.run_timers(MONDAY + timedelta(hours=1))
        self.assertEqual((self.deal.won_status, self.deal.sudo().funnel_card_ids.team_id), ("won", self.production))

    def test_it_does_not_choose(self):
        self.deals.handoff_team_ids += self.make_funnel("Supply", "followup", ["Order", "Ready!"])
        self.run_timers(MONDAY + timedelta(hours=1))
        self.assertEqual(self.deal.won_status, "pending")
        self.assertFalse(self.deal.sudo().funnel_card_ids)
        told = self.deal.sudo().funnel_timer_ids.mapped("result")
        self.assertIn("Choose to which funnel", str(told))
