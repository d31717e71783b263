"""Verdicts of quality control: verifying, returning, rights, what the report counts."""

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command, Date
from odoo.tests import Form, new_test_user

from .common import ADDON
from .refusals import RefusalCase


class TestVerify(RefusalCase):
    def test_a_verdict_names_its_cause(self):
        review = self.lose_one()
        for cause_id in (False, None, 10**6, "1", True):
            with self.assertRaisesRegex(ValidationError, "Name the cause"):
                review.action_verify(cause_id)
        self.cause.active = False
        with self.assertRaisesRegex(ValidationError, "Name the cause"):
            review.action_verify(self.cause.id)

    def test_verified(self):
        review = self.lose_one()
        review.action_verify(self.cause.id, "Ask for the budget first")
        self.assertEqual(
            (review.state, review.cause_id, review.note), ("verified", self.cause, "Ask for the budget first")
        )
        self.assertEqual((review.controller_id, review.lead_id.won_status), (self.controller, "lost"))
        self.assertTrue(review.verdict_date)
        self.assertIn("Ask for the budget first", review.lead_id.message_ids[0].body)
        with self.assertRaisesRegex(UserError, "no verdict any more: Verified"):
            self.give_back(review)

    def test_many_at_once(self):
        reviews = self.lose(self.make_deal() | self.make_deal())
        reviews.action_verify(self.cause.id)
        self.assertEqual(reviews.mapped("state"), ["verified", "verified"])

    def test_a_cause_in_use_is_archived_instead_of_deleted(self):
        self.lose_one().action_verify(self.cause.id)
        with self.assertRaisesRegex(UserError, "Archive it"):
            self.cause.with_user(self.manager).unlink()


class TestReturn(RefusalCase):
    def test_a_returned_deal_goes_on_where_it_was_lost(self):
        review = self.lose_one(self.measurement, expected_revenue=500)
        self.give_back(review)
        deal = self.as_salesperson(review.lead_id)
        self.assertEqual((deal.active, deal.won_status, deal.stage_id), (True, "pending", self.measurement))
        self.assertEqual((deal.user_id, deal.team_id), (self.salesperson, self.deals))
        self.assertGreater(deal.probability, 0)
        self.assertFalse(deal.lost_reason_id or deal.lost_comment)
        self.assertEqual((review.state, review.return_stage_id), ("returned", self.measurement))
        self.assertEqual(deal.funnel_return_summary, "Objection not handled — Call him again")
        self.assertEqual(deal.funnel_refusal_ids.note, "Call him again")

    def test_the_history_tells_it(self):
        review = self.lose_one()
        self.give_back(review)
        moves = review.lead_id.funnel_move_ids.sorted("id")
        self.assertEqual(moves.mapped("kind"), ["created", "lost", "reopened"])
        self.assertEqual(moves.mapped("reason"), [False, "Price — Too dear", "Call him again"])
        self.assertEqual(moves[-1].user_id, self.controller)
        self.assertEqual((review.lost_reason_id, review.lost_comment), (self.price, "Too dear"))
        self.assertIn("Call him again", review.lead_id.message_ids.filtered("is_internal")[0].body)

    def test_the_salesperson_has_to_act_today_and_is_told(self):
        review = self.lose_one()
        self.give_back(review)
        activity = review.lead_id.activity_ids
        self.assertEqual((activity.user_id, activity.date_deadline), (self.salesperson, Date.today()))
        self.assertIn("Call him again", activity.note)
        message = self.message_to(self.salesperson)
        self.assertEqual(message.subject, "Returned by quality control: Lead 0")
        self.assertIn("Objection not handled", message.body)
        self.assertIn("Call him again", message.body)

    def test_in_the_language_of_the_salesperson(self):
        self.env["res.lang"]._activate_lang("ru_RU")
        self.salesperson.lang = "ru_RU"
        self.cause.with_context(lang="ru_RU").name = "Возражение не отработано"
        self.estimate.with_context(lang="ru_RU").name = "Смета"
        self.give_back(self.lose_one())
        body = self.message_to(self.salesperson).body
        self.assertIn("Возражение не отработано", body)
        self.assertIn("Смета", body)

    def test_many_at_once_are_one_message(self):
        reviews = self.lose(self.make_deal(stage_id=self.measurement.id) | self.make_deal())
        self.give_back(reviews)
        self.assertEqual(set(reviews.lead_id.mapped("stage_id")), {self.measurement, self.estimate})
        self.assertEqual(len(reviews.lead_id.activity_ids), 2)
        self.assertEqual(self.message_to(self.salesperson).body.count("Call him again"), 2)

    def test_to_somebody_else(self):
        review = self.lose_one()
        self.give_back(review, user=self.oleg)
        self.assertEqual((review.lead_id.user_id, review.return_user_id), (self.oleg, self.oleg))
        self.assertEqual(review.user_id, self.salesperson, "who has lost it stays")
        self.assertEqual(review.lead_id.activity_ids.user_id, self.oleg)

    def test_only_to_people_who_sell(self):
        left = self.lose_one()
        portal = new_test_user(self.env, "portal", "base.group_portal")
        clerk = new_test_user(self.env, "clerk", "base.group_user")
        for user in (portal, clerk):
            with self.assertRaisesRegex(UserError, "choose who goes on"):
                self.give_back(left, user=user)
        self.salesperson.active = False
        with self.assertRaisesRegex(UserError, "choose who goes on"):
            self.give_back(left)
        self.give_back(left, user=self.oleg)
        self.assertEqual(left.lead_id.user_id, self.oleg)

    def test_a_note_is_needed(self):
        for note in (None, "", "  "):
            with self.assertRaisesRegex(ValidationError, "what is to be done"):
                self.give_back(self.lose_one(), note=note)

    def test_after_closing_the_banner_is_gone(self):
        review = self.lose_one()
        self.give_back(review)
        self.lose(review.lead_id)
        self.assertFalse(review.lead_id.funnel_return_summary)

    def message_to(self, user):
        message = self.env["mail.message"].search([("partner_ids", "in", user.partner_id.ids)])
        return message.filtered(
            lambda m: m.message_type == "user_notification" and m.author_id == self.controller.partner_id
        )


