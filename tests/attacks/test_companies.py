"""Attacks: roles, tasks and dialogs across the borders of companies and of rights."""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user

from ..common import FunnelCase


class TestOtherCompany(FunnelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["res.company"].create({"name": "Other"})
        cls.env.user.company_ids += cls.other
        cls.lawyer = new_test_user(
            cls.env, "lawyer", "base.group_user", company_id=cls.env.company.id, company_ids=[cls.env.company.id]
        )
        cls.role = cls.make_role("Lawyer", cls.lawyer)
        cls.foreign = cls.make_funnel("Foreign", "deal", ["One", "Two"], company_id=cls.other.id)
        cls.one, cls.two = cls.foreign.stage_ids.sorted("sequence")
        cls.approval = cls.make_approval(cls.one, cls.role)
        cls.lead = cls.make_leads(cls.foreign, name="Secret", company_id=cls.other.id)
        cls.task = cls.task_of(cls.lead, cls.approval)
        cls.manager.company_ids = cls.env.company

    def test_a_role_everywhere_does_not_open_other_companies(self):
        Task = self.env["funnel.task"].with_user(self.lawyer)
        self.assertFalse(Task.search([("lead_id", "=", self.lead.id)]))
        with self.assertRaises(AccessError):
            self.task.with_user(self.lawyer).read(["name", "lead_name"])
        with self.assertRaises(AccessError):
            self.task.with_user(self.lawyer).action_approve()

    def test_asking_works_although_the_role_is_played_elsewhere(self):
        self.foreign.user_id = self.env.user
        self.task.action_request()
        self.assertEqual(self.task.state, "requested")

    def test_a_manager_does_not_count_the_leads_of_another_company(self):
        rule = (
            self.env["funnel.requirement"]
            .with_user(self.manager)
            .new({"stage_id": self.one.id, "kind": "condition", "condition": "[('name', '=', 'x')]", "message": "x"})
        )
        try:
            summary = rule.impact_summary
        except AccessError:
            summary = False
        self.assertFalse(summary)

    def test_mass_move_tells_nothing_of_leads_of_others(self):
        hidden = self.make_leads(self.deals, name="Hidden one", user_id=self.head.id)
        self.demand(self.measurement, "city")
        own = self.make_leads(self.deals, name="Own one", user_id=self.salesperson.id)
        for lead in (hidden, self.lead, own):
            told = ""
            try:
                wizard = (
                    self.env["funnel.mass.move"]
                    .with_user(self.salesperson)
                    .create({"lead_ids": [Command.set(lead.ids)], "stage_id": self.measurement.id})
                )
                self.env.flush_all()
                self.env.invalidate_all()
                told = str(
                    wizard.web_read(
                        {
                            "line_ids": {
                                "fields": {
                                    "lead_id": {"fields": {"display_name": {}}},
                                    "message": {},
                                    "from_stage_id": {"fields": {"display_name": {}}},
                                }
                            }
                        }
                    )
                )
            except UserError:
                pass
            with self.subTest(lead.name):
                self.assertEqual(lead.name in told, lead == own)
                self.assertEqual("City" in told, lead == own)

    def test_override_dialog_tells_nothing_of_leads_of_others(self):
        hidden = self.make_leads(self.deals, name="Hidden one", user_id=self.head.id)
        self.demand(self.measurement, "city")
        told = ""
        try:
            wizard = (
                self.env["funnel.override"]
                .with_user(self.salesperson)
                .create({"lead_ids": [Command.set(hidden.ids)], "stage_id": self.measurement.id, "reason": "x"})
            )
            self.env.flush_all()
            self.env.invalidate_all()
            told = str(wizard.web_read({"verdict": {}, "lead_ids": {"fields": {"display_name": {}}}}))
        except UserError:
            pass
        self.assertNotIn("City", told)
        self.assertNotIn("Hidden one", told)

    def test_refusal_dialog_reaches_no_task_of_others(self):
        hidden = self.make_leads(self.deals, name="Hidden one", user_id=self.head.id)
        boss = self.make_role("Boss", self.head)
        task = self.task_of(hidden, self.make_approval(self.estimate, boss))
        with self.assertRaises(UserError):
            wizard = (
                self.env["funnel.approval.refusal"]
                .with_user(self.salesperson)
                .create({"task_ids": [Command.set(task.ids)], "comment": "x"})
            )
            self.env.flush_all()
            self.env.invalidate_all()
            self.assertNotIn("Hidden", str(wizard.web_read({"task_ids": {"fields": {"display_name": {}}}})))
            wizard.action_apply()
            if not wizard.task_ids:
                raise AccessError("nothing reached")
        self.assertEqual(task.state, "open")

    def test_paths_over_the_lead_are_closed_with_the_task(self):
        deal = self.make_leads(self.deals, expected_revenue=777, user_id=self.salesperson.id)
        template = self.make_task(self.estimate, "Load", role_id=self.role.id, mandatory=False)
        task = self.task_of(deal, template)
        Task = self.env["funnel.task"].with_user(self.lawyer)
        self.assertTrue(Task.search([("lead_id.expected_revenue", "=", 777)]))
        task.with_user(self.lawyer).action_do()
        self.assertTrue(Task.search([("id", "=", task.id)]))
        self.assertFalse(Task.search([("lead_id.expected_revenue", "=", 777)]))
        Lead = self.env["crm.lead"].with_user(self.lawyer)
        self.assertFalse(Lead.search([]))
        self.assertFalse(Lead.formatted_read_group([], ["user_id"], ["__count"])[:0])
        self.assertFalse(Lead.name_search("Lead"))
        for attack in (
            lambda: Lead.browse(deal.id).read(["name"]),
            lambda: Lead.browse(deal.id).funnel_check_move(self.measurement.id),
            lambda: Lead.browse(deal.id).funnel_get_closed_stages(),
            lambda: Lead.browse(deal.id).message_post(body="x"),
        ):
            with self.assertRaises(AccessError):
                attack()
        for model in ("funnel.move", "funnel.contact"):
            self.assertFalse(self.env[model].with_user(self.lawyer).search([]))

    def test_a_role_reads_and_writes_nothing_more(self):
        deal = self.make_leads(self.deals, user_id=self.salesperson.id)
        template = self.make_task(self.estimate, "Load", role_id=self.role.id, mandatory=False)
        lead = deal.with_user(self.lawyer)
        self.assertTrue(lead.read(["name"]))
        for name, attack in {
            "write": lambda: lead.write({"name": "x"}),
            "lose": lambda: lead.action_set_lost(),
            "win": lambda: lead.action_set_won(),
            "delete": lambda: lead.unlink(),
            "copy": lambda: lead.copy(),
            "contact": lambda: self.env["funnel.contact"].with_user(self.lawyer).create({"lead_id": deal.id}),
            "task": lambda: (
                self.env["funnel.task"]
                .with_user(self.lawyer)
                .create({"lead_id": deal.id, "template_id": template.id, "state": "done"})
            ),
            "merge": lambda: (lead | lead.copy()).merge_opportunity(),
            "rule": lambda: template.with_user(self.lawyer).write({"mandatory": False}),
        }.items():
            with self.subTest(name), self.assertRaises(AccessError), self.env.cr.savepoint():
                attack()

    def test_a_manager_of_another_company_stands_in_for_nobody(self):
        self.assertFalse(self.foreign.user_id)
        with self.assertRaises(AccessError):
            self.task.with_user(self.manager).read(["lead_name"])
        with self.assertRaises(AccessError):
            self.task.with_user(self.manager).action_approve()
        self.manager.company_ids += self.other
        self.task.with_user(self.manager).with_context(allowed_company_ids=self.other.ids).action_approve()
        self.assertEqual(self.task.state, "approved")
