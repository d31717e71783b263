"""Attacks: the same lead moved, or given a visit or a chat, by two transactions at the same moment."""

from odoo import SUPERUSER_ID, api
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2.errors import SerializationFailure

from ..common import CommittedCase, FunnelFactory


class RaceCase(CommittedCase):
    """A deal in a funnel of two stages."""

    def found(self, env):
        team = FunnelFactory.make_funnel("Race", "deal", ["One", "Two"])
        one, two = team.stage_ids.sorted("sequence")
        FunnelFactory.make_task(two, "Call")
        lead = FunnelFactory.make_leads(team)
        self.lead_id, self.team_id, self.stage_ids = lead.id, team.id, (one.id, two.id)
        return lead, one + two, team

    def lead(self, cr):
        return api.Environment(cr, SUPERUSER_ID, {})["crm.lead"].browse(self.lead_id)

    def do_twice(self, work):
        """Do the same for the lead in two transactions, of which the second began before the first had ended."""
        with self.registry.cursor() as second:
            second.execute("SELECT 1 FROM crm_lead WHERE id = %s", [self.lead_id])  # its snapshot is from before
            with self.registry.cursor() as first:
                work(self.lead(first))
                first.flush()
            with self.assertRaises(SerializationFailure), mute_logger("odoo.sql_db"):
                work(self.lead(second))
                second.flush()
            second.rollback()
            work(self.lead(second))  # as Odoo tries again


@tagged("post_install", "-at_install")
class TestTwoAtOnce(RaceCase):
    def move(self, lead):
        lead.stage_id = self.stage_ids[1]
        lead.env.flush_all()

    def test_the_second_has_to_look_again(self):
        self.do_twice(self.move)
        with self.registry.cursor() as cr:
            lead = api.Environment(cr, SUPERUSER_ID, {})["crm.lead"].browse(self.lead_id)
            self.assertEqual(lead.funnel_move_ids.mapped("kind"), ["moved", "created"])
            self.assertEqual(len(lead.funnel_task_ids), 1)


@tagged("post_install", "-at_install")
class TestVisitsAndChatsAtOnce(RaceCase):
    def setUp(self):
        super().setUp()
        with self.registry.cursor() as cr:
            team = self.lead(cr).team_id
            role = team.env["funnel.role"].create({"name": "Everybody", "source": "head"})
            team.write({"visit_role_id": role.id, "chat_role_ids": role.ids})
            self.role_id = role.id

    def clean_up(self):
        with self.registry.cursor() as cr:
            self.lead(cr).chat_channel_id.unlink()
        super().clean_up()
        with self.registry.cursor() as cr:
            api.Environment(cr, SUPERUSER_ID, {})["funnel.role"].browse(self.role_id).unlink()

    def test_one_chat(self):
        count = "SELECT count(*) FROM discuss_channel"
        with self.registry.cursor() as cr:
            before = self.count(cr, count)
        self.do_twice(lambda lead: lead.action_funnel_chat())
        with self.registry.cursor() as cr:
            self.assertTrue(self.lead(cr).chat_channel_id)
            self.assertEqual(self.count(cr, count), before + 1)

    def test_one_event(self):
        self.do_twice(lambda lead: lead.write({"measurement_date": "2030-05-14 07:00:00"}))
        with self.registry.cursor() as cr:
            query = f"SELECT count(*) FROM calendar_event WHERE opportunity_id = {self.lead_id:d}"
            self.assertEqual(self.count(cr, query), 1)

    def count(self, cr, query):
        cr.execute(query)
        return cr.fetchone()[0]