class TestGate(RefusalCase):
    def test_the_stage_of_the_loss_is_always_open(self):
        review = self.lose_one(self.measurement)
        self.demand(self.measurement, "city")
        self.demand_condition(self.measurement, "[('phone', '!=', False)]", "No phone")
        self.make_way(self.measurement, self.contract)
        self.give_back(review)
        self.assertEqual(review.lead_id.stage_id, self.measurement)

    def test_also_when_the_lost_deal_was_moved_since(self):
        review = self.lose_one(self.contract)
        review.lead_id.with_user(self.head).stage_id = self.estimate
        self.demand(self.contract, "city")
        self.make_task(self.estimate, "Calculate")
        self.give_back(review)
        self.assertEqual(review.lead_id.stage_id, self.contract)
        self.assertEqual(review.lead_id.funnel_move_ids.sorted("id")[-1].kind, "reopened")

    def test_another_stage_asks_for_what_it_asks_everybody(self):
        self.demand(self.measurement, "city")
        review = self.lose_one()
        with self.assertRaisesRegex(ValidationError, "Fill in: City"):
            self.give_back(review, self.measurement)
        self.assertEqual((review.state, review.lead_id.won_status), ("to_check", "lost"))
        review.lead_id.city = "Perm"
        self.give_back(review, self.measurement)
        self.assertEqual(review.lead_id.stage_id, self.measurement)

    def test_ways_and_points_of_no_return_hold(self):
        self.measurement.is_irreversible = True
        review = self.lose_one(self.measurement)
        with self.assertRaisesRegex(ValidationError, "point of no return"):
            self.give_back(review, self.estimate)
        self.make_way(self.measurement, self.done)
        with self.assertRaisesRegex(ValidationError, "there is no way"):
            self.give_back(review, self.contract)

    def test_places_that_do_not_exist(self):
        review = self.lose_one()
        with self.assertRaisesRegex(ValidationError, "does not belong to the funnel"):
            self.give_back(review, self.talk)
        with self.assertRaisesRegex(UserError, "wins deals"):
            self.give_back(review, self.done)
        with self.assertRaisesRegex(UserError, "There is no stage"):
            review.action_return(self.cause.id, "Go on", 10**6)

    def test_tasks_are_to_do_again(self):
        call = self.make_task(self.estimate)
        review = self.lose_one()
        self.assertEqual(self.task_of(review.lead_id, call).state, "cancelled")
        self.give_back(review)
        self.assertEqual(self.task_of(review.lead_id, call).state, "open")

    def test_the_dialog_offers_what_is_open(self):
        self.measurement.is_irreversible = True
        review = self.lose_one(self.measurement)
        Wizard = self.env["funnel.refusal.verdict"].with_user(self.controller)
        dialog = Form(Wizard.with_context(**review.action_ask_return()["context"]))
        self.assertEqual(dialog.available_stage_ids.ids, (self.measurement + self.contract).ids)
        self.assertEqual((dialog.stage_id, dialog.user_id), (self.measurement, self.salesperson))
        dialog.cause_id, dialog.note, dialog.stage_id = self.cause, "Go on", self.contract
        dialog.save().action_apply()
        self.assertEqual((review.state, review.lead_id.stage_id), ("returned", self.contract))


