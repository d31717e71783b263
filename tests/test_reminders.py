"""What happens if nobody acts: reminders are armed, fire once, and tell the right people."""

import contextlib
from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user

from .common import ADDON, FunnelCase, far_away

#: A Monday morning, 9:00 in UTC.
MONDAY = datetime(2026, 3, 2, 9, 0)


class ReminderCase(FunnelCase):
    """Reminders of the funnel of deals, and a clock that stands still until it is moved."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.of_salesperson = cls.env["funnel.role"].create({"name": "Seller", "source": "salesperson"})
        cls.of_head = cls.env["funnel.role"].create({"name": "Boss", "source": "head"})
        # nobody is at work: nothing but what a test makes is due
        cls.env["funnel.timer"].search([]).sudo().unlink()

    def setUp(self):
        super().setUp()
        # a test must not commit
        cron = self.env.registry["ir.cron"]
        self.startPatcher(patch.object(cron, "_commit_progress", lambda *args, **kwargs: 60))

    @contextlib.contextmanager
    def at(self, moment):
        """Let it be ``moment`` (in UTC), for Odoo and for the database."""
        cr = self.env.cr
        before, cr._now = cr._now, moment
        try:
            with freeze_time(moment):
                yield
        finally:
            cr._now = before

    def remind(self, stage=None, **values):
        """Make a reminder of the salesperson that falls due an hour after a lead comes into ``stage``."""
        values = {
            "name": "Call",
            "deadline_amount": 1,
            "deadline_unit": "hours",
            "role_ids": [Command.set(self.of_salesperson.ids)],
            **values,
        }
        return self.env["funnel.reminder"].create({"stage_id": (stage or self.estimate).id, **values})

    def run_timers(self, moment):
        """Let the scheduled action run at ``moment``; return what people have been told since the last run."""
        before = self.env["funnel.delivery"].search([])
        with self.at(moment):
            self.env["funnel.timer"]._cron_fire()
        self.env.invalidate_all()
        return self.env["funnel.delivery"].search([]) - before

    def armed(self, lead):
        return lead.sudo().funnel_timer_ids.filtered(lambda timer: timer.state == "armed")


class TestArming(ReminderCase):
    """Timers follow the lead."""

    def test_a_lead_that_comes_into_a_stage_is_timed(self):
        self.remind()
        with self.at(MONDAY):
            deal = self.make_deal()
        self.assertEqual(self.armed(deal).due_at, MONDAY + timedelta(hours=1))
        self.assertEqual(self.armed(deal).stage_id, self.estimate)

    def test_a_lead_that_leaves_is_timed_no_more(self):
        self.remind()
        deal = self.make_deal()
        deal.stage_id = self.measurement
        self.assertFalse(self.armed(deal))

    def test_a_lost_archived_or_deferred_lead_is_timed_no_more(self):
        self.remind()
        later = self.make_months()
        lost, archived, deferred, gone = (self.make_deal(probability=50) for _number in range(4))
        lost.action_set_lost(lost_reason_id=self.price.id)
        archived.active = False
        deferred.write({"team_id": later.id, **far_away()})
        gone.team_id = self.env["crm.team"].create({"name": "Stock"})
        for deal in (lost, archived, deferred, gone):
            self.assertFalse(self.armed(deal))
        with self.at(MONDAY):
            lost.action_unarchive()
        self.assertEqual(self.armed(lost).due_at, MONDAY + timedelta(hours=1), "a reopened deal begins anew")

    def test_coming_back_begins_anew(self):
        self.remind()
        with self.at(MONDAY):
            deal = self.make_deal()
        self.run_timers(MONDAY + timedelta(hours=2))
        deal.stage_id = self.measurement
        with self.at(MONDAY + timedelta(days=1)):
            deal.stage_id = self.estimate
        self.assertEqual(self.armed(deal).due_at, MONDAY + timedelta(days=1, hours=1))

    def test_a_date_of_the_lead_counts(self):
        self.remind(
            deadline_anchor="field",
            deadline_field_id=self.env["ir.model.fields"]._get("crm.lead", "date_deadline").id,
            deadline_amount=-3,
            deadline_unit="days",
            deadline_has_clock=True,
            deadline_clock=10,
        )
        self.deals.resource_calendar_id = self.env["resource.calendar"].create({"name": "UTC", "tz": "UTC"})
        deal = self.make_deal()
        self.assertFalse(self.armed(deal))
        deal.date_deadline = "2030-06-20"
        self.assertEqual(self.armed(deal).due_at, datetime(2030, 6, 17, 10, 0))
        deal.write({"date_deadline": "2030-06-21", "name": "Later"})
        self.assertEqual(self.armed(deal).due_at, datetime(2030, 6, 18, 10, 0))
        deal.date_deadline = False
        self.assertFalse(self.armed(deal))

    def test_a_computed_date_is_refused(self):
        field = self.env["ir.model.fields"]._get("crm.lead", "date_last_stage_update")
        with self.assertRaisesRegex(ValidationError, "choose a date that people fill in"):
            self.remind(deadline_anchor="field", deadline_field_id=field.id)

    def test_the_last_contact_counts(self):
        self.remind(deadline_anchor="contact", deadline_amount=2)
        with self.at(MONDAY):
            deal = self.make_deal()
        self.assertEqual(self.armed(deal).due_at, MONDAY + timedelta(hours=2), "nobody has tried: since it is here")
        with self.at(MONDAY + timedelta(hours=1)):
            deal.funnel_contact_ids = [Command.create({"outcome": "no_answer"})]
        self.assertEqual(self.armed(deal).due_at, MONDAY + timedelta(hours=3))
        self.run_timers(MONDAY + timedelta(hours=4))
        self.assertTrue(deal.funnel_escalation)
        with self.at(MONDAY + timedelta(hours=5)):
            deal.funnel_contact_ids = [Command.create({"outcome": "no_answer"})]
        self.assertEqual(self.armed(deal).due_at, MONDAY + timedelta(hours=7))
        deal.invalidate_recordset()
        self.assertFalse(deal.funnel_escalation, "somebody has acted")

    def test_a_new_rule_is_armed_for_who_is_there(self):
        with self.at(MONDAY):
            deal = self.make_deal()
        with self.at(MONDAY + timedelta(minutes=30)):
            self.remind()
        self.assertEqual(self.armed(deal).due_at, MONDAY + timedelta(hours=1))

    def test_a_new_rule_lets_the_past_rest(self):
        with self.at(MONDAY):
            deal = self.make_deal()
        with self.at(MONDAY + timedelta(days=5)):
            self.remind()
            self.assertFalse(self.armed(deal))
            self.remind(catches_up=True)
        self.assertEqual(len(self.armed(deal)), 1)

    def test_a_changed_rule_is_armed_anew(self):
        reminder = self.remind()
        with self.at(MONDAY):
            deal = self.make_deal()
        with self.at(MONDAY + timedelta(minutes=10)):
            reminder.deadline_amount = 3
        self.assertEqual(self.armed(deal).due_at, MONDAY + timedelta(hours=3))
        reminder.stage_id = self.measurement
        self.assertFalse(self.armed(deal))
        with self.at(MONDAY + timedelta(minutes=10)):
            reminder.stage_id = self.estimate
        self.assertTrue(self.armed(deal))
        reminder.active = False
        self.assertFalse(self.armed(deal))

    def test_what_has_fired_does_not_fire_again_because_the_rule_changes(self):
        reminder = self.remind(catches_up=True)
        with self.at(MONDAY):
            deal = self.make_deal()
        self.run_timers(MONDAY + timedelta(hours=2))
        with self.at(MONDAY + timedelta(hours=2)):
            reminder.deadline_amount = 4
        self.assertFalse(self.armed(deal))

    def test_many_leads_are_armed_in_the_background(self):
        with self.at(MONDAY):
            deals = self.make_leads(self.deals, 30, user_id=self.salesperson.id)
        with self.at(MONDAY), patch(f"odoo.addons.{ADDON}.models.funnel_reminder_arming_mixin.MOST_AT_ONCE", 5):
            reminder = self.remind()
        self.assertFalse(self.armed(deals))
        self.assertEqual(reminder.arming_progress, 0)
        with self.at(MONDAY):
            reminder._arm_next(20, 0)
            self.assertEqual(len(self.armed(deals)), 20)
            self.env["funnel.reminder"]._cron_arm(chunk=20)
        self.assertEqual(len(self.armed(deals)), 30)
        reminder.invalidate_recordset()
        self.assertEqual((reminder.arming_progress, reminder.arming_position), (100, -1))

    def test_other_working_hours_arm_anew(self):
        calendar = self.env["resource.calendar"].create(
            {"name": "Office", "tz": "UTC", "attendance_ids": [Command.clear()]}
        )
        hours = {"name": "Day", "hour_from": 8, "hour_to": 17, "day_period": "morning"}
        calendar.attendance_ids = [Command.create({**hours, "dayofweek": str(day)}) for day in range(5)]
        self.deals.resource_calendar_id = calendar
        self.remind(deadline_working=True, deadline_amount=9)
        with self.at(MONDAY):
            deal = self.make_deal()
        self.assertEqual(self.armed(deal).due_at, datetime(2026, 3, 3, 9, 0))
        with self.at(MONDAY):
            self.env["resource.calendar.leaves"].create(
                {
                    "name": "Holiday",
                    "calendar_id": calendar.id,
                    "date_from": datetime(2026, 3, 3),
                    "date_to": datetime(2026, 3, 4),
                }
            )
            self.env["funnel.reminder"]._cron_arm()
        self.assertEqual(self.armed(deal).due_at, datetime(2026, 3, 4, 9, 0))

    def test_arming_costs_the_same_for_many(self):
        for number in range(3):
            self.remind(name=f"Rung {number}", deadline_amount=number + 1)
        deals = self.make_leads(self.deals, 60, user_id=self.salesperson.id)

        def count(leads):
            stage = self.measurement if leads[0].stage_id == self.estimate else self.estimate
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            leads._disarm_timers()
            leads._arm_timers(entry=MONDAY)
            return self.env.cr.sql_log_count - start, stage

        few, many = count(deals[:2])[0], count(deals[2:])[0]
        self.assertEqual(few, many)

    def test_merging_keeps_what_was_told(self):
        self.remind()
        with self.at(MONDAY):
            first, second = self.make_deal(), self.make_deal()
        told = self.run_timers(MONDAY + timedelta(hours=1))
        with self.at(MONDAY + timedelta(hours=1)):
            second.stage_id = self.measurement
            second.stage_id = self.estimate
            third = self.make_deal()
        merged = (first + second + third).sudo()._merge_opportunity()
        self.assertEqual(merged.funnel_timer_ids.filtered(lambda timer: timer.state == "fired").delivery_ids, told)
        self.assertEqual(told.lead_id, merged)
        self.assertLessEqual(len(self.armed(merged)), 1)


class TestFiring(ReminderCase):
    """What is due happens once."""

    def test_the_salesperson_is_told_once(self):
        self.remind(name="Call the client")
        with self.at(MONDAY):
            deal = self.make_deal(name="Kitchen")
        self.assertFalse(self.run_timers(MONDAY + timedelta(minutes=59)))
        told = self.run_timers(MONDAY + timedelta(minutes=60))
        self.assertEqual((told.user_id, told.lead_id.name, told.state), (self.salesperson, "Kitchen", "sent"))
        self.assertIn("Kitchen", told.message_id.subject)
        self.assertIn("Estimate", told.message_id.body)
        self.assertEqual(told.message_id.partner_ids, self.salesperson.partner_id)
        self.assertFalse(self.run_timers(MONDAY + timedelta(days=3)))
        self.assertEqual(deal.sudo().funnel_timer_ids.state, "fired")
        self.assertIn("Anna", deal.sudo().funnel_timer_ids.result)

    def test_only_leads_that_meet_the_condition_are_meant(self):
        self.remind(condition="[('phone', '=', False)]")
        with self.at(MONDAY):
            meant, other = self.make_deal(), self.make_deal(phone="123")
        told = self.run_timers(MONDAY + timedelta(hours=1))
        self.assertEqual(told.lead_id, meant.sudo())
        self.assertEqual(other.sudo().funnel_timer_ids.state, "skipped")

    def test_it_comes_again(self):
        self.remind(repeat_amount=1, repeat_unit="days", repeat_times=3)
        with self.at(MONDAY):
            deal = self.make_deal()
        for day in range(5):
            self.run_timers(MONDAY + timedelta(days=day, hours=2))
        timers = deal.sudo().funnel_timer_ids
        self.assertEqual(timers.mapped("state"), ["fired"] * 3)
        due = [MONDAY + timedelta(days=day, hours=1) for day in range(3)]
        self.assertEqual(sorted(timers.mapped("due_at")), due)

    def test_missed_repetitions_are_left_out(self):
        self.remind(repeat_amount=1, repeat_unit="hours")
        with self.at(MONDAY):
            deal = self.make_deal()
        self.assertEqual(len(self.run_timers(MONDAY + timedelta(hours=9, minutes=30))), 1)
        self.assertEqual(self.armed(deal).due_at, MONDAY + timedelta(hours=10))

    def test_after_an_outage_only_the_highest_rung_is_told(self):
        self.remind(name="One hour")
        self.remind(name="Three hours", deadline_amount=3)
        self.remind(name="One day", deadline_amount=24, role_ids=[Command.set(self.of_head.ids)])
        with self.at(MONDAY):
            deal = self.make_deal()
        told = self.run_timers(MONDAY + timedelta(days=2))
        self.assertEqual(told.reminder_id.name, "One day")
        self.assertEqual(told.user_id, self.head | self.salesperson, "whom the lower rungs would have told as well")
        states = {timer.name: timer.state for timer in deal.sudo().funnel_timer_ids}
        self.assertEqual(states, {"One hour": "collapsed", "Three hours": "collapsed", "One day": "fired"})

    def test_an_outage_does_not_swallow_what_more_than_tells(self):
        self.remind(name="One hour", activity_type_id=self.env.ref("mail.mail_activity_data_call").id)
        self.remind(name="One day", deadline_amount=24)
        with self.at(MONDAY):
            deal = self.make_deal()
        self.run_timers(MONDAY + timedelta(days=2))
        self.assertEqual(deal.sudo().funnel_timer_ids.mapped("state"), ["fired", "fired"])
        self.assertEqual(len(deal.activity_ids), 1)

    def test_what_more_than_tells_speaks_for_no_other_reminder(self):
        self.remind(
            name="One day", deadline_amount=24, activity_type_id=self.env.ref("mail.mail_activity_data_call").id
        )
        self.remind(name="One hour", role_ids=[Command.set(self.of_head.ids)])
        with self.at(MONDAY):
            self.make_deal()
        told = self.run_timers(MONDAY + timedelta(days=2))
        expected = [("One day", self.salesperson), ("One hour", self.head)]
        self.assertCountEqual([(one.reminder_id.name, one.user_id) for one in told], expected)

    def test_an_activity_is_planned_for_the_role(self):
        secretary = new_test_user(self.env, "secretary", "sales_team.group_sale_salesman", name="Sara")
        role = self.make_role("Secretary", secretary)
        call = self.env.ref("mail.mail_activity_data_call")
        self.remind(
            name="Verify the number",
            role_ids=[Command.clear()],
            activity_type_id=call.id,
            activity_role_id=role.id,
            repeat_amount=1,
        )
        with self.at(MONDAY):
            deal = self.make_deal()
        self.run_timers(MONDAY + timedelta(hours=1))
        activity = deal.sudo().activity_ids
        self.assertEqual((activity.user_id, activity.activity_type_id), (secretary, call))
        self.assertEqual(activity.summary, "Verify the number")
        self.run_timers(MONDAY + timedelta(days=1, hours=1))
        self.assertEqual(deal.sudo().activity_ids, activity, "it is due again instead of twice there")
        self.assertEqual(activity.date_deadline, (MONDAY + timedelta(days=1)).date())

    def test_who_has_to_act_may_look_at_the_lead(self):
        clerk = new_test_user(self.env, "clerk", "base.group_user", name="Clerk")
        role = self.make_role("Secretary", clerk)
        todo = self.env.ref("mail.mail_activity_data_todo")
        self.remind(
            name="Verify",
            role_ids=[Command.clear()],
            activity_type_id=todo.id,
            activity_role_id=role.id,
            marks_overdue=False,
        )
        self.remind(name="Look", deadline_amount=2, role_ids=[Command.set(role.ids)])
        with self.at(MONDAY):
            deal, other = self.make_deal(), self.make_deal(phone="1")
        Lead = self.env["crm.lead"].with_user(clerk)
        self.assertFalse(Lead.search([("id", "in", (deal + other).ids)]))
        self.run_timers(MONDAY + timedelta(hours=1))
        other.stage_id = self.measurement
        deal.sudo().activity_ids.with_user(clerk).action_done()
        self.assertEqual(
            Lead.search([("id", "in", (deal + other).ids)]), other.with_user(clerk), "one is not verified yet"
        )
        self.run_timers(MONDAY + timedelta(hours=2))
        self.assertEqual(deal.with_user(clerk).name, "Lead 0", "it still waits, and Clerk was told")
        with self.assertRaises(AccessError):
            deal.with_user(clerk).name = "Mine"

    def test_a_lead_is_moved_whatever_its_stage_still_asks_for(self):
        self.make_task(self.estimate, "Call")
        self.demand(self.estimate, "phone", moment="leave")
        self.remind(name="Too slow", role_ids=[Command.clear()], move_stage_id=self.measurement.id)
        with self.at(MONDAY):
            deal = self.make_deal()
        self.run_timers(MONDAY + timedelta(hours=1))
        self.assertEqual(deal.stage_id, self.measurement)
        move = deal.sudo().funnel_move_ids[0]
        self.assertEqual((move.kind, move.reason), ("automatic", "Too slow"))

    def test_an_automatic_move_keeps_to_transitions_and_to_what_the_next_stage_asks_for(self):
        self.make_way(self.estimate, self.contract)
        self.remind(role_ids=[Command.clear()], move_stage_id=self.measurement.id)
        with self.at(MONDAY):
            deal = self.make_deal()
        self.run_timers(MONDAY + timedelta(hours=1))
        self.assertEqual(deal.stage_id, self.estimate)
        self.assertEqual(deal.sudo().funnel_timer_ids.state, "failed")
        self.assertIn("no way to “Measurement”", deal.sudo().funnel_timer_ids.error)
        self.estimate.transition_ids.unlink()
        self.demand(self.measurement, "phone")
        deal.sudo().funnel_timer_ids.action_retry()
        self.run_timers(MONDAY + timedelta(hours=2))
        self.assertIn("Phone", deal.sudo().funnel_timer_ids.error)
        deal.phone = "+7 912 345-67-89"
        deal.sudo().funnel_timer_ids.action_retry()
        self.run_timers(MONDAY + timedelta(hours=3))
        self.assertEqual(deal.stage_id, self.measurement)

    def test_leads_are_posted_in_a_channel(self):
        channel = self.env["discuss.channel"].create({"name": "Requests"})
        self.remind(role_ids=[Command.clear()], channel_ids=[Command.set(channel.ids)])
        with self.at(MONDAY):
            self.make_deal(name="Kitchen")
            self.make_deal(name="Wardrobe")
        self.run_timers(MONDAY + timedelta(hours=1))
        messages = channel.message_ids.filtered(lambda message: "Kitchen" in (message.body or ""))
        self.assertEqual(len(messages), 1)
        self.assertIn("Wardrobe", messages.body)

    def test_a_server_action_runs(self):
        action = self.env["ir.actions.server"].create(
            {
                "name": "Mark",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "state": "code",
                "code": "records.write({'priority': '3'})",
            }
        )
        self.remind(role_ids=[Command.clear()], server_action_id=action.id)
        with self.at(MONDAY):
            deals = self.make_deal() + self.make_deal()
        self.run_timers(MONDAY + timedelta(hours=1))
        self.assertEqual(deals.mapped("priority"), ["3", "3"])

    def test_people_are_not_told_of_what_they_did_themselves(self):
        self.remind(deadline_amount=0, spares_author=True)
        with self.at(MONDAY):
            self.as_salesperson(self.env["crm.lead"]).create({"name": "My own", "team_id": self.deals.id})
            self.make_leads(self.deals, user_id=self.salesperson.id, name="From the website")
        told = self.run_timers(MONDAY)
        self.assertEqual(told.lead_id.name, "From the website")

    def test_nobody_there_is_a_failure_that_can_be_seen(self):
        self.deals.user_id = False
        self.remind(role_ids=[Command.set(self.make_role("Lawyer").ids)])
        with self.at(MONDAY):
            deal = self.make_deal()
        self.assertFalse(self.run_timers(MONDAY + timedelta(hours=1)))
        self.assertIn("Nobody is there to be told: Lawyer", deal.sudo().funnel_timer_ids.error)
        self.deals.user_id = self.head
        deal.sudo().funnel_timer_ids.with_user(self.manager).action_retry()
        self.assertEqual(self.run_timers(MONDAY + timedelta(hours=2)).user_id, self.head)

    def test_firing_costs_less_than_a_query_for_each(self):
        self.remind()
        self.remind(name="Boss", role_ids=[Command.set(self.of_head.ids)])
        self.remind(name="Plan", activity_type_id=self.env.ref("mail.mail_activity_data_call").id)
        with self.at(MONDAY):
            self.make_leads(self.deals, 200, user_id=self.salesperson.id)
        self.env.flush_all()
        self.env.invalidate_all()
        start = self.env.cr.sql_log_count
        told = self.run_timers(MONDAY + timedelta(hours=1))
        self.assertEqual(len(told), 600)
        self.assertLess(self.env.cr.sql_log_count - start, 300)


class TestDelivery(ReminderCase):
    """Messages reach people in their language, and do not flood them."""

    def test_many_at_once_come_as_a_list(self):
        self.remind(name="Call the client")
        with self.at(MONDAY):
            self.make_leads(self.deals, 12, user_id=self.salesperson.id)
            self.make_leads(self.deals, 2, user_id=self.head.id)
        told = self.run_timers(MONDAY + timedelta(hours=1))
        mine = told.filtered(lambda delivery: delivery.user_id == self.salesperson)
        self.assertEqual((len(mine), len(mine.message_id)), (12, 1))
        self.assertIn("12 reminders", mine.message_id.subject)
        self.assertIn("Call the client", mine.message_id.body)
        self.assertIn(f"/odoo/crm.lead/{mine.lead_id[0].id}", mine.message_id.body)
        self.assertEqual(len((told - mine).message_id), 2)

    def test_the_funnel_says_how_many_come_one_by_one(self):
        self.deals.digest_threshold = 0
        self.remind()
        with self.at(MONDAY):
            self.make_deal()
        self.assertTrue(self.run_timers(MONDAY + timedelta(hours=1)).is_digest)

    def test_what_is_too_much_for_one_transaction_waits_for_the_next(self):
        self.deals.digest_threshold = 10
        self.remind()
        with self.at(MONDAY):
            self.make_leads(self.deals, 7, user_id=self.salesperson.id)
        Delivery = self.env["funnel.delivery"]
        with self.at(MONDAY + timedelta(hours=1)):
            self.env["funnel.timer"]._fire_due(10)
            with patch(f"odoo.addons.{ADDON}.models.funnel_delivery.MESSAGES_AT_ONCE", 3):
                told = [Delivery._deliver_pending() for _transaction in range(4)]
        self.assertEqual(told, [3, 3, 1, 0])
        deliveries = Delivery.search([])
        self.assertEqual((len(deliveries.message_id), deliveries.mapped("is_digest")), (7, [False] * 7))

    def test_everybody_reads_their_own_language(self):
        self.env["res.lang"]._activate_lang("ru_RU")
        self.salesperson.lang = "ru_RU"
        reminder = self.remind(name="Call", role_ids=[Command.set((self.of_salesperson | self.of_head).ids)])
        reminder.with_context(lang="ru_RU").name = "Позвоните"
        with self.at(MONDAY):
            self.make_deal(name="Kitchen")
        told = self.run_timers(MONDAY + timedelta(hours=1))
        subjects = {delivery.user_id: delivery.message_id.subject for delivery in told}
        self.assertEqual(subjects, {self.salesperson: "Позвоните: Kitchen", self.head: "Call: Kitchen"})

    def test_a_reader_gets_it_the_way_they_prefer(self):
        self.salesperson.notification_type = "inbox"
        self.head.notification_type = "email"
        self.remind(role_ids=[Command.set((self.of_salesperson | self.of_head).ids)])
        with self.at(MONDAY):
            self.make_deal()
        notices = self.run_timers(MONDAY + timedelta(hours=1)).message_id.sudo().notification_ids
        kinds = {notice.res_partner_id: notice.notification_type for notice in notices}
        self.assertEqual(kinds, {self.salesperson.partner_id: "inbox", self.head.partner_id: "email"})

    def test_an_e_mail_leads_to_the_lead_and_leaves_by_the_queue(self):
        self.salesperson.write({"notification_type": "email", "email": "anna@example.com"})
        self.remind()
        with self.at(MONDAY):
            deal = self.make_deal(name="Kitchen")
        mail = (
            self.env["mail.mail"]
            .sudo()
            .search([("mail_message_id", "=", self.run_timers(MONDAY + timedelta(hours=1)).message_id.id)])
        )
        self.assertEqual((mail.state, mail.recipient_ids), ("outgoing", self.salesperson.partner_id))
        self.assertIn(f"{deal.get_base_url()}/odoo/crm.lead/{deal.id}", mail.body_html)

    def test_who_left_before_the_message_went_out_gets_none(self):
        self.remind()
        with self.at(MONDAY):
            self.make_deal()
        with self.at(MONDAY + timedelta(hours=1)):
            self.env["funnel.timer"]._fire_due(10)
        self.salesperson.active = False
        self.run_timers(MONDAY + timedelta(hours=1))
        self.assertEqual(self.env["funnel.delivery"].search([]).state, "dropped")

    def test_lists_show_what_concerns_the_reader(self):
        self.remind(role_ids=[Command.set((self.of_salesperson | self.of_head).ids)])
        with self.at(MONDAY):
            deal = self.make_deal()
        self.run_timers(MONDAY + timedelta(hours=1))
        Delivery = self.env["funnel.delivery"].with_user(self.head)
        mine = Delivery.search([("user_id", "=", self.head.id), ("is_for_others", "=", True), ("escalated", "=", True)])
        self.assertEqual(mine.lead_id, deal.with_user(self.head))
        of_anna = self.env["funnel.delivery"].with_user(self.salesperson).search([("is_for_others", "=", True)])
        self.assertEqual(of_anna.user_id, self.head, "she sees who was told of her lead")
        self.assertIn(deal, self.env["crm.lead"].with_user(self.head).search([("funnel_is_overdue", "=", True)]))
        deal.stage_id = self.measurement
        self.assertFalse(mine.search([("escalated", "=", True)]))

    def test_nobody_reads_what_others_were_told_of_leads_they_do_not_see(self):
        other = new_test_user(self.env, "sale_clara", "sales_team.group_sale_salesman", name="Clara")
        self.remind(role_ids=[Command.set((self.of_salesperson | self.of_head).ids)])
        with self.at(MONDAY):
            deal = self.make_deal()
        told = self.run_timers(MONDAY + timedelta(hours=1))
        self.assertFalse(self.env["funnel.delivery"].with_user(other).search([]))
        self.assertFalse(self.env["funnel.timer"].with_user(other).search([]))
        with self.assertRaises(AccessError):
            told[0].with_user(other).read(["date"])
        with self.assertRaises(AccessError):
            deal.sudo().funnel_timer_ids.with_user(self.salesperson).write({"state": "armed"})


class TestIsolation(ReminderCase):
    """What is broken holds up nobody else."""

    def test_a_broken_template(self):
        template = self.env["mail.template"].create(
            {
                "name": "Broken",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "subject": "Hello",
                "body_html": '<p t-out="object.no_such_field"/>',
            }
        )
        self.remind(name="Broken", template_id=template.id)
        self.remind(name="Sound", role_ids=[Command.set(self.of_head.ids)])
        with self.at(MONDAY):
            deal = self.make_deal()
        told = self.run_timers(MONDAY + timedelta(hours=1))
        states = {delivery.reminder_id.name: delivery.state for delivery in told}
        self.assertEqual(states, {"Broken": "failed", "Sound": "sent"})
        failed = self.env["funnel.timer"].search([("state", "=", "failed")])
        self.assertEqual(failed.name, "Broken")
        self.assertIn("no_such_field", failed.error)
        self.assertNotIn("Traceback", failed.error)
        self.env.flush_all()
        self.env.invalidate_all()
        template.body_html = "<p>Hello</p>"
        failed.action_retry()
        self.run_timers(MONDAY + timedelta(hours=2))
        self.assertEqual(set(deal.sudo().funnel_timer_ids.mapped("state")), {"fired"})
        self.assertEqual(set(told.mapped("state")), {"sent"})

    def test_one_of_many_fails(self):
        action = self.env["ir.actions.server"].create(
            {
                "name": "Fragile",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "state": "code",
                "code": "if 'Bad' in records.mapped('name'): raise UserError('Not this one')",
            }
        )
        self.remind(server_action_id=action.id)
        with self.at(MONDAY):
            deals = self.make_leads(self.deals, 9, user_id=self.salesperson.id)
            bad = self.make_deal(name="Bad")
        told = self.run_timers(MONDAY + timedelta(hours=1))
        self.assertEqual(told.lead_id, deals)
        self.assertEqual(bad.sudo().funnel_timer_ids.error, "Not this one")

    def test_a_lead_that_is_gone(self):
        self.remind()
        with self.at(MONDAY):
            gone, other = self.make_deal(), self.make_deal()
        gone.sudo().unlink()
        self.assertEqual(self.run_timers(MONDAY + timedelta(hours=1)).lead_id, other.sudo())

    def test_an_archived_salesperson(self):
        self.remind()
        with self.at(MONDAY):
            self.make_deal()
        self.salesperson.active = False
        self.assertEqual(self.run_timers(MONDAY + timedelta(hours=1)).user_id, self.head, "the head stands in")

    def test_a_stage_that_was_removed(self):
        extra = self.env["crm.stage"].create({"name": "Extra", "team_ids": [Command.link(self.deals.id)]})
        self.remind(name="Gone with its stage", stage=extra)
        self.remind(name="Nowhere to go", role_ids=[Command.clear()], move_stage_id=extra.id)
        self.remind(name="Sound")
        with self.at(MONDAY):
            deal = self.make_deal()
        extra.unlink()
        told = self.run_timers(MONDAY + timedelta(hours=1))
        self.assertEqual(told.reminder_id.name, "Sound")
        failed = deal.sudo().funnel_timer_ids.filtered(lambda timer: timer.state == "failed")
        self.assertIn("does nothing any more", failed.error)

    def test_a_deleted_rule_leaves_its_history(self):
        reminder = self.remind(name="Call")
        with self.at(MONDAY):
            deal, waiting = self.make_deal(), self.make_deal()
        self.run_timers(MONDAY + timedelta(hours=1))
        with self.at(MONDAY + timedelta(hours=1)):
            waiting.stage_id = self.measurement
            waiting.stage_id = self.estimate
        reminder.unlink()
        self.assertFalse(self.armed(waiting))
        self.assertEqual(deal.sudo().funnel_timer_ids.name, "Call")

    def test_a_field_that_is_gone_breaks_only_its_own_rule(self):
        broken = self.remind(name="Broken")
        self.remind(name="Sound")
        self.env.cr.execute(
            "UPDATE funnel_reminder SET condition = '[(''x_gone'', ''='', 1)]' WHERE id = %s", [broken.id]
        )
        broken.invalidate_recordset()
        broken._clear_rules()
        with self.at(MONDAY):
            deal = self.make_deal()
        told = self.run_timers(MONDAY + timedelta(hours=1))
        self.assertEqual(told.reminder_id.name, "Sound")
        self.assertIn("x_gone", deal.sudo().funnel_timer_ids.filtered("error").error)


class TestConfiguration(ReminderCase):
    """Only what makes sense can be configured, and only by those who may."""

    def test_a_reminder_does_something(self):
        with self.assertRaisesRegex(ValidationError, "Say what “Idle” does"):
            self.remind(name="Idle", role_ids=[Command.clear()])

    def test_a_filter_is_a_filter(self):
        with self.assertRaisesRegex(ValidationError, "is not a filter over leads"):
            self.remind(condition="[('no_such_field', '=', 1)]")

    def test_a_move_stays_in_the_funnel(self):
        with self.assertRaisesRegex(ValidationError, "not stages of one funnel"):
            self.remind(move_stage_id=self.new.id)
        with self.assertRaisesRegex(ValidationError, "in which they are"):
            self.remind(move_stage_id=self.estimate.id)

    def test_only_an_administrator_chooses_an_action(self):
        action = self.env["ir.actions.server"].create(
            {"name": "Mark", "model_id": self.env["ir.model"]._get_id("crm.lead"), "state": "code", "code": "pass"}
        )
        reminder = self.remind().with_user(self.manager)
        with self.assertRaises(AccessError):
            reminder.server_action_id = action.id
        with self.assertRaises(AccessError):
            self.env["funnel.reminder"].with_user(self.manager).create(
                {"name": "Run", "stage_id": self.estimate.id, "server_action_id": action.id}
            )

    def test_a_manager_configures_and_a_salesperson_does_not(self):
        reminder = self.remind().with_user(self.manager)
        reminder.name = "Call soon"
        with self.assertRaises(AccessError):
            reminder.with_user(self.salesperson).name = "Never"

    def test_the_message_of_a_reminder_is_configuration(self):
        template = self.env["mail.template"].create(
            {"name": "Mine", "model_id": self.env["ir.model"]._get_id("crm.lead"), "user_id": self.salesperson.id}
        )
        template.with_user(self.salesperson).subject = "Hello"
        self.remind(template_id=template.id)
        with self.assertRaisesRegex(AccessError, "only a funnel manager"):
            template.with_user(self.salesperson).subject = "{{ object.env['res.users'] }}"

    def test_only_a_manager_retries(self):
        self.remind()
        deal = self.make_deal()
        with self.assertRaises(AccessError):
            deal.sudo().funnel_timer_ids.with_user(self.salesperson).action_retry()
        with self.assertRaisesRegex(UserError, "None of these has failed"):
            deal.sudo().funnel_timer_ids.with_user(self.manager).action_retry()

    def test_it_says_in_words_what_it_does(self):
        reminder = self.remind(deadline_amount=10, deadline_unit="minutes", deadline_working=True)
        self.assertEqual(reminder.when_summary, "10 working min after the lead comes into the stage")
        self.assertEqual(reminder.what_summary, "Tell: Seller")
        reminder.write({"deadline_amount": 0, "deadline_unit": "days"})
        self.assertEqual(reminder.when_summary, "At once after the lead comes into the stage")
        reminder.write({"deadline_day_end": True, "repeat_amount": 1})
        self.assertEqual(
            reminder.when_summary,
            "The same day after the lead comes into the stage, at the end of the working day, again every 1 working d",
        )
        date = self.env["ir.model.fields"]._get("crm.lead", "date_deadline")
        reminder.write(
            {
                "deadline_anchor": "field",
                "deadline_field_id": date.id,
                "deadline_amount": -3,
                "deadline_working": False,
                "deadline_day_end": False,
                "deadline_has_clock": True,
                "deadline_clock": 10.0,
                "repeat_amount": 0,
            }
        )
        self.assertEqual(reminder.when_summary, "3 d before “Expected Closing”, at 10:00")
        reminder.deadline_amount = 3
        self.assertEqual(reminder.when_summary, "3 d after “Expected Closing”, at 10:00")

    def test_a_copied_stage_has_the_same_reminders(self):
        self.remind(name="Call")
        self.assertEqual(self.estimate.copy().reminder_ids.name, "Call")

    def test_an_activity_cannot_be_tied_to_a_reminder_by_hand(self):
        reminder, deal = self.remind(), self.make_deal()
        with self.assertRaises(AccessError):
            deal.activity_schedule("mail.mail_activity_data_todo", funnel_reminder_id=reminder.id)

    def test_the_scheduled_action_wakes_up_when_something_falls_due(self):
        cron = self.env.ref(f"{ADDON}.ir_cron_fire_timers")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        triggers.unlink()
        self.remind()
        with self.at(MONDAY):
            self.make_deal()
            self.make_deal()
        found = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        self.assertEqual(found.mapped("call_at"), [MONDAY + timedelta(hours=1)], "once is enough")
        found.unlink()
        self.run_timers(fields.Datetime.to_datetime("2026-03-02 09:30:00"))
        found = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        self.assertEqual(found.mapped("call_at"), [MONDAY + timedelta(hours=1)])
