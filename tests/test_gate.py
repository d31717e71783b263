"""The gate: requirements on entering and leaving stages, on every path that ends in write or create."""

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command

from .common import FunnelCase


class TestRequirements(FunnelCase):
    def test_entering_a_stage_needs_its_fields(self):
        self.demand(self.measurement, "city", "phone")
        deal = self.make_deal(phone="+7 912 345-67-89")
        with self.assertRaisesRegex(ValidationError, "City") as caught:
            deal.stage_id = self.measurement
        self.assertNotIn("Phone", str(caught.exception))
        self.assertIn(deal.name, str(caught.exception))

    def test_values_and_stage_written_together_count_together(self):
        self.demand(self.measurement, "city")
        deal = self.make_deal()
        deal.write({"stage_id": self.measurement.id, "city": "Perm"})
        self.assertEqual(deal.stage_id, self.measurement)

    def test_nothing_is_half_written(self):
        self.demand(self.measurement, "city")
        deal = self.make_deal()
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            deal.write({"stage_id": self.measurement.id, "contact_name": "Ivan"})
        deal.invalidate_recordset()
        self.assertEqual(deal.stage_id, self.estimate)
        self.assertFalse(deal.contact_name)

    def test_zero_and_blank_text_are_missing(self):
        self.demand(self.measurement, "city", "expected_revenue", "description")
        deal = self.make_deal(city="  ", expected_revenue=0, description="<p><br></p>")
        with self.assertRaises(ValidationError) as caught:
            deal.stage_id = self.measurement
        for label in ("City", "Expected Revenue", "Notes"):
            self.assertIn(label, str(caught.exception))

    def test_one_of_several_fields_is_enough(self):
        self.demand(self.measurement, "phone", "email_from", any_field=True)
        deal = self.make_deal()
        with self.assertRaisesRegex(ValidationError, "at least one of: Phone, Email"):
            deal.stage_id = self.measurement
        deal.write({"stage_id": self.measurement.id, "email_from": "ivan@example.com"})
        self.assertEqual(deal.stage_id, self.measurement)

    def test_every_lead_and_every_missing_thing_is_named(self):
        self.demand(self.measurement, "city")
        self.demand(self.measurement, "street", message="Where does the engineer go?")
        self.demand_condition(self.measurement, "[('expected_revenue', '>', 100)]", "Too small for a visit")
        deals = self.make_leads(self.deals, 3)
        deals[1].write({"city": "Perm", "street": "Lenina", "expected_revenue": 200})
        with self.assertRaises(ValidationError) as caught:
            deals.write({"stage_id": self.measurement.id})
        text = str(caught.exception)
        self.assertEqual(text.count("Fill in: City"), 2)
        self.assertEqual(text.count("Where does the engineer go? (Street)"), 2)
        self.assertEqual(text.count("Too small for a visit"), 2)
        self.assertIn("Lead 0", text)
        self.assertNotIn("Lead 1", text)
        self.assertIn("Lead 2", text)

    def test_error_speaks_the_language_of_the_user(self):
        self.demand(self.measurement, "city")
        self.salesperson.lang = "ru_RU"
        with self.assertRaisesRegex(ValidationError, "Заполните: Город"):
            self.make_deal().with_context(lang="ru_RU").stage_id = self.measurement

    def test_condition_may_use_relative_dates(self):
        self.demand_condition(self.measurement, "[('date_deadline', '>', 'today +3d')]", "At least four days ahead")
        deal = self.make_deal(date_deadline="2000-01-01")
        with self.assertRaisesRegex(ValidationError, "At least four days ahead"):
            deal.stage_id = self.measurement
        deal.write({"date_deadline": "2999-01-01", "stage_id": self.measurement.id})

    def test_requirement_may_apply_to_some_leads_only(self):
        self.demand(self.measurement, "city", applies_to="[('expected_revenue', '>', 1000)]")
        self.make_deal(expected_revenue=10).stage_id = self.measurement
        with self.assertRaisesRegex(ValidationError, "City"):
            self.make_deal(expected_revenue=2000).stage_id = self.measurement

    def test_condition_holds_for_what_the_user_may_not_read(self):
        self.demand_condition(self.measurement, "[('order_ids.amount_untaxed', '>', 0)]", "No order")
        with self.assertRaisesRegex(ValidationError, "No order"):
            self.make_deal().stage_id = self.measurement


