"""Screens: the board and the form of a funnel against the stock ones of CRM, and the dashboard.

A salesperson opens the board of a team, and one form after the other. Read is what the web client reads: the fields
that stand in the views, with the lists that stand in forms; the stock form lacks the fields of the addon. The funnel
has the leads of the stock team, 5,000 in each, with the same values, each of another client.
"""

from datetime import date, timedelta

from odoo.tests import new_test_user

from tests.common import FunnelFactory

from .data import copy_lead

LEADS = 5_000
STAGES = ("Estimate", "Visit", "Offer", "Contract", "Done!")
SAMPLES = 31
#: The funnel's own screens may take so much longer than the stock ones.
LIMIT = 1.1


class Scenario(FunnelFactory):
    """A funnel and a stock team with the same stages and leads."""

    env = None

    @classmethod
    def set_up(cls, env):
        """Make everything in the transaction of ``env``; return what is measured.

        :returns: the id of the salesperson, and the ids of team and leads of the stock team and of the funnel
        """
        cls.env = env
        user = new_test_user(env, "bench_anna", "sales_team.group_sale_salesman")
        places = []
        for kind in (False, "deal"):
            team = cls.make_funnel(f"Team {kind}", False, STAGES)
            team.write({"use_opportunities": True, "funnel_kind": kind})
            values = {"type": "opportunity", "user_id": user.id, "expected_revenue": 100, "phone": "+7 912 345-67-89"}
            ids = []
            for stage in team.stage_ids.filtered(lambda stage: not stage.is_won):
                [lead] = cls.make_leads(team, stage_id=stage.id, city="Perm", contact_name="Ivan", **values)
                ids += copy_lead(lead, LEADS // 4)
            cls.env.cr.execute("UPDATE crm_lead SET client_keys = client_keys || id::text WHERE id = ANY(%s)", [ids])
            places.append((team.id, ids))
        return user.id, *places


def prepare_specification(arch, model):
    """Return what the web client reads for a view: its fields, and those of the lists that stand in it."""
    specification = {}
    for node in arch.xpath("//field[not(ancestor::field)]"):
        field = model._fields.get(node.get("name"))
        if not field:
            continue
        if field.type == "many2one":
            specification[field.name] = {"fields": {"display_name": {}}}
        elif field.type in ("one2many", "many2many"):
            names = [child.get("name") for child in node.xpath("./*[1]//field[not(ancestor::field[2])]")]
            comodel = model.env[field.comodel_name]
            specification[field.name] = {"fields": {name: {} for name in names if name in comodel._fields}}
        else:
            specification[field.name] = {}
    return specification


def get_specification(env, kind, xml_id):
    """Return the specification of a view by its XML id."""
    arch, _view = env["crm.lead"]._get_view(env.ref(xml_id).id, kind)
    return prepare_specification(arch, env["crm.lead"])


def board(team_id, specification):
    """Return an operation that opens the board of a team."""

    def operation(env):
        env["crm.lead"].with_context(default_team_id=team_id, funnel_id=team_id).web_read_group(
            [("team_id", "=", team_id), ("type", "=", "opportunity")],
            ["stage_id"],
            ["expected_revenue:sum"],
            auto_unfold=True,
            unfold_read_specification=specification,
            unfold_read_default_limit=40,
        )

    return operation


def form(lead_ids, specification):
    """Return an operation that opens the form of the next lead."""
    remaining = iter(lead_ids)

    def operation(env):
        env["crm.lead"].browse(next(remaining)).web_read(specification)

    return operation


def run(bench):
    """Measure and hold against the budgets; see the head of this module."""
    with bench.environment() as env:
        user_id, (stock_id, stock_leads), (funnel_id, funnel_leads) = Scenario.set_up(env)
    with bench.environment() as env:
        env.cr.execute("ANALYZE")
    with bench.environment(user_id) as env:  # the web client asks for views once and keeps them
        stock_board = get_specification(env, "kanban", "crm.crm_case_kanban_view_leads")
        own_board = get_specification(env, "kanban", "sales_funnel_addon.crm_lead_view_kanban_funnel")
        own_form = get_specification(env, "form", "crm.crm_lead_view_form")
        added = {name for name in own_form if env["crm.lead"]._fields[name]._module == "sales_funnel_addon"}
        stock_form = {name: fields for name, fields in own_form.items() if name not in added}
    for name, what, stock, ours in (
        ("kanban", "board", board(stock_id, stock_board), board(funnel_id, own_board)),
        ("form", "form", form(stock_leads, stock_form), form(funnel_leads, own_form)),
    ):
        before, after = bench.compare(what, user_id, stock, ours, samples=SAMPLES)
        bench.add_budget(f"screens_{name}", after.median / before.median, LIMIT)
    days = {"date_from": str(date.today() - timedelta(days=29)), "date_to": str(date.today())}
    [measure] = bench.measure(user_id, lambda env: env["funnel.dashboard"].get_figures(days), samples=SAMPLES)
    bench.add_row("dashboard, 30 days", None, measure)
    bench.add_budget("screens_dashboard_seconds", measure.median, 1)
