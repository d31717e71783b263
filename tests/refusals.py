"""What the tests of quality control have in common."""

from odoo.tests import new_test_user

from .common import ADDON, FunnelCase


class RefusalCase(FunnelCase):
    """A controller, a cause, a reason that is junk, and deals to lose."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.controller = new_test_user(
            cls.env, "controller", f"{ADDON}.group_funnel_quality_controller", name="Kira", email="kira@example.com"
        )
        cls.salesperson.email = "anna@example.com"
        cls.oleg = new_test_user(
            cls.env, "sale_oleg", "sales_team.group_sale_salesman", name="Oleg", email="oleg@example.com"
        )
        cls.cause = cls.env["funnel.refusal.cause"].create({"name": "Objection not handled"})
        cls.spam = cls.make_reason("Spam", cls.deals, cls.leads, category="junk")
        cls.other = cls.make_reason("Other", cls.deals)

    @classmethod
    def lose(cls, deals, reason=None, comment="Too dear"):
        """Lose the deals as the salesperson; return their reviews as the controller sees them."""
        lost = cls.as_salesperson(deals)
        lost.action_set_lost(lost_reason_id=(reason or cls.price).id, lost_comment=comment)
        return cls.reviews_of(deals)

    @classmethod
    def lose_one(cls, stage=None, **values):
        """Return the review of a deal that the salesperson has lost in a stage."""
        return cls.lose(cls.make_deal(stage_id=(stage or cls.estimate).id, **values))

    @classmethod
    def reviews_of(cls, deals):
        return cls.env["funnel.refusal"].with_user(cls.controller).search([("lead_id", "in", deals.ids)])

    def give_back(self, review, stage=None, user=None, note="Call him again"):
        """Return a deal, as the controller."""
        return review.action_return(self.cause.id, note, stage and stage.id, user and user.id)
