"""Factories and users for the tests; nothing here relies on demo data."""

import calendar
import contextlib
from datetime import date, timedelta

from odoo import SUPERUSER_ID, api
from odoo.fields import Command
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, HttpCase, TransactionCase, get_db_name, new_test_user, tagged

ADDON = "sales_funnel_addon"


def far_away(days=200):
    """Return the values that defer a deal, for a day so far away."""
    return {"deferral_date": str(date.today() + timedelta(days=days)), "deferral_reason": "Renovates first"}


class FunnelFactory:
    """Makes funnels, stages, rules and leads; mix it into a test case that has ``env``."""

    @classmethod
    def make_funnel(cls, name, kind, stages, **values):
        """Create a funnel with stages named ``stages``; return it. A name ending in ``!`` makes a won stage."""
        team = cls.env["crm.team"].create({"name": name, "funnel_kind": kind, **values})
        cls.env["crm.stage"].create(
            [
                {
                    "name": stage.rstrip("!"),
                    "is_won": stage.endswith("!"),
                    "sequence": sequence,
                    "team_ids": [Command.link(team.id)],
                }
                for sequence, stage in enumerate(stages, 1)
            ]
        )
        return team

    @classmethod
    def make_months(cls, *origins, name="Later"):
        """Create a funnel of deferred demand with its twelve months, into which the funnels ``origins`` defer."""
        team = cls.make_funnel(name, "deferred", calendar.month_name[1:])
        for month, stage in enumerate(team.stage_ids.sorted("sequence"), 1):
            stage.deferral_month = month
        for origin in origins:
            origin.deferred_team_id = team
        return team

    @classmethod
    def stage(cls, team, name):
        """Return the stage of ``team`` with this name."""
        return team.stage_ids.filtered(lambda stage: stage.name == name)

    @classmethod
    def demand(cls, stage, *names, moment="enter", **values):
        """Add a requirement for the lead fields ``names`` to ``stage``."""
        lead_fields = [cls.env["ir.model.fields"]._get("crm.lead", name).id for name in names]
        return cls.env["funnel.requirement"].create(
            {"stage_id": stage.id, "moment": moment, "field_ids": [Command.set(lead_fields)], **values}
        )

    @classmethod
    def demand_condition(cls, stage, condition, message, **values):
        """Add a requirement that a lead matches ``condition`` to ``stage``."""
        return cls.env["funnel.requirement"].create(
            {"stage_id": stage.id, "kind": "condition", "condition": condition, "message": message, **values}
        )

    @classmethod
    def demand_kind(cls, stage, kind, **values):
        """Add a requirement of another kind than fields and conditions to ``stage``."""
        return cls.env["funnel.requirement"].create({"stage_id": stage.id, "kind": kind, **values})

    @classmethod
    def make_role(cls, name, *users, source="assigned", **assignment):
        """Create a role that ``users`` play, each with the values ``assignment``."""
        people = [Command.create({"user_id": user.id, **assignment}) for user in users]
        return cls.env["funnel.role"].create({"name": name, "source": source, "assignment_ids": people})

    @classmethod
    def make_task(cls, stage, name="Call", **values):
        """Add a task to the checklist of ``stage``; return the template."""
        return cls.env["funnel.task.template"].create({"stage_id": stage.id, "name": name, **values})

    @classmethod
    def make_approval(cls, stage, role, name="Contract agreed", **values):
        """Add an approval by ``role`` to the checklist of ``stage``; return the template."""
        return cls.make_task(stage, name, kind="approval", role_id=role.id, **values)

    @classmethod
    def make_way(cls, origin, target, **values):
        """Create a transition from one stage to another."""
        return cls.env["funnel.transition"].create({"from_stage_id": origin.id, "to_stage_id": target.id, **values})

    @classmethod
    def task_of(cls, lead, template):
        """Return the task that ``lead`` has of ``template``."""
        return lead.funnel_task_ids.filtered(lambda task: task.template_id == template)

    @classmethod
    def make_reason(cls, name, *teams, **values):
        """Create a lost reason of the funnels ``teams``."""
        return cls.env["crm.lost.reason"].create(
            {"name": name, "team_ids": [Command.set([team.id for team in teams])], **values}
        )

    @classmethod
    def make_leads(cls, team, count=1, **values):
        """Create leads in the first stage of ``team``."""
        return cls.env["crm.lead"].create(
            [{"team_id": team.id, "name": f"Lead {number}", **values} for number in range(count)]
        )


