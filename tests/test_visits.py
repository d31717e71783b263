"""Visits to clients: the date on the lead, the event in the calendar, and whoever moves either of them."""

from datetime import datetime, timedelta

from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user

from .common import FunnelCase, far_away
from .test_reminders import MONDAY, ReminderCase

DATE = datetime(2030, 5, 14, 7, 0)
LATER = datetime(2030, 5, 16, 9, 30)


class VisitFactory:
    """A funnel of deals whose engineer goes to the clients."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.engineer = new_test_user(cls.env, "engineer", "base.group_user", name="Egor")
        cls.measurer = cls.make_role("Measuring engineer", cls.engineer)
        cls.deals.visit_role_id = cls.measurer
        cls.stranger = new_test_user(cls.env, "stranger", "sales_team.group_sale_salesman", name="Sam")

    def make_visit(self, date=DATE, **values):
        return self.make_deal(measurement_date=date, city="Perm", street="Lenina 1", **values)

    def event(self, deal):
        return deal.sudo().measurement_event_id

    def events(self):
        return self.env["calendar.event"].with_context(active_test=False).search([], order="id")


class TestVisit(VisitFactory, FunnelCase):
    """The calendar follows the lead."""

    def test_a_date_makes_an_event(self):
        deal = self.make_deal(name="Kitchen", city="Perm", street="Lenina 1")
        self.assertFalse(self.event(deal))
        deal.write({"measurement_date": DATE, "address_flat": "5"})
        event = self.event(deal)
        self.assertEqual(
            (event.name, event.start, event.stop), ("Measurement: Kitchen", DATE, DATE + timedelta(hours=2))
        )
        self.assertEqual(event.location, "Perm, Lenina 1, flat 5")
        self.assertEqual((event.opportunity_id, event.user_id), (deal.sudo(), self.salesperson))
        self.assertEqual(event.partner_ids, (self.engineer + self.salesperson).partner_id)
        self.assertEqual(event.attendee_ids.partner_id, event.partner_ids)
        self.assertEqual((deal.measurement_user_id, deal.measurement_state), (self.engineer, "planned"))
        self.assertFalse(event.activity_ids, "what there is to do before is for tasks to say")

    def test_nobody_gets_a_mail(self):
        partner = self.env["res.partner"].create({"name": "Ivan", "email": "ivan@example.com"})
        self.env.flush_all()
        before = self.env["mail.mail"].search([]), self.env["mail.notification"].search([])
        deal = self.make_visit(partner_id=partner.id)
        deal.measurement_date = LATER
        self.event(deal).with_user(self.salesperson).start = DATE
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.assertNotIn(partner, self.event(deal).partner_ids)
        told = self.env["mail.notification"].search([]) - before[1]
        self.assertNotIn(partner, told.res_partner_id)
        self.assertFalse((self.env["mail.mail"].search([]) - before[0]).filtered(lambda m: partner in m.recipient_ids))

    def test_a_new_date_moves_it(self):
        deal = self.make_visit()
        event = self.event(deal)
        event.duration = 3  # somebody knows that it takes longer
        deal.write({"measurement_state": "confirmed"})
        deal.measurement_date = LATER
        self.assertEqual((event.start, event.stop), (LATER, LATER + timedelta(hours=3)))
        self.assertEqual((self.event(deal), deal.measurement_state), (event, "planned"))
        deal.write({"measurement_date": DATE, "measurement_state": "confirmed"})
        self.assertEqual(deal.measurement_state, "confirmed")
        deal.write({"measurement_date": DATE, "city": "Omsk"})
        self.assertEqual((deal.measurement_state, event.location), ("confirmed", "Omsk, Lenina 1"))

    def test_no_date_no_event(self):
        deal = self.make_visit()
        event = self.event(deal)
        deal.measurement_date = False
        self.assertFalse(event.exists() or deal.measurement_state or self.event(deal))
        deal.measurement_date = LATER
        self.assertEqual(self.event(deal).start, LATER)

    def test_whoever_has_a_part_takes_part(self):
        other = new_test_user(self.env, "other_engineer", "base.group_user", name="Olga")
        guest = self.env["res.partner"].create({"name": "Fitter"})
        deal = self.make_visit()
        event = self.event(deal)
        event.partner_ids += guest
        deal.measurement_user_id = other
        self.assertEqual(event.partner_ids, other.partner_id + self.salesperson.partner_id + guest)
        deal.with_user(self.head).user_id = self.head
        self.assertEqual(event.partner_ids, other.partner_id + self.head.partner_id + guest)
        self.assertEqual((event.user_id, event.attendee_ids.partner_id), (self.head, event.partner_ids))

    def test_other_funnels_make_no_events(self):
        self.deals.visit_role_id = False
        deal = self.make_visit()
        stock = self.env["crm.team"].create({"name": "Stock"})
        lead = self.env["crm.lead"].create({"name": "Lead", "team_id": stock.id, "measurement_date": DATE})
        self.assertFalse(self.event(deal) or self.event(lead))
        self.assertFalse(deal.funnel_has_visits or deal.measurement_user_id)

    def test_a_lead_that_comes_into_the_funnel(self):
        lead = self.make_leads(self.leads, user_id=self.salesperson.id, measurement_date=DATE)
        self.assertFalse(self.event(lead))
        lead.convert_opportunity(self.env["res.partner"])
        self.assertEqual((self.event(lead).start, lead.measurement_user_id), (DATE, self.engineer))

    def test_a_funnel_that_begins_to_send_somebody(self):
        self.deals.visit_role_id = False
        visit, past = self.make_visit(), self.make_visit(datetime(2020, 5, 14, 7, 0))
        self.deals.visit_role_id = self.measurer
        event = self.event(visit)
        self.assertEqual((event.start, self.event(past).id), (DATE, False))
        self.deals.visit_role_id = False
        self.assertFalse(event.active)

    def test_whoever_goes_may_look_at_the_deal(self):
        deal, other = self.make_visit(), self.make_deal()
        Lead = self.env["crm.lead"].with_user(self.engineer)
        self.assertEqual(Lead.search([("team_id", "=", self.deals.id)]).ids, deal.ids)
        self.assertTrue(deal.with_user(self.engineer).has_access("read"))
        self.assertFalse(deal.with_user(self.engineer).has_access("write"))
        self.assertFalse(other.with_user(self.engineer).has_access("read"))
        deal.action_set_lost(lost_reason_id=self.price.id)
        self.assertFalse(Lead.with_context(active_test=False).search([("team_id", "=", self.deals.id)]))

    def test_tasks_follow_what_follows_from_the_date(self):
        template = self.make_task(self.estimate, "Chase", applies_to="[('measurement_state', '=', 'planned')]")
        deal = self.make_deal()
        self.assertFalse(deal.funnel_task_ids)
        deal.measurement_date = DATE
        self.assertEqual(self.task_of(deal, template).state, "open")
        deal.measurement_state = "confirmed"
        self.assertEqual(self.task_of(deal, template).state, "cancelled")
        deal.measurement_date = LATER
        self.assertEqual(self.task_of(deal, template).state, "open")

    def test_the_form(self):
        deal = self.make_deal()
        with Form(deal) as form:
            form.measurement_date = DATE
            self.assertEqual(form.measurement_user_id, self.engineer)
            self.assertEqual(form.measurement_state, "planned")
        self.assertEqual(self.event(deal).start, DATE)


class TestVisitEnds(VisitFactory, FunnelCase):
    """Lost, deferred, archived, merged, duplicated and deleted leads."""

    def test_nobody_goes_to_a_lost_deal(self):
        deal = self.make_visit()
        event = self.event(deal)
        deal.action_set_lost(lost_reason_id=self.price.id)
        self.assertFalse(event.active)
        self.assertEqual((deal.measurement_date, self.event(deal)), (DATE, event), "the fact stays")
        deal.action_unarchive()
        self.assertTrue(event.active)
        self.assertEqual(len(self.events() & event), 1)

    def test_what_has_taken_place_stays_in_the_calendar(self):
        deal = self.make_visit(datetime(2020, 5, 14, 7, 0))
        deal.action_set_lost(lost_reason_id=self.price.id)
        self.assertTrue(self.event(deal).active)

    def test_archiving_and_deferring(self):
        later = self.make_months(self.deals)
        deal = self.make_visit(probability=30)
        event = self.event(deal)
        deal.active = False
        self.assertFalse(event.active)
        deal.active = True
        self.assertTrue(event.active)
        deal.write({"team_id": later.id, **far_away()})
        self.assertFalse(event.active)
        deal.write({"team_id": self.deals.id})
        self.assertTrue(event.active)

    def test_winning_keeps_it(self):
        deal = self.make_visit()
        deal.action_set_won()
        self.assertTrue(self.event(deal).active)

    def test_a_duplicate_has_no_visit(self):
        copy = self.make_visit().copy()
        self.assertFalse(copy.measurement_date or copy.measurement_user_id or self.event(copy))

    def test_merging_keeps_one_visit(self):
        before = self.events()
        first, second, third = self.make_deal(), self.make_visit(LATER), self.make_visit(DATE)
        first.probability = 90
        third.measurement_user_id = self.head
        merged = (first | second | third).with_user(self.head).merge_opportunity()
        [event] = self.events() - before
        self.assertEqual((self.event(merged), event.opportunity_id), (event, merged.sudo()))
        self.assertIn(merged.measurement_date, (DATE, LATER))
        self.assertEqual(event.start, merged.measurement_date)
        merged.measurement_date = False
        self.assertFalse(self.events() - before)

    def test_deleting_a_lead_deletes_its_visit(self):
        deal = self.make_visit()
        event = self.event(deal)
        deal.sudo().unlink()
        self.assertFalse(event.exists())


class TestCalendar(VisitFactory, FunnelCase):
    """The lead follows the calendar."""

    def test_moving_the_event_moves_the_date(self):
        deal = self.make_visit(measurement_state="confirmed")
        event = self.event(deal)
        for user, date in ((self.engineer, LATER), (self.salesperson, DATE)):
            event.with_user(user).write({"start": date, "stop": date + timedelta(hours=1)})
            self.assertEqual((deal.measurement_date, event.start), (date, date))
            self.assertEqual(event.stop, date + timedelta(hours=1))
        self.assertEqual(deal.measurement_state, "planned")

    def test_a_longer_visit_is_on_the_same_date(self):
        deal = self.make_visit(measurement_state="confirmed")
        self.event(deal).with_user(self.engineer).stop = DATE + timedelta(hours=4)
        self.assertEqual((deal.measurement_date, deal.measurement_state), (DATE, "confirmed"))

    def test_the_gate_judges_a_move_in_the_calendar(self):
        self.demand(self.estimate, "measurement_date")
        deal = self.make_visit()
        with self.assertRaisesRegex(ValidationError, "Measurement"):
            self.event(deal).with_user(self.engineer).unlink()
        with self.assertRaisesRegex(ValidationError, "Measurement"):
            self.event(deal).with_user(self.engineer).active = False
        self.assertEqual((deal.measurement_date, self.event(deal).active), (DATE, True))

    def test_deleting_the_event_clears_the_date(self):
        deal = self.make_visit()
        self.event(deal).with_user(self.engineer).unlink()
        self.assertFalse(deal.measurement_date or deal.measurement_state)

    def test_archiving_the_event_clears_the_date(self):
        deal = self.make_visit()
        event = self.event(deal)
        event.with_user(self.salesperson).action_archive()
        self.assertFalse(deal.measurement_date or self.event(deal))
        self.assertTrue(event.exists())
        event.active = True
        self.assertFalse(deal.measurement_date, "it is an event like any other now")

    def test_a_visit_is_one_visit_at_a_set_time(self):
        event = self.event(self.make_visit()).with_user(self.salesperson)
        for values in ({"allday": True}, {"recurrency": True, "rrule_type": "weekly", "count": 3}):
            with self.assertRaisesRegex(ValidationError, "once, at a set time"):
                event.write(values)

    def test_tasks_and_timers_follow_the_calendar(self):
        field = self.env["ir.model.fields"]._get("crm.lead", "measurement_date")
        call = self.env.ref("mail.mail_activity_data_call")
        self.deals.resource_calendar_id = self.env["resource.calendar"].create(
            {"name": "P", "tz": "Asia/Yekaterinburg"}
        )
        around = {"deadline_anchor": "field", "deadline_field_id": field.id}
        self.make_task(self.estimate, "Confirm", deadline_amount=-3, activity_type_id=call.id, **around)
        self.env["funnel.reminder"].create(
            {
                "name": "Late",
                "stage_id": self.estimate.id,
                "deadline_amount": 1,
                "deadline_has_clock": True,
                "deadline_clock": 10.75,
                "role_ids": [Command.link(self.measurer.id)],
                **around,
            }
        )
        deal = self.make_visit()
        self.event(deal).with_user(self.engineer).start = LATER
        self.assertEqual(deal.activity_ids.mapped(lambda one: str(one.date_deadline)), ["2030-05-13"])
        self.assertEqual(deal.funnel_timer_ids.due_at, datetime(2030, 5, 17, 5, 45))

    def test_who_is_booked_twice_is_shown(self):
        def conflict(deal):
            deal.invalidate_recordset(["measurement_conflict"])
            return deal.measurement_conflict

        first, second = self.make_visit(name="Kitchen"), self.make_visit(LATER, name="Wardrobe")
        self.assertFalse(conflict(first) or conflict(second))
        self.env.invalidate_all()
        self.assertFalse(conflict(first.with_user(self.head)), "the deal's own visit, whoever looks")
        second.measurement_date = DATE + timedelta(hours=1)
        self.assertIn("Egor is busy at that time", conflict(first))
        self.assertIn("Kitchen", conflict(second))
        second.measurement_date = DATE + timedelta(hours=2)
        self.assertFalse(conflict(first))
        self.env["calendar.event"].create(
            {
                "name": "Dentist",
                "start": DATE,
                "stop": LATER,
                "privacy": "private",
                "user_id": self.engineer.id,
                "partner_ids": [Command.set(self.engineer.partner_id.ids)],
            }
        )
        self.assertIn("Busy", conflict(first))
        self.assertNotIn("Dentist", first.measurement_conflict)


class TestNotConfirmed(VisitFactory, ReminderCase):
    """What a reminder does about a visit that nobody has confirmed."""

    def test_a_reminder_marks_it_through_the_gate(self):
        model_id = self.env["ir.model"]._get_id("crm.lead")
        field = self.env["ir.model.fields"]._get("crm.lead", "measurement_state")
        state = field.selection_ids.filtered(lambda choice: choice.value == "not_confirmed")
        action = self.env["ir.actions.server"].create(
            {
                "name": "Not confirmed",
                "model_id": model_id,
                "state": "object_write",
                "update_path": "measurement_state",
                "update_field_id": field.id,
                "selection_value": state.id,
            }
        )
        chase = self.make_task(self.estimate, "Chase", applies_to="[('measurement_state', '=', 'not_confirmed')]")
        self.remind(
            role_ids=[Command.set((self.of_salesperson + self.measurer).ids)],
            deadline_anchor="field",
            deadline_field_id=self.env["ir.model.fields"]._get("crm.lead", "measurement_date").id,
            deadline_amount=-1,
            deadline_unit="days",
            condition="[('measurement_state', '=', 'planned')]",
            server_action_id=action.id,
        )
        with self.at(MONDAY):
            visits = [
                self.make_visit(MONDAY + timedelta(days=2), measurement_state=s) for s in ("planned", "confirmed")
            ]
        told = self.run_timers(MONDAY + timedelta(days=1, hours=1))
        self.assertEqual([deal.measurement_state for deal in visits], ["not_confirmed", "confirmed"])
        self.assertEqual(told.user_id, self.salesperson + self.engineer)
        self.assertTrue(self.task_of(visits[0], chase))
        with self.at(MONDAY + timedelta(days=1, hours=2)):
            visits[0].measurement_date = MONDAY + timedelta(days=9)
        self.assertEqual(visits[0].measurement_state, "planned")
        self.assertEqual(self.task_of(visits[0], chase).state, "cancelled", "what follows from the date is followed")

    def test_a_link_is_posted_as_soon_as_a_deal_comes(self):
        channel = self.env["discuss.channel"].create({"name": "Work on requests"})
        self.remind(
            self.measurement, role_ids=[Command.clear()], deadline_amount=0, channel_ids=[Command.set(channel.ids)]
        )
        with self.at(MONDAY):
            deal = self.make_deal(name="Kitchen")
            deal.stage_id = self.measurement
        self.run_timers(MONDAY)
        [message] = channel.message_ids.filtered(lambda message: "Kitchen" in (message.body or ""))
        self.assertIn(f'data-oe-id="{deal.id}"', message.body)
        self.assertIn("Measurement", message.body)
