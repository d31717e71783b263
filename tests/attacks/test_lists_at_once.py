"""Attacks: two people who process the last leads of a sample, or hand out leads, at the same moment."""

from odoo import SUPERUSER_ID, api
from odoo.tools import mute_logger
from psycopg2.errors import SerializationFailure

from ..common import CommittedCase, FunnelFactory


class TestListsAtOnce(CommittedCase):
    def found(self, env):
        deals = FunnelFactory.make_funnel("Race deals", "deal", ["Estimate", "Done!"])
        team = FunnelFactory.make_funnel("Race", "lead", ["New"], deal_team_id=deals.id)
        reason = FunnelFactory.make_reason("Race", team)
        admin = env.ref("base.user_admin")
        cold_list = env["funnel.list"].create(
            {
                "name": "Race",
                "team_id": team.id,
                "user_id": admin.id,
                "threshold": 60,
                "sample_size": 20,
                "user_ids": admin.ids,
                "portion": 1,
            }
        )
        leads = FunnelFactory.make_leads(team, 30, funnel_list_id=cold_list.id, user_id=admin.id)
        leads[:18].action_set_lost(lost_reason_id=reason.id)
        self.list_id, self.lead_ids = cold_list.id, leads.ids
        return leads, cold_list, reason, (team + deals).stage_ids, team, deals

    def cold_list(self, cr):
        return api.Environment(cr, SUPERUSER_ID, {})["funnel.list"].browse(self.list_id)

    def process(self, cr, first, last=None):
        """Convert leads: losing them would make the scoring of stock Odoo collide before the list does."""
        leads = api.Environment(cr, SUPERUSER_ID, {})["crm.lead"].browse(self.lead_ids[first : last or first + 1])
        leads.convert_opportunity(leads.env["res.partner"])
        cr.flush()

    def count_messages(self, cr):
        query = "SELECT count(*) FROM mail_message WHERE model = 'funnel.list' AND res_id = %s AND subject LIKE %s"
        cr.execute(query, [self.list_id, "%paused%"])
        return cr.fetchone()[0]

    def do_at_once(self, first_does, second_does, statement=b"UPDATE funnel_list"):
        """The second begins before the first has ended, comes to grief with a statement, and is let try again."""
        with self.registry.cursor() as second:
            second.execute("SELECT 1 FROM crm_lead LIMIT 1")  # its snapshot is from before
            with self.registry.cursor() as first:
                first_does(first)
            with self.assertRaises(SerializationFailure) as failure, mute_logger("odoo.sql_db"):
                second_does(second)
            self.assertIn(statement, failure.exception.cursor.query)
            second.rollback()
            second_does(second)

    def test_the_nineteenth_and_the_twentieth_lead(self):
        self.do_at_once(lambda cr: self.process(cr, 18), lambda cr: self.process(cr, 19))
        with self.registry.cursor() as cr:
            cold_list = self.cold_list(cr)
            self.assertEqual((cold_list.state, cold_list.sample_count), ("paused", 20))
            self.assertEqual(self.count_messages(cr), 1)

    def test_the_twentieth_lead_twice(self):
        with self.registry.cursor() as cr:
            self.process(cr, 18)
        self.do_at_once(lambda cr: self.process(cr, 19), lambda cr: self.process(cr, 20))
        with self.registry.cursor() as cr:
            self.assertEqual((self.cold_list(cr).state, self.count_messages(cr)), ("paused", 1))

    def test_a_batch_that_jumps_over_the_twentieth_while_somebody_loses_another(self):
        self.do_at_once(lambda cr: self.process(cr, 18, 25), lambda cr: self.process(cr, 25, 28))
        with self.registry.cursor() as cr:
            cold_list = self.cold_list(cr)
            self.assertEqual((cold_list.state, cold_list.sample_count), ("paused", 25))
            self.assertEqual(self.count_messages(cr), 1)

    def test_after_the_sample_nobody_waits_for_anybody(self):
        with self.registry.cursor() as cr:
            self.process(cr, 18, 20)
        # in a paused list who has a lead goes on with it
        with self.registry.cursor() as second:
            second.execute("SELECT 1 FROM crm_lead LIMIT 1")
            with self.registry.cursor() as first:
                self.process(first, 20)
                self.process(second, 21)  # neither waits nor fails
        with self.registry.cursor() as cr:
            self.assertEqual(self.cold_list(cr).processed_count, 22)
            self.assertEqual(self.count_messages(cr), 1)

    def test_two_hand_out_the_same_leads(self):
        with self.registry.cursor() as cr:
            leads = api.Environment(cr, SUPERUSER_ID, {})["crm.lead"].browse(self.lead_ids[18:])
            leads.write({"user_id": False})

        def hand_out(cr):
            self.cold_list(cr)._hand_out()
            cr.flush()

        self.do_at_once(hand_out, hand_out, b'UPDATE "crm_lead"')
        with self.registry.cursor() as cr:
            self.assertEqual(self.cold_list(cr).working_count, 1)
