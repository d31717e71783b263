"""Attacks: forged contexts, values and births."""

from contextlib import suppress

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from ..common import FunnelCase, far_away


class TestForgedContext(FunnelCase):
    def test_context_of_a_client_does_not_empty_the_cached_rules(self):
        self.demand(self.measurement, "city")
        deal = self.make_deal()
        self.addCleanup(self.env.registry.clear_cache)
        self.env.registry.clear_cache()
        deal.with_context(without_funnels=True).phone = "1"  # the first to ask for the rules fills the cache
        with self.assertRaisesRegex(ValidationError, "City"):
            deal.stage_id = self.measurement

    def test_language_of_the_client_does_not_change_a_verdict(self):
        tag = self.env["crm.tag"].create({"name": "Approved"})
        tag.with_context(lang="ru_RU").name = "Одобрено"
        self.demand_condition(self.measurement, "[('tag_ids.name', '=', 'Approved')]", "Not approved")
        deal = self.make_deal(tag_ids=[Command.link(tag.id)])
        deal.with_context(lang="ru_RU").stage_id = self.measurement
        self.assertEqual(deal.stage_id, self.measurement)

    def test_showing_archived_records_does_not_change_a_verdict(self):
        self.demand(self.measurement, "activity_ids")
        deal = self.make_deal()
        deal.activity_schedule("mail.mail_activity_data_todo", user_id=self.salesperson.id)
        deal.activity_ids.action_done()
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertRaises(ValidationError):
            deal.with_context(active_test=False).stage_id = self.measurement

    def test_defaults_in_the_context_do_not_forge_the_log(self):
        deal = self.make_deal().with_context(
            default_kind="won", default_reason="forged", default_date="2000-01-01", default_user_id=self.head.id
        )
        deal.stage_id = self.contract
        move = deal.funnel_move_ids.sorted("id")[-1]
        self.assertEqual((move.kind, move.reason, move.user_id), ("moved", False, self.salesperson))

    def test_board_shows_no_stage_names_of_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.head.company_ids += other
        self.deals.company_id = other
        self.estimate.name = "Secret stage"
        Lead = (
            self.env["crm.lead"]
            .with_user(self.salesperson)
            .with_context(funnel_id=self.deals.id, read_group_expand=True)
        )
        try:
            groups = Lead.web_read_group([("team_id", "=", self.deals.id)], ["stage_id"])["groups"]
        except AccessError:
            return
        self.assertNotIn("Secret stage", str(groups))


