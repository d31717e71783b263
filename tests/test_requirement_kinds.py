"""Requirements beyond fields: activities, attachments, contact attempts, questions; and what a new one would block."""

from freezegun import freeze_time
from odoo import fields
from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import Form

from .common import FunnelCase


class TestKinds(FunnelCase):
    def move(self, deal):
        deal.stage_id = self.measurement
        self.assertEqual(deal.stage_id, self.measurement)

    def plan(self, deal, days, activity_type="mail.mail_activity_data_call"):
        deal.activity_schedule(activity_type, fields.Date.add(fields.Date.today(), days=days))

    def test_planned_activity(self):
        call = self.env.ref("mail.mail_activity_data_call")
        self.demand_kind(self.measurement, "activity", activity_type_ids=[Command.link(call.id)], activity_days=3)
        deal = self.make_deal()
        with self.assertRaisesRegex(ValidationError, "Plan an activity within 3 days"):
            self.move(deal)
        self.plan(deal, 10)
        self.plan(deal, 1, "mail.mail_activity_data_todo")
        with self.assertRaises(ValidationError):
            self.move(deal)
        self.plan(deal, 2)
        self.move(deal)

    def test_activity_within_working_days_from_a_date_of_the_lead(self):
        deadline = self.env["ir.model.fields"]._get("crm.lead", "date_deadline")
        rule = self.demand_kind(self.measurement, "activity", activity_days=3, activity_working=True)
        rule.activity_from_id = deadline
        hours = [
            Command.create({"name": "Day", "dayofweek": str(day), "hour_from": 9, "hour_to": 18}) for day in range(5)
        ]
        hours = self.env["resource.calendar"].create({"name": "Week", "tz": "UTC", "attendance_ids": hours})
        self.deals.resource_calendar_id = hours
        with freeze_time("2026-11-20 10:00"):  # a Friday
            late, planned, given = (self.make_deal() for _deal in range(3))
            given.date_deadline = "2026-11-25"
            for deal, day in ((late, "2026-11-26"), (planned, "2026-11-25"), (given, "2026-11-30")):
                deal.activity_schedule("mail.mail_activity_data_call", fields.Date.to_date(day))
            with self.assertRaisesRegex(ValidationError, "Plan an activity within 3 working days"):
                self.move(late)
            self.move(planned)
            self.move(given)

    def test_a_done_activity_is_not_planned(self):
        self.demand_kind(self.measurement, "activity")
        deal = self.make_deal()
        self.plan(deal, 1)
        deal.activity_ids.action_feedback()
        with self.assertRaisesRegex(ValidationError, "Plan an activity"):
            self.move(deal)

    def test_attachments_on_the_lead(self):
        self.demand_kind(self.measurement, "attachments", minimum=2)
        deal = self.make_deal()
        for name in ("plan.pdf", "photo.jpg"):
            with self.assertRaisesRegex(ValidationError, "Attach files, at least: 2"):
                self.move(deal)
            self.env["ir.attachment"].create({"name": name, "raw": b"x", "res_model": "crm.lead", "res_id": deal.id})
        self.move(deal)

    def test_attachments_in_a_field(self):
        files = self.env["ir.model.fields"]._get("crm.lead", "funnel_material_ids")
        self.demand_kind(self.measurement, "attachments", attachment_field_id=files.id)
        deal = self.make_deal()
        self.env["ir.attachment"].create({"name": "x", "raw": b"x", "res_model": "crm.lead", "res_id": deal.id})
        with self.assertRaisesRegex(ValidationError, "Attach files, at least: 1"):
            self.move(deal)
        self.measurement.material_ids = self.env["ir.attachment"].create({"name": "Price list.pdf", "raw": b"x"})
        self.move(deal)

    def test_contact_attempts(self):
        self.demand_kind(self.estimate, "contacts", moment="leave", minimum=2, contact_scope="ever")
        self.demand_kind(self.estimate, "contacts", moment="leave", contact_outcome="reached", contact_scope="day")
        deal = self.make_deal()
        Contact = self.env["funnel.contact"].with_user(self.salesperson)
        Contact.create({"lead_id": deal.id, "outcome": "reached", "date": "2020-01-01 10:00:00"})
        with self.assertRaisesRegex(ValidationError, "at least so many times: 2"):
            self.move(deal)
        Contact.create({"lead_id": deal.id, "outcome": "no_answer"})
        with self.assertRaisesRegex(ValidationError, "Reach the client"):
            self.move(deal)
        Contact.create({"lead_id": deal.id, "outcome": "reached"})
        self.move(deal)

    def test_contact_attempts_in_the_stage(self):
        self.demand_kind(self.estimate, "contacts", moment="leave")
        deal = self.make_deal()
        Contact = self.env["funnel.contact"].with_user(self.salesperson)
        Contact.create({"lead_id": deal.id, "date": "2020-01-01 10:00:00"})
        with self.assertRaisesRegex(ValidationError, "Try to contact"):
            self.move(deal)
        Contact.create({"lead_id": deal.id})
        self.move(deal)

    def test_only_for_some_leads(self):
        self.demand_kind(self.measurement, "attachments", applies_to="[('expected_revenue', '>', 1000)]")
        self.move(self.make_deal(expected_revenue=10))
        with self.assertRaises(ValidationError):
            self.move(self.make_deal(expected_revenue=10000))

    def test_a_condition_may_say_which_fields_help(self):
        city = self.env["ir.model.fields"]._get("crm.lead", "city")
        self.demand_condition(
            self.measurement, "[('city', '=', 'Perm')]", "We work in Perm", field_ids=[Command.link(city.id)]
        )
        verdict = self.make_deal().funnel_check_move(self.measurement.id)
        self.assertEqual([field["name"] for field in verdict["missing_fields"]], ["city"])
        self.assertEqual(verdict["requirements"][0]["message"], "We work in Perm")

    def test_nonsense_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "starts with 1"):
            self.demand_kind(self.measurement, "attachments", minimum=0)
        with self.assertRaisesRegex(ValidationError, "Choose at least one field"):
            self.demand_kind(self.measurement, "fields")


