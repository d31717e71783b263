"""Funnels: their stages, teams, types, conversion, log, menus."""

import ast

from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user

from .common import FunnelCase


class TestStages(FunnelCase):
    def test_board_shows_the_stages_of_the_funnel_only(self):
        self.make_leads(self.deals)
        groups = (
            self.env["crm.lead"]
            .with_context(funnel_id=self.deals.id, read_group_expand=True)
            .web_read_group([("team_id", "=", self.deals.id)], ["stage_id"])["groups"]
        )
        self.assertEqual([group["stage_id"][0] for group in groups], self.deals.stage_ids.sorted("sequence").ids)

    def test_board_of_stock_teams_shows_no_stage_of_a_funnel(self):
        team = self.env["crm.team"].create({"name": "Stock"})
        stages = (
            self.env["crm.lead"]
            .with_context(default_team_id=team.id)
            ._read_group_stage_ids(self.env["crm.stage"], [("team_id", "=", team.id)])
        )
        self.assertIn(self.env.ref("crm.stage_lead1"), stages)
        self.assertFalse(stages & (self.deals | self.leads).stage_ids)

    def test_board_of_everybody_shows_the_stages_of_funnels_only_while_in_use(self):
        self.deals.member_ids = [Command.link(self.salesperson.id)]
        board = self.env["crm.lead"].with_user(self.salesperson).with_context(show_user_team_stages=True)
        self.assertFalse(board._read_group_stage_ids(self.env["crm.stage"], []) & self.deals.stage_ids)
        self.assertEqual(board._read_group_stage_ids(self.contract, []) & self.deals.stage_ids, self.contract)

    def test_new_lead_starts_in_the_first_stage(self):
        self.assertEqual(self.make_leads(self.leads).stage_id, self.new)
        self.assertEqual(self.make_leads(self.deals).stage_id, self.estimate)

    def test_copy_starts_anew(self):
        deal = self.make_deal()
        deal.stage_id = self.contract
        self.assertEqual(deal.copy().stage_id, self.estimate)

    def test_lead_of_a_stock_team_comes_into_the_first_stage(self):
        lead = self.env["crm.lead"].create({"name": "Stock", "team_id": self.env["crm.team"].create({"name": "S"}).id})
        lead.team_id = self.deals
        self.assertEqual(lead.stage_id, self.estimate)
        self.assertEqual(lead.funnel_move_ids.kind, "moved")

    def test_stage_does_not_mix_funnels_and_stock_teams(self):
        with self.assertRaisesRegex(ValidationError, "cannot belong to a funnel and to a team"):
            self.estimate.team_ids = [Command.link(self.env["crm.team"].create({"name": "Stock"}).id)]

    def test_stage_added_on_the_board_belongs_to_the_funnel(self):
        context = ast.literal_eval(self.deals.funnel_action_id.context)
        stage_id, _name = self.env["crm.stage"].with_context(**context).name_create("Added on the board")
        self.assertEqual(self.env["crm.stage"].browse(stage_id).team_ids, self.deals)

    def test_new_stage_stands_before_the_won_one(self):
        stage = self.env["crm.stage"].create({"name": "Samples", "team_ids": [Command.link(self.deals.id)]})
        self.assertEqual(self.deals.stage_ids.sorted("sequence").mapped("name")[-2:], ["Samples", "Done"])
        self.assertEqual(self.make_leads(self.deals).stage_id, self.estimate)
        first = self.env["crm.stage"].create(
            {"name": "First", "sequence": 0, "team_ids": [Command.link(self.deals.id)]}
        )
        self.assertEqual((first.sequence, stage.is_won), (0, False))

    def test_changing_the_order_of_stages_changes_the_rules(self):
        self.demand(self.measurement, "city", moment="leave")
        deal = self.make_deal()
        self.contract.sequence = 0
        deal.stage_id = self.measurement
        deal.stage_id = self.contract
        self.assertEqual(deal.stage_id, self.contract, "what was forward is back now")


