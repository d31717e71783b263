"""Attacks: ways somebody may try to get past the gate, to see what is not theirs or to break the data."""

from contextlib import suppress

from odoo import SUPERUSER_ID, api, fields, sql_db
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from odoo.addons.sales_funnel_addon.tools.lead_moves import GateBatch

from .common import ADDON, FunnelCase


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


class TestPublicMethods(FunnelCase):
    def test_portal_users_and_strangers_are_refused(self):
        deal = self.make_deal()
        for user in (
            new_test_user(self.env, "portal_attacker", "base.group_portal"),
            self.env.ref("base.public_user"),
            new_test_user(self.env, "just_employee", "base.group_user"),
        ):
            for attack in (
                lambda lead: lead.funnel_check_move(self.contract.id),
                lambda lead: lead.funnel_override_move(self.contract.id, "because"),
            ):
                with self.assertRaises(AccessError):
                    attack(deal.with_user(user))

    def test_override_with_a_strange_stage_id_moves_and_says_nothing(self):
        deal = self.make_deal().with_user(self.manager)
        before, problems = len(deal.message_ids), []
        for stage_id in (
            False,
            None,
            0,
            -1,
            10**30,
            2**31,
            "x",
            str(self.contract.id),
            [self.contract.id],
            {},
            True,
            1.5,
        ):
            try:
                with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                    deal.funnel_override_move(stage_id, "because")
                    self.env.flush_all()
            except (UserError, AccessError, ValidationError):
                pass
            except Exception as error:
                problems.append(f"{stage_id!r}: {type(error).__name__}: {error}")
            self.env.invalidate_all()
            if (deal.stage_id, len(deal.message_ids)) != (self.estimate, before):
                problems.append(f"{stage_id!r}: {deal.stage_id.name}, {deal.message_ids[:1].body}")
        self.assertFalse(problems)

    def test_check_with_a_strange_stage_id_is_refused_politely(self):
        deal = self.make_deal()
        gone = self.env["crm.stage"].create({"name": "Gone", "team_ids": [Command.link(self.deals.id)]})
        gone_id = gone.id
        gone.unlink()
        problems = []
        for stage_id in (False, None, 0, -1, 10**30, 2**31, gone_id, "x", [self.contract.id], {}):
            try:
                with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                    verdict = deal.funnel_check_move(stage_id)
            except (UserError, AccessError, ValidationError):
                continue
            except Exception as error:
                problems.append(f"{stage_id!r}: {type(error).__name__}: {error}")
            else:
                if verdict["status"] == "ok":
                    problems.append(f"{stage_id!r}: ok")
        self.assertFalse(problems)

    def test_check_says_what_the_move_will_say(self):
        deal = self.make_deal()
        for stage in (self.talk, self.env.ref("crm.stage_lead1")):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                deal.stage_id = stage
            self.assertEqual(deal.funnel_check_move(stage.id)["status"], "forbidden", stage.name)

    def test_override_to_the_present_stage_says_nothing(self):
        deal = self.make_deal().with_user(self.manager)
        before = len(deal.message_ids)
        try:
            deal.funnel_override_move(self.estimate.id, "because")
        except UserError:
            pass
        self.assertEqual(len(deal.message_ids), before)

    def test_override_of_leads_of_two_funnels_moves_none(self):
        leads = self.make_deal().with_user(self.manager) | self.make_leads(self.leads).with_user(self.manager)
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            leads.funnel_override_move(self.contract.id, "because")
        leads.invalidate_recordset()
        self.assertEqual(leads.stage_id, self.estimate | self.new)

    def test_head_of_one_funnel_does_not_override_another(self):
        rival = new_test_user(self.env, "rival", "sales_team.group_sale_salesman_all_leads")
        self.make_funnel("Rival", "deal", ["One"], user_id=rival.id)
        with self.assertRaises(AccessError):
            self.make_deal().with_user(rival).funnel_override_move(self.contract.id, "because")

    def test_salesperson_reads_the_name_of_a_rule(self):
        requirement = self.demand(self.measurement, "city").with_user(self.salesperson)
        self.assertTrue(requirement.read(["name", "display_name"]))

    def test_wizards_do_not_reach_leads_of_others(self):
        other = self.make_leads(self.deals, user_id=self.head.id)
        for model, values in (
            ("funnel.override", {"stage_id": self.contract.id, "reason": "x"}),
            ("crm.lead.lost", {"lost_reason_id": self.price.id, "lost_comment": "x"}),
        ):
            method = "action_apply" if model == "funnel.override" else "action_lost_reason_apply"
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                wizard = (
                    self.env[model].with_user(self.salesperson).create(dict(values, lead_ids=[Command.set(other.ids)]))
                )
                self.env.flush_all()
                self.env.invalidate_all()
                getattr(wizard, method)()
                if not wizard.lead_ids:
                    raise AccessError("nothing reached")
            self.assertEqual(other.won_status, "pending")


