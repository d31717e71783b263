"""Attacks: reminders that are silenced, postponed, forged, or that turn against the people and the engine."""

from datetime import timedelta

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user

from ..common import ADDON
from ..test_reminders import MONDAY, ReminderCase

HOUR = timedelta(hours=1)


class TestEvasion(ReminderCase):
    """Nobody gets rid of a reminder but by doing something about the lead."""

    def test_writing_active_again_neither_postpones_nor_clears(self):
        self.remind()
        self.remind(name="Boss", deadline_amount=5)
        with self.at(MONDAY):
            deal = self.make_deal()
        self.run_timers(MONDAY + 2 * HOUR)
        with self.at(MONDAY + 4 * HOUR):
            deal.write({"active": True})
        self.env.invalidate_all()
        self.assertEqual(self.armed(deal).due_at, MONDAY + 5 * HOUR)
        self.assertEqual(deal.funnel_escalation, "Call")

    def test_archiving_and_restoring_neither_postpones_nor_clears(self):
        self.remind()
        self.remind(name="Boss", deadline_amount=5)
        with self.at(MONDAY):
            deal = self.make_deal(probability=50)
        self.run_timers(MONDAY + 2 * HOUR)
        with self.at(MONDAY + 4 * HOUR):
            deal.write({"active": False})
            self.assertFalse(self.armed(deal))
            deal.write({"active": True})
        self.env.invalidate_all()
        self.assertEqual(self.armed(deal).due_at, MONDAY + 5 * HOUR)
        self.assertEqual(deal.funnel_escalation, "Call")

    def test_an_attempt_in_the_year_one_silences_nothing(self):
        self.remind(deadline_anchor="contact")
        with self.at(MONDAY):
            deal = self.make_deal()
            for date in ("0001-01-01 00:00:00", "0001-01-02 00:00:00"):
                with self.assertRaises(ValidationError), self.env.cr.savepoint():
                    self.as_salesperson(self.env["funnel.contact"]).create(
                        {"lead_id": deal.id, "outcome": "no_answer", "date": date}
                    )
        self.assertTrue(self.armed(deal))

    def test_leaving_and_coming_back_does_not_clear_what_counts_from_something_else(self):
        self.remind(deadline_anchor="creation", repeat_amount=1)
        with self.at(MONDAY):
            deal = self.make_deal()
        self.run_timers(MONDAY + 2 * HOUR)
        with self.at(MONDAY + 3 * HOUR):
            deal.stage_id = self.measurement
            self.env.invalidate_all()
            self.assertFalse(deal.funnel_escalation)
            deal.stage_id = self.estimate
        self.env.invalidate_all()
        self.assertEqual(deal.funnel_escalation, "Call")
        self.assertEqual(self.armed(deal).due_at, MONDAY + 25 * HOUR, "it comes again as if it had never left")


