"""The preset ``core``: what it brings, and that an admin's changes are kept."""

from unittest.mock import patch

from odoo.tests import TransactionCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestCorePreset(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.preset = cls.env.ref("sales_funnel_addon.preset_core")

    def ref(self, name):
        return self.env.ref(f"sales_funnel_addon.{name}")

    def test_loaded_at_install(self):
        self.assertTrue(self.preset.loaded_date)
        leads, deals, deferred = (self.ref(f"funnel_{kind}") for kind in ("leads", "deals", "deferred"))
        self.assertEqual((leads.funnel_kind, deals.funnel_kind, deferred.funnel_kind), ("lead", "deal", "deferred"))
        self.assertEqual(leads.deal_team_id, deals)
        self.assertEqual((len(leads.stage_ids), len(deals.stage_ids), len(deferred.stage_ids)), (4, 6, 12))
        self.assertEqual(deferred.stage_ids.sorted("sequence").mapped("deferral_month"), list(range(1, 13)))

    def test_whoever_does_not_answer_is_tried_again(self):
        leads, silent = self.ref("funnel_leads"), self.ref("stage_lead_no_answer")
        self.assertEqual((leads.no_answer_stage_id, leads.call_gap), (silent, 60))
        self.assertEqual(leads.number_check_role_id, self.ref("role_secretary"))
        self.assertEqual((silent.call_quota, silent.message_quota), (3, 1))

    def test_speaks_russian(self):
        Russian = self.env(context={"lang": "ru_RU"})
        names = {
            "funnel_deferred": "Отложенный спрос",
            "stage_lead_no_answer": "Недозвон",
            "stage_deal_contract": "Договор / счёт",
            "reason_changed_mind": "Передумал",
            "junk_duplicate": "Дубль",
        }
        for xml_id, name in names.items():
            self.assertEqual(Russian.ref(f"sales_funnel_addon.{xml_id}").name, name)
        self.assertEqual(Russian.ref("sales_funnel_addon.source_website").display_name, "Сайт")
        self.assertEqual(Russian.ref("sales_funnel_addon.funnel_leads").funnel_menu_id.name, "Лиды")

    def test_sources_are_found_in_either_language(self):
        source = self.ref("source_recommendation")
        Source = self.env["utm.source"]
        self.assertEqual(Source.name_search("Recommendation", operator="=")[0][0], source.id)
        self.assertEqual(
            Source.with_context(lang="ru_RU").name_search("По рекомендации", operator="=")[0][0], source.id
        )

    def test_loading_again_changes_nothing(self):
        counts = {model: self.env[model].search_count([]) for model in self.models()}
        stage = self.ref("stage_lead_new")
        stage.write({"name": "Incoming", "sequence": 77})
        self.preset.action_load()
        self.assertEqual({model: self.env[model].search_count([]) for model in self.models()}, counts)
        self.assertEqual((stage.name, stage.sequence), ("Incoming", 77))

    def test_whoever_loads_a_funnel_leads_it_at_first(self):
        manager = new_test_user(self.env, "preset_manager", "sales_funnel_addon.group_funnel_manager")
        core = self.ref("funnel_leads").user_id
        preset = self.ref("preset_equipment").with_user(manager)
        preset.action_load()
        funnel = self.ref("funnel_equipment")
        self.assertEqual((funnel.user_id, self.ref("funnel_leads").user_id), (manager, core))
        funnel.user_id = False
        preset.action_load()
        self.assertFalse(funnel.user_id, "it was taken away again")

    def test_leads_follow_all_tasks_that_a_preset_brings_at_once(self):
        stage = self.ref("stage_lead_new")
        templates = self.env["funnel.task.template"].search([("stage_id", "=", stage.id)])
        data = self.env["ir.model.data"].search(
            [("model", "=", "funnel.task.template"), ("res_id", "in", templates.ids)]
        )
        names = set(data.mapped("name"))
        self.assertGreater(len(names), 1)
        templates.unlink()
        self.preset.loaded_ids = [name for name in self.preset.loaded_ids if name not in names]
        Lead = self.env["crm.lead"]
        leads = Lead.create([{"name": "There", "team_id": self.ref("funnel_leads").id} for _number in range(3)])
        self.assertEqual((leads.stage_id, leads.funnel_task_ids), (stage, self.env["funnel.task"]))
        with (
            patch.object(
                type(Lead), "_sync_checklists", autospec=True, side_effect=type(Lead)._sync_checklists
            ) as sync,
            patch("odoo.addons.sales_funnel_addon.models.funnel_task_template.LEADS_AT_ONCE", 2),
        ):
            self.preset.action_load()
        self.assertEqual([len(call.args[0]) for call in sync.call_args_list], [2, 1])
        for lead in leads:
            self.assertEqual(len(lead.funnel_task_ids.template_id), len(names))

    def test_what_the_admin_deleted_stays_deleted(self):
        self.ref("reason_no_talk").unlink()
        self.ref("stage_lead_qualification").unlink()
        self.preset.action_load()
        for xml_id in ("reason_no_talk", "stage_lead_qualification", "requirement_qualification_need"):
            self.assertFalse(self.env.ref(f"sales_funnel_addon.{xml_id}", raise_if_not_found=False))

    def models(self):
        return (
            "crm.team",
            "crm.stage",
            "crm.lost.reason",
            "funnel.requirement",
            "utm.source",
            "utm.medium",
            "ir.ui.menu",
        )
