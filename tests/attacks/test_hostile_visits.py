"""What people try over RPC to move, to read or to join what is not theirs."""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user

from ..common import FunnelCase
from ..test_visits import DATE, LATER, VisitFactory


class TestVisitAttacks(VisitFactory, FunnelCase):
    """What people try over RPC."""

    def test_nobody_ties_an_event_to_a_lead(self):
        mine, foreign = self.make_deal(), self.event(self.make_visit())
        Lead = self.as_salesperson(self.env["crm.lead"])
        values = {"name": "Mine", "team_id": self.deals.id}
        for name in ("measurement_event_id", "chat_channel_id"):
            value = (
                foreign.id if name == "measurement_event_id" else self.env["discuss.channel"].create({"name": "S"}).id
            )
            with self.assertRaisesRegex(AccessError, "made by the funnel itself"):
                mine.write({name: value})
            with self.assertRaisesRegex(AccessError, "made by the funnel itself"):
                Lead.create({**values, name: value})
            with self.assertRaisesRegex(AccessError, "made by the funnel itself"):
                Lead.with_context(**{f"default_{name}": value}).create(values)
        with self.assertRaises(AccessError):
            self.make_visit().write({"measurement_event_id": False})
        with self.assertRaises(AccessError):
            Lead.create({**values, "measurement_date": DATE, "measurement_event_id": foreign.id})

    def test_strangers_read_nothing_and_move_nothing(self):
        deal = self.make_visit(name="Kitchen")
        event = self.event(deal).with_user(self.stranger)
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual((event.display_name, event.name, event.location), ("Busy", "Busy", False))
        for values in (
            {"start": LATER},
            {"active": False},
            {"privacy": "public"},
            {"partner_ids": [(4, self.stranger.partner_id.id)]},
        ):
            with self.assertRaises(AccessError):
                event.write(values)
        with self.assertRaises(AccessError):
            event.unlink()
        self.assertEqual(deal.measurement_date, DATE)

    def test_what_a_participant_has_made_public_is_not_moved_by_strangers(self):
        deal = self.make_visit()
        event = self.event(deal)
        event.privacy = "public"
        for attack in (lambda e: e.write({"start": LATER}), lambda e: e.write({"active": False}), lambda e: e.unlink()):
            with self.assertRaisesRegex(AccessError, "you may not change"):
                attack(event.with_user(self.stranger))
        self.assertEqual((deal.measurement_date, event.active), (DATE, True))
        event.with_user(self.head).start = LATER
        self.assertEqual(deal.measurement_date, LATER)

    def test_a_context_switches_nothing_off(self):
        deal = self.make_visit()
        event = self.event(deal)
        event.privacy = "public"
        with self.assertRaises(AccessError):
            event.with_user(self.stranger).with_context(funnel_visit=True).write({"start": LATER})
        event.with_user(self.engineer).with_context(
            funnel_visit="FROM_LEAD", mail_activity_meeting_update=True
        ).start = LATER
        self.assertEqual(deal.measurement_date, LATER)

    def test_what_the_context_says_does_not_reach_the_event(self):
        deal = self.make_deal()
        deal.with_context(
            active_model="res.partner",
            active_id=self.stranger.partner_id.id,
            default_partner_ids=self.stranger.partner_id.ids,
            default_name="Forged",
            default_res_model="crm.lead",
            default_res_id=deal.id,
        ).measurement_date = DATE
        event = self.event(deal)
        self.assertEqual(
            (event.partner_ids & self.stranger.partner_id, event.activity_ids.ids, event.res_id),
            (self.env["res.partner"], [], 0),
        )

    def test_nobody_of_another_company_is_sent_to_a_client_or_let_into_the_chat(self):
        company = self.env["res.company"].create({"name": "Other"})
        alien = new_test_user(
            self.env, "alien", "base.group_user", company_id=company.id, company_ids=[Command.set(company.ids)]
        )
        self.deals.write({"company_id": self.env.company.id, "chat_role_ids": self.measurer.ids})
        deal = self.make_visit()
        with self.assertRaisesRegex(UserError, "belongs to another company"):
            deal.measurement_user_id = alien
        with self.assertRaisesRegex(UserError, "belongs to another company"):
            self.make_visit(measurement_user_id=alien.id)

    def test_another_company_sees_that_somebody_is_busy(self):
        company = self.env["res.company"].create({"name": "Other"})
        alien = new_test_user(
            self.env,
            "alien",
            "sales_team.group_sale_manager",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        self.deals.company_id = self.env.company
        deal = self.make_visit()
        self.env.flush_all()
        self.env.invalidate_all()
        event = self.event(deal).with_user(alien)
        self.assertEqual((event.name, event.location), ("Busy", False))
        with self.assertRaises(AccessError):
            event.start = LATER
