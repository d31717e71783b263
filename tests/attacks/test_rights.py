"""Attacks: people who try what is not theirs."""

from contextlib import suppress

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user
from odoo.tools import mute_logger

from ..common import FunnelCase


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
