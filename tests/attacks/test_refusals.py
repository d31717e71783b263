"""Attacks: reviews that nobody should give himself, and losses that change under the controller's eyes."""

from odoo.exceptions import AccessError

from ..common import ADDON
from ..refusals import RefusalCase


class TestReviews(RefusalCase):
    def test_nobody_checks_their_own_refusals(self):
        own, other = self.lose_one(), self.lose_one()
        other.sudo().user_id = self.oleg
        self.salesperson.group_ids += self.env.ref(f"{ADDON}.group_funnel_quality_controller")
        own, other = self.as_salesperson(own), self.as_salesperson(other)
        for verdict in (
            lambda: own.action_verify(self.cause.id),
            lambda: (own | other).action_verify(self.cause.id),
            lambda: self.give_back(own),
            lambda: own.action_ask_verify(),
        ):
            with self.assertRaisesRegex(AccessError, "Nobody checks their own refusals"):
                verdict()
        other.action_verify(self.cause.id)
        self.assertEqual((own.state, other.state), ("to_check", "verified"))

    def test_a_team_that_is_no_funnel_any_more(self):
        waiting, verified, archived = (self.lose_one() for _number in range(3))
        verified.action_verify(self.cause.id)
        self.deals.refusal_check_percent = 0
        skipped = self.lose_one()
        self.leads.deal_team_id = False
        self.deals.funnel_kind = False
        self.assertEqual((waiting | archived | skipped).mapped("closing"), ["left"] * 3)
        self.assertEqual(verified.state, "verified")

    def test_a_review_tells_the_loss_as_it_was_corrected(self):
        review = self.lose_one()
        lead = self.as_salesperson(review.lead_id)
        lead.write({"lost_reason_id": self.other.id, "lost_comment": "They moved away"})
        self.assertEqual((review.lost_reason_id, review.lost_comment), (self.other, "They moved away"))
        lead.lost_comment = "They moved to Omsk"
        self.assertEqual(review.lost_comment, "They moved to Omsk")
        review.action_verify(self.cause.id)
        lead.write({"lost_reason_id": self.price.id, "lost_comment": "Too dear"})
        self.assertEqual((review.lost_reason_id, review.lost_comment), (self.other, "They moved to Omsk"))
        self.assertEqual(self.reviews_of(lead), review)


class TestCost(RefusalCase):
    def test_what_a_return_adds_does_not_grow(self):
        """Stock Odoo restores lead by lead; what quality control adds is the same for twenty refusals as for two."""
        plain = self.env["crm.team"].create({"name": "Plain"})

        def count(operation):
            self.env.flush_all()
            self.env.cr.precommit.run()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            operation()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        def measure(number):
            deals = self.make_leads(self.deals, number, user_id=self.salesperson.id)
            stock = self.make_leads(plain, number, user_id=self.salesperson.id, type="opportunity")
            stock.action_set_lost(lost_reason_id=self.price.id)
            reviews = self.lose(deals).with_context(tracking_disable=True)
            restored = stock.with_context(tracking_disable=True).with_user(self.controller)
            self.controller.group_ids += self.env.ref("sales_team.group_sale_salesman_all_leads")
            return count(lambda: self.give_back(reviews)) - count(restored.action_restore)

        measure(2)
        few, many = measure(2), measure(20)
        self.assertLessEqual(many - few, 2, f"{few} queries more than stock for 2 refusals, {many} for 20")

    def test_correcting_many_losses(self):
        counts = []
        for number in (2, 2, 20):
            deals = self.make_leads(self.deals, number, user_id=self.salesperson.id)
            reviews, leads = self.lose(deals), self.as_salesperson(deals).with_context(tracking_disable=True)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            leads.write({"lost_reason_id": self.other.id})
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual(reviews.lost_reason_id, self.other)
        self.assertLessEqual(counts[2] - counts[1], 2, counts)