class TestMoment(FunnelCase):
    def test_leave_requirement_applies_forward_only(self):
        self.demand(self.measurement, "city", moment="leave")
        deal = self.make_deal()
        deal.stage_id = self.measurement
        deal.stage_id = self.estimate
        deal.stage_id = self.measurement
        with self.assertRaisesRegex(ValidationError, "City"):
            deal.stage_id = self.contract

    def test_skipping_a_stage_counts_as_leaving_it(self):
        self.demand(self.measurement, "city", moment="leave")
        with self.assertRaisesRegex(ValidationError, "City"):
            self.make_deal().stage_id = self.contract

    def test_won_needs_what_every_stage_before_it_asks_for(self):
        self.demand(self.contract, "city", moment="leave")
        deal = self.make_deal()
        with self.assertRaisesRegex(ValidationError, "City"):
            deal.action_set_won()
        deal.city = "Perm"
        deal.action_set_won()
        self.assertEqual((deal.stage_id, deal.won_status), (self.done, "won"))

    def test_losing_is_free_of_requirements(self):
        self.demand(self.estimate, "city", moment="leave")
        deal = self.make_deal()
        deal.action_set_lost(lost_reason_id=self.price.id)
        self.assertEqual(deal.won_status, "lost")

    def test_creating_in_a_late_stage_is_a_move_forward(self):
        self.demand(self.estimate, "city", moment="leave")
        self.demand(self.contract, "phone")
        Lead = self.env["crm.lead"].with_user(self.salesperson)
        with self.assertRaises(ValidationError) as caught:
            Lead.create({"name": "Late", "team_id": self.deals.id, "stage_id": self.contract.id})
        self.assertIn("City", str(caught.exception))
        self.assertIn("Phone", str(caught.exception))
        late = Lead.create({"name": "Late", "stage_id": self.contract.id, "city": "Perm", "phone": "1"})
        self.assertEqual(late.team_id, self.deals, "the only funnel of a stage is understood")

    def test_no_way_round_over_another_team(self):
        self.demand(self.estimate, "city", moment="leave")
        deal = self.make_deal()
        deal.team_id = self.env["crm.team"].create({"name": "Stock"})
        self.assertFalse(deal.stage_id.team_ids, "a lead that leaves its funnel goes to a shared stage")
        with self.assertRaisesRegex(ValidationError, "City"):
            deal.write({"team_id": self.deals.id, "stage_id": self.contract.id})

    def test_what_the_stage_demands_cannot_be_emptied_there(self):
        self.demand(self.measurement, "city")
        deal = self.make_deal(city="Perm", phone="1")
        deal.stage_id = self.measurement
        deal.phone = False
        with self.assertRaisesRegex(ValidationError, "requires it"):
            deal.city = False

    def test_a_new_rule_does_not_freeze_the_leads_in_the_stage(self):
        deal = self.make_deal()
        self.demand(self.estimate, "city")
        deal.write({"phone": "123", "city": False})
        self.assertEqual(deal.phone, "123")


class TestPlaces(FunnelCase):
    def test_stage_of_another_funnel_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "does not belong to the funnel"):
            self.make_deal().stage_id = self.talk

    def test_shared_stage_is_refused_in_a_funnel(self):
        with self.assertRaisesRegex(ValidationError, "does not belong to the funnel"):
            self.make_deal().stage_id = self.env.ref("crm.stage_lead1")

    def test_funnel_stage_is_refused_without_its_funnel(self):
        lead = self.env["crm.lead"].create({"name": "Stock", "team_id": self.env["crm.team"].create({"name": "S"}).id})
        with self.assertRaisesRegex(ValidationError, "belongs to a funnel"):
            lead.stage_id = self.contract

    def test_a_deal_does_not_go_back_into_a_funnel_of_leads(self):
        with self.assertRaisesRegex(ValidationError, "cannot go back into it"):
            self.make_deal().team_id = self.leads

    def test_a_lead_is_converted_not_moved(self):
        lead = self.make_leads(self.leads)
        with self.assertRaisesRegex(ValidationError, "convert the lead"):
            lead.team_id = self.deals

    def test_clearing_the_team_leaves_the_funnel(self):
        deal = self.make_deal()
        deal.team_id = False
        self.assertFalse(deal.stage_id.team_ids)

    def test_stock_team_is_left_alone(self):
        self.demand(self.estimate, "city")
        lead = self.env["crm.lead"].create({"name": "Stock", "team_id": self.env["crm.team"].create({"name": "S"}).id})
        lead.stage_id = self.env.ref("crm.stage_lead3")
        lead.action_set_lost()
        self.assertEqual(lead.won_status, "lost")
        self.assertFalse(lead.funnel_move_ids)


