"""The guided tours: from their first step to the last, for those who start them and for nobody else."""

from odoo.tests import tagged

from .common import ADDON, FunnelCase, TourCase

GUIDES = ("funnel_manager_guide", "funnel_salesperson_guide")


class TestGuides(FunnelCase):
    def test_they_come_after_all_tours_of_odoo(self):
        tours = self.env["web_tour.tour"].search([("custom", "=", False)])
        self.assertEqual(tours[-2:].mapped("name"), list(GUIDES))

    def test_they_start_for_nobody_who_has_tours_switched_off(self):
        for user in (self.salesperson, self.head, self.manager):
            self.assertFalse(user.tour_enabled)
            self.assertFalse(self.env["web_tour.tour"].with_user(user).get_current_tour())

    def test_behind_a_guide_no_tour_of_another_app_begins(self):
        Tour = self.env["web_tour.tour"].with_user(self.salesperson)
        self.salesperson.tour_enabled = True
        self.assertTrue(Tour.get_current_tour(), "tours of Odoo would be next")
        self.assertFalse(Tour.consume(GUIDES[1]))
        self.assertFalse(self.salesperson.tour_enabled)
        self.assertIn(self.salesperson, Tour.search([("name", "=", GUIDES[1])]).sudo().user_consumed_ids)

    def test_the_tours_of_odoo_go_on_as_ever(self):
        self.salesperson.tour_enabled = True
        Tour = self.env["web_tour.tour"].with_user(self.salesperson)
        self.assertNotEqual(Tour.consume(Tour.get_current_tour()["name"]), False)
        self.assertTrue(self.salesperson.tour_enabled)


@tagged("post_install", "-at_install")
class TestGuidesOnTheScreen(TourCase):
    def guide(self, user, name):
        self.start_tour(self.env.ref(name).url, self.env.ref(name).name, login=user.login, timeout=120)
        self.env.invalidate_all()

    def test_a_manager_is_shown_around(self):
        manager = self.make_user("tour_manager", f"{ADDON}.group_funnel_manager", "Tour Manager")
        self.guide(manager, f"{ADDON}.tour_manager")

    def test_a_salesperson_is_shown_around(self):
        self.guide(self.anna, f"{ADDON}.tour_salesperson")
        lead = self.env["crm.lead"].search([("contact_name", "=", "Brandon Freeman")])
        self.assertEqual(lead.user_id, self.anna)
        self.assertEqual(lead.funnel_task_ids.filtered(lambda task: task.state == "done").user_id, self.anna)
        self.assertEqual(lead.stage_id, lead.team_id.stage_ids.sorted("sequence")[0], "cancelled in the dialog")
        self.assertEqual(lead.funnel_contact_ids.outcome, "reached")

    def test_salespeople_find_it_below_their_name(self):
        self.walk("/odoo", "find_guide", self.anna)

    def test_others_do_not(self):
        self.walk("/odoo", "find_no_guide", self.make_user("tour_walter", f"{ADDON}.group_funnel_user", "Walter"))
