"""What the tests of cold lists have in common."""

from unittest.mock import patch

from odoo.addons.base.tests.test_ir_cron import CronMixinCase
from odoo.tests import new_test_user

from .common import FunnelCase


class ListCase(CronMixinCase, FunnelCase):
    """A funnel of leads with a head, two salespeople, a list of theirs, and reasons to lose leads."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.leads.user_id = cls.head
        cls.head.email, cls.salesperson.email = "head@example.com", "anna@example.com"
        cls.oleg = new_test_user(
            cls.env, "sale_oleg", "sales_team.group_sale_salesman", name="Oleg", email="oleg@example.com"
        )
        cls.owner = new_test_user(
            cls.env, "list_owner", "sales_team.group_sale_salesman", name="Olga", email="olga@example.com"
        )
        cls.refusal = cls.make_reason("No need", cls.leads)
        cls.spam = cls.make_reason("Spam", cls.leads, category="junk")
        cls.restaurants = cls.make_list(user_ids=(cls.salesperson + cls.oleg).ids)
        cls.env.flush_all()

    @classmethod
    def make_list(cls, name="Restaurants", team=None, **values):
        """Create a list with a sample of 4 leads and an expected conversion of 50 %, of which each gets 2 at a time."""
        defaults = {"threshold": 50, "sample_size": 4, "portion": 2, "user_id": cls.owner.id}
        return cls.env["funnel.list"].create({"name": name, "team_id": (team or cls.leads).id, **defaults, **values})

    @classmethod
    def fill(cls, cold_list, count=1, **values):
        """Create leads of a list that nobody has, unless the values say so."""
        defaults = {"contact_name": "Ivan", "phone": "+7 912 345-67-89"}
        return cls.env["crm.lead"].create(
            [
                {"name": f"Client {number}", "funnel_list_id": cold_list.id, **defaults, **values}
                for number in range(1, count + 1)
            ]
        )

    @classmethod
    def refuse(cls, leads, reason=None):
        leads.action_set_lost(lost_reason_id=(reason or cls.refusal).id)

    @classmethod
    def convert(cls, leads):
        leads.convert_opportunity(cls.env["res.partner"])

    def hand_out(self):
        """Run the scheduled action, without the commits that a test must not make."""
        with patch.object(self.env.registry["ir.cron"], "_commit_progress", lambda *args, **kwargs: 60):
            self.env["funnel.list"]._cron_hand_out()
        self.env.invalidate_all()

    def counts(self, cold_list):
        """Return the counters of a list, read anew."""
        cold_list.invalidate_recordset()
        names = ("processed", "refused", "junk", "converted", "waiting", "working", "moved")
        return {name: cold_list[f"{name}_count"] for name in names if cold_list[f"{name}_count"]}
