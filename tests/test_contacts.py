"""Contact attempts: noting them, what follows from them, what they make of a lead."""

import contextlib
from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user
from odoo.tools import mute_logger
from psycopg2.errors import CheckViolation

from .common import ADDON, FunnelCase

#: A Monday morning in Moscow, 10:00.
MONDAY = datetime(2026, 3, 2, 7, 0)


class ContactCase(FunnelCase):
    """A funnel of leads in Moscow with a side stage for clients who do not answer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.tz = "Europe/Moscow"
        cls.salesperson.tz = cls.head.tz = "Europe/Moscow"
        hours = [(9, 13, "morning"), (14, 18, "afternoon")]
        cls.calendar = cls.env["resource.calendar"].create(
            {
                "name": "Office",
                "tz": "Europe/Moscow",
                "attendance_ids": [
                    Command.clear(),
                    *(
                        Command.create(
                            {"name": "-", "dayofweek": str(day), "hour_from": a, "hour_to": b, "day_period": period}
                        )
                        for day in range(5)
                        for a, b, period in hours
                    ),
                ],
            }
        )
        cls.silent = cls.env["crm.stage"].create(
            {"name": "Silent", "sequence": 9, "is_side_stage": True, "team_ids": [Command.link(cls.leads.id)]}
        )
        cls.leads.write({"resource_calendar_id": cls.calendar.id, "no_answer_stage_id": cls.silent.id, "call_gap": 90})
        cls.call = cls.env.ref("mail.mail_activity_data_call")

    @contextlib.contextmanager
    def at(self, moment):
        """Make it that moment (in UTC), for Python and for the database."""
        with freeze_time(moment), patch.object(self.env.cr, "_now", moment):
            yield

    def make_lead(self, count=1, **values):
        """Create leads of the salesperson in the first stage, on Monday morning."""
        values = {"user_id": self.salesperson.id, "contact_name": "Ivan", "phone": "+7 912 345-67-89", **values}
        with self.at(MONDAY - timedelta(hours=1)):
            leads = self.make_leads(self.leads, count, **values)
            self.env.flush_all()
        return self.as_salesperson(leads)

    def plan(self, lead, days=0, user=None, **values):
        """Plan an activity on ``lead`` so many days after Monday."""
        return self.env["mail.activity"].create(
            {
                "res_model_id": self.env["ir.model"]._get_id("crm.lead"),
                "res_id": lead.id,
                "activity_type_id": self.call.id,
                "user_id": (user or self.salesperson).id,
                "date_deadline": (MONDAY + timedelta(days=days)).date(),
                **values,
            }
        )


class TestNoting(ContactCase):
    def test_reached(self):
        lead = self.make_lead()
        late, today, later = self.plan(lead, -3), self.plan(lead), self.plan(lead, 5)
        lead.sudo().funnel_call_date = MONDAY
        with self.at(MONDAY):
            contact = lead.funnel_log_contact("reached", note="Wants oak")
        self.assertEqual(contact.mapped("outcome"), ["reached"])
        self.assertEqual((contact.user_id, contact.channel, contact.note), (self.salesperson, "phone", "Wants oak"))
        self.assertEqual(((late | today).mapped("active"), later.active), ([False, False], True))
        self.assertEqual(late.feedback, "Wants oak")
        self.assertFalse(lead.funnel_call_date)
        self.assertEqual(lead.funnel_contact_count, 1, "finishing the calls is no attempt of its own")

    def test_reached_before_the_call_that_was_planned(self):
        lead = self.make_lead()
        with self.at(MONDAY):
            lead.funnel_log_contact("call_back", call_date=MONDAY + timedelta(days=2))
            planned = lead.activity_ids
            lead.funnel_log_contact("reached")
        self.assertFalse(planned.active)

    def test_no_answer(self):
        lead = self.make_lead()
        with self.at(MONDAY + timedelta(hours=1, minutes=30)):  # 11:30, an hour and a half before lunch
            lead.funnel_log_contact("no_answer")
            self.assertEqual(lead.funnel_call_date, datetime(2026, 3, 2, 10, 0))
        with self.at(datetime(2026, 3, 2, 14, 30)):  # 17:30: half an hour is left of the day
            lead.funnel_log_contact("no_answer")
            self.assertEqual(lead.funnel_call_date, datetime(2026, 3, 3, 7, 0))
        self.assertEqual(lead.stage_id, self.silent)
        call = lead.activity_ids
        self.assertEqual((len(call), call.activity_type_id, call.user_id), (1, self.call, self.salesperson))
        self.assertEqual(str(call.date_deadline), "2026-03-03")
        self.assertIn("10:00", call.summary)
        move = lead.sudo().funnel_move_ids.sorted("id")[-1]
        self.assertEqual((move.kind, move.to_stage_id, move.reason), ("moved", self.silent, "No answer"))

    def test_the_salesperson_reads_the_time_in_their_own_language_and_zone(self):
        self.salesperson.tz = "Asia/Vladivostok"
        lead = self.make_lead()
        with self.at(datetime(2026, 3, 2, 13, 0)):  # 16:00 in Moscow; the next call at 17:30, after midnight there
            lead.with_user(self.head).funnel_log_contact("no_answer")
        call = lead.activity_ids
        self.assertEqual((call.user_id, str(call.date_deadline)), (self.salesperson, "2026-03-03"))
        self.assertIn("12:30", call.summary)

    def test_a_call_of_somebody_else_stays_theirs(self):
        lead = self.make_lead()
        of_head = self.plan(lead, 0, self.head)
        with self.at(MONDAY):
            lead.funnel_log_contact("call_back", call_date=MONDAY + timedelta(days=3))
        self.assertEqual(of_head.date_deadline, MONDAY.date())
        self.assertEqual(len(lead.activity_ids), 2)

    def test_an_attempt_is_not_lost_where_a_rule_keeps_the_lead(self):
        self.demand(self.silent, "city")
        lead = self.make_lead()
        with self.at(MONDAY):
            action = lead.action_funnel_no_answer()
        self.assertEqual((lead.stage_id, lead.funnel_contact_count), (self.new, 1))
        self.assertTrue(lead.funnel_call_date)
        self.assertEqual(action["params"]["type"], "warning")

    def test_without_a_stage_for_it_the_lead_stays(self):
        deal = self.make_deal()
        deal.funnel_log_contact("no_answer")
        self.assertEqual(deal.stage_id, self.estimate)
        self.assertTrue(deal.funnel_call_date)

    def test_call_back(self):
        lead = self.make_lead()
        with self.at(MONDAY):
            lead.funnel_log_contact("call_back", call_date="2026-03-05 12:15:00", note="On holiday")
            call = lead.activity_ids
            self.assertEqual((str(call.date_deadline), lead.stage_id), ("2026-03-05", self.new))
            lead.funnel_log_contact("call_back", call_date=datetime(2026, 3, 6, 6, 0))
        self.assertEqual((lead.activity_ids, str(call.date_deadline)), (call, "2026-03-06"))
        self.assertEqual(lead.funnel_call_date, datetime(2026, 3, 6, 6, 0))

    def test_wrong_number(self):
        secretary = new_test_user(self.env, "sonja", f"{ADDON}.group_funnel_user", name="Sonja")
        self.leads.number_check_role_id = self.make_role("Secretary", secretary)
        lead = self.make_lead()
        lead.sudo().funnel_call_date = MONDAY
        lead.funnel_log_contact("wrong_number", note="A flower shop")
        lead.funnel_log_contact("wrong_number")
        check = lead.sudo().activity_ids
        self.assertEqual((len(check), check.user_id, check.summary), (1, secretary, "Verify the phone number"))
        seen = check.with_user(secretary).note
        self.assertTrue(all(text in seen for text in ("Ivan", "345-67-89", "A flower shop")))
        self.assertFalse(lead.funnel_call_date)

    def test_wrong_number_without_a_role(self):
        lead = self.make_lead()
        lead.with_user(self.head).funnel_log_contact("wrong_number")
        self.assertEqual(lead.activity_ids.user_id, self.salesperson)

    def test_what_cannot_be_noted(self):
        lead = self.make_lead()
        cases = [
            (("sang",), "sang"),
            (("reached", "pigeon"), "pigeon"),
            (("reached", "phone", ["x"]), "note is text"),
            (("call_back",), "when to call"),
            (("call_back", "phone", None, "soon"), "date and time"),
            (("call_back", "phone", None, MONDAY - timedelta(minutes=1)), "over"),
            (("no_answer", "phone", None, MONDAY + timedelta(days=1)), "called back"),
        ]
        for arguments, message in cases:
            with self.at(MONDAY), self.assertRaisesRegex(ValidationError, message):
                lead.funnel_log_contact(*arguments)
        self.assertFalse(lead.funnel_contact_ids)

    def test_leads_that_are_closed_or_in_no_funnel(self):
        stock = self.env["crm.lead"].create({"name": "Stock", "team_id": False, "user_id": self.salesperson.id})
        lost = self.make_lead()
        lost.action_set_lost(lost_reason_id=self.make_reason("Gone", self.leads).id)
        for lead, message in ((self.as_salesperson(stock), "no funnel"), (lost, "closed")):
            for method in ("action_funnel_reached", "action_funnel_call_back"):
                with self.assertRaisesRegex(UserError, message):
                    getattr(lead, method)()
            self.assertFalse(lead.funnel_can_contact)

    def test_a_row_without_an_outcome(self):
        lead = self.make_lead()
        contact = lead.funnel_contact_ids.create({"lead_id": lead.id})
        self.assertEqual((contact.outcome, contact.channel), ("attempted", "phone"))
        self.assertNotIn("outcome", contact.default_get(["outcome", "channel"]))

    def test_buttons_say_what_was_done(self):
        lead = self.make_lead()
        with self.at(MONDAY):
            said = lead.action_funnel_no_answer()["params"]["message"]
        for text in ("No answer", "Silent", "today at 11:30"):
            self.assertIn(text, said.replace("\u202f", " "))
        with self.at(MONDAY):
            dialog = lead.action_funnel_call_back()
            wizard = self.env[dialog["res_model"]].with_user(self.salesperson)
            wizard = wizard.with_context(**dialog["context"]).create({"note": "Later"})
            self.assertEqual(wizard.call_date, datetime(2026, 3, 2, 8, 30))
            wizard.call_date = datetime(2026, 3, 3, 8, 30)
            self.assertIn("tomorrow at", wizard.action_apply()["params"]["message"])
        self.assertEqual(lead.funnel_contact_ids.sorted("id").mapped("outcome"), ["no_answer", "call_back"])


class TestRights(ContactCase):
    def test_people_of_a_role_note_nothing_on_leads_they_may_only_read(self):
        walter = new_test_user(self.env, "walter", f"{ADDON}.group_funnel_user", name="Walter")
        self.make_task(self.new, "Check", role_id=self.make_role("Warehouse", walter).id)
        lead = self.make_lead().with_user(walter)
        self.assertTrue(lead.name)
        self.assertFalse(lead.funnel_can_contact)
        for attempt in (
            lambda: lead.funnel_log_contact("reached"),
            lead.action_funnel_no_answer,
            lambda: lead.funnel_contact_ids.create({"lead_id": lead.id, "outcome": "reached"}),
            lambda: (
                self.env["funnel.call.back"]
                .with_user(walter)
                .create({"lead_ids": [Command.set(lead.ids)], "call_date": datetime.now() + timedelta(days=1)})
                .action_apply()
            ),
        ):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                attempt()
        self.assertFalse(lead.sudo().funnel_contact_ids)

    def test_a_colleague_cannot_note_attempts_on_a_lead_out_of_reach(self):
        colleague = new_test_user(self.env, "colleague", "sales_team.group_sale_salesman")
        with self.assertRaises(AccessError):
            self.make_lead().with_user(colleague).funnel_log_contact("reached")

    def test_no_client_says_that_a_call_was_noted_already(self):
        lead = self.make_lead()
        call = self.plan(lead).with_user(self.salesperson)
        call.with_context(funnel_contact_noted=True).action_feedback("Talked")
        self.assertEqual(lead.funnel_contact_count, 1)

    def test_a_task_of_another_role_is_not_done_by_reaching_the_client(self):
        walter = new_test_user(self.env, "walter", f"{ADDON}.group_funnel_user", name="Walter")
        role = self.make_role("Warehouse", walter)
        own = self.make_task(self.new, "Call", activity_type_id=self.call.id)
        foreign = self.make_task(self.new, "Call too", activity_type_id=self.call.id, role_id=role.id)
        approval = self.make_approval(
            self.new, self.make_role("Head", source="head"), activity_type_id=self.call.id, request_on_entry=True
        )
        lead = self.make_lead()
        lead.funnel_log_contact("reached")
        states = [self.task_of(lead, template).state for template in (own, foreign, approval)]
        self.assertEqual(states, ["done", "open", "requested"])
        self.assertEqual(lead.funnel_contact_count, 1)


class TestAttemptsThatNoteThemselves(ContactCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = cls.env["res.partner"].create({"name": "Ivan", "email": "ivan@example.com"})

    def test_a_call_that_is_done(self):
        lead = self.make_lead()
        call, todo = self.plan(lead), self.plan(lead, activity_type_id=self.env.ref("mail.mail_activity_data_todo").id)
        (call | todo).with_user(self.salesperson).action_feedback("Wants oak")
        contact = lead.funnel_contact_ids
        self.assertEqual(contact.mapped("outcome"), ["attempted"])
        self.assertEqual((contact.user_id, contact.channel, contact.note), (self.salesperson, "phone", "Wants oak"))

    def test_the_call_that_was_planned_is_not_to_come(self):
        lead = self.make_lead()
        with self.at(MONDAY):
            lead.funnel_log_contact("call_back", call_date=MONDAY + timedelta(days=1))
            self.plan(lead).with_user(self.salesperson).action_done()
            self.assertTrue(lead.funnel_call_date, "another call was made")
            lead.activity_ids.action_done()
            self.assertFalse(lead.funnel_call_date)

    def test_a_call_by_somebody_who_may_only_look(self):
        walter = new_test_user(self.env, "walter", f"{ADDON}.group_funnel_user", name="Walter")
        lead = self.make_lead()
        self.plan(lead, user=walter).with_user(walter).action_done()
        self.assertEqual(lead.funnel_contact_ids.user_id, walter)

    def test_calls_of_others(self):
        lead = self.make_lead()
        self.plan(lead)._action_done()  # by OdooBot
        stock = self.env["crm.lead"].create({"name": "Stock", "team_id": False})
        self.plan(stock).with_user(self.salesperson).action_done()
        self.assertFalse((lead | stock).funnel_contact_ids)

    def test_the_call_of_a_task(self):
        template = self.make_task(self.new, "Call", activity_type_id=self.call.id)
        lead, other = self.make_lead(), self.make_lead()
        self.task_of(lead, template).action_do()
        other.activity_ids.action_feedback("Talked")
        self.assertEqual((lead.funnel_contact_count, other.funnel_contact_count), (1, 1))
        self.assertEqual(self.task_of(other, template).state, "done")

    def test_a_task_that_is_done_by_a_call(self):
        condition = "[('funnel_contact_ids.channel', '=', 'phone')]"
        template = self.make_task(self.new, "Call", activity_type_id=self.call.id, done_condition=condition)
        reach = self.make_task(self.new, "Reach", done_condition="[('funnel_is_contacted', '=', True)]")
        lead, other = self.make_lead(), self.make_lead()
        lead.funnel_log_contact("attempted")
        other.activity_ids.action_feedback("Talked")
        self.assertEqual((lead.funnel_contact_count, other.funnel_contact_count), (1, 1))
        for each in (lead, other):
            states = [self.task_of(each, item).state for item in (template, reach)]
            self.assertEqual(states, ["done", "done"])
        self.assertFalse((lead | other).activity_ids)

    def post(self, lead, **values):
        """Send a message from the chatter of ``lead``."""
        values = {"body": "Hello", "message_type": "comment", "subtype_xmlid": "mail.mt_comment", **values}
        return lead.message_post(**values)

    def test_a_mail_to_the_client(self):
        by_partner = self.make_lead(partner_id=self.client.id)
        by_email = self.make_lead(email_from="Olga <olga@example.com>")
        following = self.make_lead(partner_id=self.client.id)
        following.sudo().message_subscribe(self.client.ids)
        self.post(by_partner, partner_ids=self.client.ids, subject="The offer")
        self.post(by_email, outgoing_email_to="olga@example.com")
        self.post(following)
        for lead in (by_partner, by_email, following):
            contact = lead.funnel_contact_ids
            self.assertEqual(contact.mapped("channel"), ["email"])
            self.assertEqual((contact.outcome, contact.user_id), ("attempted", self.salesperson))
        self.assertEqual(by_partner.funnel_contact_ids.note, "The offer")

    def test_messages_that_are_no_mail_to_the_client(self):
        lead = self.make_lead(partner_id=self.client.id)
        ids = self.client.ids
        self.post(lead, subtype_xmlid="mail.mt_note", partner_ids=ids)
        self.post(lead, partner_ids=self.head.partner_id.ids)
        self.post(lead, message_type="notification", partner_ids=ids)
        self.post(lead, message_type="email", author_id=ids[0])
        self.post(lead.with_context(cron_id=1), partner_ids=ids)
        self.post(lead.sudo().with_user(self.env.ref("base.user_root")), partner_ids=ids)
        lead.message_notify(body="Hello", partner_ids=ids)
        self.assertFalse(lead.funnel_contact_ids)

    def test_a_mail_to_many(self):
        leads = self.make_lead(2, partner_id=self.client.id) | self.make_lead(1, email_from="olga@example.com")
        composer = (
            self.env["mail.compose.message"]
            .with_user(self.salesperson)
            .create(
                {
                    "composition_mode": "mass_mail",
                    "model": "crm.lead",
                    "res_ids": str(leads.ids),
                    "subject": "Sale",
                    "body": "<p>Hello</p>",
                }
            )
        )
        composer._action_send_mail()
        self.assertEqual(leads.mapped("funnel_contact_count"), [1, 1, 1])


class TestFacts(ContactCase):
    def log(self, lead, moment, outcome="no_answer", channel="phone"):
        values = {"lead_id": lead.id, "outcome": outcome, "channel": channel, "date": moment}
        return self.env["funnel.contact"].create(values)

    def assert_found(self, leads, name, expected):
        """Assert that the field ``name`` is set on ``expected`` of the leads, read and searched for either way."""
        self.assertEqual(leads.filtered(name), expected)
        own = [("id", "in", leads.ids)]
        self.assertEqual(leads.search([(name, "=", True), *own]), expected)
        self.assertEqual(leads.search([(name, "=", False), *own]), leads - expected)
        self.assertEqual(leads.filtered_domain([(name, "=", True)]), expected)

    def test_counters(self):
        leads = self.make_lead(2)
        self.log(leads[0], datetime(2026, 3, 1, 20, 59))  # Sunday in Moscow
        self.log(leads[0], datetime(2026, 3, 1, 21, 1))  # Monday
        with self.at(MONDAY):
            self.assertEqual(leads.mapped("funnel_contact_today_count"), [1, 0])
            self.assertEqual(leads.mapped("funnel_contact_count"), [2, 0])
            self.assertEqual(leads[0].funnel_last_contact_date, datetime(2026, 3, 1, 21, 1))

    def test_in_the_present_stage(self):
        leads = self.make_lead(3, contact_name="Ivan")
        with self.at(MONDAY):
            leads[:2].funnel_log_contact("attempted")
            leads[0].funnel_log_contact("reached")
            self.assert_found(leads, "funnel_is_contacted", leads[:2])
            self.assert_found(leads, "funnel_is_reached", leads[0])
        with self.at(MONDAY + timedelta(minutes=5)):
            leads.write({"stage_id": self.talk.id})
            self.assert_found(leads, "funnel_is_contacted", leads.browse())
        with self.at(MONDAY + timedelta(minutes=9)):
            leads[2].funnel_log_contact("no_answer")
            self.assertEqual(leads[2].stage_id, self.silent)
            self.assert_found(leads, "funnel_is_contacted", leads.browse())
        with self.at(MONDAY + timedelta(minutes=10)):
            leads[1:].funnel_log_contact("reached")
            self.assert_found(leads, "funnel_is_reached", leads[1:])
        leads[1:].date_last_stage_update = datetime(2027, 1, 1)
        self.env.invalidate_all()
        self.assert_found(leads, "funnel_is_reached", leads[1:])

    def test_quota(self):
        self.new.write({"call_quota": 3, "message_quota": 1})
        leads = self.make_lead(4)
        yesterday = MONDAY - timedelta(days=1)
        for moment in (MONDAY, MONDAY, yesterday):
            self.log(leads[1], moment)
        for channel in ("phone", "phone", "phone", "email", "meeting"):
            self.log(leads[2], MONDAY, channel=channel)
        for channel in ("phone", "phone", "phone"):
            self.log(leads[3], MONDAY, channel=channel)
        with self.at(MONDAY):
            self.assert_found(leads, "funnel_is_below_quota", leads[0] | leads[1] | leads[3])
            missing = leads.mapped("funnel_quota_missing")
            self.assertEqual(missing, ["3 calls, 1 message", "1 call, 1 message", False, "1 message"])
            leads[0].stage_id = self.talk
            leads[1].action_set_lost(lost_reason_id=self.make_reason("Gone", self.leads).id)
            leads = leads.with_context(active_test=False)
            self.env.invalidate_all()
            self.assert_found(leads, "funnel_is_below_quota", leads[3])
        with self.at(yesterday):  # nobody works on Sundays
            self.env.invalidate_all()
            self.assert_found(leads, "funnel_is_below_quota", leads.browse())

    def test_quota_by_the_working_time_of_the_company(self):
        self.leads.write({"resource_calendar_id": False})
        self.new.call_quota = 1
        self.env.company.resource_calendar_id = self.calendar
        home = self.make_lead(company_id=self.env.company.id)
        nowhere = self.make_lead()
        other = self.env["res.company"].create({"name": "Weekend"})
        other.resource_calendar_id = False
        away = self.make_lead(company_id=other.id, user_id=False)
        leads = (home | nowhere | away).sudo()
        with self.at(MONDAY):
            self.assert_found(leads, "funnel_is_below_quota", leads)
        with self.at(MONDAY - timedelta(days=1)):
            self.env.invalidate_all()
            own = self.env["crm.team"]._get_funnel_rules().working_time(self.leads.id, nowhere.company_id.id)
            self.assertIn(away.sudo(), leads.filtered("funnel_is_below_quota"))
            self.assertNotIn(home.sudo(), leads.filtered("funnel_is_below_quota"))
            self.assertEqual(bool(own.hours) and not own.is_working_day(MONDAY.date() - timedelta(days=1)), True)
            self.assert_found(leads, "funnel_is_below_quota", leads.filtered("funnel_is_below_quota"))

    def test_quotas_are_no_negative_numbers(self):
        with self.assertRaises(CheckViolation), self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
            self.new.write({"call_quota": -1})
            self.env.flush_all()

    def test_the_stage_for_no_answer_belongs_to_the_funnel(self):
        for team, stage in ((self.leads, self.estimate), (self.deals, self.done)):
            with self.assertRaisesRegex(ValidationError, "do not answer"):
                team.no_answer_stage_id = stage

    def test_a_merge_keeps_the_next_call(self):
        leads = self.make_lead(2, email_from="ivan@example.com")
        with self.at(MONDAY):
            leads[1].funnel_log_contact("call_back", call_date=MONDAY + timedelta(days=1))
            leads[0].funnel_log_contact("attempted")
        merged = leads.merge_opportunity()
        self.assertEqual(merged.funnel_call_date, MONDAY + timedelta(days=1))
        self.assertEqual(len(merged.funnel_contact_ids), 2)


class TestCost(ContactCase):
    def queries(self, operation, leads):
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        operation(leads)
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def assert_constant(self, operation, **values):
        self.queries(operation, self.make_lead(2, **values))  # fills the caches
        few, many = (self.queries(operation, self.make_lead(count, **values)) for count in (2, 60))
        self.assertLess((many - few) / 58, 0.05, f"{few} queries for 2 leads, {many} for 60")

    def test_cards(self):
        self.new.write({"call_quota": 3, "message_quota": 1})
        names = ["funnel_contact_count", "funnel_contact_today_count", "funnel_quota_missing", "funnel_can_contact"]
        self.assert_constant(lambda leads: leads.read(names))
        leads = self.make_lead(10)
        base = self.queries(lambda leads: leads.read(["stage_id", "team_id"]), leads)
        self.assertLessEqual(self.queries(lambda leads: leads.read(names), leads) - base, 6)

    def test_conditions_of_rules(self):
        self.new.write({"call_quota": 3})
        for name in ("funnel_is_contacted", "funnel_is_reached", "funnel_is_below_quota"):
            with self.subTest(name):
                self.assert_constant(lambda leads, name=name: leads.filtered_domain([(name, "=", False)]))
                self.assert_constant(lambda leads, name=name: leads.search([(name, "=", False)]))

    def test_noting_many_at_once(self):
        self.leads.number_check_role_id = self.make_role("Secretary", self.head)
        quiet = {"tracking_disable": True}
        later = datetime.now() + timedelta(days=9)
        for outcome in ("reached", "no_answer", "wrong_number", "call_back"):
            date = later if outcome == "call_back" else None
            with self.subTest(outcome):
                self.assert_constant(
                    lambda leads, outcome=outcome, date=date: leads.with_context(**quiet).funnel_log_contact(
                        outcome, call_date=date
                    )
                )
