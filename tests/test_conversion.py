"""Conversion over Odoo's own dialogs: what a deal takes along, which contact it gets, and whose client it is."""

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form

from odoo.addons.sales_funnel_addon.tools.lead_moves import LeadState

from .test_repeat_clients import PHONE, SPELLINGS, RepeatCase

CLIENT = {"contact_name": "Ivan Petrov", "partner_name": "Petrov & Sons", "email_from": "ivan@example.com"}


class ConversionCase(RepeatCase):
    def dialog(self, lead, user=None, **values):
        """Open the dialog *Convert* on a lead as its salesperson, and save it with ``values``."""
        Wizard = self.env["crm.lead2opportunity.partner"].with_user(user or self.salesperson)
        context = {"active_model": "crm.lead", "active_id": lead.id, "active_ids": lead.ids}
        return Wizard.with_context(**context).create({"lead_id": lead.id, **values})

    def convert(self, lead, user=None, **values):
        """Convert a lead in the dialog."""
        self.dialog(lead, user, **values).action_apply()
        return lead

    def mass_dialog(self, leads, user=None, **values):
        """Open the dialog for several leads."""
        Wizard = self.env["crm.lead2opportunity.partner.mass"].with_user(user or self.salesperson)
        context = {"active_model": "crm.lead", "active_ids": leads.ids}
        defaults = {"deduplicate": False, "user_ids": [Command.set(self.salesperson.ids)], "force_assignment": True}
        return Wizard.with_context(**context).create({**defaults, **values})


class TestWhatAConversionDoes(ConversionCase):
    def test_a_new_client_gives_contact_company_and_deal(self):
        lead = self.convert(self.request(**CLIENT))
        self.assertEqual((lead.type, lead.team_id, lead.stage_id), ("opportunity", self.deals, self.estimate))
        person = lead.partner_id
        self.assertEqual((person.name, person.is_company, person.email), ("Ivan Petrov", False, "ivan@example.com"))
        company = person.parent_id
        self.assertEqual((company.name, company.is_company), ("Petrov & Sons", True))
        self.assertFalse(lead.is_repeat_client, "its own contact makes it no repeat client")
        self.assertEqual(lead.user_id, self.salesperson)

    def test_a_known_client_gives_only_the_deal(self):
        partner = self.env["res.partner"].create({"name": "I. Petrov", "phone": SPELLINGS[0]})
        lead = self.request(**CLIENT)
        wizard = self.dialog(lead)
        self.assertEqual((wizard.action, wizard.partner_id), ("exist", partner))
        contacts = self.env["res.partner"].search_count([])
        wizard.action_apply()
        self.assertEqual((lead.partner_id, lead.team_id), (partner, self.deals))
        self.assertEqual(self.env["res.partner"].search_count([]), contacts)

    def test_a_client_with_open_deals_gets_another_one(self):
        partner = self.env["res.partner"].create({"name": "I. Petrov", "email": "ivan@example.com"})
        deals = self.request(team=self.deals, count=3, partner_id=partner.id)
        lead = self.convert(self.request(**CLIENT))
        self.assertEqual((lead.type, lead.partner_id), ("opportunity", partner))
        self.assertEqual(len(deals.exists()), 3)

    def test_the_dialog_as_a_salesperson_sees_it(self):
        lead = self.request(**CLIENT)
        context = {"active_model": "crm.lead", "active_id": lead.id, "active_ids": lead.ids}
        form = Form(self.env["crm.lead2opportunity.partner"].with_user(self.salesperson).with_context(**context))
        self.assertEqual((form.action, form.team_id), ("create", self.deals))
        form.save().action_apply()
        self.assertEqual(lead.team_id, self.deals)

    def test_the_list_of_a_funnel_does_not_decide_where_its_leads_go(self):
        leads = self.request(count=2, **CLIENT)
        context = {"active_model": "crm.lead", "active_ids": leads.ids, "default_team_id": self.leads.id}
        for model in ("crm.lead2opportunity.partner", "crm.lead2opportunity.partner.mass"):
            Wizard = self.env[model].with_user(self.salesperson).with_context(**context, active_id=leads[0].id)
            self.assertEqual(Form(Wizard).team_id, self.deals, model)

    def test_the_contact_that_shares_most_is_proposed(self):
        make = self.env["res.partner"].create
        company = make({"name": "Works", "is_company": True, "phone": PHONE})
        make({"name": "Peter", "parent_id": company.id, "phone": PHONE})
        ivan = make({"name": "Ivan", "parent_id": company.id, "phone": PHONE, "email": "IVAN@example.com"})
        make({"name": "Gone", "phone": PHONE, "email": "ivan@example.com", "active": False})
        self.assertEqual(self.dialog(self.request(**CLIENT)).partner_id, ivan)

    def test_gate(self):
        self.demand(self.leads.stage_ids.sorted("sequence")[0], "source_id", moment="leave")
        lead = self.request(**CLIENT)
        with self.assertRaisesRegex(ValidationError, "Source"):
            self.convert(lead)
        self.assertEqual((lead.type, lead.team_id), ("lead", self.leads))
        lead.source_id = self.env.ref("sales_funnel_addon.source_website")
        self.assertEqual(self.convert(lead).team_id, self.deals)

    def test_nothing_is_lost(self):
        self.make_task(self.new, "First call", mandatory=False)
        self.leads.lead_properties_definition = [{"name": "0123456789abcdef", "type": "char", "string": "Wood"}]
        lead = self.as_salesperson(self.request(**CLIENT, lead_properties={"0123456789abcdef": "Oak"}))
        lead.message_post(body="Wants oak", message_type="comment")
        self.env["ir.attachment"].create({"name": "plan", "raw": b"-", "res_model": "crm.lead", "res_id": lead.id})
        lead.activity_schedule("mail.mail_activity_data_meeting", user_id=self.head.id)
        lead.message_subscribe(self.oleg.partner_id.ids)
        lead.funnel_log_contact("reached", note="Friendly")
        followers = lead.message_partner_ids
        task = lead.funnel_task_ids
        self.convert(lead)
        self.assertIn("Wants oak", "".join(lead.message_ids.mapped("body")))
        self.assertEqual(
            self.env["ir.attachment"].search_count([("res_model", "=", "crm.lead"), ("res_id", "=", lead.id)]), 1
        )
        self.assertEqual(lead.activity_ids.user_id, self.head)
        self.assertLessEqual(followers, lead.message_partner_ids)
        self.assertEqual(lead.funnel_contact_ids.mapped("note"), ["Friendly"])
        self.assertEqual(task.sudo().state, "cancelled")
        move = lead.sudo().funnel_move_ids.sorted("id")[-1]
        self.assertEqual((move.kind, move.from_stage_id, move.to_stage_id), ("converted", self.new, self.estimate))
        self.assertRegex("".join(lead.message_ids.mapped("body")), "Wood.*Oak")

    def test_timers_of_the_lead_end_and_those_of_the_deal_begin(self):
        role = self.make_role("Seller", source="salesperson")
        rules = self.env["funnel.reminder"].create(
            [
                {"name": name, "stage_id": stage.id, "deadline_amount": 1, "role_ids": [Command.set(role.ids)]}
                for name, stage in (("Call", self.new), ("Estimate", self.estimate))
            ]
        )
        lead = self.request()
        self.assertEqual(lead.funnel_timer_ids.reminder_id, rules[0])
        self.convert(lead)
        lead.invalidate_recordset()
        self.assertEqual(lead.funnel_timer_ids.filtered(lambda timer: timer.state == "armed").reminder_id, rules[1])

    def test_many_at_once(self):
        partner = self.env["res.partner"].create({"name": "Ivan", "phone": SPELLINGS[1]})
        known, new = self.request(), self.request(phone="+7 903 111-22-34", contact_name="New", partner_name="Fresh")
        self.mass_dialog(known | new).action_mass_convert()
        self.assertEqual((known | new).mapped("type"), ["opportunity"] * 2)
        self.assertEqual((known | new).team_id, self.deals)
        self.assertEqual(known.partner_id, partner)
        self.assertEqual((new.partner_id.name, new.partner_id.parent_id.name), ("New", "Fresh"))

    def test_ordinary_leads_are_matched_the_ordinary_way(self):
        self.env["res.partner"].create({"name": "Ivan", "phone": PHONE})
        lead = self.env["crm.lead"].create({"name": "Stock", "type": "lead", "phone": PHONE, "team_id": False})
        self.assertFalse(lead._find_matching_partner())


