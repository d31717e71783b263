"""The process map: one picture of the funnels, made from the configuration."""

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged

from .common import FunnelCase, FunnelFactory


class MapFactory(FunnelFactory):
    """Puts rules on stages, as the map shows them."""

    @classmethod
    def add_task(cls, stage, name, **values):
        """Add a task to ``stage``."""
        return cls.env["funnel.task.template"].create({"stage_id": stage.id, "name": name, **values})

    @classmethod
    def add_way(cls, origin, target, **values):
        """Allow the move from one stage to another."""
        return cls.env["funnel.transition"].create({"from_stage_id": origin.id, "to_stage_id": target.id, **values})


class TestFunnelMap(MapFactory, FunnelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lawyer = cls.env["funnel.role"].create({"name": "Lawyer"})

    def get_map(self, teams=None, user=None):
        """Return the map of ``teams`` (none: of all funnels) as the salesperson or ``user`` sees it."""
        teams = self.env["crm.team"] if teams is None else teams
        return teams.with_user(user or self.salesperson).funnel_get_map()

    def get_stage(self, stage):
        """Return what the map says of a stage of the deals."""
        [funnel] = self.get_map(self.deals)["funnels"]
        return next(item for item in funnel["stages"] if item["id"] == stage.id)

    def test_funnel_with_its_stages_in_order(self):
        self.measurement.is_irreversible = True
        [funnel] = self.get_map(self.deals)["funnels"]
        self.assertEqual((funnel["name"], funnel["kind"], funnel["head"]), ("Kitchens", "deal", "Head"))
        self.assertEqual(
            [(stage["name"], stage["is_won"], stage["is_irreversible"]) for stage in funnel["stages"]],
            [
                ("Estimate", False, False),
                ("Measurement", False, True),
                ("Contract", False, False),
                ("Done", True, False),
            ],
        )
        self.assertTrue(all(stage["is_free"] for stage in funnel["stages"]))

    def test_requirements_in_words_for_those_who_may_not_read_field_definitions(self):
        self.demand(self.measurement, "city", "phone")
        self.demand(self.measurement, "city", "phone", moment="leave", any_field=True)
        self.demand_condition(self.measurement, "[('city', '=', 'Perm')]", "Perm only", applies_to="[('id', '>', 0)]")
        self.demand(self.measurement, "street").active = False
        stage = self.get_stage(self.measurement)
        self.assertEqual([item["text"] for item in stage["enter"]], ["Fill in: City, Phone", "Perm only"])
        self.assertEqual([item["for_some"] for item in stage["enter"]], [False, True])
        self.assertEqual([item["text"] for item in stage["leave"]], ["Fill in at least one of: City, Phone"])

    def test_tasks_and_approvals_with_their_roles(self):
        self.add_task(self.contract, "Prepare it")
        self.add_task(self.contract, "Handle objections", mandatory=False, role_id=self.lawyer.id)
        self.add_task(self.contract, "Agreed", kind="approval", role_id=self.lawyer.id)
        stage = self.get_stage(self.contract)
        told = [(item["name"], item["role"], item["mandatory"]) for item in stage["tasks"] + stage["approvals"]]
        self.assertEqual(
            told, [("Prepare it", "", True), ("Handle objections", "Lawyer", False), ("Agreed", "Lawyer", True)]
        )
        self.assertEqual(len(stage["approvals"]), 1)

    def test_transitions_with_what_they_ask_for(self):
        self.add_way(
            self.estimate,
            self.contract,
            condition="[('city', '!=', False)]",
            message="Say where",
            role_ids=[Command.link(self.lawyer.id)],
            reason_required=True,
        )
        self.lawyer.active = False  # it still guards the way
        [funnel] = self.get_map(self.deals)["funnels"]
        [way] = funnel["transitions"]
        self.assertEqual((way["from_stage_id"], way["to_stage_id"]), (self.estimate.id, self.contract.id))
        self.assertEqual((way["is_conditional"], way["message"]), (True, "Say where"))
        self.assertEqual((way["roles"], way["reason_required"]), (["Lawyer"], True))
        self.assertEqual([stage["is_free"] for stage in funnel["stages"]], [False, True, True, True])

    def test_a_shared_stage_shows_the_ways_of_the_funnel_at_hand(self):
        other = self.make_funnel("Doors", "deal", ["Order"])
        self.estimate.team_ids += other
        self.add_way(self.estimate, self.stage(other, "Order"))
        [funnel] = self.get_map(self.deals)["funnels"]
        self.assertEqual(funnel["transitions"], [])
        self.assertFalse(funnel["stages"][0]["is_free"], "the gate lets nobody on from here")

    def test_conversion_crosses_into_the_other_funnel(self):
        for teams in (self.leads, self.deals):
            [crossing] = self.get_map(teams)["crossings"]
            self.assertEqual((crossing["from_name"], crossing["to_name"]), ("Requests", "Kitchens"))

    def test_only_funnels_and_archived_ones_on_request(self):
        stock = self.env["crm.team"].create({"name": "Stock"})
        self.deals.active = False
        shown = {funnel["id"] for funnel in self.get_map()["funnels"]}
        self.assertIn(self.leads.id, shown)
        self.assertFalse(shown & {stock.id, self.deals.id})
        self.assertEqual([funnel["id"] for funnel in self.get_map(stock + self.deals)["funnels"]], [self.deals.id])

    def test_another_company_stays_out(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        theirs = self.make_funnel("Theirs", "deal", ["Start"], company_id=company.id)
        self.make_funnel("Their leads", "lead", ["New"], company_id=company.id, deal_team_id=theirs.id)
        shown = self.get_map()
        self.assertNotIn(theirs.id, [funnel["id"] for funnel in shown["funnels"]])
        self.assertNotIn(theirs.id, [crossing["to_funnel_id"] for crossing in shown["crossings"]])
        self.assertEqual(self.get_map(theirs)["funnels"], [])

    def test_who_may_see_and_who_may_configure(self):
        self.assertFalse(self.get_map()["can_configure"])
        self.assertTrue(self.get_map(user=self.manager)["can_configure"])
        clerk = new_test_user(self.env, "map_clerk", "base.group_user")
        with self.assertRaises(AccessError):
            self.get_map(user=clerk)

    def test_names_in_the_language_of_the_user(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.estimate.with_context(lang="fr_FR").name = "Devis"
        french = self.deals.with_user(self.salesperson).with_context(lang="fr_FR").funnel_get_map()
        self.assertEqual(french["funnels"][0]["stages"][0]["name"], "Devis")

    def test_the_number_of_queries_does_not_grow_with_the_stages(self):
        small, large = (
            self.make_funnel(str(count), "deal", [f"S{number}" for number in range(count)]) for count in (2, 12)
        )
        for stage in (small + large).stage_ids:
            self.demand(stage, "city")
            self.add_task(stage, "Do it", role_id=self.lawyer.id)
        for team in (small, large):
            for origin, target in zip(team.stage_ids, team.stage_ids[1:], strict=False):
                self.add_way(origin, target, role_ids=[Command.link(self.lawyer.id)])
        for _warming_up in range(2):  # the cache of rules and that of rights
            self.count_queries(small)
        few, many = self.count_queries(small), self.count_queries(large)
        self.assertEqual(few, many)
        self.assertLessEqual(many, 6, "with the rules in the cache, only funnels and stages are read")

    def count_queries(self, teams):
        """Return how many queries the map of ``teams`` takes when no record is in memory."""
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.get_map(teams)
        return self.env.cr.sql_log_count - before


@tagged("post_install", "-at_install")
class TestFunnelMapScreen(MapFactory, HttpCase):
    def test_manager_reads_the_map_and_opens_a_stage(self):
        new_test_user(self.env, "tour_manager", "sales_funnel_addon.group_funnel_manager", password="tour_manager")
        role = self.env["funnel.role"].create({"name": "Lawyer"})
        names = ["Estimate", "Согласование технического задания", "Measurement", "Repeat", "Contract", "Done!"]
        team = self.make_funnel("Tour Kitchens", "deal", names)
        estimate, _specification, measurement, repeat, contract, done = team.stage_ids.sorted("sequence")
        condition = {"condition": "[('city', '!=', False)]", "message": "Say where"}
        self.add_way(estimate, measurement, **condition)
        self.add_way(estimate, contract, role_ids=[Command.link(role.id)])
        self.add_way(measurement, repeat, reason_required=True, role_ids=[Command.link(role.id)], **condition)
        self.add_way(repeat, measurement)
        self.add_way(contract, estimate)
        self.add_way(contract, done)
        self.demand(measurement, "city")
        self.add_task(contract, "Agreed", kind="approval", role_id=role.id)
        self.make_funnel("Tour Requests", "lead", ["New", "Talk"], deal_team_id=team.id)
        self.start_tour("/odoo", "sales_funnel_map", login="tour_manager", timeout=120)
