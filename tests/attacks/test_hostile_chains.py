"""Attacks: cards that are handed over, their chains, planned contacts and case types."""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from ..common import FunnelCase
from ..test_handover import HandoverCase


class TestChains(HandoverCase):
    def test_no_command_ties_cards_together(self):
        deal, other = self.make_deal(), self.make_deal()
        self.win(deal)
        card = deal.sudo().funnel_card_ids
        card.user_id = self.salesperson
        for command in (
            Command.link(other.id),
            Command.set(other.ids),
            Command.unlink(card.id),
            Command.clear(),
            Command.create({"name": "Forged", "team_id": self.production.id}),
        ):
            with self.assertRaises(AccessError, msg=command):
                deal.write({"funnel_card_ids": [command]})
        for name in ("funnel_origin_id", "funnel_chain_id", "funnel_chain_position"):
            with self.assertRaises(AccessError):
                deal.browse().with_context(**{f"default_{name}": deal.id}).create({"name": "Forged"})
        self.assertEqual((card.funnel_origin_id, other.sudo().funnel_origin_id), (deal.sudo(), deal.browse()))

    def test_funnels_hand_over_in_a_circle(self):
        self.warranty.handoff_team_ids = self.deals
        deal = self.make_deal(expected_revenue=500)
        first = card = self.win(deal)
        for _round in range(3):
            card.stage_id = card.team_id.stage_ids.filtered("is_won")
            card = card.funnel_card_ids
            self.assertEqual((len(card), card.expected_revenue, card.funnel_chain_id), (1, 0, deal.sudo()))
        self.assertEqual(first.funnel_chain_position, 2)
        self.assertEqual((deal.won_status, deal.expected_revenue), ("won", 500))

    def test_the_dialog_tells_nothing_of_deals_of_others(self):
        theirs = self.make_leads(self.deals, user_id=self.head.id)
        theirs.stage_id = self.done
        Dialog = self.env["funnel.handover"].with_user(self.salesperson)
        dialog = Dialog.create({"lead_id": theirs.id, "team_id": self.production.id})
        dialog.invalidate_recordset()
        with self.assertRaises(AccessError):
            dialog.read(["won_status", "choice_ids"])
        with self.assertRaises(AccessError):
            dialog.action_apply()

    def test_what_is_no_funnel(self):
        deal = self.make_deal()
        self.win(deal)
        for team_id in (0, -1, True, False, None, "1", 10**12, [self.warranty.id], {}):
            with self.assertRaises(UserError, msg=team_id):
                deal.funnel_hand_over(team_id)


class TestPlannedContacts(FunnelCase):
    def test_days_at_the_end_of_time(self):
        self.estimate.write({"contact_interval": 1, "contact_unit": "months"})
        for tz in ("America/New_York", "Asia/Vladivostok"):
            self.deals.resource_calendar_id = self.env["resource.calendar"].create({"name": tz, "tz": tz})
            self.salesperson.tz = tz
            deal = self.make_deal()
            for values in (
                {"rhythm_date": "9999-12-31 23:59:59"},
                {"rhythm_date": "0001-01-01 00:00:00"},
                {"rhythm_paused_until": "9999-12-31"},
                {"rhythm_interval": 1000, "rhythm_unit": "months", "rhythm_paused_until": "9998-12-31"},
            ):
                with self.assertRaisesRegex(UserError, "between", msg=values):
                    deal.write(values)
            for values in ({"rhythm_interval": 1000, "rhythm_unit": "months"}, {"rhythm_paused_until": False}):
                deal.write(values)
                self.assertTrue(deal.rhythm_date)

    def test_nobody_moves_events_of_others_by_a_deal(self):
        self.estimate.write({"contact_interval": 1, "contact_unit": "months"})
        deal, event = self.make_deal(), self.env["calendar.event"].create({"name": "Board", "privacy": "private"})
        for attack in (
            lambda: deal.write({"rhythm_event_id": event.id}),
            lambda: deal.copy({"rhythm_event_id": event.id}),
            lambda: deal.browse().with_context(default_rhythm_event_id=event.id).create({"name": "Forged"}),
        ):
            with self.assertRaises(AccessError):
                attack()


class TestCaseTree(FunnelCase):
    def test_no_circle_by_any_path(self):
        types = self.env["funnel.case.type"].with_user(self.manager)
        top, middle, below = (types.create({"name": name}) for name in ("Top", "Middle", "Below"))
        middle.parent_id, below.parent_id = top, middle
        for attack in (
            lambda: top.write({"parent_id": below.id}),
            lambda: below.write({"child_ids": [Command.link(top.id)]}),
            lambda: (top + below).write({"parent_id": middle.id}),
            lambda: top.write({"parent_id": top.id}),
        ):
            with self.assertRaises(UserError):
                attack()
        self.assertEqual(below.complete_name, "Top / Middle / Below")
