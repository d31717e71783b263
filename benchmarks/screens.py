"""Screens: the board and the form of a funnel against the stock ones of CRM, and the dashboard.

A salesperson opens the board of a team, and one form after the other. Read is what the web client asks for: the fields
of the views as this reader gets them, those that their widgets add, the columns and the limits of the lists in forms,
and of what is never shown no more than its ids. The stock form lacks the fields of the addon. The funnel has the leads
of the stock team, 5,000 in each, with the same values, each of another client; a tenth of them bear the sign of a
repeat client.
"""

import random
import re
from datetime import date, timedelta
from pathlib import Path

from lxml import etree
from odoo.tests import new_test_user

from tests.common import FunnelFactory

from .data import copy_lead

LEADS = 5_000
#: So many leads of a stage are made before those of the next one: the leads of both teams come in turns, as boards show
#: the latest ones first, and to find those of one team behind all those of the other takes longer.
PORTION = 25
STAGES = ("Estimate", "Visit", "Offer", "Contract", "Done!")
#: Where the widgets of the addon are.
WIDGETS = Path(__file__).parents[1] / "sales_funnel_addon/static/src"
#: What widgets of Odoo read: fields of the records in a list, and fields beside their own.
STOCK_WIDGETS = {
    "many2many_tags": (["display_name"], []),
    "rotting_statusbar_duration": ([], ["duration_tracking"]),
    "kanban_activity": (
        [],
        [
            "activity_exception_decoration",
            "activity_exception_icon",
            "activity_state",
            "activity_summary",
            "activity_type_icon",
            "activity_type_id",
        ],
    ),
}
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
        values = {"type": "opportunity", "user_id": user.id, "expected_revenue": 100, "phone": "+7 912 345-67-89"}
        places = []
        for kind in (False, "deal"):
            team = cls.make_funnel(f"Team {kind}", False, STAGES)
            team.write({"use_opportunities": True, "funnel_kind": kind})
            open_stages = team.stage_ids.filtered(lambda stage: not stage.is_won)
            cards = [{"stage_id": stage.id, "city": "Perm", "contact_name": "Ivan", **values} for stage in open_stages]
            places.append((team.id, [cls.make_leads(team, **card) for card in cards], []))
        for _round in range(LEADS // len(STAGES[:-1]) // PORTION):
            for _team_id, models, ids in places:
                for lead in models:
                    ids += copy_lead(lead, PORTION)
        for _team_id, _models, ids in places:
            random.Random(LEADS).shuffle(ids)
            cls.env.cr.execute(
                """UPDATE crm_lead SET client_keys = client_keys || id::text, is_repeat_client = id %% 10 = 0
                    WHERE id = ANY(%s)""",
                [ids],
            )
        return user.id, *((team_id, ids) for team_id, _models, ids in places)


def read_widget_fields():
    """Return the fields that the widgets of the addon read of the records in a list, by widget."""
    found = {}
    for source in WIDGETS.glob("*/*_field.js"):
        text = source.read_text()
        [name] = re.findall(r'category\("fields"\)\.add\("(\w+)"', text)
        related = re.search(r"(?:RELATED_FIELDS =|relatedFields:) \[(.*?)\](?:;|,\n)", text, re.DOTALL)
        dependencies = re.search(r"fieldDependencies: \[(.*?)\]", text, re.DOTALL)
        found[name] = [re.findall(r'name: "(\w+)"', part[1]) if part else [] for part in (related, dependencies)]
    return found


def prepare_specification(arch, model):
    """Return what the web client asks for a view, as its ``getFieldsSpec`` does it."""
    widgets = {**STOCK_WIDGETS, **read_widget_fields()}
    nodes = {}
    for node in arch.xpath("//field[not(ancestor::field)] | //progressbar"):
        nodes.setdefault(node.get("name") or node.get("field"), []).append(node)
        for name in widgets.get(node.get("widget"), ((), ()))[1]:
            nodes.setdefault(name, []).append(etree.Element("field", name=name))
    return {
        name: prepare_field(model, name, places, widgets) for name, places in nodes.items() if name in model._fields
    }


def prepare_field(model, name, nodes, widgets):
    """Return what the web client asks of a field that stands in these places of a view."""
    field = model._fields[name]
    if not field.relational:
        return {}
    shown = [node for node in nodes if not {node.get("invisible"), node.get("column_invisible")} & {"1", "True"}]
    if field.type == "many2one":
        return {"fields": {"display_name": {}} if shown else {}}
    comodel, asked = model.env[field.comodel_name], {}
    for node in shown:
        for view in node.xpath("./list | ./kanban"):
            tree = etree.fromstring(etree.tostring(view, with_tail=False))
            asked = {"fields": prepare_specification(tree, comodel), "limit": int(view.get("limit") or 40)}
            if view.get("default_order"):
                asked["order"] = view.get("default_order")
        if not asked:
            names = [
                *widgets.get(node.get("widget"), ((), ()))[0],
                *re.findall(r"'color_field': '(\w+)'", node.get("options", "")),
            ]
            asked = {"fields": {item: prepare_field(comodel, item, [node], widgets) for item in names}}
    return asked


def get_specification(env, kind, xml_id):
    """Return the specification of a view by its XML id, as its reader gets it."""
    views = env["crm.lead"].get_views([(env.ref(xml_id).id, kind)])["views"]
    specification = prepare_specification(etree.fromstring(views[kind]["arch"]), env["crm.lead"])
    return specification if kind == "kanban" else {**specification, "display_name": {}}


def get_added_fields(env):
    """Return the names of the fields that leads have by the addon alone."""
    modules = {}
    for cls in type(env["crm.lead"]).mro():
        for field in cls.__dict__.get("_field_definitions", ()):
            modules.setdefault(field.name, set()).add(cls._module)
    return {name for name, defining in modules.items() if defining == {"sales_funnel_addon"}}


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
        added = get_added_fields(env)
        stock_form = {name: fields for name, fields in own_form.items() if name not in added}
    for name, what, stock, ours in (
        ("kanban", "board", board(stock_id, stock_board), board(funnel_id, own_board)),
        ("form", "form", form(stock_leads, stock_form), form(funnel_leads, own_form)),
    ):
        before, after = bench.compare(what, user_id, stock, ours)
        bench.add_budget(f"screens_{name}", after.ratio_to(before), LIMIT)
    days = {"date_from": str(date.today() - timedelta(days=29)), "date_to": str(date.today())}
    [measure] = bench.measure(user_id, lambda env: env["funnel.dashboard"].get_figures(days))
    bench.add_row("dashboard, 30 days", None, measure)
    bench.add_budget("screens_dashboard_seconds", measure.median, 1)
