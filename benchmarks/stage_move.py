"""One stage move: 10 requirements, 10 tasks and 4 reminders on the stage, and the same move in a stock team.

A salesperson drags a card: one write of the stage, with the tracking of changes on, up to and including the commit.
Both teams have the same stages and 10,000 leads with the same values, activities, attachments and followers. The stock
leads pass the addon's ``write`` too, as on any database where it is installed.

Timed are a move into a stage that gives the lead its 10 tasks and 4 armed timers, one into a stage that has the
requirements only, so that nothing is created, and one back into the stage whose tasks are done. Counted are how many
more queries the addon adds for 100 leads than for 2, and the queries of ``funnel_check_move`` in a transaction of its
own: with 10 fields required, and with requirements of mixed kinds, where each kind that looks into another table takes
its query.
"""

from datetime import timedelta
from itertools import islice

from odoo import fields
from odoo.fields import Command
from odoo.tests import new_test_user

from tests.common import FunnelFactory

from .data import copy_lead

LEADS = 10_000
#: How many leads stand ready where fewer are enough: with tasks done, and with tasks to do.
PREPARED = 500
FEW, MANY = 2, 100
#: How often a batch of leads is moved: each takes a second.
BATCH_SAMPLES, BATCH_WARM_UPS = 7, 2
STAGES = ("Estimate", "Visit", "Measurement", "Offer", "Contract", "Done!")
TASKS, REMINDERS = 10, 4

#: For a lead that meets all requirements of :meth:`Scenario.add_requirements`.
COMPLETE = {
    "type": "opportunity",
    "city": "Perm",
    "street": "Lenina 1",
    "phone": "+7 912 345-67-89",
    "email_from": "ivan@example.com",
    "contact_name": "Ivan",
    "preferred_channel": "phone",
    "expected_revenue": 1000,
}