class TestPointOfNoReturn(FunnelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.measurement.is_irreversible = True

    def test_no_way_back(self):
        deal = self.make_deal()
        deal.stage_id = self.measurement
        deal.stage_id = self.contract
        deal.stage_id = self.measurement
        with self.assertRaisesRegex(ValidationError, "point of no return"):
            deal.stage_id = self.estimate

    def test_no_way_back_over_another_team(self):
        deal = self.make_deal()
        deal.stage_id = self.contract
        deal.team_id = self.env["crm.team"].create({"name": "Stock"})
        with self.assertRaisesRegex(ValidationError, "point of no return"):
            deal.team_id = self.deals
        deal.write({"team_id": self.deals.id, "stage_id": self.measurement.id})
        self.assertEqual(deal.stage_id, self.measurement)

    def test_override_sends_back_and_counts_anew(self):
        deal = self.make_deal()
        deal.stage_id = self.contract
        deal.with_user(self.head).funnel_override_move(self.estimate.id, "Measured the wrong flat")
        self.assertEqual(deal.stage_id, self.estimate)
        deal.team_id = self.env["crm.team"].create({"name": "Stock"})
        deal.team_id = self.deals
        self.assertEqual(deal.stage_id, self.estimate, "after the override the lead is before the barrier again")

    def test_override_in_another_funnel_does_not_open_the_way_back(self):
        deal = self.make_deal()
        deal.stage_id = self.contract
        other = self.make_funnel("Other", "deal", ["One", "Two"])
        deal.team_id = other
        deal.with_user(self.manager).funnel_override_move(self.stage(other, "Two").id, "In a hurry")
        with self.assertRaisesRegex(ValidationError, "point of no return"):
            deal.team_id = self.deals


class TestOverride(FunnelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.demand(cls.measurement, "city")

    def test_head_passes_with_a_reason(self):
        deal = self.make_deal()
        deal.with_user(self.head).funnel_override_move(self.measurement.id, "  Regular client ")
        self.assertEqual(deal.stage_id, self.measurement)
        deal.invalidate_recordset(["funnel_move_ids"])
        move = deal.funnel_move_ids[:1]
        self.assertEqual((move.kind, move.reason, move.user_id), ("override", "Regular client", self.head))
        self.assertIn("Regular client", deal.message_ids[:1].body)

    def test_salesperson_may_not(self):
        deal = self.make_deal()
        with self.assertRaises(AccessError):
            deal.funnel_override_move(self.measurement.id, "I want to")

    def test_a_reason_is_needed(self):
        deal = self.make_deal().with_user(self.manager)
        for reason in ("", "   ", False, None, 7):
            with self.assertRaises(UserError):
                deal.funnel_override_move(self.measurement.id, reason)

    def test_override_does_not_mix_funnels(self):
        with self.assertRaisesRegex(ValidationError, "does not belong to the funnel"):
            self.make_deal().with_user(self.manager).funnel_override_move(self.talk.id, "Try")

    def test_nothing_in_a_context_switches_the_gate_off(self):
        deal = self.make_deal()
        for forged in (True, "reason", {"lead_ids": deal.ids, "stage_id": self.measurement.id, "reason": "x"}, [1]):
            with self.assertRaises(ValidationError):
                deal.with_context(funnel_gate_pass=forged, install_mode=True, import_file=True).write(
                    {"stage_id": self.measurement.id}
                )

    def test_dialog_says_what_is_broken_and_moves(self):
        deal = self.make_deal()
        Wizard = self.env["funnel.override"].with_user(self.head)
        wizard = Wizard.with_context(active_model="crm.lead", active_ids=deal.ids).create(
            {"stage_id": self.measurement.id, "reason": "Regular client"}
        )
        self.assertIn("Fill in: City", wizard.verdict)
        wizard.action_apply()
        self.assertEqual(deal.stage_id, self.measurement)


class TestSideStage(FunnelCase):
    """While a client does not answer, a lead waits beside the road."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.measurement.is_side_stage = True
        cls.demand(cls.estimate, "city", moment="leave")
        cls.task = cls.make_task(cls.estimate, "Reach the client")

    def test_going_there_needs_nothing(self):
        deal = self.make_deal()
        deal.stage_id = self.measurement
        self.assertEqual(self.task_of(deal, self.task).state, "cancelled")

    def test_moving_on_needs_what_lies_before(self):
        deal = self.make_deal()
        deal.stage_id = self.measurement
        with self.assertRaisesRegex(ValidationError, "Fill in: City(.|\n)*Reach the client"):
            deal.stage_id = self.contract
        task = self.task_of(deal, self.task)
        commands = [Command.update(task.id, {"state": "done"})]
        deal.write({"stage_id": self.contract.id, "city": "Perm", "funnel_task_ids": commands})
        self.assertEqual(deal.stage_id, self.contract)

    def test_coming_back_to_the_stage_brings_its_tasks_back(self):
        deal = self.make_deal()
        deal.stage_id = self.measurement
        deal.stage_id = self.estimate
        self.assertEqual(self.task_of(deal, self.task).state, "open")

    def test_passing_by_needs_nothing_of_it(self):
        self.demand(self.measurement, "phone", moment="leave")
        deal = self.make_deal(city="Perm")
        self.task_of(deal, self.task).action_do()
        deal.stage_id = self.contract
        deal.stage_id = self.measurement
        with self.assertRaisesRegex(ValidationError, "Phone"):
            deal.stage_id = self.contract


class TestCheckMove(FunnelCase):
    def test_ok(self):
        verdict = self.make_deal().funnel_check_move(self.measurement.id)
        self.assertEqual(verdict["status"], "ok")
        self.assertFalse(verdict["can_override"])

    def test_fixable_names_fields_with_their_types(self):
        self.demand(self.measurement, "city", "source_id", "preferred_channel")
        deal = self.make_deal(city="Perm")
        verdict = deal.funnel_check_move(self.measurement.id)
        self.assertEqual(verdict["status"], "fixable")
        self.assertEqual(
            [(item["name"], item["type"]) for item in verdict["missing_fields"]],
            [("source_id", "many2one"), ("preferred_channel", "selection")],
        )
        self.assertEqual(verdict["missing_fields"][0]["relation"], "utm.source")
        self.assertEqual(deal.stage_id, self.estimate, "checking moves nothing")

    def test_forbidden_says_why_and_where_instead(self):
        self.measurement.is_irreversible = True
        deal = self.make_deal()
        deal.stage_id = self.measurement
        verdict = deal.with_user(self.head).funnel_check_move(self.estimate.id)
        self.assertEqual(verdict["status"], "forbidden")
        self.assertIn("point of no return", verdict["reasons"][0])
        self.assertEqual([stage["name"] for stage in verdict["allowed_stages"]], ["Contract", "Done"])
        self.assertTrue(verdict["can_override"])

    def test_needs_read_access(self):
        other = self.make_leads(self.deals, user_id=self.head.id)
        with self.assertRaises(AccessError):
            other.with_user(self.salesperson).funnel_check_move(self.contract.id)

    def test_costs_at_most_six_queries(self):
        self.measurement.is_irreversible = True
        for name in ("city", "street", "phone", "email_from", "contact_name", "function", "zip", "website"):
            self.demand(self.contract, name)
        self.demand_condition(self.contract, "[('expected_revenue', '>', 0)]", "No amount")
        self.demand(self.measurement, "source_id", moment="leave")
        deal = self.make_deal()
        for _warm_up in range(2):
            deal.funnel_check_move(self.contract.id)
            self.env.flush_all()
            self.env.invalidate_all()
        self.assertTrue(self.salesperson.company_ids and deal.env.user.name)  # every request reads its user
        with self.assertQueryCount(6):
            verdict = deal.funnel_check_move(self.contract.id)
        self.assertEqual(len(verdict["requirements"]), 10)
