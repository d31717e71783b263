"""What the form shows of other records: facts, and which lists have no rows, are asked once for all of them."""

from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged

from odoo.addons.sales_funnel_addon.models.funnel_facts_mixin import AHEAD, NOTHING_AHEAD

from .common import FunnelCase, FunnelFactory

#: What the form reads of each list.
LISTS = {
    name: {"fields": {"display_name": {}}}
    for name in (
        *("funnel_task_ids", "funnel_contact_ids", "funnel_document_ids", "funnel_timer_ids", "funnel_refusal_ids"),
        *("funnel_move_ids", "funnel_past_list_ids"),
    )
}


class TestFormLists(FunnelCase):
    def read(self, lead, user):
        self.env.invalidate_all()
        [values] = lead.with_user(user).web_read(LISTS)
        return {name: [row["id"] for row in values[name]] for name in LISTS}

    def expect(self, lead, user):
        """Return the rows that this user finds, list by list."""
        self.env.invalidate_all()
        return {name: lead.with_user(user)[name].ids for name in LISTS}

    def test_rows_are_what_the_reader_finds(self):
        self.make_task(self.estimate)
        deal = self.make_deal()
        deal.funnel_contact_ids = [Command.create({"outcome": "no_answer"})]
        for user in (self.salesperson, self.head, self.manager):
            with self.subTest(user.name):
                rows = self.read(deal, user)
                self.assertEqual(rows, self.expect(deal, user))
                self.assertEqual({name for name in rows if rows[name]}, {*LISTS} - self.empty)

    empty = {"funnel_document_ids", "funnel_timer_ids", "funnel_refusal_ids", "funnel_past_list_ids"}

    def test_a_base_that_a_lead_has_left(self):
        past = self.env["funnel.list"].create({"name": "Spring", "team_id": self.leads.id})
        lead = self.make_leads(self.leads, user_id=self.salesperson.id)
        lead._note_past_lists({(lead.id, past.id)})
        self.assertEqual(self.read(lead, self.manager)["funnel_past_list_ids"], past.ids)

    def test_rows_that_are_not_written_yet(self):
        deal = self.make_deal()
        self.env.flush_all()
        self.env["funnel.contact"].with_user(self.salesperson).create({"lead_id": deal.id, "outcome": "no_answer"})
        [values] = deal.web_read(LISTS)
        self.assertEqual(len(values["funnel_contact_ids"]), 1)

    def test_rows_that_come_after(self):
        deal = self.make_deal()
        self.assertFalse(deal.web_read(LISTS)[0]["funnel_contact_ids"])
        self.env["funnel.contact"].with_user(self.salesperson).create({"lead_id": deal.id, "outcome": "no_answer"})
        self.assertEqual(len(deal.web_read(LISTS)[0]["funnel_contact_ids"]), 1)

    def test_a_lead_that_is_closed_to_the_reader(self):
        deal = self.make_leads(self.deals, user_id=self.head.id)
        with self.assertRaisesRegex(Exception, "access"):
            self.read(deal, self.salesperson)

    def test_empty_lists_cost_one_query(self):
        deal = self.make_deal()
        names = dict.fromkeys(self.empty, {"fields": {"display_name": {}}})
        counts = []
        for asked in ({"name": {}}, {"name": {}}, {"name": {}, **names}):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            deal.web_read(asked)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[2] - counts[1], 1, counts)


class TestFactsAhead(FunnelCase):
    """What was read ahead is what the fields say, and is forgotten after the form is read."""

    NAMES = (
        *("funnel_contact_count", "funnel_last_contact_date", "funnel_contact_today_count", "funnel_quota_missing"),
        *("funnel_return_summary", "funnel_has_refusals", "funnel_has_timers", "duration_tracking"),
    )

    def read(self, deal, names):
        self.env.invalidate_all()
        return deal.with_user(self.salesperson).web_read(dict.fromkeys(names, {}))[0]

    def test_it_is_what_the_fields_say(self):
        self.estimate.write({"call_quota": 2})
        deal = self.make_deal()
        deal.funnel_contact_ids = [Command.create({"outcome": "no_answer"})]
        self.env.flush_all()
        self.env.cr.execute(
            """INSERT INTO funnel_timer (lead_id, title, state, anchor_at, due_at)
               VALUES (%(lead)s, 'Call', 'armed', now(), now());
               INSERT INTO funnel_refusal (lead_id, date, state, note) VALUES (%(lead)s, now(), 'returned', 'Again')""",
            {"lead": deal.id},
        )
        together = self.read(deal, self.NAMES)
        alone = {name: self.read(deal, [name])[name] for name in self.NAMES}
        seconds = together.pop("duration_tracking"), alone.pop("duration_tracking")
        self.assertEqual(*map(set, seconds))
        self.assertEqual(together, {**alone, "id": deal.id})
        self.assertTrue(alone["funnel_has_timers"] and alone["funnel_has_refusals"])
        self.assertEqual((alone["funnel_contact_count"], alone["funnel_return_summary"]), (1, "Again"))
        self.assertFalse(self.read(self.make_deal(), self.NAMES)["funnel_has_timers"])

    def test_it_is_forgotten(self):
        deal = self.make_deal().with_user(self.salesperson)
        self.assertEqual(
            deal.web_read({"funnel_contact_count": {}, "funnel_has_timers": {}})[0]["funnel_contact_count"], 0
        )
        deal.funnel_contact_ids = [Command.create({"outcome": "no_answer"})]
        self.assertEqual(deal.funnel_contact_count, 1)
        self.assertEqual(self.env.cr.cache[AHEAD], NOTHING_AHEAD)

    def test_it_is_one_statement(self):
        deal = self.make_deal()
        few = ["name", "team_id", "stage_id", "company_id", "active", "won_status"]
        counts = []
        for names in (few, few, [*few, *self.NAMES, "funnel_task_ids", "funnel_document_ids"]):
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.read(deal, names)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[2] - counts[1], 1, counts)


class TestMaterials(FunnelCase):
    def test_materials_of_a_stage_come_and_go(self):
        deal = self.make_deal()
        self.assertFalse(deal.funnel_material_ids)
        file = self.env["ir.attachment"].create({"name": "Prices.txt", "raw": b"1"})
        self.estimate.material_ids = file
        self.assertEqual(self.as_salesperson(deal).funnel_material_ids, file)
        file.unlink()
        self.env.invalidate_all()
        self.assertFalse(self.as_salesperson(deal).funnel_material_ids)


@tagged("post_install", "-at_install")
class TestRowsTour(FunnelFactory, HttpCase):
    def test_rows_are_loaded_when_their_tab_is_opened(self):
        user = new_test_user(self.env, "tour_reader", "sales_team.group_sale_salesman", password="tour_reader")
        funnel = self.make_funnel("Kitchens", "deal", ["Estimate", "Measurement", "Done!"])
        deal = self.make_leads(funnel, name="An oak kitchen", user_id=user.id)
        self.env.flush_all()
        self.env.cr.execute(
            """INSERT INTO funnel_timer (lead_id, title, state, anchor_at, due_at)
               VALUES (%(lead)s, 'Call the client', 'fired', now(), now());
               INSERT INTO funnel_refusal (lead_id, date, state, note)
               VALUES (%(lead)s, now(), 'returned', 'Call him again')""",
            {"lead": deal.id},
        )
        self.start_tour(f"/odoo/crm.lead/{deal.id}", "sales_funnel_lead_rows", login="tour_reader")
        self.assertEqual(deal.stage_id, self.stage(funnel, "Measurement"))
