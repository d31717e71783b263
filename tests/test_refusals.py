"""Every refusal has a review: when it opens, when it closes, which are in the sample."""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tools import hmac, mute_logger
from psycopg2 import IntegrityError

from odoo.addons.sales_funnel_addon.tools.sampling import is_in_sample

from .refusals import RefusalCase


class TestOpening(RefusalCase):
    def test_a_refusal_opens_a_review_with_the_facts(self):
        deal = self.make_deal(contact_name="Ivan", stage_id=self.measurement.id)
        review = self.lose(deal)
        self.assertEqual((review.state, review.lead_id, review.client), ("to_check", deal, "Ivan"))
        self.assertEqual((review.user_id, review.team_id), (self.salesperson, self.deals))
        self.assertEqual((review.stage_id, review.lost_reason_id), (self.measurement, self.price))
        self.assertEqual((review.lost_comment, review.closing), ("Too dear", False))
        self.assertEqual(review.date.date(), self.env.cr.now().date())

    def test_every_path_opens_exactly_one(self):
        lost = {"active": False, "probability": 0, "lost_reason_id": self.price.id}
        deals = [self.make_deal(probability=20) for _path in range(4)]
        deals[0].write(lost)
        deals[1].action_archive()
        deals[1].write({"probability": 0, "lost_reason_id": self.price.id})
        wizard = self.env["crm.lead.lost"].with_user(self.salesperson)
        wizard.create(
            {"lead_ids": [Command.set((deals[2] + deals[3]).ids)], "lost_reason_id": self.price.id}
        ).action_lost_reason_apply()
        for deal in deals:
            self.assertEqual(self.reviews_of(deal).mapped("state"), ["to_check"])

    def test_a_refused_approval_that_loses_the_deal(self):
        lawyer = self.make_role("Lawyer", self.head)
        approval = self.make_approval(self.estimate, lawyer, lost_reason_id=self.price.id)
        deal = self.make_deal()
        self.task_of(deal, approval).action_request()
        self.task_of(deal, approval).with_user(self.head).write({"state": "refused", "comment": "Debts"})
        review = self.reviews_of(deal)
        self.assertEqual((review.user_id, review.lost_comment), (self.salesperson, "Debts"))

    def test_imports(self):
        """Losing existing deals by an import is a loss; old losses that come in lost are history."""
        deal = self.make_deal(name="Kitchen")
        importer = self.env["crm.lead"].with_user(self.salesperson).with_context(import_file=True)
        rows = [[str(deal.id), "Kitchen", "False", "0", self.price.name]]
        names = [".id", "name", "active", "probability", "lost_reason_id"]
        self.assertFalse(importer.load(names, rows)["messages"])
        self.assertEqual(self.reviews_of(deal).state, "to_check")
        rows = [["Old", self.deals.name, "opportunity", "False", "0", self.price.name]]
        found = importer.load(["name", "team_id", "type", *names[2:]], rows)
        self.assertFalse(found["messages"])
        self.assertFalse(self.reviews_of(self.env["crm.lead"].browse(found["ids"])))

    def test_junk_and_stock_teams_are_left_alone(self):
        self.assertFalse(self.lose(self.make_deal(), self.spam))
        team = self.env["crm.team"].create({"name": "Stock"})
        lead = self.env["crm.lead"].create({"name": "Stock", "team_id": team.id})
        lead.action_set_lost(lost_reason_id=self.env["crm.lost.reason"].create({"name": "Any"}).id)
        self.assertFalse(self.reviews_of(lead))

    def test_archiving_is_no_refusal(self):
        deal = self.make_deal(probability=20)
        deal.action_archive()
        self.assertFalse(self.reviews_of(deal))

    def test_who_hands_a_deal_over_with_its_loss_stays_responsible(self):
        deal = self.make_deal()
        deal.write({"user_id": self.oleg.id, "active": False, "probability": 0, "lost_reason_id": self.price.id})
        self.assertEqual(self.reviews_of(deal).user_id, self.salesperson)

    def test_a_client_cannot_forge_a_review(self):
        deal = self.make_deal().with_context(
            default_state="verified", default_cause_id=self.cause.id, default_user_id=self.oleg.id, default_note="Fine"
        )
        deal.action_set_lost(lost_reason_id=self.price.id)
        review = self.reviews_of(deal)
        self.assertEqual((review.state, review.user_id), ("to_check", self.salesperson))
        self.assertFalse(review.cause_id or review.note)


