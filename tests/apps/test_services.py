"""The preset ``services`` beside the apps: what is loaded for them, and a work order that takes its card along."""

from odoo.addons.sales_funnel_mrp import post_init_hook

from .test_mrp import ProductionCase


class TestServicesWithApps(ProductionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.preset = cls.env.ref("sales_funnel_addon.preset_services")
        cls.preset.action_load()
        cls.production = cls.env.ref("sales_funnel_addon.funnel_services_production")

    def rules(self):
        rules = self.env["funnel.work.rule"].search([("stage_id.team_ids", "in", self.production.ids)])
        return {rule.stage_id.name: rule.state_id.name for rule in rules}

    def test_stages_follow_what_is_installed(self):
        expected = {
            "Cutting": "In progress",
            "Assembly": "First operation is done",
            "Order is ready": "Done",
        }
        self.assertEqual(self.rules(), expected)

    def test_an_app_that_is_installed_later_completes_the_preset(self):
        names = [name for name in self.preset.loaded_ids if name.startswith("work_services_")]
        self.assertEqual(len(names), 7)
        stage = self.env.ref("sales_funnel_addon.stage_services_production_cutting")
        stage.name = "Sawing"
        self.env["funnel.work.rule"].search([]).unlink()
        self.preset.loaded_ids = [name for name in self.preset.loaded_ids if name not in names]
        post_init_hook(self.env)
        self.assertEqual(set(self.rules().values()), {"In progress", "First operation is done", "Done"})
        self.assertEqual(self.env["funnel.work.rule"].search_count([]), 3, "the other apps are not asked")
        self.assertEqual(stage.name, "Sawing")
        post_init_hook(self.env)
        self.assertEqual(self.env["funnel.work.rule"].search_count([]), 3)

    def test_quality_control_has_the_last_word(self):
        card = self.make_leads(self.production, user_id=self.salesperson.id, partner_id=self.client.id)
        order = self.make_order(card)
        order.action_confirm()
        order.action_start()
        self.assertEqual(self.at(card), "Cutting")
        self.finish(order)
        self.assertEqual((order.state, self.at(card)), ("done", "Assembly"))
        self.assertIn("Quality control has not accepted the order yet", self.notes(card))

    def test_the_form_offers_what_the_funnel_follows(self):
        card = self.make_leads(self.production, partner_id=self.client.id)
        deal = self.make_leads(self.deals)
        self.assertEqual((card.funnel_work_kinds, deal.funnel_work_kinds), ("mrp.production", ""))
