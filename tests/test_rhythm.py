"""Contacts in a rhythm: the next one is always planned, exactly once, in the calendar of the salesperson."""

import contextlib
from datetime import date, datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user
from odoo.tools import mute_logger
from psycopg2.errors import CheckViolation

from .common import FunnelCase

MONDAY = datetime(2026, 1, 12, 9, 0)


class TestRhythm(FunnelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hours = cls.env["resource.calendar"].create({"name": "Office", "tz": "UTC"})
        cls.regular = cls.make_funnel(
            "Regulars", "followup", ["Regular", "Talk", "Talked", "Ordered!"], resource_calendar_id=cls.hours.id
        )
        cls.every_month, cls.interested, cls.talked, _won = cls.regular.stage_ids.sorted("sequence")
        cls.every_month.write({"contact_interval": 1, "contact_unit": "months"})
        cls.cancelled = cls.make_reason("Cancelled", cls.regular)

    @contextlib.contextmanager
    def at(self, moment):
        """Make it that moment (in UTC), for Python and for the database."""
        with freeze_time(moment), patch.object(self.env.cr, "_now", moment):
            yield
            self.env.flush_all()

    def make(self, count=1, moment=MONDAY, **values):
        with self.at(moment):
            leads = self.make_leads(self.regular, count, user_id=self.salesperson.id, **values)
        return self.as_salesperson(leads)

    def events(self, lead):
        return self.env["calendar.event"].search([("opportunity_id", "=", lead.id)], order="start")

    def activity(self, lead):
        return lead.activity_ids.filtered("calendar_event_id")

    def do_contact(self, lead, moment):
        with self.at(moment):
            self.activity(lead).action_feedback(feedback="Nothing new")
        self.env.invalidate_all()

    # ------------------------------------------------------------
    # PLANNING
    # ------------------------------------------------------------

    def test_the_first_contact(self):
        lead = self.make()
        self.assertEqual(lead.rhythm_date, datetime(2026, 2, 12, 10, 0))
        event = lead.sudo().rhythm_event_id
        self.assertEqual((event.start, event.user_id), (lead.rhythm_date, self.salesperson))
        self.assertEqual(event.partner_ids, self.salesperson.partner_id)
        activity = self.activity(lead)
        self.assertEqual(activity.user_id, self.salesperson)
        self.assertEqual(activity.date_deadline, date(2026, 2, 12))
        self.assertEqual(activity.activity_type_id.category, "phonecall")

    def test_a_free_day(self):
        lead = self.make(moment=datetime(2026, 1, 14, 9, 0))  # a month later is a Saturday
        self.assertEqual(lead.rhythm_date.date(), date(2026, 2, 16))
        self.env["resource.calendar.leaves"].create(
            {"name": "Holiday", "calendar_id": self.hours.id, "date_from": "2026-02-16", "date_to": "2026-02-17"}
        )
        self.assertEqual(self.make(moment=datetime(2026, 1, 14, 9, 0)).rhythm_date.date(), date(2026, 2, 17))

    def test_a_year(self):
        """Whoever does each contact two days late has twelve at most, each planned once."""
        lead = self.make()
        count = 0
        while lead.rhythm_date < MONDAY + timedelta(days=365):
            due = lead.rhythm_date
            self.do_contact(lead, due + timedelta(days=2))
            count += 1
            self.assertEqual(len(self.activity(lead)), 1)
            gap = (lead.rhythm_date.date() - due.date()).days
            self.assertTrue(28 <= gap <= 36, gap)
            self.assertLess(lead.rhythm_date.weekday(), 5)
        self.assertEqual(count, 11)
        self.assertEqual(len(self.events(lead)), count + 1, "those that were made stay in the calendar")

    def test_units_and_what_the_card_says(self):
        self.every_month.write({"contact_interval": 2, "contact_unit": "weeks"})
        lead = self.make()
        self.assertEqual(lead.rhythm_date.date(), date(2026, 1, 26))
        with self.at(MONDAY):
            lead.write({"rhythm_interval": 3, "rhythm_unit": "days"})
        self.assertEqual(lead.rhythm_date.date(), date(2026, 1, 15))
        self.assertEqual(len(self.events(lead)), 1)
        with self.at(MONDAY):
            lead.rhythm_interval = 0
        self.assertEqual(lead.rhythm_date.date(), date(2026, 1, 26))
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
            lead.rhythm_interval = -1
            lead.flush_recordset()

    def test_the_card_says_what_the_stage_says(self):
        lead = self.as_salesperson(self.make())
        self.assertEqual((lead.funnel_stage_interval, lead.funnel_stage_unit), (1, "months"))
        self.every_month.write({"contact_interval": 2, "contact_unit": "weeks"})
        self.assertEqual((lead.funnel_stage_interval, lead.funnel_stage_unit), (2, "weeks"))

    def test_the_kind_of_contact(self):
        self.every_month.contact_activity_type_id = self.env.ref("mail.mail_activity_data_meeting")
        self.assertEqual(self.activity(self.make()).activity_type_id.category, "meeting")

    def test_a_stage_that_gets_a_rhythm_and_loses_it(self):
        lead = self.make(stage_id=self.interested.id)
        self.assertFalse(lead.rhythm_date)
        with self.at(MONDAY):
            self.interested.contact_interval = 2
        self.assertEqual(lead.rhythm_date.date(), date(2026, 3, 12))
        with self.at(MONDAY):
            self.interested.contact_interval = 0
        self.assertFalse(lead.rhythm_date or self.events(lead))

    def test_what_is_imported_with_a_date(self):
        lead = self.make(rhythm_date="2026-01-20 08:00:00")
        self.assertEqual(self.events(lead).start, datetime(2026, 1, 20, 8, 0))

    # ------------------------------------------------------------
    # DONE
    # ------------------------------------------------------------

    def test_reached_before_it_was_due(self):
        lead = self.make()
        with self.at(datetime(2026, 1, 20, 9, 0)):
            lead.funnel_log_contact("reached")
        self.assertEqual(lead.rhythm_date.date(), date(2026, 2, 20))
        self.assertEqual(self.events(lead).start, lead.rhythm_date)
        self.assertEqual(len(self.activity(lead)), 1)

    def test_done_twice(self):
        lead = self.make()
        with self.at(datetime(2026, 2, 12, 11, 0)):
            self.activity(lead).action_feedback()
            lead.funnel_log_contact("reached")
            lead.funnel_log_contact("reached")
        self.assertEqual([event.start.date() for event in self.events(lead)], [date(2026, 2, 12), date(2026, 3, 12)])
        self.assertEqual(len(self.activity(lead)), 1)

    def test_nobody_answered(self):
        lead = self.make()
        with self.at(datetime(2026, 2, 12, 11, 0)):
            lead.funnel_log_contact("no_answer")
        self.assertEqual(lead.rhythm_date.date(), date(2026, 2, 12))

    # ------------------------------------------------------------
    # PAUSE AND END
    # ------------------------------------------------------------

    def test_pause_and_resume(self):
        lead = self.make()
        with self.at(MONDAY):
            lead.rhythm_paused_until = "2026-05-02"  # a Saturday
        self.assertEqual(self.events(lead).start.date(), date(2026, 5, 4))
        with self.at(datetime(2026, 3, 10, 9, 0)):
            lead.invalidate_recordset()
            self.assertTrue(lead.funnel_is_rhythm_paused)
            lead.action_funnel_resume_rhythm()
        self.assertEqual(self.events(lead).start.date(), date(2026, 3, 11), "it is overdue: from tomorrow on")

    def test_end_and_resume(self):
        lead = self.make()
        with self.at(MONDAY):
            lead.action_funnel_end_rhythm()
        self.assertFalse(lead.rhythm_date or self.events(lead) or self.activity(lead))
        with self.at(MONDAY):
            lead.funnel_log_contact("reached")
            self.assertFalse(lead.rhythm_date)
            lead.action_funnel_resume_rhythm()
        self.assertEqual(lead.rhythm_date.date(), date(2026, 2, 12))

    def test_leaving_the_stage(self):
        ways = {
            "moved": lambda lead: lead.write({"stage_id": self.interested.id}),
            "lost": lambda lead: lead.action_set_lost(lost_reason_id=self.cancelled.id),
            "archived": lambda lead: lead.sudo().write({"active": False, "probability": 20}),
            "won": lambda lead: lead.action_set_won(),
            "another team": lambda lead: lead.sudo().write({"team_id": self.deals.id}),
        }
        for name, leave in ways.items():
            with self.subTest(name):
                lead = self.make()
                with self.at(MONDAY):
                    leave(lead)
                self.assertFalse(lead.rhythm_date or self.events(lead))
                self.assertFalse(lead.sudo().activity_ids.filtered("calendar_event_id"))
        lead = self.make()
        event = self.events(lead)
        lead.sudo().unlink()
        self.assertFalse(event.exists())

    def test_coming_back(self):
        lead = self.make()
        with self.at(MONDAY):
            lead.rhythm_paused_until = "2026-05-02"
            lead.stage_id = self.interested
        with self.at(datetime(2026, 2, 2, 9, 0)):
            lead.stage_id = self.every_month
        self.assertEqual((lead.rhythm_date.date(), lead.rhythm_paused_until), (date(2026, 3, 2), False))

    def test_merging(self):
        first, second = self.make(), self.make()
        with self.at(MONDAY):
            merged = (first + second).with_user(self.head).merge_opportunity()
        self.assertEqual(self.events(merged), merged.sudo().rhythm_event_id)
        self.assertEqual(len(self.events(merged)), 1)

    # ------------------------------------------------------------
    # CALENDAR
    # ------------------------------------------------------------

    def test_another_salesperson(self):
        lead = self.make()
        with self.at(MONDAY):
            lead.with_user(self.head).user_id = self.head
        event = self.events(lead)
        self.assertEqual((event.user_id, event.partner_ids), (self.head, self.head.partner_id))
        self.assertEqual(lead.sudo().activity_ids.filtered("calendar_event_id").user_id, self.head)

    def test_moved_in_the_calendar(self):
        lead = self.make()
        event = self.as_salesperson(self.events(lead))
        with self.at(MONDAY):
            event.start = "2026-02-18 12:00:00"
            self.assertEqual(lead.rhythm_date, datetime(2026, 2, 18, 12, 0))
            self.assertEqual(self.activity(lead).date_deadline, date(2026, 2, 18))
            self.activity(lead).date_deadline = "2026-02-20"
            self.assertEqual(lead.rhythm_date, datetime(2026, 2, 20, 12, 0))
            lead.rhythm_date = "2026-02-24 07:00:00"
        self.assertEqual(event.start, datetime(2026, 2, 24, 7, 0))
        self.assertEqual(self.activity(lead).date_deadline, date(2026, 2, 24))
        with self.assertRaisesRegex(ValidationError, "takes place once"):
            event.recurrency = True

    def test_taken_out_of_the_calendar(self):
        """It is skipped; the rhythm goes on."""
        lead = self.make()
        with self.at(MONDAY):
            self.as_salesperson(self.events(lead)).unlink()
        self.assertEqual(self.events(lead).start.date(), date(2026, 3, 12))
        with self.at(MONDAY):
            self.as_salesperson(self.events(lead)).active = False
        self.assertEqual(lead.sudo().rhythm_event_id.start.date(), date(2026, 4, 13))

    def test_contacts_of_others(self):
        other = new_test_user(self.env, "rhythm_other", "sales_team.group_sale_salesman")
        lead = self.make()
        event = self.events(lead)
        event.sudo().partner_ids += other.partner_id
        with self.assertRaisesRegex(AccessError, "planned contact of a lead"):
            event.with_user(other).write({"start": "2026-02-18 12:00:00"})
        with self.assertRaises(AccessError):
            lead.with_user(other).action_funnel_end_rhythm()
        with self.assertRaisesRegex(AccessError, "made by the funnel itself"):
            lead.rhythm_event_id = False

    # ------------------------------------------------------------
    # COST
    # ------------------------------------------------------------

    def queries(self, operation, count, stage):
        leads = self.make(count, stage_id=stage.id)
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        with self.at(datetime(2026, 2, 12, 11, 0)):
            operation(leads.with_context(tracking_disable=True))
            self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def assert_constant(self, operation, limit=0.5):
        """Assert that what the rhythm adds to an operation does not grow with the number of leads."""
        few, many = (
            self.queries(operation, count, self.every_month) - self.queries(operation, count, self.interested)
            for count in (2, 40)
        )
        self.assertLess((many - few) / 38, limit, f"{few} queries for 2 leads, {many} for 40")

    def test_many_that_pause(self):
        self.assert_constant(lambda leads: leads.write({"rhythm_paused_until": "2026-06-01"}))

    def test_many_that_are_handed_over(self):
        """Odoo's calendar reads the attendees of each event when its participants change; no more than that."""
        self.assert_constant(lambda leads: leads.with_user(self.head).write({"user_id": self.head.id}), limit=1.1)

    def test_many_that_leave_the_stage(self):
        self.assert_constant(lambda leads: leads.write({"stage_id": self.talked.id}))

    def test_many_that_end(self):
        self.assert_constant(lambda leads: leads.action_funnel_end_rhythm())
