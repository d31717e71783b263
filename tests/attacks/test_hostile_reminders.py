"""Attacks: reminders that are configured badly, or whose surroundings are taken away."""

from datetime import timedelta

from odoo.exceptions import ValidationError
from odoo.fields import Command

from ..test_reminders import MONDAY, ReminderCase

HOUR = timedelta(hours=1)


class TestHostileRules(ReminderCase):
    """What is configured badly does no harm beyond itself."""

    def make_action(self, code):
        model_id = self.env["ir.model"]._get_id("crm.lead")
        return self.env["ir.actions.server"].create(
            {"name": "Act", "model_id": model_id, "state": "code", "code": code}
        )

    def test_reminders_that_move_a_lead_back_and_forth_come_to_an_end(self):
        for origin, target in ((self.estimate, self.measurement), (self.measurement, self.estimate)):
            self.remind(origin, deadline_unit="minutes", role_ids=[Command.clear()], move_stage_id=target.id)
        with self.at(MONDAY):
            deal = self.make_deal()
        for minute in range(30):
            self.run_timers(MONDAY + timedelta(minutes=minute))
        self.assertLess(len(deal.sudo().funnel_move_ids), 30)
        self.assertFalse(self.armed(deal))
        self.assertIn("round in circles", deal.sudo().funnel_timer_ids.filtered(lambda t: t.state == "failed").error)

    def test_an_action_that_deletes_other_leads(self):
        action = self.make_action(
            "if len(records) > 1: raise UserError('One by one')\n"
            "records.search([('name', '=', 'Double'), ('id', 'not in', records.ids)]).unlink()"
        )
        self.remind(role_ids=[Command.clear()], server_action_id=action.id)
        with self.at(MONDAY):
            kept, double = self.make_deal(name="Kept"), self.make_deal(name="Double")
        self.run_timers(MONDAY + HOUR)
        self.assertFalse(double.exists())
        self.assertEqual(kept.sudo().funnel_timer_ids.state, "fired")

    def test_a_rung_that_does_not_apply_swallows_nothing(self):
        self.remind(name="Low")
        self.remind(name="High", deadline_amount=2, condition="[('phone', '!=', False)]")
        with self.at(MONDAY):
            self.make_deal()
        told = self.run_timers(MONDAY + 5 * HOUR)
        self.assertEqual(told.reminder_id.name, "Low")

    def test_a_rule_that_was_archived_for_a_while_comes_again(self):
        reminder = self.remind(repeat_amount=1)
        with self.at(MONDAY):
            deal = self.make_deal()
        self.run_timers(MONDAY + 2 * HOUR)
        self.assertTrue(deal.funnel_is_overdue)
        with self.at(MONDAY + 3 * HOUR):
            reminder.active = False
            self.env.invalidate_all()
            self.assertFalse(deal.funnel_is_overdue, "a rule that is gone holds against nobody")
            self.assertFalse(deal.funnel_escalation)
            reminder.active = True
        self.env.invalidate_all()
        self.assertEqual(self.armed(deal).due_at, MONDAY + 25 * HOUR)
        self.assertEqual(self.armed(deal).round, 1)
        self.assertTrue(deal.funnel_escalation)

    def test_a_rule_that_was_archived_for_long_lets_the_past_rest(self):
        reminder = self.remind(repeat_amount=1, repeat_times=2)
        with self.at(MONDAY):
            deal = self.make_deal()
        self.run_timers(MONDAY + 2 * HOUR)
        reminder.active = False
        with self.at(MONDAY + 75 * HOUR):
            reminder.active = True
        self.assertEqual(self.armed(deal).due_at, MONDAY + 97 * HOUR)
        self.assertTrue(self.run_timers(MONDAY + 97 * HOUR))
        with self.at(MONDAY + 98 * HOUR):
            reminder.active = False
            reminder.active = True
        self.assertFalse(self.armed(deal), "twice in all")

    def test_a_lead_that_leaves_is_free_of_deleted_rules(self):
        reminder = self.remind()
        with self.at(MONDAY):
            deal = self.make_deal()
        self.run_timers(MONDAY + HOUR)
        reminder.unlink()
        deal.stage_id = self.measurement
        self.env.invalidate_all()
        self.assertFalse(deal.funnel_is_overdue)

    def test_a_role_that_is_told_is_not_deleted(self):
        for role in (self.make_role("Told", self.head), self.make_role("Planned", self.head)):
            values = {"role_ids": [Command.set(role.ids)]}
            if role.name == "Planned":
                todo = self.env.ref("mail.mail_activity_data_todo")
                values = {"role_ids": [Command.clear()], "activity_type_id": todo.id, "activity_role_id": role.id}
            self.remind(**values)
            with self.assertRaisesRegex(ValidationError, "only be archived"):
                role.unlink()

    def test_a_date_that_is_stored_nowhere(self):
        field = self.env["ir.model.fields"].create(
            {
                "name": "x_partner_date",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "ttype": "datetime",
                "field_description": "Partner Date",
                "related": "partner_id.write_date",
                "store": False,
                "readonly": False,
            }
        )
        with self.assertRaisesRegex(ValidationError, "choose a date that people fill in"):
            self.remind(deadline_anchor="field", deadline_field_id=field.id)

    def test_nothing_is_planned_for_who_has_left(self):
        todo = self.env.ref("mail.mail_activity_data_todo")
        self.remind(role_ids=[Command.clear()], activity_type_id=todo.id)
        with self.at(MONDAY):
            deal = self.make_deal()
            nobody = self.make_leads(self.deals, user_id=False)
        self.deals.user_id = self.head
        self.salesperson.active = False
        self.run_timers(MONDAY + HOUR)
        self.assertEqual(deal.sudo().activity_ids.user_id, self.head)
        self.assertEqual(nobody.activity_ids.user_id, self.head)

    def test_without_anybody_the_activity_is_there_all_the_same(self):
        todo = self.env.ref("mail.mail_activity_data_todo")
        self.deals.user_id = False
        self.remind(role_ids=[Command.clear()], activity_type_id=todo.id)
        with self.at(MONDAY):
            nobody = self.make_leads(self.deals, user_id=False)
        self.run_timers(MONDAY + HOUR)
        self.assertEqual((nobody.funnel_timer_ids.state, len(nobody.activity_ids)), ("fired", 1))

    def test_extreme_amounts(self):
        date = self.env["ir.model.fields"]._get("crm.lead", "date_deadline").id
        for values in (
            {"deadline_amount": 2**31 - 1},
            {"deadline_amount": -(2**31)},
            {"deadline_amount": 2**31 - 1, "deadline_unit": "days", "deadline_working": True},
            {"deadline_amount": 1, "repeat_amount": 2**31 - 1, "repeat_unit": "days"},
            {"deadline_amount": 0, "repeat_amount": 1, "repeat_unit": "minutes"},
            {"deadline_anchor": "field", "deadline_field_id": date, "deadline_amount": -1, "deadline_unit": "days"},
            {
                "deadline_anchor": "field",
                "deadline_field_id": date,
                "deadline_amount": 1,
                "deadline_unit": "days",
                "deadline_working": True,
                "deadline_day_end": True,
            },
        ):
            self.remind(**values)
        with self.at(MONDAY):
            for date in ("0001-01-01", "9999-12-31", False):
                self.make_deal(date_deadline=date)
        for hour in (1, 2, 24):
            self.run_timers(MONDAY + hour * HOUR)
        self.assertFalse(self.env["funnel.timer"].search([("state", "=", "failed")]).mapped("error"))

    def test_a_message_that_failed_leaves_the_lead_overdue(self):
        template = self.env["mail.template"].create(
            {"name": "Broken", "model_id": self.env["ir.model"]._get_id("crm.lead"), "subject": "{{ object.nothing }}"}
        )
        self.remind(template_id=template.id)
        with self.at(MONDAY):
            deal = self.make_deal()
        self.run_timers(MONDAY + HOUR)
        self.assertEqual(deal.sudo().funnel_timer_ids.state, "failed")
        self.assertEqual(deal.funnel_escalation, "Call")