class TestQuestionnaire(FunnelCase):
    """The funnel's own questions are lead properties of its team."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deals.lead_properties_definition = [
            {"name": "style", "string": "Which style?", "type": "char"},
            {"name": "height", "string": "Height of the ceiling", "type": "integer"},
            {"name": "lift", "string": "Is there a lift?", "type": "boolean"},
        ]
        cls.requirement = cls.demand_kind(cls.measurement, "fields", property_names=["style", "height"])

    def test_named_questions_have_to_be_answered(self):
        deal = self.make_deal()
        with self.assertRaisesRegex(ValidationError, "Fill in: Which style.*, Height of the ceiling"):
            deal.stage_id = self.measurement
        missing = deal.funnel_check_move(self.measurement.id)["missing_fields"]
        self.assertEqual(
            [(field["name"], field["questions"]) for field in missing], [("lead_properties", ["style", "height"])]
        )
        deal.lead_properties = {"style": "Modern", "height": 270}
        deal.stage_id = self.measurement
        with self.assertRaisesRegex(ValidationError, "The stage of this lead requires it"):
            deal.lead_properties = {"style": "", "height": 270}

    def test_a_question_that_is_no_longer_asked_is_not_missing(self):
        self.deals.lead_properties_definition = [{"name": "style", "string": "Which style?", "type": "char"}]
        deal = self.make_deal()
        deal.write({"lead_properties": {"style": "Modern"}, "stage_id": self.measurement.id})
        self.assertEqual(deal.stage_id, self.measurement)

    def test_the_offer_of_questions(self):
        offered = [question["string"] for question in self.requirement.available_questions]
        self.assertEqual(offered, ["Which style?", "Height of the ceiling"])
        self.assertEqual(self.requirement.name, "Which style?, Height of the ceiling")


class TestImpact(FunnelCase):
    """An admin sees what a rule would block before it is saved."""

    def test_while_it_is_typed_in(self):
        self.make_leads(self.deals, 3)
        self.make_leads(self.deals, 2, city="Perm")
        city = self.env["ir.model.fields"]._get("crm.lead", "city")
        with Form(self.env["funnel.requirement"].with_user(self.manager)) as form:
            form.stage_id = self.estimate
            form.field_ids.add(city)
            self.assertEqual(form.impact_summary, "3 of the 5 leads that are in this stage now do not meet this.")
            form.applies_to = "[('expected_revenue', '>', 10)]"
            self.assertEqual(form.impact_summary, "0 of the 5 leads that are in this stage now do not meet this.")
            form.applies_to = "[('expected_revenue', '>'"
            self.assertFalse(form.impact_summary)
            form.applies_to = "[]"
        self.assertEqual(len(form.record.impact_lead_ids), 3)

    def test_closed_leads_do_not_count(self):
        self.make_leads(self.deals).action_set_lost(lost_reason_id=self.price.id)
        requirement = self.demand(self.estimate, "city")
        self.assertFalse(requirement.impact_summary)


class TestScript(FunnelCase):
    """What to say stands on the lead while it is in the stage."""

    def test_names_are_filled_in(self):
        self.estimate.script = "<p>Hello {client}, this is {salesperson} of {company}</p>"
        deal = self.make_deal(contact_name="<b>Ivan</b>")
        self.assertIn("Hello &lt;b&gt;Ivan&lt;/b&gt;, this is Anna of", deal.funnel_script)
        deal.stage_id = self.measurement
        self.assertFalse(deal.funnel_script)

    def test_nothing_in_it_is_evaluated(self):
        self.estimate.script = "<p>{client.env} {{ object.env }} ${object}</p>"
        self.assertEqual(
            self.make_deal(contact_name="Ivan").funnel_script, "<p>{client.env} {{ object.env }} ${object}</p>"
        )

    def test_materials(self):
        self.estimate.material_ids = self.env["ir.attachment"].create({"name": "Price list.pdf", "raw": b"x"})
        self.assertEqual(self.make_deal().funnel_material_ids.mapped("name"), ["Price list.pdf"])
