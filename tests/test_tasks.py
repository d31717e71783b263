"""What people must do at a stage: tasks appear, are done, hold a lead back, and go with it."""

from freezegun import freeze_time
from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user

from .common import ADDON, FunnelCase, far_away


class TestChecklist(FunnelCase):
    """Tasks come with the stage and go with it."""

    def test_a_lead_gets_the_tasks_of_its_stage(self):
        call, offer = self.make_task(self.estimate, "Call"), self.make_task(self.measurement, "Offer")
        deal = self.make_deal()
        self.assertEqual(deal.funnel_task_ids.template_id, call)
        self.assertEqual((deal.funnel_task_count, deal.funnel_task_done_count), (1, 0))
        self.task_of(deal, call).action_do()
        self.assertEqual((deal.funnel_task_count, deal.funnel_task_done_count), (1, 1))
        deal.stage_id = self.measurement
        self.assertEqual(self.task_of(deal, offer).state, "open")
        self.assertEqual((deal.funnel_task_count, deal.funnel_task_done_count), (1, 0))

    def test_a_task_that_looks_at_the_tasks_is_there_before_it_is_judged(self):
        call = self.make_task(self.estimate, "Call")
        only = self.make_task(
            self.estimate, "All done", done_condition="[('funnel_task_ids.state', 'not in', ['open'])]"
        )
        deal = self.make_deal()
        self.assertEqual((self.task_of(deal, call).state, self.task_of(deal, only).state), ("open", "open"))

    def test_a_mandatory_task_holds_the_lead_back(self):
        call = self.make_task(self.estimate, "Call the client")
        deal = self.make_deal()
        with self.assertRaisesRegex(ValidationError, "To do first: Call the client"):
            deal.stage_id = self.measurement
        self.task_of(deal, call).action_do()
        deal.stage_id = self.measurement
        self.assertEqual(deal.stage_id, self.measurement)

    def test_tasks_stand_in_the_order_of_the_configuration(self):
        last, first = self.make_task(self.estimate, "Last", sequence=20), self.make_task(self.estimate, sequence=5)
        deal = self.make_deal()
        between = self.make_task(self.estimate, "Between", sequence=10)
        self.assertEqual(deal.funnel_task_ids.sorted().template_id.ids, [first.id, between.id, last.id])

    def test_who_and_when_are_kept(self):
        self.make_task(self.estimate)
        deal = self.make_deal()
        with freeze_time("2026-03-02 09:00:00"):
            deal.funnel_task_ids.action_do()
        self.assertEqual(deal.funnel_task_ids.user_id, self.salesperson)
        self.assertTrue(deal.funnel_task_ids.done_date)
        deal.funnel_task_ids.action_undo()
        self.assertFalse(deal.funnel_task_ids.user_id or deal.funnel_task_ids.done_date)

    def test_an_optional_task_is_cancelled_when_the_lead_leaves(self):
        self.make_task(self.estimate, mandatory=False)
        deal = self.make_deal()
        deal.stage_id = self.measurement
        self.assertEqual(deal.funnel_task_ids.state, "cancelled")

    def test_going_back_needs_nothing_and_duplicates_nothing(self):
        call, offer = self.make_task(self.estimate), self.make_task(self.measurement, "Offer")
        deal = self.make_deal()
        self.task_of(deal, call).action_do()
        deal.stage_id = self.measurement
        deal.stage_id = self.estimate
        self.assertEqual(self.task_of(deal, offer).state, "cancelled")
        self.assertEqual(self.task_of(deal, call).state, "done")
        deal.stage_id = self.measurement
        self.assertEqual(self.task_of(deal, offer).state, "open")
        self.assertEqual(len(deal.funnel_task_ids), 2)

    def test_a_task_for_every_visit_is_to_do_again(self):
        call = self.make_task(self.measurement, repeats=True)
        deal = self.make_deal()
        deal.stage_id = self.measurement
        self.task_of(deal, call).action_do()
        deal.stage_id = self.estimate
        self.assertEqual(self.task_of(deal, call).state, "done")
        deal.stage_id = self.measurement
        self.assertEqual(self.task_of(deal, call).state, "open")

    def test_the_tasks_of_skipped_stages_count(self):
        offer = self.make_task(self.measurement, "Send the offer")
        deal = self.make_deal()
        with self.assertRaisesRegex(ValidationError, "Send the offer"):
            deal.stage_id = self.contract
        deal.write(
            {
                "stage_id": self.contract.id,
                "funnel_task_ids": [Command.create({"template_id": offer.id, "state": "done"})],
            }
        )
        self.assertEqual(self.task_of(deal, offer).state, "done")

    def test_a_closed_deal_has_nothing_to_do(self):
        call = self.make_task(self.estimate)
        deal = self.make_deal()
        deal.action_set_lost(lost_reason_id=self.price.id)
        self.assertEqual(self.task_of(deal, call).state, "cancelled")
        with self.assertRaisesRegex(UserError, "is closed"):
            self.task_of(deal, call).action_do()
        deal.action_unarchive()
        self.assertEqual(self.task_of(deal, call).state, "open")

    def test_deferring_takes_the_tasks_off_the_list(self):
        self.make_task(self.estimate)
        later = self.make_months()
        deal = self.make_deal()
        deal.write({"team_id": later.id, **far_away()})
        self.assertEqual(deal.funnel_task_ids.state, "cancelled")
        deal.team_id = self.deals
        self.assertEqual(deal.funnel_task_ids.state, "open")

    def test_conversion_needs_the_tasks_of_the_lead_funnel(self):
        ask = self.make_task(self.qualified, "Ask for the budget")
        lead = self.as_salesperson(self.make_leads(self.leads, user_id=self.salesperson.id))
        with self.assertRaisesRegex(ValidationError, "Ask for the budget"):
            lead.convert_opportunity(self.env["res.partner"])
        lead.funnel_task_ids = [Command.create({"template_id": ask.id, "state": "done"})]
        lead.convert_opportunity(self.env["res.partner"])
        self.assertEqual(lead.team_id, self.deals)
        self.assertEqual(self.task_of(lead, ask).state, "done")

    def test_a_task_for_some_leads_only(self):
        self.make_task(self.estimate, "Big deal", applies_to="[('expected_revenue', '>', 1000)]")
        small, big = self.make_deal(expected_revenue=10), self.make_deal(expected_revenue=5000)
        self.assertFalse(small.funnel_task_ids)
        self.assertEqual(big.funnel_task_ids.state, "open")
        small.expected_revenue = 2000
        self.assertEqual(small.funnel_task_ids.state, "open")
        big.expected_revenue = 10
        self.assertEqual(big.funnel_task_ids.state, "cancelled")
        big.stage_id = self.measurement

    def test_a_new_task_reaches_the_leads_that_are_there(self):
        deal = self.make_deal()
        call = self.make_task(self.estimate)
        self.assertEqual(self.task_of(deal, call).state, "open")
        call.active = False
        self.assertEqual(self.task_of(deal, call).state, "cancelled")
        deal.stage_id = self.measurement

    def test_a_deleted_task_keeps_its_history(self):
        call, offer = self.make_task(self.estimate, "Call"), self.make_task(self.estimate, "Offer")
        deal = self.make_deal()
        done, waiting = self.task_of(deal, call), self.task_of(deal, offer)
        done.action_do()
        (call | offer).unlink()
        self.assertEqual((done.name, done.state), ("Call", "done"))
        self.assertEqual((waiting.name, waiting.state), ("Offer", "cancelled"))

    def test_merging_keeps_what_was_done(self):
        call = self.make_task(self.estimate)
        other = self.make_task(self.contract, "Send", mandatory=False)
        kept, gone = self.make_deal(), self.make_deal()
        self.task_of(gone, call).action_do()
        gone.stage_id = self.contract
        self.task_of(gone, other).action_do()
        merged = (kept | gone).sudo().merge_opportunity()
        self.assertEqual(self.task_of(merged, call).mapped("state"), ["done"])

    def test_an_override_leaves_the_tasks_behind(self):
        call = self.make_task(self.estimate)
        deal = self.make_deal()
        deal.with_user(self.head).funnel_override_move(self.contract.id, "The client signs today")
        self.assertEqual(self.task_of(deal, call).state, "cancelled")