class TestTeams(FunnelCase):
    def test_new_salesperson_does_not_throw_a_lead_out(self):
        stock = self.env["crm.team"].create({"name": "Stock", "member_ids": [Command.link(self.head.id)]})
        deal = self.make_leads(self.deals, user_id=self.salesperson.id)
        deal.stage_id = self.contract
        deal.user_id = self.head
        self.assertEqual((deal.team_id, deal.stage_id), (self.deals, self.contract))
        self.assertIn(self.head, stock.member_ids)

    def test_funnel_is_nobodys_default_team(self):
        self.env["crm.team"].search([("funnel_kind", "=", False)]).active = False
        stock = self.env["crm.team"].create({"name": "Stock", "sequence": 999})
        self.deals.member_ids = [Command.link(self.salesperson.id)]
        Team = self.env["crm.team"].with_user(self.salesperson)
        self.assertEqual(Team._get_default_team_id(), stock)
        on_purpose = Team.with_context(default_team_id=self.deals.id)
        self.assertEqual(on_purpose._get_default_team_id(), self.deals)
        lead = self.env["crm.lead"].with_user(self.salesperson).create({"name": "Anywhere"})
        self.assertEqual(lead.team_id, stock)

    def test_type_follows_the_funnel(self):
        self.assertEqual(self.make_leads(self.leads).type, "lead")
        self.assertEqual(self.make_leads(self.deals).type, "opportunity")
        with self.assertRaises(ValidationError):
            self.make_leads(self.leads, type="opportunity")

    def test_switch_of_leads_stays_as_the_admin_left_it(self):
        user = new_test_user(self.env, "sale_new", "sales_team.group_sale_salesman")
        self.assertFalse(user.has_group("crm.group_use_lead"))

    def test_title_is_made_of_what_is_known(self):
        Lead = self.env["crm.lead"]
        values = [
            {"contact_name": "Ivan"},
            {"partner_name": "OOO Les"},
            {"phone": "+7 1"},
            {"email_from": "a@b.ru"},
            {},
        ]
        leads = Lead.create([{"team_id": self.leads.id, **vals} for vals in values])
        self.assertEqual(leads.mapped("name"), ["Ivan", "OOO Les", "+7 1", "a@b.ru", "New request"])
        partner = self.env["res.partner"].create({"name": "Known client"})
        self.assertIn("Known client", Lead.create({"team_id": self.leads.id, "partner_id": partner.id}).name)

    def test_title_appears_while_typing(self):
        Lead = self.env["crm.lead"].with_user(self.salesperson)
        context = {"default_team_id": self.leads.id, "default_type": "lead"}
        form = Form(Lead.with_context(**context), "sales_funnel_addon.crm_lead_view_form_quick_create")
        form.contact_name = "Ivan"
        self.assertEqual(form.name, "Ivan")
        self.assertEqual(form.save().stage_id, self.new)

    def test_stock_team_with_leads_of_the_other_type_does_not_become_a_funnel(self):
        team = self.env["crm.team"].create({"name": "Stock"})
        self.env["crm.lead"].create({"name": "An opportunity", "team_id": team.id, "type": "opportunity"})
        with self.assertRaisesRegex(ValidationError, "An opportunity"):
            team.funnel_kind = "lead"

    def test_only_leads_convert_and_only_into_deals(self):
        with self.assertRaises(ValidationError):
            self.deals.deal_team_id = self.deals
        with self.assertRaises(ValidationError):
            self.leads.deal_team_id = self.leads


class TestConversion(FunnelCase):
    def convert(self, leads, model="crm.lead2opportunity.partner"):
        context = {"active_model": "crm.lead", "active_ids": leads.ids, "active_id": leads[:1].id}
        return self.env[model].with_user(self.salesperson).with_context(**context).create({})

    def test_dialog_converts_into_the_funnel_of_deals(self):
        lead = self.make_leads(self.leads, user_id=self.salesperson.id, contact_name="Ivan", phone="+7 1")
        wizard = self.convert(lead)
        self.assertEqual(wizard.team_id, self.deals)
        wizard.action_apply()
        self.assertEqual((lead.type, lead.team_id, lead.stage_id), ("opportunity", self.deals, self.estimate))
        self.assertEqual(lead.partner_id.name, "Ivan")
        self.assertEqual(lead.funnel_move_ids.sorted("id").mapped("kind"), ["created", "converted"])

    def test_dialog_for_several_leads(self):
        leads = self.make_leads(self.leads, 3, user_id=self.salesperson.id, contact_name="Ivan")
        wizard = self.convert(leads, "crm.lead2opportunity.partner.mass")
        wizard.deduplicate = False
        wizard.action_mass_convert()
        self.assertEqual(leads.team_id, self.deals)
        self.assertEqual(leads.stage_id, self.estimate)

    def test_gate_holds_on_every_path(self):
        self.demand(self.qualified, "city", moment="leave")
        lead = self.as_salesperson(self.make_leads(self.leads, user_id=self.salesperson.id))
        ways = (
            lambda: self.convert(lead).action_apply(),
            lambda: lead.convert_opportunity(False),
            lambda: lead.write({"type": "opportunity"}),
            lambda: lead.write({"type": "opportunity", "team_id": self.deals.id}),
            lambda: lead.write({"type": "opportunity", "team_id": self.env["crm.team"].create({"name": "S"}).id}),
        )
        for way in ways:
            with self.assertRaisesRegex(ValidationError, "Fill in: City"), self.env.cr.savepoint():
                way()
        lead.invalidate_recordset()
        self.assertEqual((lead.type, lead.team_id, lead.partner_id.id), ("lead", self.leads, False))

    def test_a_contact_made_of_the_title_proves_nothing(self):
        self.demand(self.qualified, "contact_name", moment="leave")
        leads = self.make_leads(self.leads, 2, user_id=self.salesperson.id, phone="+7 1")
        with self.assertRaises(ValidationError) as caught, self.env.cr.savepoint():
            self.convert(leads).action_apply()
        self.assertEqual(str(caught.exception).count("Contact Name"), 2)
        client = self.env["res.partner"].create({"name": "Known client"})
        wizard = self.convert(leads)
        wizard.write({"action": "exist", "partner_id": client.id})
        wizard.action_apply()
        self.assertEqual((leads.team_id, leads.partner_id), (self.deals, client))

    def test_type_alone_converts(self):
        lead = self.make_leads(self.leads)
        lead.type = "opportunity"
        self.assertEqual((lead.team_id, lead.stage_id), (self.deals, self.estimate))

    def test_without_a_funnel_of_deals_there_is_no_conversion(self):
        self.leads.deal_team_id = False
        with self.assertRaisesRegex(ValidationError, "does not say into which funnel"):
            self.make_leads(self.leads).type = "opportunity"