class TestHandover(FunnelCase):
    def test_salesperson_converts_for_a_colleague(self):
        self.demand(self.talk, "phone", moment="leave")
        self.demand(self.estimate, "city")
        lead = self.as_salesperson(self.make_leads(self.leads, user_id=self.salesperson.id, city="Perm", phone="1"))
        self.convert_for_the_head(lead)
        self.assertEqual((lead.sudo().user_id, lead.sudo().stage_id), (self.head, self.estimate))
        self.assertEqual(lead.sudo().funnel_move_ids.mapped("kind"), ["converted", "created"])

    def test_refused_conversion_for_a_colleague_is_a_readable_error(self):
        self.demand(self.talk, "phone", moment="leave")
        lead = self.as_salesperson(self.make_leads(self.leads, user_id=self.salesperson.id))
        with self.assertRaisesRegex(ValidationError, "Phone"):
            self.convert_for_the_head(lead)

    def convert_for_the_head(self, lead):
        self.env.flush_all()
        self.env.invalidate_all()
        dialog = self.env["crm.lead2opportunity.partner"].with_user(self.salesperson)
        dialog = dialog.with_context(active_model="crm.lead", active_id=lead.id, active_ids=lead.ids)
        values = {"name": "convert", "action": "create", "user_id": self.head.id, "lead_id": lead.id}
        dialog.create(values)._action_convert()
        self.env.flush_all()

    def test_salesperson_hands_a_deal_over(self):
        self.demand(self.estimate, "city")
        self.demand(self.measurement, "phone")
        self.measurement.is_irreversible = True
        deal = self.make_deal(city="Perm", phone="1")
        deal.stage_id = self.measurement
        self.env.flush_all()
        self.env.invalidate_all()
        deal.write({"user_id": self.head.id, "stage_id": self.contract.id})
        self.env.flush_all()
        self.assertEqual(deal.sudo().user_id, self.head)

    def test_refused_handover_is_a_readable_error(self):
        self.demand(self.measurement, "city")
        deal = self.make_deal()
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertRaisesRegex(ValidationError, "City"):
            deal.write({"user_id": self.head.id, "stage_id": self.measurement.id})

    def test_salesperson_loses_and_hands_over(self):
        self.price.required_field_ids = self.env["ir.model.fields"]._get("crm.lead", "city")
        deal = self.make_deal(city="Perm")
        self.env.flush_all()
        self.env.invalidate_all()
        deal.action_set_lost(lost_reason_id=self.price.id, user_id=self.head.id)
        self.assertEqual(deal.sudo().won_status, "lost")


class TestConversionInOneTransaction(FunnelCase):
    def test_a_conversion_that_did_nothing_does_not_switch_the_gate_off_for_the_next(self):
        self.demand(self.talk, "phone", moment="leave")
        lost, lead = self.make_leads(self.leads, 2)
        lost.action_set_lost(lost_reason_id=self.make_reason("Spam", self.leads).id)
        lost.convert_opportunity(self.env["res.partner"])
        with self.assertRaisesRegex(ValidationError, "Phone"):
            lead.convert_opportunity(self.env["res.partner"])

    def test_two_batches_are_never_the_same_context(self):
        """Odoo uses an environment again whose context is equal, and with it the batch of somebody else."""
        self.assertNotEqual(GateBatch(), GateBatch())

    def test_two_refused_conversions_are_both_refused(self):
        self.demand(self.talk, "phone", moment="leave")
        lead = self.make_leads(self.leads)
        for _attempt in range(2):
            with self.assertRaisesRegex(ValidationError, "Phone"), self.env.cr.savepoint():
                lead.convert_opportunity(self.env["res.partner"])
            self.assertEqual((lead.type, lead.stage_id), ("lead", self.new))


