"""Attacks: screens and operations around tasks, with a few and with many of them."""

from odoo.fields import Command
from odoo.tests import new_test_user

from ..common import FunnelCase


class TestGrowth(FunnelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lawyer = new_test_user(cls.env, "lawyer", "base.group_user", name="Lena")
        cls.role = cls.make_role("Lawyer", cls.lawyer)
        cls.approval = cls.make_approval(cls.estimate, cls.role, request_on_entry=True)
        cls.todo = cls.make_task(
            cls.estimate, "Call", role_id=cls.role.id, activity_type_id=cls.env.ref("mail.mail_activity_data_todo").id
        )
        cls.optional = cls.make_approval(cls.estimate, cls.role, "Agreed", lost_reason_id=cls.price.id)

    def queries(self, count, operation):
        leads = self.make_leads(self.deals, count, user_id=self.salesperson.id, probability=20)
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        operation(leads)
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def assert_flat(self, operation, few=2, many=60, slack=8):
        for _ in range(2):
            base = self.queries(few, operation)
        much = self.queries(many, operation)
        self.assertLess(much - base, slack, f"{base} for {few}, {much} for {many}")

    def tasks(self, leads, template, user=None):
        return (
            self.env["funnel.task"]
            .with_user(user or self.lawyer)
            .search([("lead_id", "in", leads.ids), ("template_id", "=", template.id)])
        )

    def test_the_list_of_tasks(self):
        names = self.env["funnel.task"]._fields.keys() - {"message_ids"}
        spec = {name: {} for name in names}
        for user in (self.lawyer, self.salesperson, self.manager):
            with self.subTest(user.login):
                self.assert_flat(
                    lambda leads, user=user: (
                        self.env["funnel.task"]
                        .with_user(user)
                        .web_search_read([("lead_id", "in", leads.ids)], spec, limit=500)
                    )
                )

    def test_the_board_of_a_role(self):
        names = [name for name in self.env["crm.lead"]._fields if name.startswith("funnel_")]
        for user in (self.lawyer, self.salesperson):
            with self.subTest(user.login):
                self.assert_flat(lambda leads, user=user: leads.with_user(user).web_read({name: {} for name in names}))

    def test_doing_tasks_that_are_activities(self):
        """Odoo does activities one by one; a task adds nothing to that."""
        stock = self.per_lead(lambda leads: leads.activity_ids.with_user(self.lawyer).action_feedback())
        self.assertLess(self.per_lead(lambda leads: self.tasks(leads, self.todo).action_do()), stock + 0.5, stock)

    def per_lead(self, operation):
        """Return how many queries each further lead costs."""
        for _ in range(2):
            base = self.queries(2, operation)
        return (self.queries(42, operation) - base) / 40

    def test_archiving(self):
        self.assert_flat(lambda leads: leads.with_context(tracking_disable=True).write({"active": False}))

    def test_losing_by_refusal(self):
        quiet = {"tracking_disable": True}
        self.assert_flat(
            lambda leads: (
                self.tasks(leads, self.optional).with_context(**quiet).write({"state": "refused", "comment": "No"})
            )
        )

    def test_the_dialog_of_the_mass_move(self):
        def preview(leads):
            wizard = (
                self.env["funnel.mass.move"]
                .with_user(self.salesperson)
                .create({"lead_ids": [Command.set(leads.ids)], "stage_id": self.measurement.id})
            )
            self.env.flush_all()
            wizard.web_read({"line_ids": {"fields": {"lead_id": {"fields": {"display_name": {}}}, "message": {}}}})
            wizard.action_apply()

        self.assert_flat(preview)

    def test_archiving_a_template(self):
        self.assert_flat(lambda leads: self.make_task(self.estimate).write({"active": False}))

    def test_moving_a_template(self):
        template = self.make_task(self.contract)

        def wander(leads):
            template.stage_id = self.estimate
            template.stage_id = self.measurement

        self.assert_flat(wander)

    def test_noting_attempts(self):
        self.make_task(self.estimate, done_condition="[('funnel_contact_ids.outcome', '=', 'reached')]")
        self.assert_flat(
            lambda leads: (
                self.env["funnel.contact"]
                .with_user(self.salesperson)
                .create([{"lead_id": lead_id} for lead_id in leads.ids])
            )
        )