class TestColleaguesClients(ConversionCase):
    def setUp(self):
        super().setUp()
        self.request(self.oleg)
        self.lead = self.request(**CLIENT)

    def refused(self, operation, message="Oleg has worked with this client"):
        with self.assertRaisesRegex(ValidationError, message):
            operation()
        self.assertEqual(self.lead.type, "lead")

    def test_own_clients(self):
        own = self.request(phone="+7 903 111-22-34", count=2)[1]
        self.assertTrue(own.is_repeat_client)
        wizard = self.dialog(own)
        self.assertFalse(wizard.repeat_policy)
        self.assertIn("1 earlier request", wizard.repeat_summary)
        wizard.action_apply()
        self.assertEqual(own.type, "opportunity")

    def test_whoever_was_first_is_not_asked(self):
        first = self.env["crm.lead"].search([("user_id", "=", self.oleg.id)])
        self.assertEqual(self.convert(first, self.oleg).type, "opportunity")

    def test_the_salesperson_has_to_confirm(self):
        wizard = self.dialog(self.lead)
        self.assertEqual(wizard.repeat_policy, "warn")
        self.assertIn("Oleg", wizard.repeat_summary)
        self.refused(wizard.action_apply)
        wizard.repeat_acknowledged = True
        wizard.action_apply()
        self.assertEqual(self.lead.team_id, self.deals)
        self.assertIn("a colleague has worked", "".join(self.lead.message_ids.mapped("body")))

    def test_every_other_way_is_closed(self):
        lead = self.as_salesperson(self.lead)
        self.refused(lambda: lead.convert_opportunity(self.env["res.partner"]))
        self.refused(lambda: lead.write({"type": "opportunity"}))
        self.refused(lambda: lead.write({"type": "opportunity", "team_id": self.deals.id}))
        forged = {"funnel_repeat_pass": {"lead_ids": lead.ids}, "funnel_gate_batch": True, "repeat_acknowledged": True}
        self.refused(lambda: lead.with_context(**forged).convert_opportunity(self.env["res.partner"]))

    def test_a_confirmation_is_for_the_lead_that_was_shown(self):
        shown = self.request(phone="+7 903 111-22-34")
        wizard = self.dialog(shown, repeat_acknowledged=True).with_context(active_ids=[shown.id, self.lead.id])
        self.refused(wizard.action_apply)

    def test_many_at_once(self):
        other = self.request(phone="+7 903 111-22-34")
        wizard = self.mass_dialog(self.lead | other)
        self.assertEqual(wizard.repeat_policy, "warn")
        self.refused(wizard.action_mass_convert)
        self.assertEqual(other.type, "lead")
        self.mass_dialog(self.lead | other, repeat_acknowledged=True).action_mass_convert()
        self.assertEqual((self.lead | other).mapped("type"), ["opportunity"] * 2)

    def test_the_head_decides(self):
        self.leads.repeat_policy = "ask"
        wizard = self.dialog(self.lead, repeat_acknowledged=True)
        self.assertEqual(wizard.repeat_policy, "ask")
        self.refused(wizard.action_apply, "Oleg has worked with this client before: Head has to allow the conversion")
        lead = self.as_salesperson(self.lead)
        self.assertTrue(lead.repeat_needs_approval)
        with self.assertRaises(AccessError):
            lead.action_approve_repeat_client()
        self.lead.with_user(self.head).action_approve_repeat_client()
        lead.invalidate_recordset()
        self.assertFalse(lead.repeat_needs_approval)
        self.assertEqual(self.convert(self.lead).team_id, self.deals)

    def test_the_salesperson_asks_the_head(self):
        self.leads.repeat_policy = "ask"
        lead = self.as_salesperson(self.lead)
        for _again in range(2):
            self.assertIn("Head", lead.action_ask_repeat_client()["params"]["message"])
        [asked] = self.lead.activity_ids
        self.assertEqual(asked.user_id, self.head)
        self.assertIn("Oleg", asked.note)
        self.lead.with_user(self.head).action_approve_repeat_client()
        self.assertFalse(self.lead.activity_ids)
        domain = [("model", "=", "crm.lead"), ("res_id", "=", lead.id), ("message_type", "=", "user_notification")]
        told = self.env["mail.message"].search(domain)
        self.assertEqual(told.partner_ids, self.salesperson.partner_id)
        with self.assertRaisesRegex(UserError, "Nobody has to allow"):
            lead.action_ask_repeat_client()

    def test_without_a_head_a_manager_is_asked(self):
        self.leads.write({"repeat_policy": "ask", "user_id": False})
        with self.assertRaisesRegex(UserError, "ask a funnel manager"):
            self.as_salesperson(self.lead).action_ask_repeat_client()

    def test_the_head_converts_it(self):
        self.leads.repeat_policy = "ask"
        self.assertEqual(self.convert(self.lead, self.head).team_id, self.deals)

    def test_another_client_needs_another_permission(self):
        self.leads.repeat_policy = "ask"
        self.request(self.oleg, phone="+7 903 111-22-34")
        self.lead = self.request(**CLIENT)
        self.lead.with_user(self.head).action_approve_repeat_client()
        self.as_salesperson(self.lead).write({"phone": "+7 903 111-22-34", "email_from": "peter@example.com"})
        self.refused(lambda: self.convert(self.lead), "Head has to allow")

    def test_colleagues_who_left_are_not_asked(self):
        self.oleg.active = False
        self.assertFalse(self.lead.repeat_is_foreign)
        self.assertEqual(self.convert(self.lead).team_id, self.deals)

    def test_a_funnel_that_does_not_mind(self):
        self.leads.repeat_policy = False
        self.assertEqual(self.convert(self.lead).team_id, self.deals)


class TestConversionCost(ConversionCase):
    def test_mass_conversion_of_repeat_clients(self):
        """The check adds as many queries for thirty leads as for two, and what is refused costs no more either."""
        counts = []
        for count in (2, 2, 30):
            phones = [f"+7 912 555-{number:04}" for number in range(count)]
            for user in (self.oleg, self.salesperson):
                leads = self.env["crm.lead"].create(
                    [
                        {"name": phone, "phone": phone, "team_id": self.leads.id, "type": "lead", "user_id": user.id}
                        for phone in phones
                    ]
                )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            states = leads._get_lead_states()
            after = {lead_id: LeadState(lead_type="opportunity") for lead_id in states}
            refusals = {}
            self.as_salesperson(leads)._check_repeat_clients(states, after, refusals)
            self.assertEqual(len(refusals), count)
            counts.append(self.env.cr.sql_log_count - before)
        _first, few, many = counts
        self.assertLess((many - few) / 28, 0.05, counts)
