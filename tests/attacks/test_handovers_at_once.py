"""Attacks: the same deal won, or handed over, by two transactions at the same moment."""

from odoo import SUPERUSER_ID, api
from odoo.fields import Command
from odoo.tests import tagged

from ..common import FunnelFactory
from .test_two_at_once import RaceCase


@tagged("post_install", "-at_install")
class TestHandoversAtOnce(RaceCase):
    def setUp(self):
        super().setUp()
        with self.registry.cursor() as cr:
            team = self.lead(cr).team_id
            FunnelFactory.env = team.env
            target = FunnelFactory.make_funnel("Race after the sale", "followup", ["One", "Two!"])
            del FunnelFactory.env
            team.handoff_team_ids = target
            team.env["crm.stage"].browse(self.stage_ids[1]).is_won = True
            self.target_id, self.target_stage_ids = target.id, target.stage_ids.ids

    def clean_up(self):
        with self.registry.cursor() as cr:
            self.cards(cr).unlink()
        super().clean_up()
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            env["crm.stage"].browse(self.target_stage_ids).unlink()
            env["crm.team"].browse(self.target_id).unlink()

    def cards(self, cr):
        return api.Environment(cr, SUPERUSER_ID, {})["crm.lead"].search([("team_id", "=", self.target_id)])

    def test_won_twice(self):
        self.do_twice(lambda lead: lead.write({"stage_id": self.stage_ids[1]}))
        with self.registry.cursor() as cr:
            self.assertEqual(self.cards(cr).funnel_origin_id, self.lead(cr))
            self.assertEqual(len(self.cards(cr)), 1)

    def test_handed_over_twice(self):
        with self.registry.cursor() as cr:
            self.lead(cr).team_id.handoff_team_ids = False
            self.lead(cr).stage_id = self.stage_ids[1]
            self.lead(cr).team_id.handoff_team_ids = [Command.set([self.target_id])]
        self.do_twice(lambda lead: lead.funnel_hand_over(self.target_id))
        with self.registry.cursor() as cr:
            self.assertEqual(len(self.cards(cr)), 1)

    def test_won_while_it_is_handed_over_by_somebody_else(self):
        with self.registry.cursor() as cr:
            self.lead(cr).stage_id = self.stage_ids[1]
            self.assertEqual(len(self.cards(cr)), 1)
            self.lead(cr).stage_id = self.stage_ids[0]
        self.do_twice(lambda lead: lead.write({"stage_id": self.stage_ids[1]}))
        with self.registry.cursor() as cr:
            self.assertEqual(len(self.cards(cr)), 1)
