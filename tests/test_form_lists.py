"""The lists on the form: which of them have no rows is asked once; what the others show is read as ever."""

from odoo.fields import Command

from .common import FunnelCase

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
