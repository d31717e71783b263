"""Attacks: many leads at once."""

from odoo.exceptions import ValidationError
from odoo.fields import Command

from ..common import FunnelCase


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