class TestRights(RefusalCase):
    def test_who_gives_verdicts(self):
        for user in (self.salesperson, self.head):
            review = self.lose_one().with_user(user)
            for verdict in (
                lambda r=review: r.action_verify(self.cause.id),
                lambda r=review: self.give_back(r),
                lambda r=review: r.action_ask_verify(),
                lambda r=review: r.env["funnel.refusal.verdict"].create(
                    {"review_ids": [Command.set(r.ids)], "cause_id": self.cause.id}
                ),
            ):
                with self.assertRaises(AccessError):
                    verdict()
        self.lose_one().with_user(self.manager).action_verify(self.cause.id)

    def test_nobody_forges(self):
        for user in (self.salesperson, self.head, self.controller, self.manager, self.env.ref("base.user_admin")):
            review = self.lose_one().with_user(user)
            for vals in (
                {"state": "verified"},
                {"user_id": self.oleg.id},
                {"note": "x"},
                {"lost_reason_id": self.spam.id},
            ):
                with self.assertRaisesRegex(AccessError, "changes by a verdict"):
                    review.write(vals)
            with self.assertRaises(AccessError):
                review.unlink()
            with self.assertRaises(AccessError):
                review.create({"lead_id": review.lead_id.id, "date": Date.today()})
            with self.assertRaises(AccessError):
                review.lead_id.write({"funnel_refusal_ids": [Command.update(review.id, {"state": "verified"})]})

    def test_reviews_follow_their_leads(self):
        own, foreign = self.lose_one(), self.lose_one()
        foreign.sudo().lead_id.user_id = self.oleg
        self.env.flush_all()
        Review = self.env["funnel.refusal"]
        both = [("id", "in", (own + foreign).ids)]
        self.assertEqual(Review.with_user(self.salesperson).search(both), own)
        self.assertEqual(Review.with_user(self.head).search(both), own + foreign)
        with self.assertRaises(AccessError):
            foreign.with_user(self.salesperson).read(["note"])
        report = self.env["funnel.refusal.report"].with_user(self.salesperson)
        self.assertEqual(report.search(both).ids, own.ids)

    def test_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "stranger",
            f"{ADDON}.group_funnel_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self.deals.company_id = self.env.company
        review = self.lose_one(company_id=self.env.company.id).with_user(stranger)
        self.assertFalse(review.search([("id", "=", review.id)]))
        with self.assertRaises(AccessError):
            review.action_verify(self.cause.id)
        with self.assertRaises(AccessError):
            self.give_back(review)

    def test_portal_has_nothing(self):
        portal = new_test_user(self.env, "portal", "base.group_portal")
        for model in ("funnel.refusal", "funnel.refusal.cause", "funnel.refusal.report", "funnel.refusal.verdict"):
            with self.assertRaises(AccessError):
                self.env[model].with_user(portal).search([])


class TestReport(RefusalCase):
    def test_figures_are_those_of_the_tables(self):
        late = self.env["funnel.refusal.cause"].create({"name": "Late"})
        verified, returned, again, junk, unchecked = (self.lose_one() for _number in range(5))
        verified.action_verify(late.id)
        self.give_back(returned)
        self.give_back(again)
        self.lose(again.lead_id)  # the second refusal of the deal is to check
        self.as_salesperson(junk.lead_id).lost_reason_id = self.spam
        self.deals.refusal_check_percent = 0
        self.lose_one()
        leads = (verified + returned + again + junk + unchecked).lead_id
        self.env.flush_all()
        self.env.cr.execute(
            """SELECT reason.id, count(*), count(*) FILTER (WHERE review.state IN ('verified', 'returned')),
                      count(*) FILTER (WHERE review.state = 'returned')
               FROM funnel_refusal review JOIN crm_lost_reason reason ON reason.id = review.lost_reason_id
               WHERE review.team_id = %s AND coalesce(review.closing, '') != 'junk' GROUP BY reason.id""",
            [self.deals.id],
        )
        [(reason_id, count, checked, back)] = self.env.cr.fetchall()
        self.assertEqual((reason_id, count, checked, back), (self.price.id, 6, 3, 2))
        Report = self.env["funnel.refusal.report"].with_user(self.head)
        measures = ["refusal_count:sum", "checked_count:sum", "returned_count:sum", "returned_share:avg"]
        domain = [("team_id", "=", self.deals.id)]
        [found] = Report._read_group(domain, ["user_id", "lost_reason_id"], measures)
        self.assertEqual(found[:-1], (self.salesperson, self.price, count, checked, back))
        self.assertAlmostEqual(found[-1], 2 / 3)
        by_cause = dict(Report._read_group([*domain, ("cause_id", "!=", False)], ["cause_id"], ["returned_share:avg"]))
        self.assertEqual(by_cause, {late: 0, self.cause: 1})
        self.assertEqual(len(leads.funnel_move_ids.filtered(lambda move: move.kind == "lost")), 6)