class TestPlacesThatChange(FunnelCase):
    def test_new_salesperson_in_an_archived_funnel_does_not_move_the_deal(self):
        deal = self.make_deal()
        deal.stage_id = self.contract
        self.deals.active = False
        self.env.flush_all()
        self.env.invalidate_all()
        deal.sudo().user_id = self.head
        self.env.flush_all()
        self.assertEqual(deal.sudo().stage_id, self.contract)

    def test_stages_of_an_archived_funnel_are_no_shared_stages(self):
        self.deals.active = False
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(self.env["crm.lead"]._stage_find(limit=None) & self.estimate)

    def test_stock_team_does_not_take_a_stage_of_an_archived_funnel(self):
        self.deals.active = False
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertRaisesRegex(ValidationError, "cannot belong to a funnel and to a team"):
            self.estimate.team_ids = [Command.link(self.env["crm.team"].create({"name": "Stock"}).id)]

    def test_archived_funnel_keeps_its_board(self):
        deal = self.make_deal()
        self.deals.active = False
        self.env.flush_all()
        self.env.invalidate_all()
        deal.stage_id = self.contract
        self.assertEqual(deal.stage_id, self.contract)

    def test_lost_lead_of_a_team_that_becomes_a_funnel_can_be_reassigned(self):
        team = self.env["crm.team"].create({"name": "Was stock"})
        lead = self.env["crm.lead"].create({"name": "Old", "team_id": team.id, "type": "opportunity"})
        lead.action_set_lost()
        team.funnel_kind = "deal"
        lead.user_id = self.head
        self.assertEqual(lead.user_id, self.head)

    def test_old_losses_can_be_reassigned_after_the_reason_became_stricter(self):
        deal = self.make_deal()
        deal.action_set_lost(lost_reason_id=self.price.id)
        self.price.comment_required = True
        deal.user_id = False
        self.assertFalse(deal.user_id)

    def test_old_losses_can_be_reassigned_after_the_reason_left_the_funnel(self):
        deal = self.make_deal()
        deal.action_set_lost(lost_reason_id=self.price.id)
        self.price.team_ids = [Command.clear()]
        deal.partner_id = self.env["res.partner"].create({"name": "Client"})
        self.assertEqual(deal.won_status, "lost")

    def test_stage_with_leads_does_not_leave_its_funnel(self):
        deal = self.make_deal()
        deal.stage_id = self.contract
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self.contract.team_ids = [Command.unlink(self.deals.id)]
            self.env.flush_all()

    def test_stage_or_funnel_with_leads_is_not_deleted(self):
        deal = self.make_deal()
        for record in (self.estimate, self.deals):
            with suppress(UserError, IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                record.unlink()
                self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual((deal.stage_id, deal.team_id), (self.estimate, self.deals))

    def test_deleting_a_funnel_leaves_no_lead_in_its_stages(self):
        deal = self.make_deal()
        with suppress(UserError, IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.deals.stage_ids = [Command.clear()]
            self.deals.unlink()
            self.env.flush_all()
        self.env.invalidate_all()
        if not self.deals.exists():
            self.assertNotIn(deal.sudo().stage_id, self.estimate | self.measurement)

    def test_team_with_leads_in_shared_stages_becomes_a_funnel_that_works(self):
        team = self.env["crm.team"].create({"name": "Was stock"})
        lead = self.env["crm.lead"].create({"name": "Old", "team_id": team.id, "type": "opportunity"})
        team.funnel_kind = "deal"
        stage = self.env["crm.stage"].create({"name": "First", "team_ids": [Command.link(team.id)]})
        lead.user_id = self.head
        lead.stage_id = stage
        self.assertEqual(lead.stage_id, stage)

    def test_shared_stage_of_two_funnels_leads_into_neither_by_itself(self):
        second = self.make_funnel("Second", "deal", ["One"])
        self.contract.team_ids = [Command.link(second.id)]
        self.demand(self.estimate, "city", moment="leave")
        with self.assertRaises(ValidationError):
            self.env["crm.lead"].create({"name": "X", "stage_id": self.contract.id, "type": "opportunity"})
        deal = self.make_leads(second)
        with self.assertRaisesRegex(ValidationError, "City"):
            deal.write({"team_id": self.deals.id, "stage_id": self.contract.id})

    def test_winning_in_a_funnel_without_a_won_stage_is_a_readable_error(self):
        later = self.make_funnel("Later", "deferred", ["January", "February"])
        deal = self.make_leads(later)
        with self.assertRaisesRegex(UserError, "(?i)won"):
            deal.action_set_won()

    def test_lost_deal_that_is_won_keeps_no_lost_reason(self):
        deal = self.make_deal()
        deal.action_set_lost(lost_reason_id=self.price.id, lost_comment="No")
        deal.stage_id = self.done
        self.assertEqual((deal.won_status, deal.active), ("won", True))
        self.assertFalse(deal.lost_reason_id or deal.lost_comment)

    def test_reopening_by_activation_alone_keeps_no_lost_reason(self):
        deal = self.make_deal()
        deal.action_set_lost(lost_reason_id=self.price.id, lost_comment="No")
        deal.write({"active": True})
        self.assertEqual(deal.won_status, "pending")
        self.assertFalse(deal.lost_reason_id or deal.lost_comment)

    def test_leaving_the_funnel_is_no_way_to_lose_without_a_reason(self):
        stock = self.env["crm.team"].create({"name": "Stock"})
        deal = self.make_deal()
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            deal.write({"team_id": stock.id, "active": False, "probability": 0})

    def test_leaving_the_funnel_is_no_way_to_win_without_the_rules(self):
        self.demand(self.done, "city")
        stock = self.env["crm.team"].create({"name": "Stock"})
        deal = self.make_deal()
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            deal.write(
                {
                    "team_id": stock.id,
                    "stage_id": self.env["crm.stage"]
                    .search([("is_won", "=", True), ("team_ids", "=", False)], limit=1)
                    .id,
                }
            )

    def test_time_in_a_stage_counts_from_the_reopening(self):
        deal = self.make_deal()
        deal.stage_id = self.done
        deal.stage_id = self.measurement
        self.env.flush_all()
        moves = deal.sudo().funnel_move_ids.sorted("id")
        self.assertEqual(moves.mapped("kind"), ["created", "won", "reopened"])
        now = self.env.cr.now()
        for move, hours in zip(moves, (300, 200, 10), strict=True):
            self.env.cr.execute(
                "UPDATE funnel_move SET date = %s WHERE id = %s", [fields.Datetime.subtract(now, hours=hours), move.id]
            )
        self.env.invalidate_all()
        deal.stage_id = self.contract
        last = deal.sudo().funnel_move_ids.sorted("id")[-1]
        self.assertAlmostEqual(last.hours_in_stage, 10, 1)

    def test_probability_neither_wins_nor_loses(self):
        deal = self.make_deal()
        deal.write({"probability": 100})
        self.assertEqual(deal.won_status, "pending")
        deal.write({"probability": 0})
        self.assertEqual(deal.won_status, "pending")
        deal.write({"active": False, "probability": 50})
        with self.assertRaisesRegex(ValidationError, "reason is needed"):
            deal.write({"probability": 0})

    def test_lost_deal_does_not_slip_into_a_funnel_without_that_reason(self):
        second = self.make_funnel("Second", "deal", ["One"])
        deal = self.make_deal()
        deal.action_set_lost(lost_reason_id=self.price.id)
        with self.assertRaisesRegex(ValidationError, "not a lost reason"):
            deal.team_id = second

    def test_copy_with_defaults_passes_the_gate(self):
        self.demand(self.contract, "city")
        with self.assertRaisesRegex(ValidationError, "City"):
            self.make_deal().copy({"stage_id": self.contract.id})


class TestMerge(FunnelCase):
    def test_history_survives_a_merge(self):
        first, second = self.make_deal(), self.make_deal()
        first.stage_id = self.contract
        second.with_user(self.manager).funnel_override_move(self.measurement.id, "Secret")
        moves = (first | second).sudo().funnel_move_ids
        (first | second).merge_opportunity()
        self.assertEqual(moves.exists(), moves)

    def test_merge_dialog_leaves_the_deals_in_their_funnel(self):
        self.env["crm.team"].create({"name": "Stock", "member_ids": [Command.link(self.salesperson.id)]})
        deals = self.make_leads(self.deals, 2, user_id=self.salesperson.id)
        deals[0].stage_id = self.contract
        dialog = Form(
            self.env["crm.merge.opportunity"].with_user(self.salesperson).with_context(active_ids=deals.ids),
            "crm.merge_opportunity_form",
        )
        dialog.user_id = self.salesperson
        merged = dialog.save()
        merged.action_merge()
        deal = deals.exists()
        self.assertEqual((deal.team_id, deal.stage_id), (self.deals, self.contract))

    def test_merge_into_another_funnel_starts_in_its_first_stage(self):
        second = self.make_funnel("Second", "deal", ["One", "Two"])
        deals = self.make_leads(self.deals, 2)
        merged = deals.merge_opportunity(team_id=second.id)
        self.assertEqual((merged.team_id, merged.stage_id.name), (second, "One"))

    def test_merge_of_a_lead_and_a_deal_stays_a_deal(self):
        lead, deal = self.make_leads(self.leads), self.make_leads(self.deals)
        deal.stage_id = self.contract
        merged = (lead | deal).merge_opportunity()
        self.assertEqual(
            (merged, merged.team_id, merged.stage_id, merged.type), (deal, self.deals, self.contract, "opportunity")
        )

    def test_merge_of_a_lost_and_an_open_lead(self):
        spam = self.make_reason("Spam", self.leads)
        lost, lead = self.make_leads(self.leads, 2)
        lost.action_set_lost(lost_reason_id=spam.id)
        merged = (lost | lead).merge_opportunity()
        self.assertEqual((merged, merged.won_status), (lead, "pending"))
        self.assertFalse(merged.lost_reason_id or merged.lost_comment)

    def test_merge_of_a_lost_and_an_open_lead_of_no_probability(self):
        spam = self.make_reason("Spam", self.leads)
        lost, lead = self.make_leads(self.leads, 2)
        lost.action_set_lost(lost_reason_id=spam.id)
        lead.probability = 0
        merged = (lost | lead).merge_opportunity()
        self.assertEqual((merged, merged.won_status), (lead, "pending"))

    def test_mass_conversion_with_duplicates(self):
        leads = self.make_leads(self.leads, 4, email_from="same@example.com")
        wizard = (
            self.env["crm.lead2opportunity.partner.mass"]
            .with_context(active_model="crm.lead", active_ids=leads.ids, active_id=leads[0].id)
            .create({"deduplicate": True, "user_ids": [Command.set((self.head | self.salesperson).ids)]})
        )
        wizard.action_mass_convert()
        left = leads.exists()
        self.assertEqual(
            (left.team_id, left.stage_id, set(left.mapped("type"))), (self.deals, self.estimate, {"opportunity"})
        )

    def test_mass_conversion_of_two_funnels(self):
        other_deals = self.make_funnel("Doors", "deal", ["Call"])
        others = self.make_funnel("Door requests", "lead", ["New"], deal_team_id=other_deals.id)
        one, two = self.make_leads(self.leads), self.make_leads(others)
        wizard = (
            self.env["crm.lead2opportunity.partner.mass"]
            .with_context(active_model="crm.lead", active_ids=(one | two).ids, active_id=one.id)
            .create({"deduplicate": False, "user_ids": [Command.set(self.salesperson.ids)]})
        )
        wizard.action_mass_convert()
        self.assertEqual((one.team_id, two.team_id), (self.deals, other_deals))


class TestBrokenRules(FunnelCase):
    def make_field(self, ttype="char"):
        return self.env["ir.model.fields"].create(
            {
                "name": "x_attack",
                "field_description": "Attack",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "ttype": ttype,
                "state": "manual",
            }
        )

    def test_deleted_field_does_not_stop_a_requirement_for_fields(self):
        field = self.make_field()
        requirement = self.demand(self.measurement, "x_attack", "city")
        deal = self.make_deal(city="Perm")
        deal.funnel_check_move(self.measurement.id)
        field.unlink()
        self.assertEqual(requirement.field_ids.mapped("name"), ["city"])
        deal.write({"phone": "1"})
        deal.stage_id = self.measurement
        self.env["crm.lead"].get_view(view_type="form")

    def test_deleted_field_does_not_stop_a_condition(self):
        field = self.make_field()
        self.demand_condition(self.measurement, "[('x_attack', '!=', False)]", "Attack")
        deal = self.make_deal(x_attack="1")
        try:
            with self.env.cr.savepoint():
                field.unlink()
        except UserError:
            return  # refused: just as good
        try:
            deal.stage_id = self.measurement
        except UserError:
            pass  # a readable refusal is acceptable, a crash is not

    def test_renamed_field_does_not_stop_leads(self):
        field = self.make_field()
        self.demand(self.measurement, "x_attack")
        deal = self.make_deal(x_attack="1")
        deal.funnel_check_move(self.measurement.id)
        field.name = "x_attacked"
        deal.write({"phone": "1"})
        deal.stage_id = self.measurement

    def test_nonsense_is_no_domain(self):
        deal, problems = self.make_deal(), []
        for text in (
            "5",
            "None",
            "[1]",
            "[('a',)]",
            "{'a': 1}",
            "b'x'",
            "[('name', '=')]",
            "['&']",
            "['|', ('name', '=', 'x')]",
            "[('name', 'foo', 'x')]",
            "['!']",
            "__import__('os').system('id')",
            "[(lambda: 1)()]",
            "'abc'",
            "[[[]]]",
            "[('date_deadline', '>', 'rubbish')]",
            "[('expected_revenue', '>', 'many')]",
            "[('x_gone', '=', 1)]",
            "[('partner_id.gone', '=', 1)]",
            "[('id', 'in', 5)]",
            "[('partner_id', 'any', 5)]",
            "(" * 300 + ")" * 300,
        ):
            try:
                with self.env.cr.savepoint():
                    requirement = self.demand_condition(self.measurement, text, "No")
            except ValidationError:
                continue
            except Exception as error:
                problems.append(f"{text[:50]}: saving: {type(error).__name__}: {error}")
                continue
            try:
                with self.env.cr.savepoint():
                    deal.stage_id = self.measurement
                    raise UserError("moved")
            except UserError:
                pass
            except Exception as error:
                problems.append(f"{text[:50]}: every move crashes: {type(error).__name__}: {error}")
            requirement.unlink()
        self.assertFalse(problems)

    def test_rule_on_a_field_that_the_user_may_not_see_is_explained(self):
        self.price.required_field_ids = self.env["ir.model.fields"]._get("crm.lead", "recurring_plan")
        self.demand(self.measurement, "recurring_plan")
        deal = self.make_deal()
        with self.assertRaisesRegex(ValidationError, "Fill in: Recurring Plan"):
            deal.stage_id = self.measurement
        with self.assertRaisesRegex(ValidationError, "Fill in: Recurring Plan"):
            deal.action_set_lost(lost_reason_id=self.price.id)

    def test_dialog_lost_with_a_field_that_the_user_may_not_see(self):
        self.price.required_field_ids = self.env["ir.model.fields"]._get("crm.lead", "recurring_plan")
        deal = self.make_deal()
        self.env.flush_all()
        self.env.invalidate_all()
        dialog = Form(
            self.env["crm.lead.lost"].with_user(self.salesperson).with_context(default_lead_ids=deal.ids),
            "crm.crm_lead_lost_view_form",
        )
        dialog.lost_reason_id = self.price

    def test_all_forms_of_a_lead_open_with_any_rules(self):
        self.demand(self.measurement, "city", "recurring_plan", "referred", any_field=True)
        self.demand(self.measurement, "phone", "expected_revenue")
        self.deals.hidden_field_ids = self.env["ir.model.fields"]._get("crm.lead", "expected_revenue")
        Lead = self.env["crm.lead"].with_user(self.salesperson)
        for view in self.env["ir.ui.view"].search(
            [("model", "=", "crm.lead"), ("type", "=", "form"), ("mode", "=", "primary")]
        ):
            with self.subTest(view=view.xml_id):
                Form(Lead.with_context(default_team_id=self.deals.id), view.xml_id)

    def test_rolled_back_rule_is_not_kept_in_the_cache(self):
        deal = self.make_deal()
        try:
            with self.env.cr.savepoint():
                self.demand(self.measurement, "city")
                deal.funnel_check_move(self.measurement.id)
                raise UserError("stop")
        except UserError:
            pass
        deal.stage_id = self.measurement
        self.assertEqual(deal.stage_id, self.measurement)

    def test_menu_follows_the_company_of_the_funnel(self):
        other = self.env["res.company"].create({"name": "Other"})
        Menu = self.env["ir.ui.menu"].with_user(self.salesperson)
        self.assertIn(self.deals.funnel_menu_id.id, Menu.load_menus(False))
        self.head.company_ids += other
        Menu.load_menus(False)
        self.deals.company_id = other
        self.assertNotIn(self.deals.funnel_menu_id.id, Menu.load_menus(False))

    def test_requirement_for_a_field_nobody_can_write_is_refused(self):
        for name in ("day_open", "amount_due", "company_currency"):
            with self.subTest(name=name), self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.demand(self.measurement, name)


class TestRace(FunnelCase):
    def test_rules_read_by_another_thread_before_a_commit_do_not_stay(self):
        """A thread may fill the cache with the old rules between a change of the rules and its commit."""
        cursors = [sql_db.db_connect(self.env.cr.dbname).cursor() for _number in range(3)]
        try:
            changing, reading, later = (api.Environment(cr, SUPERUSER_ID, {}) for cr in cursors)
            stage = changing.ref(f"{ADDON}.preset_core") and changing["crm.stage"].search(
                [("is_funnel_stage", "=", True)], limit=1
            )
            field = changing["ir.model.fields"]._get("crm.lead", "city")
            requirement = changing["funnel.requirement"].create(
                {"stage_id": stage.id, "field_ids": [Command.link(field.id)]}
            )
            reading["crm.team"]._get_funnel_rules()
            cursors[0].commit()
            try:
                rules = later["crm.team"]._get_funnel_rules()
                ids = [item.id for item in rules.stages[stage.id].requirements]
                self.assertIn(requirement.id, ids)
            finally:
                requirement.unlink()
                cursors[0].commit()
        finally:
            for cr in cursors:
                cr.close()
            self.env.registry.clear_cache("default", "templates")


class TestFunnelManager(FunnelCase):
    """A funnel manager configures funnels; that is no way to what only an administrator may."""

    def test_menu_of_others_cannot_be_taken_for_the_menu_of_a_funnel(self):
        settings = self.env.ref("base.menu_administration")
        name = settings.name
        team = self.deals.with_user(self.manager)
        with suppress(UserError), self.env.cr.savepoint():
            team.write({"funnel_menu_id": settings.id})
            team.name = "Hijacked"
            self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(settings.name, name)

    def test_menu_of_others_cannot_be_deleted_with_a_funnel(self):
        settings = self.env.ref("base.menu_administration")
        Team = self.env["crm.team"].with_user(self.manager)
        with suppress(UserError), self.env.cr.savepoint():
            team = Team.create({"name": "X", "funnel_kind": "deal"})
            team.write({"funnel_menu_id": settings.id})
            team.unlink()
            self.env.flush_all()
        self.env.invalidate_all()
        self.assertTrue(settings.exists())

    def test_action_of_others_cannot_be_overwritten(self):
        action = self.env.ref("base.action_res_users")
        Team = self.env["crm.team"].with_user(self.manager)
        with suppress(UserError), self.env.cr.savepoint():
            Team.create({"name": "X", "funnel_kind": "deal", "funnel_action_id": action.id})
            self.deals.with_user(self.manager).write({"funnel_action_id": action.id, "sequence": 3})
            self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(action.res_model, "res.users")

    def test_condition_does_not_ask_about_secrets(self):
        field = next(
            (name for name, field in self.env["res.users"]._fields.items() if field.store and field.groups == "."),
            "password",
        )
        Requirement = self.env["funnel.requirement"].with_user(self.manager)
        with self.assertRaises(UserError, msg=field), self.env.cr.savepoint():
            Requirement.create(
                {
                    "stage_id": self.measurement.id,
                    "kind": "condition",
                    "condition": f"[('user_id.{field}', '=like', 'a%')]",
                    "message": "No",
                }
            )

    def test_condition_does_not_ask_about_other_models_the_manager_may_not_read(self):
        Requirement = self.env["funnel.requirement"].with_user(self.manager)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            Requirement.create(
                {
                    "stage_id": self.measurement.id,
                    "kind": "condition",
                    "condition": "[('message_ids.mail_ids.body_html', 'like', 'x')]",
                    "message": "No",
                }
            )


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
        later = self.make_funnel("Later", "deferred", ["January"])
        deal = self.make_deal()
        deal.stage_id = self.contract
        deal.team_id = later
        with self.assertRaisesRegex(ValidationError, "point of no return"):
            deal.write({"team_id": self.deals.id, "stage_id": self.estimate.id})


class TestManyLeads(FunnelCase):
    def queries(self, count, operation):
        leads = (
            self.env["crm.lead"]
            .with_context(tracking_disable=True)
            .create([{"name": f"L{i}", "team_id": self.deals.id, "user_id": self.salesperson.id} for i in range(count)])
        )
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        operation(leads)
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def assert_flat(self, operation, few=10, many=110):
        for count in (few, few):
            base = self.queries(count, operation)
        much = self.queries(many, operation)
        self.assertLess(much - base, 20, f"base {base}")

    def test_changing_the_funnel_of_many(self):
        second = self.make_funnel("Second", "deal", ["One"])
        self.assert_flat(lambda leads: leads.write({"team_id": second.id}))

    def test_handing_over_many(self):
        self.assert_flat(lambda leads: leads.write({"user_id": self.head.id}))

    def test_emptying_a_field_of_many(self):
        self.demand(self.estimate, "name", "tag_ids", any_field=True)
        self.price.required_field_ids = self.env["ir.model.fields"]._get("crm.lead", "street")
        self.assert_flat(lambda leads: leads.write({"tag_ids": [Command.clear()], "street": "Lenina"}))

    def test_condition_over_related_records_of_many(self):
        self.demand_condition(
            self.measurement,
            "[('order_ids', 'any', [('state', '=', 'sale')])]",
            "No order",
            applies_to="[('partner_id.country_id.code', '=', 'DE')]",
        )
        self.demand_condition(
            self.measurement,
            "[('activity_ids.date_deadline', '>', 'today')]",
            "No plan",
            applies_to="[('name', '=', 'x')]",
        )
        self.assert_flat(lambda leads: leads.write({"stage_id": self.measurement.id}))

    def test_override_of_many(self):
        self.demand(self.measurement, "city")
        self.assert_flat(
            lambda leads: leads.with_context(tracking_disable=True).funnel_override_move(self.measurement.id, "because")
        )

    def test_a_thousand_leads_are_refused_at_once(self):
        self.demand(self.measurement, "city", "phone")
        leads = (
            self.env["crm.lead"]
            .with_context(tracking_disable=True)
            .create([{"name": f"L{i}", "team_id": self.deals.id} for i in range(1000)])
        )
        with self.assertRaises(ValidationError) as caught, self.env.cr.savepoint():
            leads.write({"stage_id": self.measurement.id})
        self.assertIn("L999", str(caught.exception))