@tagged("post_install", "-at_install")
class FunnelCase(FunnelFactory, TransactionCase):
    """A funnel of leads, a funnel of deals, a salesperson, the head of sales and a funnel manager."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.salesperson = new_test_user(cls.env, "sale_anna", "sales_team.group_sale_salesman", name="Anna")
        cls.head = new_test_user(cls.env, "sale_head", "sales_team.group_sale_salesman_all_leads", name="Head")
        cls.manager = new_test_user(cls.env, "sale_manager", f"{ADDON}.group_funnel_manager", name="Manager")
        cls.deals = cls.make_funnel(
            "Kitchens", "deal", ["Estimate", "Measurement", "Contract", "Done!"], user_id=cls.head.id
        )
        cls.leads = cls.make_funnel("Requests", "lead", ["New", "Talk", "Qualified"], deal_team_id=cls.deals.id)
        cls.estimate, cls.measurement, cls.contract, cls.done = cls.deals.stage_ids.sorted("sequence")
        cls.new, cls.talk, cls.qualified = cls.leads.stage_ids.sorted("sequence")
        cls.price = cls.make_reason("Price", cls.deals)
        cls.env.user.group_ids += cls.env.ref(f"{ADDON}.group_funnel_manager")

    @contextlib.contextmanager
    def assertRaisesRegex(self, exception, regex, **kwargs):
        """Like ``assertRaises`` of Odoo: what the refused operation has written is rolled back, as in real life."""
        with super().assertRaisesRegex(exception, regex, **kwargs) as caught, self.env.cr.savepoint():
            yield caught

    @classmethod
    def make_deal(cls, **values):
        """Create a deal of the salesperson, as the salesperson."""
        return cls.as_salesperson(cls.make_leads(cls.deals, user_id=cls.salesperson.id, **values))

    @classmethod
    def as_salesperson(cls, records):
        """Return the records as the salesperson sees them."""
        return records.with_user(cls.salesperson)


@tagged("post_install", "-at_install")
class CommittedCase(BaseCase):
    """Records that several transactions see; what is committed here is taken back at the end."""

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        with self.registry.cursor() as cr:
            FunnelFactory.env = api.Environment(cr, SUPERUSER_ID, {})
            self.made = [(records._name, records.ids) for records in self.found(FunnelFactory.env)]
            del FunnelFactory.env
        self.addCleanup(self.clean_up)

    def found(self, env):
        """Create what the test needs, and return it in the order in which it can be deleted."""
        raise NotImplementedError

    def clean_up(self):
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            for model, ids in self.made:
                env[model].browse(ids).unlink()


@tagged("post_install", "-at_install")
class TourCase(FunnelFactory, HttpCase):
    """A salesperson and the head of sales, who walk through tours."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.anna = cls.make_user("tour_anna", "sales_team.group_sale_salesman", "Tour Anna")
        cls.head = cls.make_user("tour_head", "sales_team.group_sale_salesman_all_leads", "Tour Head")

    @classmethod
    def make_user(cls, login, group, name):
        return new_test_user(cls.env, login, group, name=name, password=login)

    def walk(self, url, tour, user):
        """Let a user walk through a tour, and read anew what it has changed."""
        self.start_tour(url, f"sales_funnel_{tour}", login=user.login, timeout=120)
        self.env.invalidate_all()
