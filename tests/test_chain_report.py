"""The business process: the cards of a chain from the first contact to service, one row each."""

import contextlib
from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from .test_handover import HandoverCase

MONDAY = datetime(2026, 3, 2, 9, 0)


class TestChainReport(HandoverCase):
    def rows(self, *names, user=None):
        self.env.flush_all()
        self.env.invalidate_all()
        Report = self.env["funnel.chain.report"].with_user(user or self.env.user)
        found = Report.search([("chain_id", "=", self.deal.id)], order="position, id")
        return [tuple(row[name] for name in names) for row in found]

    def setUp(self):
        super().setUp()
        with self.at(MONDAY):
            self.deal = self.make_deal(expected_revenue=70)
        with self.at(MONDAY + timedelta(days=3)):
            self.card = self.win(self.deal)
        with self.at(MONDAY + timedelta(days=8)):
            self.card.action_set_won()
            self.claim = self.card.funnel_card_ids

    @contextlib.contextmanager
    def at(self, moment):
        """Make it that moment (in UTC), for Python and for the database."""
        with freeze_time(moment), patch.object(self.env.cr, "_now", moment):
            yield

    def test_a_row_for_each_card(self):
        self.assertEqual(
            self.rows("lead_id", "position", "funnel_kind", "amount", "won_status"),
            [
                (self.deal.sudo(), 1, "deal", 70, "won"),
                (self.card, 2, "followup", 0, "won"),
                (self.claim, 3, "followup", 0, "pending"),
            ],
        )
        days = [round(duration) for (duration,) in self.rows("duration")]
        self.assertEqual(days[:2], [3, 5])
        self.assertEqual([round(row[0]) for row in self.rows("days_to_sale")], [3, 0, 0])
        self.assertEqual(set(self.rows("first_contact_date", "sale_date")), {(MONDAY, MONDAY + timedelta(days=3))})

    def test_nothing_counts_twice(self):
        domain = [("chain_id", "=", self.deal.id)]
        self.env.flush_all()
        [(amount, count)] = self.env["funnel.chain.report"]._read_group(domain, [], ["amount:sum", "__count"])
        self.assertEqual((amount, count), (70, 3))

    def test_a_deal_that_was_never_handed_over(self):
        alone = self.make_deal(expected_revenue=5)
        self.env.flush_all()
        row = self.env["funnel.chain.report"].search([("lead_id", "=", alone.id)])
        self.assertEqual((row.chain_id.id, row.position, row.amount, row.is_handed_over), (alone.id, 1, 0, False))

    def test_who_sees_the_card_sees_its_row(self):
        self.assertEqual([row[0].id for row in self.rows("lead_id", user=self.foreman)], (self.card + self.claim).ids)
        self.assertEqual(len(self.rows("lead_id", user=self.head)), 3)

    def test_teams_that_are_no_funnels(self):
        stock = self.env["crm.lead"].create({"name": "Chair", "team_id": False, "type": "opportunity"})
        self.env.flush_all()
        self.assertFalse(self.env["funnel.chain.report"].search([("lead_id", "=", stock.id)]))