class Scenario(FunnelFactory):
    """A funnel with rules, a stock team with the same stages, and the ids of leads in both."""

    env = None

    @classmethod
    def set_up(cls, env):
        """Make everything in the transaction of ``env``; the caller commits."""
        cls.env = env
        cls.salesperson = new_test_user(env, "bench_anna", "sales_team.group_sale_salesman")
        cls.head = new_test_user(env, "bench_head", "sales_team.group_sale_salesman_all_leads")
        cls.funnel = cls.make_funnel("Funnel", "deal", STAGES, user_id=cls.head.id)
        cls.stock = cls.make_funnel("Stock", False, STAGES, user_id=cls.head.id)
        cls.stages = {stage.name: stage.id for stage in cls.funnel.stage_ids}
        cls.stock_stages = {stage.name: stage.id for stage in cls.stock.stage_ids}
        cls.demand(cls.stage(cls.funnel, "Estimate"), "phone", "source_id", moment="leave")
        for name in ("Visit", "Measurement", "Contract"):
            cls.add_requirements(cls.stage(cls.funnel, name))
        missing = ("contract_amount", "description")
        cls.demand(cls.stage(cls.funnel, "Contract"), *missing)
        for name in ("city", "phone", "street", "email_from", "contact_name", "source_id", "date_deadline", *missing):
            cls.demand(cls.stage(cls.funnel, "Offer"), name)
        cls.demand(cls.stage(cls.funnel, "Offer"), "preferred_channel", applies_to="[('expected_revenue', '>', 100)]")
        cls.add_tasks(cls.stage(cls.funnel, "Measurement"))
        cls.add_reminders(cls.stage(cls.funnel, "Measurement"))
        cls.make_all_leads()

    @classmethod
    def add_requirements(cls, stage):
        """Add ten requirements of mixed kinds to enter a stage."""
        cls.demand(stage, "city", "phone")
        cls.demand(stage, "email_from", "street", any_field=True)
        cls.demand(stage, "contact_name", applies_to="[('expected_revenue', '>', 100)]")
        cls.demand(stage, "source_id", "preferred_channel")
        cls.demand(stage, "expected_revenue")
        cls.demand_condition(stage, "[('user_id.active', '=', True)]", "Nobody is responsible")
        cls.demand_condition(stage, "[('order_ids', '=', False)]", "There is an order already")
        cls.demand_condition(stage, "[('date_deadline', '>=', 'today')]", "The closing date is in the past")
        cls.env["funnel.requirement"].create(
            [
                {"stage_id": stage.id, "kind": "activity", "activity_days": 7},
                {"stage_id": stage.id, "kind": "attachments", "minimum": 1},
            ]
        )

    @classmethod
    def add_tasks(cls, stage):
        """Add ten tasks to a stage: an approval, one with a deadline, one of a role, one for some leads only."""
        role = cls.env["funnel.role"].create(
            {"name": "Technologist", "assignment_ids": [Command.create({"user_id": cls.head.id})]}
        )
        special = [
            {"kind": "approval", "role_id": role.id},
            {"deadline_anchor": "entry", "deadline_amount": 2, "deadline_has_clock": True, "deadline_clock": 11},
            {"role_id": role.id},
            {"applies_to": "[('expected_revenue', '>', 100)]"},
        ]
        cls.env["funnel.task.template"].create(
            [
                {"name": f"Task {number}", "stage_id": stage.id, "sequence": number, **values}
                for number, values in enumerate(special + [{}] * (TASKS - len(special)))
            ]
        )

    @classmethod
    def add_reminders(cls, stage):
        """Add four reminders to a stage: in working time, at a set time, one that comes again, one of a date."""
        field = cls.env["ir.model.fields"]._get("crm.lead", "date_deadline")
        role = cls.make_role("Seller", source="salesperson")
        reminders = [
            {"deadline_amount": 10, "deadline_unit": "minutes", "deadline_working": True},
            {"deadline_amount": 3, "deadline_working": True, "deadline_has_clock": True, "deadline_clock": 11},
            {"deadline_amount": 1, "repeat_amount": 1, "condition": "[('phone', '=', False)]"},
            {"deadline_anchor": "field", "deadline_field_id": field.id, "deadline_amount": -1},
        ]
        cls.env["funnel.reminder"].create(
            [
                {"name": f"Rung {number}", "stage_id": stage.id, "role_ids": [Command.set(role.ids)], **values}
                for number, values in enumerate(reminders)
            ]
        )

    @classmethod
    def make_all_leads(cls):
        """Fill both teams."""
        cls.stock_ids = iter(copy_lead(cls.make_lead(cls.stock), LEADS))
        lead = cls.make_lead(cls.funnel)
        cls.funnel_ids = iter(copy_lead(lead, LEADS - 2 * PREPARED))
        lead.stage_id = cls.stages["Measurement"]
        cls.busy_ids = iter(copy_lead(lead, PREPARED))
        # written by the engine, without the mails that a decision sends
        lead.sudo().funnel_task_ids.write({"state": "done"})
        lead.stage_id = cls.stages["Estimate"]
        cls.done_ids = iter(copy_lead(lead, PREPARED))

    @classmethod
    def make_lead(cls, team):
        """Create a lead that meets all requirements, in the first stage of ``team``, as its salesperson would."""
        env = cls.env(user=cls.salesperson)
        source = cls.env.ref("sales_funnel_addon.source_website")
        today = fields.Date.today()
        values = {"name": "Kitchen", "team_id": team.id, "user_id": cls.salesperson.id, "source_id": source.id}
        lead = env["crm.lead"].create({**values, **COMPLETE, "date_deadline": today + timedelta(days=30)})
        lead.stage_id = cls.stage(team, "Estimate").id
        lead.activity_schedule("mail.mail_activity_data_call", today + timedelta(days=1), user_id=cls.salesperson.id)
        env["ir.attachment"].create({"name": "plan.txt", "raw": b"plan", "res_model": "crm.lead", "res_id": lead.id})
        return lead.sudo()


