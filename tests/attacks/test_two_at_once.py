"""Attacks: the same lead moved by two transactions at the same moment."""

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import mute_logger
from psycopg2.errors import SerializationFailure

from ..common import FunnelFactory


@tagged("post_install", "-at_install")
class TestTwoAtOnce(BaseCase):
    """What is committed here is taken back at the end."""

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        with self.registry.cursor() as cr:
            FunnelFactory.env = api.Environment(cr, SUPERUSER_ID, {})
            team = FunnelFactory.make_funnel("Race", "deal", ["One", "Two"])
            one, two = team.stage_ids.sorted("sequence")
            FunnelFactory.make_task(two, "Call")
            self.lead_id, self.team_id = FunnelFactory.make_leads(team).id, team.id
            self.stage_ids = one.id, two.id
            del FunnelFactory.env
        self.addCleanup(self.clean_up)

    def clean_up(self):
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            env["crm.lead"].browse(self.lead_id).unlink()
            env["crm.stage"].browse(self.stage_ids).unlink()
            env["crm.team"].browse(self.team_id).unlink()

    def move(self, cr):
        lead = api.Environment(cr, SUPERUSER_ID, {})["crm.lead"].browse(self.lead_id)
        lead.stage_id = self.stage_ids[1]
        lead.env.flush_all()

    def test_the_second_has_to_look_again(self):
        with self.registry.cursor() as second:
            second.execute("SELECT 1 FROM crm_lead WHERE id = %s", [self.lead_id])  # its snapshot is from before
            with self.registry.cursor() as first:
                self.move(first)
            with self.assertRaises(SerializationFailure), mute_logger("odoo.sql_db"):
                self.move(second)
            second.rollback()
            self.move(second)  # as Odoo tries again
        with self.registry.cursor() as cr:
            lead = api.Environment(cr, SUPERUSER_ID, {})["crm.lead"].browse(self.lead_id)
            self.assertEqual(lead.funnel_move_ids.mapped("kind"), ["moved", "created"])
            self.assertEqual(len(lead.funnel_task_ids), 1)