class TestForgedValues(FunnelCase):
    def test_won_status_cannot_be_written(self):
        self.demand(self.done, "city")
        deal = self.make_deal()
        with suppress(UserError), self.env.cr.savepoint():
            deal.write({"won_status": "won"})
            self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(deal.won_status, "pending")

    def test_lost_status_cannot_be_written(self):
        deal = self.make_deal()
        with suppress(UserError), self.env.cr.savepoint():
            deal.write({"won_status": "lost"})
            self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(deal.won_status, "pending")

    def test_won_status_cannot_be_given_at_creation(self):
        with suppress(UserError), self.env.cr.savepoint():
            deal = self.make_deal(won_status="won")
            self.env.flush_all()
            self.env.invalidate_all()
            self.assertEqual(deal.won_status, "pending")

    def test_amount_due_cannot_be_written(self):
        self.demand(self.contract, "contract_amount", "received_amount")
        self.demand_condition(self.contract, "[('amount_due', '<=', 0)]", "Not paid")
        deal = self.make_deal(contract_amount=1000, received_amount=1)
        with self.assertRaisesRegex(ValidationError, "Not paid"):
            deal.write({"amount_due": 0, "stage_id": self.contract.id})

    def test_negative_amounts_do_not_pay_a_contract(self):
        self.demand(self.contract, "contract_amount", "received_amount")
        self.demand_condition(self.contract, "[('amount_due', '<=', 0)]", "Not paid")
        deal = self.make_deal()
        with suppress(UserError, IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            deal.write({"contract_amount": -100, "received_amount": 1, "stage_id": self.contract.id})
            self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(deal.stage_id, self.estimate)

    def test_copy_takes_no_money_along(self):
        deal = self.make_deal(contract_amount=100, received_amount=100)
        self.assertEqual(deal.copy().received_amount, 0)

    def test_funnel_moves_cannot_be_forged_through_the_lead(self):
        deal = self.make_deal()
        move = deal.funnel_move_ids
        forged = {"kind": "won", "date": fields.Datetime.now(), "lead_id": deal.id}
        for commands in (
            [Command.create(forged)],
            [Command.update(move.id, {"reason": "forged"})],
            [Command.delete(move.id)],
            [Command.unlink(move.id)],
            [Command.clear()],
            [Command.set([])],
        ):
            for user in (self.salesperson, self.manager, self.env.ref("base.user_admin")):
                with self.assertRaises(AccessError, msg=str(commands)), self.env.cr.savepoint():
                    deal.with_user(user).write({"funnel_move_ids": commands})
                    self.env.flush_all()

    def test_funnel_moves_cannot_be_forged_at_creation(self):
        Lead = self.env["crm.lead"].with_user(self.salesperson)
        forged = [Command.create({"kind": "won", "date": fields.Datetime.now()})]
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            Lead.create({"name": "Forged", "team_id": self.deals.id, "funnel_move_ids": forged})
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            Lead.with_context(default_funnel_move_ids=forged).create({"name": "Forged", "team_id": self.deals.id})

    def test_moves_of_a_colleague_cannot_be_taken_over(self):
        mine = self.make_deal()
        other = self.make_leads(self.deals, user_id=self.head.id)
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            mine.write({"funnel_move_ids": [Command.link(other.funnel_move_ids.id)]})
            self.env.flush_all()

    def test_contacts_are_no_way_round(self):
        self.demand(self.measurement, "city")
        partner = self.env["res.partner"].create({"name": "Client"})
        deal = self.make_deal(partner_id=partner.id)
        with self.assertRaisesRegex(ValidationError, "City"):
            partner.with_user(self.salesperson).write(
                {"opportunity_ids": [Command.update(deal.id, {"stage_id": self.measurement.id})]}
            )

    def test_rules_cannot_be_changed_through_the_stage(self):
        requirement = self.demand(self.measurement, "city")
        stage = self.measurement.with_user(self.salesperson)
        for commands in ([Command.delete(requirement.id)], [Command.clear()], [Command.create({})]):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                stage.write({"requirement_ids": commands})

    def test_import_of_an_existing_deal_passes_the_gate(self):
        self.demand(self.measurement, "city")
        deal = self.make_deal()
        self.env["ir.model.data"].create(
            {"module": "__import__", "name": "deal_a", "model": "crm.lead", "res_id": deal.id}
        )
        result = (
            self.env["crm.lead"]
            .with_user(self.salesperson)
            .with_context(import_file=True, tracking_disable=True)
            .load(["id", "stage_id/.id"], [["__import__.deal_a", str(self.measurement.id)]])
        )
        self.assertFalse(result["ids"])
        self.assertIn("City", str(result["messages"]))
        deal.invalidate_recordset()
        self.assertEqual(deal.stage_id, self.estimate)

    def test_hostile_text_stays_text(self):
        self.demand(self.measurement, "city")
        name = "=cmd|' /C calc'!A0 %s %(x)s {{7*7}} [('id','>',0)] <script>alert(1)</script>" + "я" * 20000
        deal = self.make_deal(name=name, description="<script>alert(1)</script><p>x</p>", contact_name="${1+1}")
        self.assertNotIn("<script", deal.description)
        with self.assertRaises(ValidationError) as caught:
            deal.stage_id = self.measurement
        self.assertIn("{{7*7}}", str(caught.exception))
        deal.with_user(self.head).funnel_override_move(self.measurement.id, "<img src=x onerror=alert(1)> %s")
        self.assertNotIn("<img", deal.message_ids[:1].body)


class TestBirth(FunnelCase):
    def test_a_won_deal_is_born_with_everything(self):
        self.demand(self.done, "city")
        with self.assertRaisesRegex(ValidationError, "City"):
            self.env["crm.lead"].create({"name": "Won", "team_id": self.deals.id, "stage_id": self.done.id})

    def test_type_fits_the_funnel_from_birth(self):
        for team, kind in ((self.leads, "opportunity"), (self.deals, "lead")):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.env["crm.lead"].create({"name": "X", "team_id": team.id, "type": kind})

    def test_defaults_of_the_context_pass_the_gate(self):
        self.demand(self.contract, "city")
        Lead = self.env["crm.lead"].with_user(self.salesperson)
        for context in (
            {"default_stage_id": self.contract.id},
            {"default_stage_id": self.contract.id, "default_team_id": self.deals.id},
            {"default_stage_id": self.talk.id, "default_team_id": self.deals.id, "default_type": "opportunity"},
        ):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                Lead.with_context(**context).create({"name": "X"})

    def test_writing_the_type_is_a_conversion(self):
        self.demand(self.qualified, "city", moment="leave")
        lead = self.make_leads(self.leads)
        stock = self.env["crm.team"].create({"name": "Stock"})
        for values in ({"type": "opportunity"}, {"type": "opportunity", "team_id": stock.id}, {"team_id": stock.id}):
            with self.assertRaisesRegex(ValidationError, "City"), self.env.cr.savepoint():
                lead.write(values)

    def test_resuming_does_not_go_behind_the_point_of_no_return(self):
        self.measurement.is_irreversible = True
        later = self.make_months()
        deal = self.make_deal()
        deal.stage_id = self.contract
        deal.write({"team_id": later.id, **far_away()})
        with self.assertRaisesRegex(ValidationError, "point of no return"):
            deal.write({"team_id": self.deals.id, "stage_id": self.estimate.id})
