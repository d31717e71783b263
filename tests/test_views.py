"""Forms follow the configuration: required marks by stage, hidden fields by funnel and company."""

from lxml import etree
from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tools.safe_eval import safe_eval

from .common import FunnelCase


class TestLeadForm(FunnelCase):
    def nodes(self, name, tag="field"):
        attribute = "name" if tag == "field" else "for"
        arch = self.env["crm.lead"].with_user(self.salesperson).get_view(view_type="form")["arch"]
        return etree.fromstring(arch).xpath(f"//{tag}[@{attribute}='{name}'][not(ancestor::field)]")

    def test_required_exactly_in_the_stages_that_ask(self):
        self.demand(self.measurement, "preferred_channel")
        self.demand(self.contract, "preferred_channel")
        [node] = self.nodes("preferred_channel")
        self.assertEqual(node.get("required"), f"stage_id in [{self.measurement.id}, {self.contract.id}]")

    def test_one_of_several_is_required_while_the_others_are_empty(self):
        self.demand(self.measurement, "preferred_channel", "contract_amount", any_field=True)
        [node] = self.nodes("preferred_channel")
        self.assertEqual(node.get("required"), f"stage_id in [{self.measurement.id}] and not contract_amount")

    def test_asked_before_moving_on_is_marked_but_saves(self):
        self.demand(self.measurement, "preferred_channel", moment="leave")
        [node] = self.nodes("preferred_channel")
        self.assertIsNone(node.get("required"))
        self.assertEqual(node.get("funnel_asked"), f"(stage_id in [{self.measurement.id}])")

    def test_modifiers_of_the_view_stay(self):
        self.demand(self.measurement, "recurring_plan")
        [node] = self.nodes("recurring_plan") or [None]
        if node is not None:
            self.assertIn("recurring_revenue != 0", node.get("required"))

    def test_marks_follow_the_configuration(self):
        requirement = self.demand(self.measurement, "preferred_channel")
        self.assertTrue(self.nodes("preferred_channel")[0].get("required"))
        requirement.active = False
        self.assertIsNone(self.nodes("preferred_channel")[0].get("required"))

    def test_the_quick_form_takes_what_the_stage_asks_for(self):
        self.demand(self.measurement, "phone", "contract_number")
        view = self.env.ref("sales_funnel_addon.crm_lead_view_form_quick_create")
        arch = self.env["crm.lead"].with_user(self.salesperson).get_view(view.id)["arch"]
        [number] = etree.fromstring(arch).xpath("//field[@name='contract_number']")
        self.assertEqual(number.get("required"), f"stage_id in [{self.measurement.id}]")
        self.assertEqual(number.getparent().get("invisible"), f"not (stage_id in [{self.measurement.id}])")
        self.assertEqual(len(etree.fromstring(arch).xpath("//field[@name='phone']")), 1, "it is there already")

    def test_hidden_in_one_funnel_only(self):
        field = self.env["ir.model.fields"]._get("crm.lead", "preferred_channel")
        self.deals.hidden_field_ids = [Command.link(field.id)]
        [node] = self.nodes("preferred_channel")
        self.assertIn(f"team_id in [{self.deals.id}]", node.get("invisible"))

    def test_label_goes_with_its_field(self):
        field = self.env["ir.model.fields"]._get("crm.lead", "phone")
        self.deals.hidden_field_ids = [Command.link(field.id)]
        self.assertTrue(self.nodes("phone", "label"))
        for node in self.nodes("phone", "label") + self.nodes("phone_group_lead_info", "label"):
            self.assertIn(f"team_id in [{self.deals.id}", node.get("invisible"))

    def hide(self, *names):
        fields = self.env["ir.model.fields"]
        self.deals.hidden_field_ids = [Command.set([fields._get("crm.lead", name).id for name in names])]

    def test_a_heading_goes_with_everything_below_it(self):
        self.hide("contract_amount", "received_amount", "amount_due")
        [node] = self.nodes("contract_amount")
        group = next(node.iterancestors("group"))
        values = {"type": "opportunity", "stage_id": self.estimate.id, "funnel_has_handover_choice": False}
        values |= dict.fromkeys(("prepayment_due", "prepayment_amount", "prepayment_missing"), 0)
        values |= {"won_status": "pending", "has_confirmed_orders": False, "has_posted_invoices": False}

        def is_hidden(**changed):
            return safe_eval(group.get("invisible"), {"team_id": self.deals.id, **values, **changed})

        self.assertTrue(is_hidden())
        self.assertFalse(is_hidden(team_id=self.leads.id))
        self.assertFalse(is_hidden(prepayment_due=100), "something is left to be seen")
        self.hide("contract_amount")
        self.assertNotIn("team_id", next(self.nodes("contract_amount")[0].iterancestors("group")).get("invisible"))

    def test_nothing_is_left_of_the_line_with_revenue_and_probability(self):
        self.hide(*("expected_revenue", "probability", "automated_probability", "recurring_revenue", "recurring_plan"))
        line = next(self.nodes("expected_revenue")[0].iterancestors("h2"))
        self.assertIn(f"team_id in [{self.deals.id}]", line.get("invisible"))

    def test_stage_that_requires_a_hidden_field_shows_it(self):
        field = self.env["ir.model.fields"]._get("crm.lead", "preferred_channel")
        self.deals.hidden_field_ids = [Command.link(field.id)]
        self.demand(self.contract, "preferred_channel")
        [node] = self.nodes("preferred_channel")
        self.assertIn(f"stage_id not in [{self.contract.id}]", node.get("invisible"))

    def test_what_a_funnel_needs_cannot_be_hidden(self):
        field = self.env["ir.model.fields"]._get("crm.lead", "stage_id")
        with self.assertRaisesRegex(ValidationError, "Stage"):
            self.deals.hidden_field_ids = [Command.link(field.id)]

    def test_stages_of_leads_are_on_the_form(self):
        [node] = self.nodes("stage_id")
        self.assertEqual(node.get("invisible"), "type == 'lead' and not funnel_kind")

    def test_what_is_done_about_an_activity_shows_at_once(self):
        arch = etree.fromstring(self.env["crm.lead"].get_view(view_type="form")["arch"])
        self.assertEqual(arch.find(".//chatter").get("reload_on_activity"), "True")


