"""The presets side by side: each is complete, none touches what is there, loading again changes nothing."""

from lxml import etree
from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, TransactionCase, get_db_name, tagged
from odoo.tools import file_open, mute_logger
from psycopg2.errors import SerializationFailure

from .common import ADDON, FunnelFactory

CODES = ("core", "furniture", "equipment", "services")
#: The funnels of the last of them that salespeople use first and last.
SERVICES = ("services_sale", "services_production")
#: So many leads of other teams are there before, half of them in a funnel.
LEADS = 10_000
#: Everything about leads that could be touched.
TABLES = {
    **dict.fromkeys(("crm_lead", "funnel_task", "funnel_timer", "funnel_move"), "TRUE"),
    "mail_activity": "res_model = 'crm.lead'",
    "mail_message": "model = 'crm.lead'",
}


@tagged("post_install", "-at_install")
class TestPresetsTogether(FunnelFactory, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        stock = cls.env["crm.team"].create({"name": "Stock"})
        funnel = cls.env.ref(f"{ADDON}.funnel_leads")
        stages = {stock: stock.env["crm.stage"].search([("team_ids", "=", False)], limit=1)}
        stages[funnel] = cls.env.ref(f"{ADDON}.stage_lead_new")
        cls.env.flush_all()
        for team, stage in stages.items():
            cls.env.cr.execute(
                """INSERT INTO crm_lead (name, type, team_id, stage_id, active, won_status, priority)
                   SELECT 'Lead ' || number, 'lead', %s, %s, TRUE, 'pending', '0'
                     FROM generate_series(1, %s) AS number""",
                [team.id, stage.id, LEADS // 2],
            )

    def load(self, *codes):
        for code in codes:
            self.env.ref(f"{ADDON}.preset_{code}").action_load()
        self.env.flush_all()

    def fingerprint(self):
        """Return something that changes with every change of a row."""
        self.env.flush_all()
        found = {}
        for table, of_leads in TABLES.items():
            fingerprint = "SELECT count(*), md5(string_agg(t::text, '' ORDER BY id))"
            self.env.cr.execute(f"{fingerprint} FROM {table} AS t WHERE {of_leads}")
            found[table] = self.env.cr.fetchone()
        return found

    def records(self, code):
        """Return the ids of the records of a preset, but for those that need an app that is not installed."""
        with file_open(f"{ADDON}/data/presets/{code}.xml", "rb") as file:
            records = list(etree.parse(file).iter("record"))
        return {record.get("id") for record in records if record.get("model") != "funnel.work.rule"}

    def test_each_is_loaded_whole_and_touches_no_lead(self):
        before = self.fingerprint()
        self.load(*CODES[1:])
        self.assertEqual(self.fingerprint(), before)
        self.assertGreater(before["crm_lead"][0], LEADS - 1)
        for code in CODES:
            preset = self.env.ref(f"{ADDON}.preset_{code}")
            self.assertEqual(set(preset.loaded_ids), self.records(code), code)
            for name in preset.loaded_ids:
                self.env.ref(f"{ADDON}.{name}")

    def test_loading_again_changes_nothing(self):
        self.load(*CODES[1:])
        models = ["crm.team", "crm.stage", "crm.lost.reason", "funnel.requirement", "funnel.task.template"]
        models += [
            "funnel.reminder",
            "funnel.transition",
            "funnel.case.type",
            "funnel.section",
            "funnel.section.line",
            "funnel.option",
            "ir.ui.menu",
        ]
        stage = self.env.ref(f"{ADDON}.stage_furniture_estimate")
        stage.name = "Calculation"
        self.env.ref(f"{ADDON}.requirement_furniture_estimate_amount").unlink()
        counts = {model: self.env[model].search_count([]) for model in models}
        self.load(*CODES)
        self.assertEqual({model: self.env[model].search_count([]) for model in models}, counts)
        self.assertEqual(stage.name, "Calculation")

    def test_none_shares_stages_reasons_or_fields_with_another(self):
        self.load(*CODES[1:])
        funnels = [self.env.ref(f"{ADDON}.funnel_{code}") for code in ("deals", *CODES[1:3], *SERVICES)]
        for name in ("stage_ids", "lost_reason_ids"):
            records = [set(funnel[name].ids) for funnel in funnels]
            shared = records[-2] & records[-1]  # the funnels of one preset may
            self.assertEqual(len(set.union(*records)), sum(map(len, records)) - len(shared))
            self.assertTrue(all(records))

    def test_what_refers_to_something_that_was_deleted_is_left_out(self):
        self.env.ref(f"{ADDON}.role_procurement").unlink()
        self.load("equipment")
        self.assertFalse(self.env.ref(f"{ADDON}.task_equipment_delivery", raise_if_not_found=False))
        self.assertTrue(self.env.ref(f"{ADDON}.stage_equipment_delivery"))

    def test_what_was_archived_is_referred_to(self):
        head = self.env.ref(f"{ADDON}.role_head")
        head.active = False
        self.load("furniture")
        reminder = self.env.ref(f"{ADDON}.reminder_furniture_measurement_head")
        self.assertEqual(reminder.with_context(active_test=False).role_ids, head)

    def test_it_says_what_was_loaded(self):
        preset = self.env.ref(f"{ADDON}.preset_equipment")
        self.assertFalse(preset.loaded_summary)
        self.load("equipment")
        self.assertIn("Stage Requirement: 12", preset.loaded_summary)
        self.assertTrue(preset.loaded_date)


@tagged("post_install", "-at_install")
class TestTwoLoadsAtOnce(BaseCase):
    """What is committed here is taken back at the end."""

    def execute(self, *statements):
        with Registry(get_db_name()).cursor() as cr:
            for statement in statements:
                cr.execute(statement)

    def test_the_second_begins_anew(self):
        self.addCleanup(self.execute, "DELETE FROM ir_model_data WHERE name = 'funnel_equipment'")
        with Registry(get_db_name()).cursor() as second:
            second.execute("SELECT 1 FROM funnel_preset")  # its snapshot is from before
            self.execute(
                """INSERT INTO ir_model_data (module, name, model, res_id)
                   VALUES ('sales_funnel_addon', 'funnel_equipment', 'crm.team', 0)""",
                "UPDATE funnel_preset SET loaded_date = loaded_date WHERE code = 'equipment'",
            )
            preset = api.Environment(second, SUPERUSER_ID, {}).ref(f"{ADDON}.preset_equipment")
            # Odoo tries again after such an error, not after one in a file
            with self.assertRaises(SerializationFailure), mute_logger("odoo.sql_db"):
                preset.action_load()
            second.rollback()
