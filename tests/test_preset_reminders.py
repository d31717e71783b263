"""The reminders of the preset, told as the days of a lead on which nobody works."""

from datetime import datetime
from zoneinfo import ZoneInfo

from odoo.fields import Command
from odoo.tests import new_test_user

from .common import ADDON
from .test_reminders import ReminderCase

MOSCOW = ZoneInfo("Europe/Moscow")


class PresetReminderCase(ReminderCase):
    """The funnel of leads as it comes, an office in Moscow, a salesperson who reads Russian and a head who does not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("ru_RU")
        cls.env["ir.module.module"]._load_module_terms([ADDON], ["ru_RU"])
        cls.funnel = cls.env.ref(f"{ADDON}.funnel_leads")
        cls.funnel.write({"user_id": cls.head.id, "resource_calendar_id": cls.make_office().id})
        cls.salesperson.lang = "ru_RU"
        secretary = new_test_user(cls.env, "secretary", "sales_team.group_sale_salesman", name="Sara")
        cls.env.ref(f"{ADDON}.role_secretary").assignment_ids = [Command.create({"user_id": secretary.id})]
        cls.secretary = secretary

    @classmethod
    def make_office(cls):
        """Make working hours from 9 to 18 in Moscow, with a lunch break, from Monday to Friday."""
        halves = [("morning", 9, 13), ("afternoon", 14, 18)]
        lines = [
            {"name": period, "dayofweek": str(day), "hour_from": start, "hour_to": end, "day_period": period}
            for day in range(5)
            for period, start, end in halves
        ]
        return cls.env["resource.calendar"].create(
            {
                "name": "Office",
                "tz": "Europe/Moscow",
                "attendance_ids": [Command.clear(), *(Command.create(line) for line in lines)],
            }
        )

    def moscow(self, day, hour, minute=0):
        """Return a moment of March 2026 in UTC, given what the clock in Moscow shows."""
        return datetime(2026, 3, day, hour, minute, tzinfo=MOSCOW).astimezone(ZoneInfo("UTC")).replace(tzinfo=None)

    def new_lead(self, **values):
        """Return a lead that comes in from the website for the salesperson."""
        return self.make_leads(self.funnel, user_id=self.salesperson.id, name="Кухня", **values)

    def watch(self, *moments):
        """Run the scheduled action at these moments of Moscow; return who was told what at each of them."""
        told = {}
        for moment in moments:
            found = self.run_timers(self.moscow(*moment))
            if found:
                told[moment] = sorted((delivery.user_id.name, delivery.message_id.subject) for delivery in found)
        return told


class TestWeekend(PresetReminderCase):
    """A request comes in on a Friday at 17:55, and nobody looks at it."""

    def test_each_message_comes_at_its_minute_and_none_twice(self):
        with self.at(self.moscow(6, 17, 55)):
            self.new_lead()
        told = self.watch(
            *[(6, 17, 55), (6, 17, 56), (6, 18, 5), (6, 18, 55), (6, 23, 59)],
            *[(7, 9, 5), (7, 17, 55), (8, 12, 0)],
            *[(9, 9, 0), (9, 9, 4), (9, 9, 5), (9, 9, 6), (9, 9, 54), (9, 9, 55), (9, 9, 56)],
            *[(9, 17, 54), (9, 17, 55), (9, 17, 56), (10, 9, 0), (11, 18, 0)],
        )
        self.assertEqual(
            told,
            {
                (6, 17, 55): [("Anna", "Новый лид: Кухня")],
                (9, 9, 5): [
                    ("Anna", "С клиентом ещё никто не связался: Кухня"),
                    ("Head", "Nobody has contacted the client yet: Кухня"),
                ],
                (9, 9, 55): [("Anna", "Необработанный лид: Кухня")],
                (9, 17, 55): [("Head", "3 days without progress: Кухня")],
            },
        )

    def test_messages_name_the_lead_its_stage_who_is_responsible_and_how_long(self):
        with self.at(self.moscow(6, 17, 55)):
            lead = self.new_lead(contact_name="Вера Мороз", phone="+7 912 345-67-89")
        [delivery] = self.run_timers(self.moscow(6, 17, 56))
        for words in ("Кухня", "Новый лид", "Anna", "Вера Мороз", f"/odoo/crm.lead/{lead.id}", "Этап", "1 минута"):
            self.assertIn(words, delivery.message_id.body)
        escalation = self.run_timers(self.moscow(11, 9))
        of_head = escalation.filtered(lambda delivery: delivery.user_id == self.head)
        for words in ("Кухня", "New lead", "Anna", "4 days 15 hours"):
            self.assertIn(words, of_head.message_id.body)

    def test_who_works_is_left_in_peace(self):
        with self.at(self.moscow(6, 17, 55)):
            lead = self.as_salesperson(self.new_lead())
        self.run_timers(self.moscow(6, 17, 55))
        with self.at(self.moscow(6, 17, 58)):
            lead.funnel_log_contact("no_answer")
        told = self.watch((9, 9, 5), (9, 9, 55))
        self.assertNotIn("С клиентом ещё никто не связался: Кухня", str(told))
        self.assertEqual(lead.stage_id, self.env.ref(f"{ADDON}.stage_lead_no_answer"))


class TestNoAnswer(PresetReminderCase):
    """A client who does not answer: quotas at the end of the day, the next call, and the secretary."""

    def test_at_the_end_of_the_day_the_salesperson_reads_what_is_missing(self):
        with self.at(self.moscow(2, 10)):
            lead = self.as_salesperson(self.new_lead())
            lead.funnel_log_contact("no_answer")
        self.watch((2, 11, 0))
        with self.at(self.moscow(2, 12)):
            lead.funnel_log_contact("no_answer")
        told = self.run_timers(self.moscow(2, 18))
        quota = told.filtered(
            lambda delivery: delivery.reminder_id == self.env.ref(f"{ADDON}.reminder_lead_no_answer_quota")
        )
        self.assertEqual(quota.user_id, self.salesperson)
        self.assertIn("1 звонок, 1 сообщение", quota.message_id.body)

    def test_who_made_the_quota_is_not_told(self):
        with self.at(self.moscow(2, 10)):
            lead = self.as_salesperson(self.new_lead())
            for _attempt in range(3):
                lead.funnel_log_contact("no_answer")
            lead.funnel_log_contact("attempted", channel="whatsapp")
        self.run_timers(self.moscow(2, 17))
        self.assertFalse(self.run_timers(self.moscow(2, 18)))

    def test_after_a_working_day_the_secretary_verifies_the_number(self):
        with self.at(self.moscow(6, 15)):
            lead = self.as_salesperson(self.new_lead())
            lead.funnel_log_contact("no_answer")
        self.run_timers(self.moscow(7, 15))
        verifying = lambda: lead.sudo().activity_ids.filtered(lambda activity: activity.user_id == self.secretary)  # noqa: E731
        self.assertFalse(verifying())
        self.run_timers(self.moscow(9, 15))
        self.assertEqual(verifying().summary, "Verify the number")

    def test_the_next_call_is_announced_at_its_minute(self):
        with self.at(self.moscow(2, 10)):
            lead = self.as_salesperson(self.new_lead())
            lead.funnel_log_contact("call_back", call_date=self.moscow(2, 16, 30))
        told = self.watch((2, 10, 1), (2, 16, 29), (2, 16, 30), (2, 16, 31))
        self.assertEqual(told[2, 16, 30], [("Anna", "Позвоните сейчас: Кухня")])
        self.assertNotIn((2, 16, 31), told)