class TestDeadlines(FunnelCase):
    """When a task is due."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deals.resource_calendar_id = cls.env["resource.calendar"].create(
            {"name": "Perm", "tz": "Asia/Yekaterinburg"}
        )

    def test_after_the_task_appears(self):
        self.make_task(self.estimate, deadline_anchor="entry", deadline_amount=2, deadline_unit="hours")
        deal = self.make_deal()
        task = deal.funnel_task_ids
        self.assertEqual((task.deadline - task.opened_date).total_seconds(), 2 * 3600)

    def test_around_a_date_of_the_lead(self):
        date_field = self.env["ir.model.fields"]._get("crm.lead", "date_deadline")
        self.make_task(
            self.estimate,
            deadline_anchor="field",
            deadline_field_id=date_field.id,
            deadline_amount=-1,
            deadline_has_clock=True,
            deadline_clock=16.0,
        )
        deal = self.make_deal()
        self.assertFalse(deal.funnel_task_ids.deadline)
        deal.date_deadline = "2026-03-10"
        self.assertEqual(deal.funnel_task_ids.deadline, fields.Datetime.to_datetime("2026-03-09 11:00:00"))
        deal.date_deadline = "2026-04-10"
        self.assertEqual(deal.funnel_task_ids.deadline, fields.Datetime.to_datetime("2026-04-09 11:00:00"))

    def make_confirmation(self, **values):
        """Add a task to the estimate that is planned three days before the expected closing."""
        return self.make_task(
            self.estimate,
            "Confirm",
            activity_type_id=self.env.ref("mail.mail_activity_data_call").id,
            deadline_anchor="field",
            deadline_field_id=self.env["ir.model.fields"]._get("crm.lead", "date_deadline").id,
            deadline_amount=-3,
            **values,
        )

    def test_an_activity_follows_the_date(self):
        """It is put off with the date, to the day that it is where people work, and there is never a second one."""
        self.make_confirmation(deadline_has_clock=True, deadline_clock=2.0)  # 21:00 UTC of the day before
        deal = self.make_deal(date_deadline="2026-03-10")
        self.assertEqual(str(deal.activity_ids.date_deadline), "2026-03-07")
        deal.date_deadline = "2026-04-10"
        self.assertEqual(deal.activity_ids.mapped(lambda one: str(one.date_deadline)), ["2026-04-07"])
        deal.activity_ids.action_feedback()
        deal.date_deadline = "2026-05-10"
        self.assertFalse(deal.activity_ids, "what was done is done")

    def test_what_was_done_for_another_date_is_done_again(self):
        template = self.make_confirmation(repeats_with_date=True)
        deal = self.make_deal(date_deadline="2026-03-10")
        deal.activity_ids.action_feedback()
        deal.write({"date_deadline": "2026-03-10", "city": "Perm"})
        self.assertEqual(deal.funnel_task_ids.state, "done", "the date is the same")
        template.deadline_amount = -4
        self.assertEqual(deal.funnel_task_ids.state, "done", "another rule is no other date")
        deal.date_deadline = "2026-04-10"
        self.assertEqual(deal.funnel_task_ids.state, "open")
        self.assertEqual(deal.activity_ids.mapped(lambda one: str(one.date_deadline)), ["2026-04-06"])

    def test_an_approval_for_another_date_is_asked_for_again(self):
        self.make_confirmation(
            kind="approval",
            role_id=self.make_role("Stamp", self.head).id,
            request_on_entry=True,
            repeats_with_date=True,
        )
        deal = self.make_deal(date_deadline="2026-03-10")
        deal.funnel_task_ids.with_user(self.head).action_approve()
        deal.date_deadline = "2026-04-10"
        self.assertEqual(deal.funnel_task_ids.state, "requested")
        self.assertEqual(deal.activity_ids.user_id, self.head)

    def test_in_working_time(self):
        self.make_task(
            self.estimate,
            deadline_anchor="entry",
            deadline_amount=10,
            deadline_unit="minutes",
            deadline_working=True,
        )
        task = self.make_deal().funnel_task_ids.sudo()
        calendar = self.deals.resource_calendar_id
        calendar.attendance_ids.filtered(lambda line: line.dayofweek != "0").unlink()
        task.opened_date = "2026-03-06 12:00:00"  # a Friday
        task._update_deadlines()
        self.assertEqual(task.deadline, fields.Datetime.to_datetime("2026-03-09 03:10:00"))  # Monday, 8:10 in Perm
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "calendar_id": calendar.id,
                "date_from": "2026-03-08 19:00:00",
                "date_to": "2026-03-09 19:00:00",
            }
        )
        task._update_deadlines()
        self.assertEqual(task.deadline, fields.Datetime.to_datetime("2026-03-16 03:10:00"))
        calendar.tz = "Europe/Moscow"
        task._update_deadlines()
        self.assertEqual(task.deadline, fields.Datetime.to_datetime("2026-03-16 05:10:00"))
        task.template_id.deadline_working = False
        self.assertEqual(task.deadline, fields.Datetime.to_datetime("2026-03-06 12:10:00"))

    def test_overdue(self):
        self.make_task(self.estimate, deadline_anchor="entry", deadline_amount=1, deadline_unit="hours")
        deal = self.make_deal()
        task = deal.funnel_task_ids
        task.sudo().deadline = "2020-01-01 00:00:00"
        self.assertTrue(task.is_overdue)
        self.assertIn(task, task.search([("is_overdue", "=", True)]))
        task.action_do()
        self.assertFalse(task.is_overdue)


class TestApprovals(FunnelCase):
    """Approvals are asked for, given, refused, and asked for again."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lawyer = new_test_user(cls.env, "lawyer", "base.group_user", name="Lena")
        cls.legal = cls.make_role("Lawyer", cls.lawyer)
        cls.approval = cls.make_approval(cls.estimate, cls.legal, "Counterparty checked")
        cls.deal = cls.make_deal()
        cls.task = cls.task_of(cls.deal, cls.approval)

    def test_the_way_to_an_approval(self):
        with self.assertRaisesRegex(ValidationError, "Needs an approval: Counterparty checked .Lawyer."):
            self.deal.stage_id = self.measurement
        verdict = self.deal.funnel_check_move(self.measurement.id)
        self.assertEqual((verdict["status"], verdict["approvals"][0]["people"]), ("needs_approval", ["Lena"]))
        self.task.action_request()
        self.assertEqual(self.deal.funnel_approval_state, "requested")
        self.assertEqual(self.task.with_user(self.lawyer).search([("is_mine", "=", True)]), self.task)
        self.task.with_user(self.lawyer).action_approve()
        self.assertEqual((self.task.state, self.task.user_id), ("approved", self.lawyer))
        self.deal.stage_id = self.measurement
        self.assertEqual(self.deal.stage_id, self.measurement)

    def test_a_refusal_needs_a_comment_and_can_be_asked_again(self):
        self.task.action_request()
        with self.assertRaisesRegex(ValidationError, "Write why"):
            self.task.with_user(self.lawyer).write({"state": "refused"})
        self.task.with_user(self.lawyer).write({"state": "refused", "comment": "In bankruptcy"})
        self.assertEqual(self.deal.funnel_approval_state, "refused")
        with self.assertRaises(ValidationError):
            self.deal.stage_id = self.measurement
        self.assertEqual(self.deal.funnel_check_move(self.measurement.id)["approvals"][0]["comment"], "In bankruptcy")
        self.task.action_request()
        self.assertEqual(self.deal.funnel_approval_state, "requested")
        bodies = " ".join(self.deal.message_ids.mapped("body"))
        self.assertIn("In bankruptcy", bodies)
        self.assertEqual(bodies.count("Approval asked for"), 2)

    def test_both_sides_are_told(self):
        self.task.action_request()
        asked = self.env["mail.notification"].search([("res_partner_id", "=", self.lawyer.partner_id.id)])
        self.assertEqual(asked.mail_message_id.subject, "Your approval is asked for")
        self.task.with_user(self.lawyer).action_approve()
        told = self.env["mail.notification"].search([("res_partner_id", "=", self.salesperson.partner_id.id)])
        self.assertIn("Approved", told.mail_message_id.mapped("subject"))

    def test_only_the_role_decides(self):
        self.task.action_request()
        for user in (self.salesperson, self.head, self.manager):
            with self.assertRaisesRegex(AccessError, "Lena"):
                self.task.with_user(user).action_approve()
        self.assertEqual(self.task.state, "requested")

    def test_an_archived_approver_does_not_freeze_the_deal(self):
        self.lawyer.active = False
        self.task.action_request()
        self.task.with_user(self.head).action_approve()
        self.deal.stage_id = self.measurement

    def test_without_a_head_a_manager_decides(self):
        self.lawyer.active = False
        self.deals.user_id = False
        self.task.action_request()
        with self.assertRaises(AccessError):
            self.task.with_user(self.salesperson).action_approve()
        self.task.with_user(self.manager).action_approve()
        self.assertEqual(self.task.state, "approved")

    def test_the_substitute_of_an_absent_person_is_asked(self):
        deputy = new_test_user(self.env, "deputy", "base.group_user", name="Dina")
        self.legal.assignment_ids.write(
            {"substitute_id": deputy.id, "absent_until": fields.Date.add(fields.Date.today(), days=3)}
        )
        self.assertEqual(self.deal.funnel_check_move(self.measurement.id)["approvals"][0]["people"], ["Dina"])
        self.task.action_request()
        Task = self.env["funnel.task"]
        self.assertEqual(Task.with_user(deputy).search([("is_mine", "=", True)]), self.task)
        self.assertFalse(Task.with_user(self.lawyer).search([("is_mine", "=", True)]))
        self.task.with_user(deputy).action_approve()
        self.assertEqual(self.task.user_id, deputy)

    def test_an_absent_person_without_a_substitute_does_not_freeze_the_deal(self):
        self.legal.assignment_ids.absent_until = fields.Date.add(fields.Date.today(), days=3)
        self.task.action_request()
        self.task.with_user(self.head).action_approve()
        self.assertEqual(self.task.state, "approved")

    def test_the_funnel_comes_before_the_company(self):
        other = new_test_user(self.env, "other_lawyer", "base.group_user", name="Oleg")
        self.legal.assignment_ids = [Command.create({"user_id": other.id, "team_id": self.deals.id})]
        self.assertEqual(self.deal.funnel_check_move(self.measurement.id)["approvals"][0]["people"], ["Oleg"])

    def test_a_refusal_may_lose_the_deal(self):
        blocked = self.make_reason("Blocked by finance", self.deals, comment_required=True)
        blocked.required_field_ids = self.env["ir.model.fields"]._get("crm.lead", "city")
        self.approval.lost_reason_id = blocked
        self.task.action_request()
        self.task.with_user(self.lawyer).write({"state": "refused", "comment": "In bankruptcy"})
        self.assertEqual(self.deal.won_status, "lost")
        self.assertEqual((self.deal.lost_reason_id, self.deal.lost_comment), (blocked, "In bankruptcy"))
        self.assertEqual(self.task.state, "refused")
        lost = self.deal.funnel_move_ids.filtered(lambda move: move.kind == "lost")
        self.assertEqual((lost.user_id, lost.reason), (self.lawyer, "Blocked by finance — In bankruptcy"))

    def test_asked_for_at_once(self):
        self.make_approval(self.measurement, self.legal, "Debts checked", request_on_entry=True)
        self.task.with_user(self.lawyer).action_approve()
        self.deal.stage_id = self.measurement
        self.assertEqual(self.deal.funnel_approval_state, "requested")

    def test_an_approval_may_be_asked_for_ahead(self):
        signed = self.make_approval(self.measurement, self.legal, "Signed")
        self.task.with_user(self.lawyer).action_approve()
        self.deal.funnel_task_ids = [Command.create({"template_id": signed.id, "state": "requested"})]
        self.deal.name = "Another title"
        task = self.task_of(self.deal, signed)
        self.assertEqual(task.state, "requested")
        task.with_user(self.lawyer).action_approve()
        self.deal.stage_id = self.contract
        self.assertEqual(self.deal.stage_id, self.contract)

    def test_cancelling_its_activity_takes_the_request_back(self):
        self.task.action_request()
        self.task.sudo().activity_ids.with_user(self.salesperson).unlink()
        self.assertEqual(self.task.state, "open")
        self.task.action_request()
        self.assertEqual(len(self.task.sudo().activity_ids), 1)

    def test_a_request_can_be_taken_back(self):
        signed = self.make_approval(self.measurement, self.legal, "Signed")
        self.deal.funnel_task_ids = [Command.create({"template_id": signed.id, "state": "requested"})]
        ahead = self.task_of(self.deal, signed)
        for task in (self.task, ahead):
            task.action_request()
            task.action_undo()
            self.assertEqual((task.state, task.activity_ids), ("open", self.env["mail.activity"]))
        self.assertIn("Taken back", self.deal.message_ids[0].body)
        self.assertFalse(self.deal.funnel_approval_state)

    def test_whoever_has_a_part_in_the_deal_may_look_at_it(self):
        Lead = self.env["crm.lead"].with_user(self.lawyer)
        other = self.make_deal()
        self.task_of(other, self.approval).with_user(self.lawyer).action_approve()
        self.assertEqual(Lead.search([("team_id", "=", self.deals.id)]), self.deal)
        self.assertTrue(self.deal.with_user(self.lawyer).name)
        with self.assertRaises(AccessError):
            self.deal.with_user(self.lawyer).write({"name": "Mine"})
        with self.assertRaises(AccessError):
            other.with_user(self.lawyer).read(["name"])


