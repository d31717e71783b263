"""Where a lead may go: transitions with their conditions, roles and reasons."""

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user

from .common import FunnelCase, far_away


class TestTransitions(FunnelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.way = cls.make_way(cls.estimate, cls.measurement)

    def test_a_stage_without_transitions_is_free(self):
        deal = self.make_deal()
        deal.stage_id = self.measurement
        deal.stage_id = self.done
        deal.stage_id = self.estimate
        self.assertEqual(deal.stage_id, self.estimate)

    def test_a_stage_with_transitions_goes_only_there(self):
        deal = self.make_deal()
        with self.assertRaisesRegex(ValidationError, "there is no way to “Contract”, only to: Measurement"):
            deal.stage_id = self.contract
        verdict = deal.funnel_check_move(self.contract.id)
        self.assertEqual(verdict["status"], "forbidden")
        self.assertEqual([stage["name"] for stage in verdict["allowed_stages"]], ["Measurement"])
        self.assertEqual(set(deal.funnel_get_closed_stages()), {self.contract.id, self.done.id})

    def test_a_new_deal_starts_at_the_beginning(self):
        with self.assertRaisesRegex(ValidationError, "no way"):
            self.make_deal(stage_id=self.contract.id)

    def test_a_detour_over_another_team_is_no_way(self):
        later = self.make_months()
        deal = self.make_deal()
        deal.write({"team_id": later.id, **far_away()})
        with self.assertRaisesRegex(ValidationError, "no way"):
            deal.write({"team_id": self.deals.id, "stage_id": self.contract.id})
        deal.write({"team_id": self.deals.id, "stage_id": self.measurement.id})

    def test_a_transition_skips_nothing(self):
        self.make_way(self.estimate, self.contract)
        self.demand(self.measurement, "city", moment="leave")
        self.make_task(self.measurement)
        deal = self.make_deal()
        deal.stage_id = self.contract
        self.assertEqual(deal.stage_id, self.contract)

    def test_a_condition(self):
        self.way.write({"condition": "[('city', '=', 'Perm')]", "message": "We measure in Perm only"})
        deal = self.make_deal(city="Omsk")
        with self.assertRaisesRegex(ValidationError, "We measure in Perm only"):
            deal.stage_id = self.measurement
        self.assertEqual(deal.funnel_get_closed_stages()[self.measurement.id], "We measure in Perm only")
        deal.write({"city": "Perm", "stage_id": self.measurement.id})
        self.assertEqual(deal.stage_id, self.measurement)

    def test_a_condition_needs_a_message(self):
        with self.assertRaisesRegex(ValidationError, "Write what people are told"):
            self.way.condition = "[('city', '=', 'Perm')]"

    def test_only_by_a_role(self):
        engineer = new_test_user(self.env, "engineer", "sales_team.group_sale_salesman_all_leads", name="Egor")
        self.way.role_ids = self.make_role("Engineer", engineer)
        deal = self.make_deal()
        with self.assertRaisesRegex(ValidationError, "is moved only by: Engineer"):
            deal.stage_id = self.measurement
        deal.with_user(engineer).stage_id = self.measurement
        self.assertEqual(deal.stage_id, self.measurement)

    def test_a_reason(self):
        self.way.reason_required = True
        deal = self.make_deal()
        with self.assertRaisesRegex(ValidationError, "Write the reason"):
            deal.stage_id = self.measurement
        verdict = deal.funnel_check_move(self.measurement.id)
        self.assertEqual((verdict["status"], verdict["reason_required"]), ("fixable", True))
        deal.write({"stage_id": self.measurement.id, "funnel_move_reason": "The client insists"})
        self.assertEqual(deal.funnel_move_ids.sorted("id")[-1].reason, "The client insists")

    def test_a_reason_for_each_new_deal(self):
        self.way.reason_required = True
        common = {"team_id": self.deals.id, "stage_id": self.measurement.id, "user_id": self.salesperson.id}
        Lead = self.env["crm.lead"].with_user(self.salesperson)
        with self.assertRaisesRegex(ValidationError, "Two\n• Write the reason"):
            Lead.create(
                [{"name": "One", "funnel_move_reason": "Measured already", **common}, {"name": "Two", **common}]
            )
        rows = [[name, f"Because of {name}", str(self.deals.id), str(self.measurement.id)] for name in ("One", "Two")]
        result = Lead.load(["name", "funnel_move_reason", "team_id/.id", "stage_id/.id"], rows)
        moves = Lead.browse(result["ids"]).funnel_move_ids
        self.assertEqual(moves.sorted("id").mapped("reason"), ["Because of One", "Because of Two"])

    def test_blank_is_no_reason(self):
        self.way.reason_required = True
        deal = self.make_deal()
        with self.assertRaisesRegex(ValidationError, "Write the reason"):
            deal.write({"stage_id": self.measurement.id, "funnel_move_reason": "   "})

    def test_the_head_may_override(self):
        deal = self.make_deal()
        deal.with_user(self.head).funnel_override_move(self.contract.id, "Signed on paper")
        self.assertEqual(deal.stage_id, self.contract)

    def test_configuration_errors(self):
        with self.assertRaisesRegex(ValidationError, "another stage"):
            self.make_way(self.estimate, self.estimate)
        with self.assertRaisesRegex(ValidationError, "not stages of one funnel"):
            self.make_way(self.estimate, self.new)


class TestMassMove(FunnelCase):
    """Several leads are moved from the list: those that may go, with a table of the others and why."""

    def test_the_table_of_results(self):
        self.demand(self.measurement, "city")
        good, bad, there = self.make_deal(city="Perm"), self.make_deal(), self.make_deal(city="Omsk")
        there.stage_id = self.measurement
        leads = good | bad | there
        wizard = (
            self.env["funnel.mass.move"]
            .with_user(self.salesperson)
            .with_context(active_model="crm.lead", active_ids=leads.ids)
            .create({"stage_id": self.measurement.id})
        )
        self.assertEqual(wizard.ready_count, 1)
        wizard.action_apply()
        results = {line.lead_id: (line.state, line.message) for line in wizard.line_ids}
        self.assertEqual(results[good], ("moved", ""))
        self.assertEqual(results[bad], ("blocked", "Fill in: City"))
        self.assertEqual(results[there][0], "there")
        self.assertEqual((good.stage_id, bad.stage_id), (self.measurement, self.estimate))
        self.assertEqual(len(there.funnel_move_ids), 2)

    def test_one_funnel_at_a_time(self):
        lead = self.as_salesperson(self.make_leads(self.leads, user_id=self.salesperson.id))
        wizard = (
            self.env["funnel.mass.move"]
            .with_user(self.salesperson)
            .create({"lead_ids": [Command.set((self.make_deal() | lead).ids)], "stage_id": self.measurement.id})
        )
        with self.assertRaisesRegex(UserError, "leads of one funnel"):
            wizard.action_apply()