class TestClosing(RefusalCase):
    def test_whoever_reopens_the_deal_closes_its_review(self):
        for reopen in ("action_restore", "action_unarchive"):
            review = self.lose_one()
            getattr(self.as_salesperson(review.lead_id), reopen)()
            self.assertEqual((review.state, review.closing), ("closed", "reopened"))
            self.assertFalse(review.cause_id or review.controller_id)
            with self.assertRaisesRegex(UserError, "no verdict any more: Closed without check"):
                review.action_verify(self.cause.id)

    def test_losing_again_opens_a_new_one(self):
        review = self.lose_one()
        deal = self.as_salesperson(review.lead_id)
        deal.action_restore()
        again = self.lose(deal, self.other, "Still too dear") - review
        self.assertEqual((again.state, again.lost_reason_id), ("to_check", self.other))
        self.assertEqual((review.lost_reason_id, review.lost_comment), (self.price, "Too dear"))

    def test_junk_after_all_and_back(self):
        review = self.lose_one()
        deal = self.as_salesperson(review.lead_id)
        deal.lost_reason_id = self.other
        self.assertEqual((self.reviews_of(deal), review.state), (review, "to_check"))
        deal.lost_reason_id = self.spam
        self.assertEqual((review.state, review.closing), ("closed", "junk"))
        deal.lost_reason_id = self.price
        self.assertEqual((self.reviews_of(deal) - review).state, "to_check")

    def test_another_reason_after_the_verdict_opens_none(self):
        review = self.lose_one()
        review.action_verify(self.cause.id)
        self.as_salesperson(review.lead_id).lost_reason_id = self.other
        self.assertEqual(self.reviews_of(review.lead_id), review)

    def test_a_reason_that_becomes_junk(self):
        review = self.lose_one()
        self.price.with_user(self.manager).category = "junk"
        self.assertEqual((review.state, review.closing), ("closed", "junk"))

    def test_a_copy_has_none(self):
        review = self.lose_one()
        self.assertFalse(self.reviews_of(review.lead_id.copy()))

    def test_reviews_go_with_their_lead(self):
        review = self.lose_one()
        review.lead_id.with_user(self.env.ref("base.user_admin")).unlink()
        self.assertFalse(review.exists())

    def test_merging_into_an_open_deal_closes_the_review_and_keeps_it(self):
        review, deal = self.lose_one(), self.make_deal(probability=50)
        merged = (review.lead_id.with_user(self.head) | deal.with_user(self.head)).merge_opportunity()
        self.assertEqual((review.lead_id, merged.won_status), (merged, "pending"))
        self.assertEqual((review.state, review.closing), ("closed", "merged"))

    def test_merging_lost_deals_leaves_one_open_review(self):
        reviews = self.lose(self.make_deal() | self.make_deal() | self.make_deal())
        merged = reviews.lead_id.with_user(self.head).merge_opportunity()
        self.assertEqual(reviews.lead_id, merged)
        self.assertEqual(sorted(reviews.mapped("state")), ["closed", "closed", "to_check"])
        reviews.filtered(lambda review: review.state == "to_check").action_verify(self.cause.id)


class TestSample(RefusalCase):
    def test_the_share_holds_for_every_salesperson(self):
        """Ten thousand leads, worked in turn by four salespeople: each of them is checked alike."""
        for percent in (0, 5, 30, 50, 95, 100):
            counts = [0] * 4
            for lead_id in range(10_000):
                digest = hmac(self.env, "sales_funnel_addon.refusal", lead_id)
                counts[lead_id % 4] += is_in_sample(digest, percent)
            for count in counts:
                # four standard deviations of a fair draw: a share of 2500 that is off by more is a mistake
                self.assertAlmostEqual(count / 25, percent, delta=4 * (percent * (100 - percent) / 2500) ** 0.5)

    def test_refusals_outside_the_sample_are_closed_at_once(self):
        self.deals.refusal_check_percent = 40
        reviews = self.lose(self.as_salesperson(self.make_leads(self.deals, 60, user_id=self.salesperson.id)))
        self.assertEqual(len(reviews), 60)
        for review in reviews:
            chosen = is_in_sample(hmac(self.env, "sales_funnel_addon.refusal", review.lead_id.id), 40)
            expected = ("to_check", False) if chosen else ("closed", "skipped")
            self.assertEqual((review.state, review.closing), expected)

    def test_losing_again_is_no_second_draw(self):
        self.deals.refusal_check_percent = 40
        deals = self.as_salesperson(self.make_leads(self.deals, 30, user_id=self.salesperson.id))
        first = {review.lead_id: review.closing for review in self.lose(deals)}
        deals.action_unarchive()
        self.lose(deals)
        second = {review.lead_id: review.closing for review in self.reviews_of(deals).sorted("id")}
        self.assertEqual(first, second)
        self.assertEqual(set(first.values()), {False, "skipped"})

    def test_what_is_not_in_the_sample_may_be_checked_all_the_same(self):
        self.deals.refusal_check_percent = 0
        review, other = self.lose_one(), self.lose_one()
        review.action_verify(self.cause.id)
        self.assertEqual((review.state, review.closing), ("verified", False))
        self.as_salesperson(other.lead_id).action_restore()
        self.assertEqual(other.closing, "reopened")

    def test_what_was_returned_is_always_checked_again(self):
        review = self.lose_one()
        self.give_back(review)
        self.deals.refusal_check_percent = 0
        self.assertEqual((self.lose(review.lead_id) - review).state, "to_check")

    def test_a_share_is_between_nothing_and_all(self):
        for percent in (-1, 101):
            with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
                self.deals.refusal_check_percent = percent
        with self.assertRaises(AccessError):
            self.deals.with_user(self.controller).refusal_check_percent = 0