class TestDoors(ReminderCase):
    """A reminder lets people look at the lead for which it came, and at no other."""

    def setUp(self):
        super().setUp()
        self.clerk = new_test_user(self.env, "clerk", "base.group_user", name="Clerk")
        self.role = self.make_role("Secretary", self.clerk)

    def test_the_activity_of_a_reminder_cannot_be_hung_on_another_lead(self):
        todo = self.env.ref("mail.mail_activity_data_todo")
        self.remind(role_ids=[Command.clear()], activity_type_id=todo.id, activity_role_id=self.role.id)
        secret = self.make_leads(self.deals, user_id=self.head.id, name="Secret", stage_id=self.measurement.id)
        with self.at(MONDAY):
            deal = self.make_deal()
        self.run_timers(MONDAY + HOUR)
        activity = deal.sudo().activity_ids.with_user(self.clerk)
        for values in ({"res_id": secret.id}, {"res_model_id": self.env["ir.model"]._get_id("res.partner")}):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                activity.write(values)
        self.env.invalidate_all()
        self.assertFalse(self.env["crm.lead"].with_user(self.clerk).search([("id", "=", secret.id)]))
        activity.summary = "Asked"
        activity.action_done()
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            activity.write({"active": True})

    def test_what_was_told_opens_nothing_else_of_a_lead_that_is_closed_by_now(self):
        self.remind(role_ids=[Command.set(self.role.ids)])
        with self.at(MONDAY):
            deal = self.make_deal(phone="123")
        told = self.run_timers(MONDAY + HOUR).with_user(self.clerk)
        deal.stage_id = self.measurement
        self.env.invalidate_all()
        self.assertFalse(self.env["crm.lead"].with_user(self.clerk).search([("id", "=", deal.id)]))
        self.assertEqual(told.search([]), told)
        self.assertFalse(told.search([("lead_id.phone", "=", "123")]))
        self.assertNotIn("123", str(told.formatted_read_group([], ["lead_id.phone"], ["__count"])))
        with self.assertRaises(AccessError):
            told.timer_id.read(["due_at"])

    def test_commands_over_the_lead(self):
        self.remind()
        with self.at(MONDAY):
            deal = self.make_deal()
        told = self.run_timers(MONDAY + HOUR)
        timer = deal.sudo().funnel_timer_ids
        for command in (
            Command.clear(),
            Command.delete(timer.id),
            Command.unlink(timer.id),
            Command.update(timer.id, {"escalated": False}),
            Command.update(timer.id, {"delivery_ids": [Command.clear()]}),
            Command.create({"due_at": MONDAY, "anchor_at": MONDAY}),
        ):
            with self.subTest(command=command), self.assertRaises(AccessError), self.env.cr.savepoint():
                deal.write({"funnel_timer_ids": [command]})
                self.env.flush_all()
        for values in ({"due_at": "2099-01-01"},):
            with self.assertRaises(AccessError):
                told.with_user(self.salesperson).write(values)


class TestTemplates(ReminderCase):
    """Messages are evaluated with all rights, so they are configuration."""

    def test_the_general_message_is_configuration(self):
        self.salesperson.group_ids += self.env.ref("mail.group_mail_template_editor")
        template = self.env.ref(f"{ADDON}.mail_template_reminder").with_user(self.salesperson)
        template.check_access("write")  # Odoo lets everybody edit templates
        with self.assertRaisesRegex(AccessError, "only a funnel manager"):
            template.subject = "{{ object.env.user.login }}"
        self.manager.group_ids += self.env.ref("mail.group_mail_template_editor")
        template.with_user(self.manager).subject = "Hello"

    def test_translations_are_configuration(self):
        self.env["res.lang"]._activate_lang("ru_RU")
        template = self.env["mail.template"].create(
            {
                "name": "Mine",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "subject": "Hello",
                "body_html": "<p>Hello</p>",
            }
        )
        self.remind(template_id=template.id)
        self.salesperson.group_ids += self.env.ref("mail.group_mail_template_editor")
        mine = template.with_user(self.salesperson)
        with self.assertRaisesRegex(AccessError, "only a funnel manager"):
            mine.update_field_translations("subject", {"ru_RU": "{{ object.env.user.login }}"})
        with self.assertRaisesRegex(AccessError, "only a funnel manager"):
            mine.update_field_translations("body_html", {"ru_RU": {"Hello": '<t t-out="object.env.user.login"/>'}})

    def test_who_may_not_choose_an_action_cannot_default_one(self):
        action = self.env["ir.actions.server"].create(
            {"name": "Mark", "model_id": self.env["ir.model"]._get_id("crm.lead"), "state": "code", "code": "pass"}
        )
        Reminder = self.env["funnel.reminder"].with_user(self.manager).with_context(default_server_action_id=action.id)
        try:
            reminder = Reminder.create(
                {"name": "x", "stage_id": self.estimate.id, "role_ids": [Command.set(self.of_head.ids)]}
            )
        except AccessError:
            return
        self.assertFalse(reminder.sudo().server_action_id)


