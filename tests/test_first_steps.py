"""The first steps of whoever configures: done when the facts are there, open to managers only, closed for good."""

from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import ADDON, FunnelCase, TourCase


class TestFirstSteps(FunnelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.lead"].with_context(active_test=False).search([]).unlink()
        others = cls.env["crm.team"].search([("funnel_kind", "!=", False)]) - cls.deals - cls.leads
        others.active = False
        cls.env["ir.mail_server"].search([]).active = False

    def steps(self, user=None):
        self.env.invalidate_all()
        return {step["name"]: step for step in self.as_user(user).get_steps()}

    def as_user(self, user=None):
        return self.env["funnel.first.steps"].with_user(user or self.manager)

    def taken(self, user=None):
        return {name for name, step in self.steps(user).items() if step["done"]}

    def test_a_funnel_is_there_or_not(self):
        self.assertIn("funnels", self.taken())
        (self.deals | self.leads).active = False
        self.assertFalse(self.taken() & {"funnels", "heads", "roles", "lead"})

    def test_every_funnel_has_a_head(self):
        self.assertIn("Requests", self.steps()["heads"]["text"])
        self.assertNotIn("heads", self.taken())
        self.leads.user_id = self.head
        self.assertIn("heads", self.taken())
        self.head.active = False
        self.assertNotIn("heads", self.taken(), "who has left heads nothing")

    def test_every_role_in_use_is_played(self):
        self.assertIn("roles", self.taken(), "no rule uses a role")
        role = self.make_role("Blacksmith")
        self.assertIn("roles", self.taken(), "nobody waits for a role that no rule uses")
        self.make_task(self.estimate, role_id=role.id)
        self.assertIn("Blacksmith", self.steps()["roles"]["text"])
        self.assertNotIn("roles", self.taken())
        role.assignment_ids = [Command.create({"user_id": self.salesperson.id})]
        self.assertIn("roles", self.taken())
        self.salesperson.active = False
        self.assertNotIn("roles", self.taken())

    def test_roles_of_ways_and_reminders_count_too(self):
        guard, told = self.make_role("Guard"), self.make_role("Told")
        way = self.make_way(self.estimate, self.measurement, role_ids=[Command.link(guard.id)])
        self.assertIn("Guard", self.steps()["roles"]["text"])
        way.unlink()
        reminder = {
            "stage_id": self.estimate.id,
            "name": "Late",
            "role_ids": [Command.link(told.id)],
        }
        self.env["funnel.reminder"].create(reminder)
        self.assertIn("Told", self.steps()["roles"]["text"])

    def test_many_names_are_cut_short(self):
        for number in range(5):
            self.make_task(self.estimate, f"Task {number}", role_id=self.make_role(f"Role {number}").id)
        self.assertIn("2 more", self.steps()["roles"]["text"])

    def test_mail_can_go_out(self):
        self.assertNotIn("mail", self.taken())
        server = self.env["ir.mail_server"].create({"name": "Mail", "smtp_host": "mail.example.com"})
        self.assertIn("mail", self.taken())
        server.active = False
        self.assertNotIn("mail", self.taken())

    def test_a_mail_server_of_the_configuration_file_counts(self):
        with patch("odoo.addons.sales_funnel_addon.models.funnel_first_steps.config", {"smtp_server": "mail.local"}):
            self.assertIn("mail", self.taken())

    def test_somebody_else_sells(self):
        # past the ORM, which does not let the last administrator go
        self.env.cr.execute("UPDATE res_users SET active = FALSE WHERE id != %s", [self.manager.id])
        self.assertNotIn("salespeople", self.taken())
        self.env.invalidate_all()
        self.salesperson.active = True
        self.assertIn("salespeople", self.taken())

    def test_a_lead_was_worked_on(self):
        self.assertNotIn("lead", self.taken())
        self.make_leads(self.leads)
        self.assertIn("lead", self.taken())

    def test_only_managers_have_steps(self):
        for user in (self.salesperson, self.head):
            self.assertEqual(self.as_user(user).get_steps(), [])
            with self.assertRaises(AccessError):
                self.as_user(user).close()
            with self.assertRaises(AccessError):
                self.as_user(user).get_action("mail")

    def test_closed_for_good_and_for_one_person(self):
        colleague = new_test_user(self.env, "steps_colleague", f"{ADDON}.group_funnel_manager")
        self.as_user().close()
        self.as_user().close()
        self.assertEqual(self.steps(), {})
        self.assertEqual(len(self.steps(colleague)), 6)

    def test_other_companies_are_out_of_sight(self):
        company = self.env["res.company"].create({"name": "Company B"})
        self.leads.user_id = self.head
        self.make_funnel("Secret B", "deal", ["Only"], company_id=company.id)
        self.assertIn("heads", self.taken())
        self.assertNotIn("Secret B", str(self.steps()))

    def test_each_step_opens_its_screen(self):
        models = {"funnels": "funnel.preset", "heads": "crm.team", "roles": "funnel.role", "lead": "crm.lead"}
        for name, model in models.items():
            self.assertEqual(self.as_user().get_action(name)["res_model"], model)
        self.assertEqual(self.as_user().get_action("heads")["res_id"], self.leads.id)
        self.assertEqual(self.as_user().get_action("lead")["id"], self.leads.funnel_action_id.id)

    def test_what_is_for_administrators_opens_for_them_only(self):
        for name in ("mail", "salespeople"):
            self.assertEqual(self.steps()[name]["button"], "")
            with self.assertRaises(UserError):
                self.as_user().get_action(name)
        self.manager.group_ids += self.env.ref("base.group_system")
        for name in ("mail", "salespeople"):
            self.assertTrue(self.steps()[name]["button"])
            self.assertEqual(self.as_user().get_action(name)["type"], "ir.actions.act_window")

    def test_steps_that_are_not_there(self):
        for name in ("nothing", False, None, 3, ["mail"], {"mail": 1}):
            with self.subTest(name=name), self.assertRaises(UserError):
                self.as_user().get_action(name)

    def test_more_funnels_and_roles_cost_no_more_queries(self):
        self.add_funnels(2)
        few = self.count_queries()
        self.add_funnels(6)
        self.assertEqual(self.count_queries(), few)

    def add_funnels(self, count):
        for number in range(count):
            team = self.make_funnel(f"Funnel {number}", "deal", ["First", "Last!"])
            for stage in team.stage_ids:
                self.make_task(stage, role_id=self.make_role(f"Role {stage.id}").id)

    def count_queries(self):
        self.steps()  # what is cached once and for all
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.as_user().get_steps()
        return self.env.cr.sql_log_count - before


@tagged("post_install", "-at_install")
class TestFirstStepsOnTheScreen(TourCase):
    def test_a_manager_takes_a_step_and_closes_the_panel(self):
        manager = self.make_user("tour_steps", f"{ADDON}.group_funnel_manager", "Tour Manager")
        self.walk("/odoo/action-sales_funnel_addon.crm_team_action_funnel", "first_steps", manager)
        self.assertTrue(manager.res_users_settings_id.funnel_first_steps_closed)
