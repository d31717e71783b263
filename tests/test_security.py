"""Rights: who configures, who sees what, companies apart."""

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import new_test_user

from .common import ADDON, FunnelCase


class TestRights(FunnelCase):
    def test_salesperson_reads_the_rules_and_writes_none(self):
        requirement = self.demand(self.measurement, "city").with_user(self.salesperson)
        self.assertEqual(requirement.moment, "enter")
        for action in (
            lambda: requirement.write({"moment": "leave"}),
            lambda: requirement.unlink(),
            lambda: requirement.create({"stage_id": self.measurement.id}),
            lambda: self.measurement.with_user(self.salesperson).write({"is_irreversible": True}),
            lambda: self.deals.with_user(self.salesperson).write({"funnel_kind": False}),
            lambda: self.price.with_user(self.salesperson).write({"comment_required": True}),
            lambda: self.deals.with_user(self.salesperson).read(["hidden_field_ids"]),
            lambda: self.env.ref(f"{ADDON}.preset_core").with_user(self.salesperson).action_load(),
        ):
            with self.assertRaises(AccessError):
                action()

    def test_funnel_manager_configures_without_being_an_administrator(self):
        self.assertFalse(self.manager.has_group("base.group_system"))
        Manager = self.env(user=self.manager)
        team = Manager["crm.team"].create({"name": "New funnel", "funnel_kind": "deal"})
        stage = Manager["crm.stage"].create({"name": "First", "team_ids": [Command.link(team.id)]})
        field = Manager["ir.model.fields"].search([("model", "=", "crm.lead"), ("name", "=", "city")])
        Manager["funnel.requirement"].create({"stage_id": stage.id, "field_ids": [Command.link(field.id)]})
        team.hidden_field_ids = [Command.link(field.id)]
        Manager["crm.lost.reason"].create({"name": "Why", "team_ids": [Command.link(team.id)]})
        self.assertEqual(team.funnel_menu_id.name, "New funnel")

    def test_sales_administrator_is_funnel_manager(self):
        admin = new_test_user(self.env, "sale_admin", "sales_team.group_sale_manager")
        self.assertTrue(admin.has_group(f"{ADDON}.group_funnel_manager"))

    def test_log_follows_its_lead(self):
        mine = self.make_deal()
        other = self.make_leads(self.deals, user_id=self.head.id)
        lost = self.make_deal()
        lost.action_set_lost(lost_reason_id=self.price.id)
        Move = self.env["funnel.move"].with_user(self.salesperson)
        seen = Move.search([("lead_id", "in", (mine | other | lost).ids)])
        self.assertEqual(seen.lead_id, mine | lost)
        with self.assertRaises(AccessError):
            other.sudo().funnel_move_ids.with_user(self.salesperson).read(["kind"])
        self.assertEqual(Move.search_count([("lead_id", "=", other.id)]), 0)

    def test_nobody_writes_the_log(self):
        move = self.make_deal().funnel_move_ids
        for user in (self.salesperson, self.head, self.manager, self.env.ref("base.user_admin")):
            as_user = move.with_user(user)
            for action in (
                lambda record=as_user: record.write({"reason": "forged"}),
                lambda record=as_user: record.unlink(),
                lambda record=as_user: record.create({"lead_id": move.lead_id.id, "kind": "won", "date": "2026-01-01"}),
            ):
                with self.assertRaises(AccessError):
                    action()

    def test_portal_user_has_nothing(self):
        portal = new_test_user(self.env, "portal_user", "base.group_portal")
        for model in ("funnel.requirement", "funnel.move", "funnel.preset", "funnel.override"):
            with self.assertRaises(AccessError):
                self.env[model].with_user(portal).search([])


class TestCompanies(FunnelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["res.company"].create({"name": "Other company"})
        cls.stranger = new_test_user(
            cls.env,
            "stranger",
            f"sales_team.group_sale_salesman_all_leads,{ADDON}.group_funnel_manager",
            company_id=cls.other.id,
            company_ids=[Command.set(cls.other.ids)],
        )
        cls.deals.company_id = cls.env.company

    def test_funnel_of_another_company_is_invisible(self):
        requirement = self.demand(self.estimate, "city")
        for records in (self.deals, self.deals.stage_ids, self.price, requirement):
            found = records.with_user(self.stranger).search([("id", "in", records.ids)])
            self.assertFalse(found, f"{records._name} of another company")
        menus = self.env["ir.ui.menu"].with_user(self.stranger).load_menus(False)
        self.assertNotIn(self.deals.funnel_menu_id.id, menus)
        self.assertIn(self.leads.funnel_menu_id.id, menus, "a funnel of no company is for all")

    def test_own_company_sees_it(self):
        found = self.deals.stage_ids.with_user(self.salesperson).search([("id", "in", self.deals.stage_ids.ids)])
        self.assertEqual(found, self.deals.stage_ids)
        menus = self.env["ir.ui.menu"].with_user(self.salesperson).load_menus(False)
        self.assertIn(self.deals.funnel_menu_id.id, menus)