class TestText(ReminderCase):
    """What people type stays text wherever a reminder repeats it."""

    def test_nothing_typed_is_html_or_code(self):
        evil = "<script>x</script><a href='http://evil'>b</a> {{ 777*777 }} ${777*777} <t t-out='777*777'/>%s %(a)s"
        channel = self.env["discuss.channel"].create({"name": "Requests"})
        call = self.env.ref("mail.mail_activity_data_call")
        self.remind(channel_ids=[Command.set(channel.ids)], activity_type_id=call.id)
        self.deals.digest_threshold = 1
        with self.at(MONDAY):
            deal = self.make_deal(name=evil, contact_name=evil, partner_name=evil, phone=evil)
        told = self.run_timers(MONDAY + HOUR)
        self.assertEqual(told.state, "sent")
        bodies = [told.message_id.body, channel.message_ids[0].body]
        with self.at(MONDAY):
            self.make_deal(name=evil)
            self.make_deal(name=evil)
        told = self.run_timers(MONDAY + HOUR)
        self.assertTrue(all(told.mapped("is_digest")))
        bodies.append(told.message_id.body)
        for body in bodies:
            self.assertIn("evil", body)
            self.assertNotIn("<script", body)
            self.assertNotIn("<a href='http://evil", body)
            self.assertNotIn('<a href="http://evil', body)
            self.assertNotIn("603729", body)
        with self.at(MONDAY + HOUR):
            deal.funnel_log_contact("wrong_number", note=evil)
        check = deal.sudo().activity_ids.filtered("note")
        self.assertIn("&lt;a href=", check.note)


class TestMerge(ReminderCase):
    """Merging leads loses nothing of what waits for them."""

    def test_merging_takes_the_activities_of_reminders_along(self):
        todo = self.env.ref("mail.mail_activity_data_todo")
        self.remind(role_ids=[Command.clear()], activity_type_id=todo.id)
        with self.at(MONDAY):
            deals = self.make_deal() | self.make_deal()
        self.run_timers(MONDAY + HOUR)
        master = deals.with_user(self.salesperson)._merge_opportunity(auto_unlink=False)
        self.assertEqual(len(master.activity_ids), 2)

    def test_the_last_contact_of_a_merged_lead_counts(self):
        self.remind(deadline_anchor="contact", deadline_amount=5)
        with self.at(MONDAY):
            deals = self.make_deal() | self.make_deal()
        with self.at(MONDAY + HOUR):
            for deal in deals:
                deal.funnel_log_contact("no_answer")
        with self.at(MONDAY + 2 * HOUR):
            deals[1].funnel_log_contact("no_answer")
        with self.at(MONDAY + 3 * HOUR):
            master = deals.with_user(self.salesperson)._merge_opportunity(auto_unlink=False)
        self.assertEqual(self.armed(master).due_at, MONDAY + 7 * HOUR)


class TestCost(ReminderCase):
    """What people look at all day costs the same for many leads as for a few."""

    def count(self, work):
        self.env.flush_all()
        self.env.invalidate_all()
        start = self.env.cr.sql_log_count
        work()
        self.env.flush_all()
        return self.env.cr.sql_log_count - start

    def test_many_leads(self):
        self.remind()
        self.remind(name="Plan", activity_type_id=self.env.ref("mail.mail_activity_data_todo").id, repeat_amount=1)
        self.remind(name="Contact", deadline_anchor="contact")
        with self.at(MONDAY):
            deals = self.make_leads(self.deals, 82, user_id=self.salesperson.id, probability=50)
        self.run_timers(MONDAY + 2 * HOUR)
        names = [name for name in deals._fields if name.startswith("funnel_") and deals._fields[name].compute]
        deals = deals.with_user(self.salesperson)

        def read(leads):
            return lambda: leads.web_read({name: {} for name in names})

        read(deals)()
        self.assertEqual(self.count(read(deals[:2])), self.count(read(deals[2:])))
        Contact = self.env["funnel.contact"].with_user(self.salesperson)

        def note(leads):
            return lambda: Contact.create([{"lead_id": lead.id, "outcome": "no_answer"} for lead in leads])

        note(deals)()
        self.assertEqual(self.count(note(deals[:2])), self.count(note(deals[2:])))

        def archive(leads):
            def work():
                leads.write({"active": False})
                leads.write({"active": True})

            return work

        archive(deals)()
        self.assertEqual(self.count(archive(deals[:2])), self.count(archive(deals[2:])))
