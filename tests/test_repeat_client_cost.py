"""What matching clients costs: the same number of queries for a few leads and for many."""

from datetime import datetime, timedelta

from odoo.tools import SQL

from odoo.addons.sales_funnel_addon.tools.client_keys import rows_with_keys

from .test_repeat_clients import PHONE, RepeatCase


class TestCost(RepeatCase):
    """However many leads are matched or shown at once, it takes the same number of queries."""

    def assert_constant(self, operation, prepare):
        """Assert that ``operation`` takes no more queries on what ``prepare(60)`` returns than on ``prepare(2)``."""
        counts = []
        for count in (2, 2, 60):  # the first run fills the caches
            argument = prepare(count)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            operation(argument)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        _first, few, many = counts
        self.assertLess((many - few) / 58, 0.05, f"{few} queries for 2 leads, {many} for 60")
        return few

    def prepare_rows(self, count, team):
        users = [self.salesperson, self.oleg]
        return [
            {
                "name": f"Lead {number}",
                "team_id": team.id,
                "type": "lead",
                "user_id": users[number % 2].id,
                "phone": f"+7 912 555-{number:04}",
            }
            for number in range(count)
        ]

    def test_creation(self):
        """What matching adds to the creation of the same leads in a stock team."""
        stock = self.env["crm.team"].create({"name": "Stock", "use_leads": True})
        Lead = self.env["crm.lead"].with_context(tracking_disable=True)
        Lead.create(self.prepare_rows(60, self.leads))
        added = {}
        for count in (2, 2, 60):
            used = []
            for team in (stock, self.leads):
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                leads = Lead.create(self.prepare_rows(count, team))
                self.env.flush_all()
                used.append(self.env.cr.sql_log_count - before)
            self.assertTrue(all(leads.mapped("is_repeat_client")))
            added[count] = used[1] - used[0]
        self.assertLess((added[60] - added[2]) / 58, 0.05, added)

    def test_matching(self):
        self.request(self.oleg, count=3)
        quiet = self.env["crm.lead"].with_context(tracking_disable=True)

        def prepare(count):
            leads = quiet.create(self.prepare_rows(count, self.leads))
            leads.flush_recordset()
            self.env.cr.execute("UPDATE crm_lead SET matched_keys = NULL WHERE id IN %s", [leads._ids])
            return leads

        self.assertLessEqual(self.assert_constant(lambda leads: leads._match_clients(), prepare), 20)

    def test_page(self):
        names = ["is_repeat_client", "repeat_summary", "repeat_is_foreign", "repeat_history", "repeat_needs_approval"]
        self.leads.repeat_policy = "ask"

        def prepare(count):
            rows = self.prepare_rows(count, self.leads)
            self.env["crm.lead"].create(rows)
            leads = self.env["crm.lead"].create([{**row, "user_id": self.salesperson.id} for row in rows])
            return self.as_salesperson(leads)

        few = self.assert_constant(lambda leads: leads.read(names), prepare)
        self.assertLessEqual(few, 30)

    def test_a_number_that_thousands_share(self):
        """Matching looks through it once, not once for every lead."""
        self.env["crm.lead"].with_context(tracking_disable=True).create(
            [{**row, "phone": PHONE} for row in self.prepare_rows(400, self.leads)]
        )
        started = datetime.now()
        leads = self.env["crm.lead"].search([("phone", "=", PHONE)])
        found = leads._get_client_histories()
        self.assertEqual(max(len(history.requests) for history in found.values()), 399)
        self.assertLess(datetime.now() - started, timedelta(seconds=2))

    def test_many_keys_are_looked_up_in_the_index(self):
        """The statement never compares the keys with those of each row of the table, however many keys there are."""
        self.env.cr.execute(
            """INSERT INTO crm_lead (name, type, active, client_keys)
               SELECT 'Lead ' || n, 'lead', TRUE, '+7912' || lpad(n::text, 7, '0') FROM generate_series(0, 2999) AS n"""
        )
        self.env.cr.execute("ANALYZE crm_lead")
        keys = [f"+7912{number:07}" for number in range(300)]
        query = SQL("SELECT count(*) FROM crm_lead WHERE id = ANY(%s)", rows_with_keys("crm_lead", keys))
        self.assertEqual(self.env.execute_query(query), [(300,)])
        plan = "\n".join(row for (row,) in self.env.execute_query(SQL("EXPLAIN %s", query)))
        self.assertIn("crm_lead_client_keys", plan)
        self.assertNotIn("Seq Scan", plan)
