"""Attacks: two people who decide about the same deal at the same moment."""

from datetime import date, timedelta

from odoo import SUPERUSER_ID, api
from odoo.exceptions import UserError
from odoo.tools import mute_logger
from psycopg2.errors import SerializationFailure

from ..common import CommittedCase, FunnelFactory


class TestCrossingsAtOnce(CommittedCase):
    def found(self, env):
        team = FunnelFactory.make_funnel("Race", "deal", ["One", "Two"])
        later = FunnelFactory.make_months(team, name="Race later")
        reason = FunnelFactory.make_reason("Race", team)
        cause = env["funnel.refusal.cause"].create({"name": "Race"})
        lost, waiting = FunnelFactory.make_leads(team, 2, user_id=env.ref("base.user_admin").id)
        lost.action_set_lost(lost_reason_id=reason.id)
        waiting.funnel_defer(date.today() + timedelta(days=100), "Holidays")
        self.lead_ids, self.lost_id, self.waiting_id = [lost.id, waiting.id], lost.id, waiting.id
        self.cause_id = cause.id
        return lost + waiting, cause, reason, (team + later).stage_ids, team, later

    def browse(self, cr, lead_id):
        return api.Environment(cr, SUPERUSER_ID, {})["crm.lead"].browse(lead_id)

    def assert_second_is_refused(self, first_does, second_does, message):
        """The first one commits; the second has to try again, as Odoo does by itself, and is told what has happened."""
        with self.registry.cursor() as second:
            second.execute("SELECT 1 FROM crm_lead LIMIT 1")  # its snapshot is from before
            with self.registry.cursor() as first:
                first_does(first)
            with self.assertRaises(SerializationFailure), mute_logger("odoo.sql_db"):
                second_does(second)
                second.flush()
            second.rollback()
            with self.assertRaisesRegex(UserError, message):
                second_does(second)
            second.rollback()

    def verify(self, cr):
        self.browse(cr, self.lost_id).funnel_refusal_ids.action_verify(self.cause_id)

    def give_back(self, cr):
        self.browse(cr, self.lost_id).funnel_refusal_ids.action_return(self.cause_id, "Call him")

    def test_two_controllers_judge_a_refusal(self):
        self.assert_second_is_refused(self.verify, self.give_back, "needs no verdict any more")
        with self.registry.cursor() as cr:
            lead = self.browse(cr, self.lost_id)
            self.assertEqual((lead.won_status, lead.funnel_refusal_ids.state), ("lost", "verified"))

    def test_two_people_resume_a_deal(self):
        def resume(cr):
            self.browse(cr, self.waiting_id).funnel_resume()

        self.assert_second_is_refused(resume, resume, "It is not deferred")
        with self.registry.cursor() as cr:
            kinds = self.browse(cr, self.waiting_id).funnel_move_ids.mapped("kind")
            self.assertEqual(sorted(kinds), ["created", "deferred", "resumed"])

    def test_a_deal_is_archived_while_a_colleague_puts_it_off(self):
        day = date.today() + timedelta(days=200)

        def put_off(cr):
            self.browse(cr, self.waiting_id).funnel_defer(day, "Holidays")

        def archive(cr):
            self.browse(cr, self.waiting_id).active = False

        self.assert_second_is_refused(archive, put_off, "It is closed")
        with self.registry.cursor() as cr:
            lead = self.browse(cr, self.waiting_id)
            activities = lead.with_context(active_test=False).activity_ids
            self.assertFalse(activities.filtered(lambda activity: activity.funnel_is_deferral and activity.active))
