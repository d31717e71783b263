"""Attacks: funnels, stages and leads that change while leads are in them."""

from contextlib import suppress

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from ..common import FunnelCase, far_away


class TestPlacesThatChange(FunnelCase):
    def test_new_salesperson_in_an_archived_funnel_does_not_move_the_deal(self):
        deal = self.make_deal()
        deal.stage_id = self.contract
        self.deals.active = False
        self.env.flush_all()
        self.env.invalidate_all()
        deal.sudo().user_id = self.head
        self.env.flush_all()
        self.assertEqual(deal.sudo().stage_id, self.contract)

    def test_stages_of_an_archived_funnel_are_no_shared_stages(self):
        self.deals.active = False
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(self.env["crm.lead"]._stage_find(limit=None) & self.estimate)

    def test_stock_team_does_not_take_a_stage_of_an_archived_funnel(self):
        self.deals.active = False
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertRaisesRegex(ValidationError, "cannot belong to a funnel and to a team"):
            self.estimate.team_ids = [Command.link(self.env["crm.team"].create({"name": "Stock"}).id)]

    def test_archived_funnel_keeps_its_board(self):
        deal = self.make_deal()
        self.deals.active = False
        self.env.flush_all()
        self.env.invalidate_all()
        deal.stage_id = self.contract
        self.assertEqual(deal.stage_id, self.contract)

    def test_lost_lead_of_a_team_that_becomes_a_funnel_can_be_reassigned(self):
        team = self.env["crm.team"].create({"name": "Was stock"})
        lead = self.env["crm.lead"].create({"name": "Old", "team_id": team.id, "type": "opportunity"})
        lead.action_set_lost()
        team.funnel_kind = "deal"
        lead.user_id = self.head
        self.assertEqual(lead.user_id, self.head)

    def test_old_losses_can_be_reassigned_after_the_reason_became_stricter(self):
        deal = self.make_deal()
        deal.action_set_lost(lost_reason_id=self.price.id)
        self.price.comment_required = True
        deal.user_id = False
        self.assertFalse(deal.user_id)

    def test_old_losses_can_be_reassigned_after_the_reason_left_the_funnel(self):
        deal = self.make_deal()
        deal.action_set_lost(lost_reason_id=self.price.id)
        self.price.team_ids = [Command.clear()]
        deal.partner_id = self.env["res.partner"].create({"name": "Client"})
        self.assertEqual(deal.won_status, "lost")

    def test_stage_with_leads_does_not_leave_its_funnel(self):
        deal = self.make_deal()
        deal.stage_id = self.contract
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self.contract.team_ids = [Command.unlink(self.deals.id)]
            self.env.flush_all()

    def test_stage_or_funnel_with_leads_is_not_deleted(self):
        deal = self.make_deal()
        for record in (self.estimate, self.deals):
            with suppress(UserError, IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                record.unlink()
                self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual((deal.stage_id, deal.team_id), (self.estimate, self.deals))

    def test_deleting_a_funnel_leaves_no_lead_in_its_stages(self):
        deal = self.make_deal()
        with suppress(UserError, IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.deals.stage_ids = [Command.clear()]
            self.deals.unlink()
            self.env.flush_all()
        self.env.invalidate_all()
        if not self.deals.exists():
            self.assertNotIn(deal.sudo().stage_id, self.estimate | self.measurement)

    def test_team_with_leads_in_shared_stages_becomes_a_funnel_that_works(self):
        team = self.env["crm.team"].create({"name": "Was stock"})
        lead = self.env["crm.lead"].create({"name": "Old", "team_id": team.id, "type": "opportunity"})
        team.funnel_kind = "deal"
        stage = self.env["crm.stage"].create({"name": "First", "team_ids": [Command.link(team.id)]})
        lead.user_id = self.head
        lead.stage_id = stage
        self.assertEqual(lead.stage_id, stage)

    def test_shared_stage_of_two_funnels_leads_into_neither_by_itself(self):
        second = self.make_funnel("Second", "deal", ["One"])
        self.contract.team_ids = [Command.link(second.id)]
        self.demand(self.estimate, "city", moment="leave")
        with self.assertRaises(ValidationError):
            self.env["crm.lead"].create({"name": "X", "stage_id": self.contract.id, "type": "opportunity"})
        deal = self.make_leads(second)
        with self.assertRaisesRegex(ValidationError, "City"):
            deal.write({"team_id": self.deals.id, "stage_id": self.contract.id})

    def test_winning_in_a_funnel_without_a_won_stage_is_a_readable_error(self):
        later = self.make_months()
        deal = self.make_leads(later, **far_away())
        with self.assertRaisesRegex(UserError, "(?i)won"):
            deal.action_set_won()

    def test_lost_deal_that_is_won_keeps_no_lost_reason(self):
        deal = self.make_deal()
        deal.action_set_lost(lost_reason_id=self.price.id, lost_comment="No")
        deal.stage_id = self.done
        self.assertEqual((deal.won_status, deal.active), ("won", True))
        self.assertFalse(deal.lost_reason_id or deal.lost_comment)

    def test_reopening_by_activation_alone_keeps_no_lost_reason(self):
        deal = self.make_deal()
        deal.action_set_lost(lost_reason_id=self.price.id, lost_comment="No")
        deal.write({"active": True})
        self.assertEqual(deal.won_status, "pending")
        self.assertFalse(deal.lost_reason_id or deal.lost_comment)

    def test_leaving_the_funnel_is_no_way_to_lose_without_a_reason(self):
        stock = self.env["crm.team"].create({"name": "Stock"})
        deal = self.make_deal()
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            deal.write({"team_id": stock.id, "active": False, "probability": 0})

    def test_leaving_the_funnel_is_no_way_to_win_without_the_rules(self):
        self.demand(self.done, "city")
        stock = self.env["crm.team"].create({"name": "Stock"})
        deal = self.make_deal()
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            deal.write(
                {
                    "team_id": stock.id,
                    "stage_id": self.env["crm.stage"]
                    .search([("is_won", "=", True), ("team_ids", "=", False)], limit=1)
                    .id,
                }
            )

    def test_time_in_a_stage_counts_from_the_reopening(self):
        deal = self.make_deal()
        deal.stage_id = self.done
        deal.stage_id = self.measurement
        self.env.flush_all()
        moves = deal.sudo().funnel_move_ids.sorted("id")
        self.assertEqual(moves.mapped("kind"), ["created", "won", "reopened"])
        now = self.env.cr.now()
        for move, hours in zip(moves, (300, 200, 10), strict=True):
            self.env.cr.execute(
                "UPDATE funnel_move SET date = %s WHERE id = %s", [fields.Datetime.subtract(now, hours=hours), move.id]
            )
        self.env.invalidate_all()
        deal.stage_id = self.contract
        last = deal.sudo().funnel_move_ids.sorted("id")[-1]
        self.assertAlmostEqual(last.hours_in_stage, 10, 1)

    def test_probability_neither_wins_nor_loses(self):
        deal = self.make_deal()
        deal.write({"probability": 100})
        self.assertEqual(deal.won_status, "pending")
        deal.write({"probability": 0})
        self.assertEqual(deal.won_status, "pending")
        deal.write({"active": False, "probability": 50})
        with self.assertRaisesRegex(ValidationError, "reason is needed"):
            deal.write({"probability": 0})

    def test_lost_deal_does_not_slip_into_a_funnel_without_that_reason(self):
        second = self.make_funnel("Second", "deal", ["One"])
        deal = self.make_deal()
        deal.action_set_lost(lost_reason_id=self.price.id)
        with self.assertRaisesRegex(ValidationError, "not a lost reason"):
            deal.team_id = second

    def test_copy_with_defaults_passes_the_gate(self):
        self.demand(self.contract, "city")
        with self.assertRaisesRegex(ValidationError, "City"):
            self.make_deal().copy({"stage_id": self.contract.id})