class TestMerge(FunnelCase):
    def test_merge_keeps_the_place_of_the_first(self):
        self.demand(self.measurement, "city")
        first, second = self.make_leads(self.deals, 2, contact_name="Ivan")
        first.write({"city": "Perm", "stage_id": self.measurement.id})
        merged = (first | second).merge_opportunity()
        self.assertEqual((merged.team_id, merged.stage_id), (self.deals, self.measurement))

    def test_merge_does_not_get_past_the_gate(self):
        self.demand(self.qualified, "city", moment="leave")
        lead, deal = self.make_leads(self.leads, contact_name="Ivan"), self.make_leads(self.deals, contact_name="Ivan")
        merged = (lead | deal).merge_opportunity()
        self.assertEqual((merged, merged.team_id, merged.type), (deal, self.deals, "opportunity"))


class TestLog(FunnelCase):
    def test_every_move_leaves_a_line(self):
        deal = self.make_deal()
        deal.stage_id = self.measurement
        deal.action_set_won()
        moves = deal.funnel_move_ids.sorted("id")
        self.assertEqual(moves.mapped("kind"), ["created", "moved", "won"])
        self.assertEqual((moves[1].from_stage_id, moves[1].to_stage_id), (self.estimate, self.measurement))
        self.assertEqual(moves[1].user_id, self.salesperson)

    def test_hours_count_from_entering_the_previous_stage(self):
        deal = self.make_deal()
        self.env.flush_all()
        self.env.cr.execute("UPDATE funnel_move SET date = date - interval '5 hours' WHERE lead_id = %s", [deal.id])
        self.env.invalidate_all()
        deal.stage_id = self.measurement
        move = deal.funnel_move_ids.filtered(lambda line: line.kind == "moved")
        self.assertAlmostEqual(move.hours_in_stage, 5.0, places=2)

    def test_other_writes_leave_none(self):
        deal = self.make_deal()
        deal.write({"phone": "+7 1", "stage_id": self.estimate.id, "priority": "2"})
        self.assertEqual(deal.funnel_move_ids.mapped("kind"), ["created"])


class TestMenus(FunnelCase):
    def test_every_funnel_has_a_menu_entry_with_its_screen(self):
        menu, action = self.deals.funnel_menu_id, self.deals.funnel_action_id
        self.assertEqual((menu.name, menu.action), ("Kitchens", action))
        self.assertEqual(menu.parent_id, self.env.ref("sales_funnel_addon.menu_funnel_root"))
        leads = self.env["crm.lead"].search(self.env["funnel.requirement"]._parse_domain(action.domain, ""))
        self.assertFalse(leads - self.env["crm.lead"].search([("team_id", "=", self.deals.id)]))

    def test_name_follows_in_every_language(self):
        self.deals.name = "Cupboards"
        self.deals.with_context(lang="ru_RU").name = "Шкафы"
        menu = self.deals.funnel_menu_id
        self.assertEqual((menu.name, menu.with_context(lang="ru_RU").name), ("Cupboards", "Шкафы"))

    def test_entry_comes_and_goes_with_the_funnel(self):
        self.deals.active = False
        self.assertFalse(self.deals.funnel_menu_id.active)
        team = self.env["crm.team"].create({"name": "Ordinary"})
        self.assertFalse(team.funnel_menu_id)
        team.funnel_kind = "deal"
        menu, action = team.funnel_menu_id, team.funnel_action_id
        self.assertTrue(menu.active)
        team.unlink()
        self.assertFalse(menu.exists() or action.exists())