def mover(lead_ids, stage_id, count=1):
    """Return an operation that moves the next ``count`` of the leads to a stage."""
    return lambda env: env["crm.lead"].browse(list(islice(lead_ids, count))).write({"stage_id": stage_id})


def run(bench):
    """Measure and hold against the budgets; see the head of this module."""
    with bench.environment() as env:
        Scenario.set_up(env)
        user_id = Scenario.salesperson.id
        names = Scenario.stages, Scenario.stock_stages
    with bench.environment() as env:
        env.cr.execute("ANALYZE")
    compare_moves(bench, user_id, *names)
    compare_batches(bench, user_id, *names)
    ours = count_check(bench, user_id, "funnel_check_move, 10 fields", Scenario.stages["Offer"])
    bench.add_budget("funnel_check_move_queries", ours.median_queries, 6)
    count_check(bench, user_id, "funnel_check_move, mixed kinds", Scenario.stages["Contract"])


def compare_moves(bench, user_id, stages, stock_stages):
    """Time the move of one lead."""
    stock, ours = bench.compare(
        "move, 10 tasks created",
        user_id,
        mover(Scenario.stock_ids, stock_stages["Measurement"]),
        mover(Scenario.funnel_ids, stages["Measurement"]),
    )
    bench.add_budget("stage_move", ours.ratio_to(stock), 2.0)
    stock, ours = bench.compare(
        "move, stage without tasks",
        user_id,
        mover(Scenario.stock_ids, stock_stages["Visit"]),
        mover(Scenario.funnel_ids, stages["Visit"]),
    )
    bench.add_budget("stage_move_check", ours.ratio_to(stock), 1.15)
    bench.compare(
        "move, 10 tasks done before",
        user_id,
        mover(Scenario.stock_ids, stock_stages["Measurement"]),
        mover(Scenario.done_ids, stages["Measurement"]),
    )
    with bench.environment() as env:
        leads = env["crm.lead"].search([("stage_id", "=", stages["Measurement"])])
        if env["funnel.task"].search_count([("lead_id", "in", leads.ids)]) != TASKS * len(leads):
            raise AssertionError("The moves have not created the tasks that the benchmark is about.")
        armed = env["funnel.timer"].search_count([("lead_id", "in", leads.ids), ("state", "=", "armed")])
        if armed != REMINDERS * len(leads):
            raise AssertionError("The moves have not armed the reminders that the benchmark is about.")


def compare_batches(bench, user_id, stages, stock_stages):
    """Time the move of many leads in one write, and count what the addon adds for few and for many."""
    added = {}
    for count in (FEW, MANY):
        stock, ours = bench.compare(
            f"move of {count} at once, 10 tasks created for each",
            user_id,
            mover(Scenario.stock_ids, stock_stages["Measurement"], count),
            mover(Scenario.funnel_ids, stages["Measurement"], count),
            samples=BATCH_SAMPLES,
            warm_ups=BATCH_WARM_UPS,
        )
        added[count] = ours.median_queries - stock.median_queries
    # a query or two is stock Odoo's own: what it happens to have in memory varies
    bench.add_budget("stage_move_batch_queries", added[MANY] - added[FEW], 2)


def count_check(bench, user_id, what, stage_id):
    """Measure a verdict with missing fields, tasks that are not done and an approval that nobody has given."""
    verdicts = []

    def check(env):
        verdicts.append(env["crm.lead"].browse(next(Scenario.busy_ids)).funnel_check_move(stage_id))

    [ours] = bench.measure(user_id, check)
    verdict = verdicts[-1]
    if not (verdict["missing_fields"] and verdict["tasks"] and verdict["approvals"]):
        raise AssertionError(f"The verdict says less than the benchmark is about: {verdict}")
    bench.add_row(what, None, ours)
    bench.explain_one(what, user_id, check)
    return ours
