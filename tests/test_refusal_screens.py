"""The board of quality control, in a real Chromium."""

from odoo.tests import HttpCase, new_test_user, tagged

from .common import ADDON, FunnelFactory


@tagged("post_install", "-at_install")
class TestRefusalTour(FunnelFactory, HttpCase):
    def test_a_controller_drags_refusals_to_their_verdicts(self):
        controller = new_test_user(
            self.env, "tour_kira", f"{ADDON}.group_funnel_quality_controller", password="tour_kira"
        )
        seller = new_test_user(self.env, "tour_seller", "sales_team.group_sale_salesman")
        funnel = self.make_funnel("Kitchens", "deal", ["Estimate", "Done!"])
        reason = self.make_reason("Price", funnel)
        if not self.env.ref(f"{ADDON}.cause_objection", raise_if_not_found=False):
            self.env["funnel.refusal.cause"].create({"name": "Objection not handled"})
        self.env["funnel.refusal"].search([]).sudo().unlink()  # what else the database may hold is in the way
        oak, pine = (self.make_leads(funnel, name=name, user_id=seller.id) for name in ("Oak kitchen", "Pine kitchen"))
        (oak + pine).action_set_lost(lost_reason_id=reason.id)
        self.start_tour("/odoo/funnel-quality", "sales_funnel_refusals", login="tour_kira", timeout=120)
        self.assertEqual((oak.funnel_refusal_ids.state, pine.funnel_refusal_ids.state), ("verified", "returned"))
        self.assertEqual((oak.won_status, pine.won_status), ("lost", "pending"))
        self.assertEqual((oak + pine).funnel_refusal_ids.controller_id, controller)