class TestScreensOfSeveralFunnels(FunnelCase):
    """Phones show cards instead of lists."""

    def test_cards_of_several_funnels_are_not_sorted_into_stages(self):
        for name in ("crm_lead_action_overdue", "crm_lead_action_won"):
            action = self.env.ref(f"sales_funnel_addon.{name}")
            views = {mode: view_id for view_id, mode in action.views}
            arch = etree.fromstring(self.env["crm.lead"].get_view(views["kanban"])["arch"])
            self.assertFalse(arch.get("default_group_by"), name)

    def test_reminders_come_as_cards(self):
        for name in ("funnel_delivery_action", "funnel_delivery_action_escalated"):
            action = self.env.ref(f"sales_funnel_addon.{name}")
            self.assertIn("kanban", [mode for _view_id, mode in action.views])


class TestFunnelForm(FunnelCase):
    def test_a_stage_can_be_added_before_the_funnel_is_saved(self):
        arch = etree.fromstring(self.env["crm.team"].get_view(view_type="form")["arch"])
        [node] = arch.xpath("//page[@name='funnel_stages']/field[@name='stage_ids']")
        for funnel_id, team_ids in ((False, []), (self.deals.id, self.deals.ids)):
            self.assertEqual(safe_eval(node.get("context"), {"id": funnel_id}), {"default_team_ids": team_ids})


class TestContactForm(FunnelCase):
    def is_hidden(self, company):
        arch = self.env["res.partner"].with_company(company).get_view(view_type="form")["arch"]
        nodes = etree.fromstring(arch).xpath("//field[@name='website'][not(ancestor::field)]")
        return {node.get("invisible") for node in nodes} in ({"1"}, {"True"})

    def test_hidden_in_one_company_only(self):
        company, other = self.env.company, self.env["res.company"].create({"name": "Other"})
        field = self.env["ir.model.fields"]._get("res.partner", "website")
        company.hidden_contact_field_ids = [Command.link(field.id)]
        self.assertEqual((self.is_hidden(company), self.is_hidden(other)), (True, False))
        company.hidden_contact_field_ids = [Command.clear()]
        self.assertFalse(self.is_hidden(company))

    def test_name_cannot_be_hidden(self):
        field = self.env["ir.model.fields"]._get("res.partner", "name")
        with self.assertRaises(ValidationError):
            self.env.company.hidden_contact_field_ids = [Command.link(field.id)]


class TestRequirementConfiguration(FunnelCase):
    def test_a_checkbox_cannot_be_required(self):
        with self.assertRaisesRegex(ValidationError, "never unanswered"):
            self.demand(self.measurement, "active")

    def test_a_condition_needs_a_message(self):
        with self.assertRaisesRegex(ValidationError, "Write the message"):
            self.demand_condition(self.measurement, "[('city', '!=', False)]", False)

    def test_fields_are_needed(self):
        with self.assertRaisesRegex(ValidationError, "at least one field"):
            self.demand(self.measurement)

    def test_only_a_filter_over_leads_is_accepted(self):
        for text in ("__import__('os').system('id')", "[('nonsense', '=', 1)]", "[('city', '=', uid)]", "[", "7", "{}"):
            with self.assertRaisesRegex(ValidationError, "is not a filter over leads"):
                self.demand_condition(self.measurement, text, "No")

    def test_fields_of_other_models_are_refused(self):
        field = self.env["ir.model.fields"]._get("res.partner", "name")
        with self.assertRaisesRegex(ValidationError, "not a field of leads"):
            self.env["funnel.requirement"].create(
                {"stage_id": self.measurement.id, "field_ids": [Command.link(field.id)]}
            )
