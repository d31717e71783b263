"""Which deals were blocked by a check: a refused approval that loses the deal."""

from odoo.tests import new_test_user

from .common import FunnelCase


class TestCheckReport(FunnelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.finance = new_test_user(cls.env, "finance", "sales_funnel_addon.group_funnel_user", name="Finance")
        cls.role = cls.make_role("Finance", cls.finance)
        cls.blocked = cls.make_reason("Blocked by finance", cls.deals)
        cls.template = cls.make_approval(
            cls.measurement,
            cls.role,
            "No debts",
            lost_reason_id=cls.blocked.id,
            request_on_entry=True,
            repeats=True,
        )

    def check(self, deal, approve):
        """Let finance decide about a deal."""
        task = self.task_of(deal, self.template).with_user(self.finance)
        if task.state != "requested":
            task.with_user(self.salesperson).action_request()
        if approve:
            task.action_approve()
        else:
            task.write({"state": "refused", "comment": "Has debts"})
        self.env.flush_all()
        self.env.invalidate_all()

    def rows(self, **domain):
        self.env.flush_all()
        self.env.invalidate_all()
        found = self.env["funnel.check.report"].search([("team_id", "=", self.deals.id)], order="id")
        return [(row.lead_id.id, row.blocked_count, row.amount, row.blocked_amount) for row in found]

    def enter(self, **values):
        deal = self.make_deal(**values)
        deal.write({"stage_id": self.measurement.id})
        return deal

    def test_what_share_of_those_that_came_in_was_blocked(self):
        passed, refused = self.enter(expected_revenue=300), self.enter(expected_revenue=50, contract_amount=100)
        waiting = self.enter(expected_revenue=7, preliminary_amount=20)
        self.make_deal()
        self.check(passed, True)
        self.check(refused, False)
        self.assertEqual(self.rows(), [(passed.id, 0, 300, 0), (refused.id, 1, 100, 100), (waiting.id, 0, 20, 0)])
        domain, measures = [("team_id", "=", self.deals.id)], ["blocked_count:sum", "blocked_share:avg", "amount:sum"]
        [(stage, blocked, share, amount)] = self.env["funnel.check.report"]._read_group(domain, ["stage_id"], measures)
        self.assertEqual((stage, blocked, round(share, 3), amount), (self.measurement, 1, 0.333, 420))

    def test_a_deal_that_is_lost_for_something_else_is_not_blocked(self):
        deal = self.enter()
        deal.action_set_lost(lost_reason_id=self.price.id)
        self.assertEqual(self.rows(), [(deal.id, 0, 0, 0)])

    def test_a_deal_that_is_reopened_and_checked_again(self):
        deal = self.enter(expected_revenue=10)
        self.check(deal, False)
        self.assertEqual(self.rows(), [(deal.id, 1, 10, 10)])
        deal.with_user(self.manager).action_unarchive()
        self.assertEqual(self.rows(), [(deal.id, 0, 10, 0)])
        self.check(deal, False)
        self.assertEqual(self.rows(), [(deal.id, 1, 10, 10)])
        deal.with_user(self.manager).action_unarchive()
        self.check(deal, True)
        self.assertEqual(self.rows(), [(deal.id, 0, 10, 0)])
        deal.write({"stage_id": self.contract.id})
        self.assertEqual(self.rows(), [(deal.id, 0, 10, 0)])

    def test_every_entry_is_one(self):
        deal = self.enter()
        deal.write({"stage_id": self.estimate.id})
        deal.write({"stage_id": self.measurement.id})
        self.check(deal, False)
        self.assertEqual([row[1] for row in self.rows()], [0, 1])

    def test_a_deal_that_was_blocked_and_begins_anew_was_blocked(self):
        deal = self.enter()
        self.check(deal, False)
        deal.with_user(self.manager).write(
            {"active": True, "probability": 10, "lost_reason_id": False, "stage_id": self.estimate.id}
        )
        self.assertEqual([row[1] for row in self.rows()], [1])
        deal.action_set_lost(lost_reason_id=self.price.id)
        self.assertEqual([row[1] for row in self.rows()], [1])

    def test_a_reason_that_was_corrected(self):
        deal = self.enter()
        self.check(deal, False)
        deal.with_user(self.manager).lost_reason_id = self.price
        self.assertEqual([row[1] for row in self.rows()], [0])

    def test_two_such_approvals_make_one_row(self):
        self.make_approval(self.measurement, self.role, "No restrictions", lost_reason_id=self.blocked.id)
        deal = self.enter()
        self.check(deal, False)
        self.assertEqual([row[1] for row in self.rows()], [1])

    def test_who_sees_the_deal_sees_its_check(self):
        mine, other = self.enter(), self.make_leads(self.deals, user_id=self.head.id, stage_id=self.measurement.id)
        self.env.flush_all()
        Report = self.env["funnel.check.report"]
        domain = [("lead_id", "in", (mine + other).ids)]
        self.assertEqual(Report.with_user(self.salesperson).search(domain).lead_id, mine)
        self.assertEqual(Report.with_user(self.head).search_count(domain), 2)