class TestActivities(FunnelCase):
    """A task and its activity are one thing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.call_type = cls.env.ref("mail.mail_activity_data_call")
        cls.call = cls.make_task(cls.estimate, "First call", activity_type_id=cls.call_type.id)

    def test_done_there_is_done_here(self):
        deal = self.make_deal()
        activity = deal.activity_ids
        self.assertEqual((activity.summary, activity.user_id), ("First call", self.salesperson))
        activity.action_feedback(feedback="Talked to Ivan")
        self.assertEqual((deal.funnel_task_ids.state, deal.funnel_task_ids.comment), ("done", "Talked to Ivan"))

    def test_done_here_is_done_there(self):
        deal = self.make_deal()
        deal.funnel_task_ids.action_do()
        self.assertFalse(deal.activity_ids)
        self.assertFalse(deal.sudo().funnel_task_ids.activity_ids.filtered("active"))

    def test_it_goes_with_the_task(self):
        self.call.mandatory = False
        deal = self.make_deal()
        deal.stage_id = self.measurement
        self.assertFalse(deal.activity_ids)
        deal.stage_id = self.estimate
        self.assertEqual(deal.activity_ids.summary, "First call")

    def test_it_changes_hands_with_the_lead(self):
        deal = self.make_leads(self.deals, user_id=False)
        self.assertFalse(deal.activity_ids)
        deal.user_id = self.salesperson
        self.assertEqual(deal.activity_ids.user_id, self.salesperson)
        deal.user_id = self.head
        self.assertEqual(deal.activity_ids.user_id, self.head)

    def test_an_approval_is_an_activity_of_the_approver(self):
        lawyer = new_test_user(self.env, "lawyer", "base.group_user", name="Lena")
        approval = self.make_approval(self.estimate, self.make_role("Lawyer", lawyer))
        deal = self.make_deal()
        task = self.task_of(deal, approval)
        task.action_request()
        activity = task.sudo().activity_ids
        self.assertEqual(activity.user_id, lawyer)
        with self.assertRaises(AccessError):
            activity.with_user(self.salesperson).action_feedback(feedback="Fine")
        activity.with_user(lawyer).action_feedback(feedback="Fine")
        self.assertEqual((task.state, task.comment), ("approved", "Fine"))


class TestRoles(FunnelCase):
    """Who may do what."""

    def test_a_task_of_a_role_is_for_its_people(self):
        logist = new_test_user(self.env, "logist", "base.group_user", name="Lev")
        self.make_task(self.estimate, "Load", role_id=self.make_role("Logistics", logist).id)
        deal = self.make_deal()
        with self.assertRaisesRegex(AccessError, "Lev"):
            deal.funnel_task_ids.action_do()
        with self.assertRaisesRegex(AccessError, "Lev"):
            deal.write({"funnel_task_ids": [Command.update(deal.funnel_task_ids.id, {"state": "done"})]})
        deal.funnel_task_ids.with_user(logist).action_do()
        self.assertEqual(deal.funnel_task_ids.user_id, logist)

    def test_the_head_stands_in_for_a_task(self):
        logist = new_test_user(self.env, "logist", "base.group_user", name="Lev")
        self.make_task(self.estimate, "Load", role_id=self.make_role("Logistics", logist).id)
        deal = self.make_deal()
        deal.funnel_task_ids.with_user(self.head).action_do()
        self.assertEqual(deal.funnel_task_ids.user_id, self.head)

    def test_my_tasks_follow_the_lead(self):
        self.make_task(self.estimate)
        deal = self.make_deal()
        Task = self.env["funnel.task"]
        self.assertEqual(Task.with_user(self.salesperson).search([("is_mine", "=", True)]), deal.funnel_task_ids)
        self.assertTrue(deal.funnel_task_ids.with_user(self.salesperson).is_mine)
        self.assertFalse(deal.funnel_task_ids.with_user(self.head).is_mine)
        deal.user_id = False
        self.assertEqual(Task.with_user(self.head).search([("is_mine", "=", True)]), deal.funnel_task_ids)

    def test_a_role_in_use_is_not_deleted(self):
        role = self.make_role("Logistics", self.head)
        self.make_task(self.estimate, "Load", role_id=role.id)
        with self.assertRaisesRegex(ValidationError, "Load"):
            role.unlink()

    def test_an_assignment_opens_the_door(self):
        colleague = new_test_user(self.env, "colleague", "base.group_user")
        group = self.env.ref(f"{ADDON}.group_funnel_user")
        self.assertNotIn(group, colleague.all_group_ids)
        self.make_role("Logistics", colleague)
        self.assertIn(group, colleague.all_group_ids)

    def test_no_outsider_plays_a_role(self):
        outsider = new_test_user(self.env, "outsider", "base.group_portal", name="Client")
        with self.assertRaisesRegex(ValidationError, "Client"):
            self.make_role("Logistics", outsider)
        with self.assertRaisesRegex(ValidationError, "their own substitute"):
            self.make_role("Logistics", self.head, substitute_id=self.head.id)
