"""Installing, upgrading and removing the addon on databases that people work with, as an administrator does it."""

import contextlib
import dataclasses
import os

import pytest

from toolchain import odoo_source, postgres, server

from .common import far_away
from .live_server import Desk, LiveServer, database_copy, query, running_server
from .schema import read_schema

ADDON = "sales_funnel_addon"


def press_button(desk, button):
    """Press a button of the addon on the screen *Apps*."""
    [module] = desk.rows("ir.module.module", [("name", "=", ADDON)], "id")
    desk.call("ir.module.module", button, [module["id"]])


def get_stock_work(desk):
    """Make the things of a department that knows no funnels; return them by model and id."""
    team = desk.create("crm.team", name="Retail", use_leads=True)
    stage = desk.create("crm.stage", name="Showroom", team_ids=[(6, 0, [team])])
    shared = desk.ref("crm.stage_lead3")
    won = desk.create("crm.lead", name="Table", team_id=team, stage_id=desk.ref("crm.stage_lead4"), probability=100)
    lost = desk.create("crm.lead", name="Shelf", team_id=team, type="lead", probability=30)
    desk.call("crm.lead", "action_set_lost", [lost], lost_reason_id=desk.ref("crm.lost_reason_1"))
    return {
        "crm.team": [team, desk.ref("sales_team.team_sales_department")],
        "crm.stage": [stage, shared],
        "crm.lost.reason": [desk.ref("crm.lost_reason_1"), desk.create("crm.lost.reason", name="Other")],
        "utm.source": [desk.create("utm.source", name="Website")],
        "utm.medium": [desk.create("utm.medium", name="Messengers")],
        "crm.lead": [
            won,
            lost,
            desk.create("crm.lead", name="Chair", team_id=team, stage_id=stage),
            desk.create("crm.lead", name="Stool", team_id=False, stage_id=shared),
        ],
    }


STOCK_FIELDS = {
    "crm.team": ("name", "sequence", "user_id", "member_ids", "use_leads", "use_opportunities", "active", "alias_id"),
    "crm.stage": ("name", "sequence", "is_won", "fold", "team_ids", "requirements"),
    "crm.lost.reason": ("name", "active"),
    "utm.source": ("name", "display_name"),
    "utm.medium": ("name", "display_name"),
    "crm.lead": (
        "name",
        "type",
        "team_id",
        "stage_id",
        "user_id",
        "active",
        "probability",
        "won_status",
        "lost_reason_id",
    ),
}


def read_all(desk, ids_by_model, fields_by_model):
    """Return the values of records by model, in the order of their ids."""
    return {
        model: desk.rows(model, [("id", "in", ids)], "id", *fields_by_model[model])
        for model, ids in ids_by_model.items()
    }


# ------------------------------------------------------------
# INSTALLATION
# ------------------------------------------------------------


def test_installation_changes_nothing_that_was_there(tmp_path):
    base = os.environ["FUNNEL_TEST_BASE"]
    with database_copy("install", base) as name, running_server(name, tmp_path) as live:
        admin = live.log_in("admin", "admin", lang="en_US")
        stock = get_stock_work(admin)
        before = read_all(admin, stock, STOCK_FIELDS)
        press_button(admin, "button_immediate_install")
        assert read_all(admin, stock, STOCK_FIELDS) == before
        assert admin.ref("source_website") not in stock["utm.source"], "the same name, yet a source of its own"
        assert admin.count("crm.lead", ("funnel_kind", "!=", False)) == 0
        assert live.complaints() == []


# ------------------------------------------------------------
# REMOVAL
# ------------------------------------------------------------


@dataclasses.dataclass
class Removal:
    """A database from which the addon was removed, and what was there before."""

    live: LiveServer
    admin: Desk
    stock: dict
    stock_before: dict
    leads: dict
    funnel: int
    stages: list
    source: int


@pytest.fixture(scope="module")
def removal(tmp_path_factory):
    with database_copy("removal") as name, running_server(name, tmp_path_factory.mktemp("removal")) as live:
        admin = live.log_in("admin", "admin", lang="en_US")
        stock = get_stock_work(admin)
        funnel, stages = make_funnel(admin)
        leads = make_funnel_leads(admin, funnel, stages)
        make_card(admin, funnel, leads["Wardrobe"])
        stock_before = read_all(admin, stock, STOCK_FIELDS)
        source = admin.ref("source_website")
        press_button(admin, "button_immediate_uninstall")
        yield Removal(live, admin, stock, stock_before, leads, funnel, stages, source)


def make_funnel(admin):
    """Make a funnel with two stages as an administrator does on the screen; return their ids."""
    funnel = admin.create("crm.team", name="Wardrobes", funnel_kind="deal")
    stages = [admin.create("crm.stage", name=name, team_ids=[(6, 0, [funnel])]) for name in ("Sketch", "Assembly")]
    admin.create("funnel.requirement", stage_id=stages[1], field_ids=[(6, 0, [admin.ref("crm.field_crm_lead__city")])])
    return funnel, stages


def make_funnel_leads(admin, funnel, stages):
    """Make leads in every state; return their ids by name."""
    leads, deals, source = admin.ref("funnel_leads"), admin.ref("funnel_deals"), admin.ref("source_website")
    paid = {"contract_amount": 100, "received_amount": 100}
    values = {
        "Open lead": {"team_id": leads, "source_id": source},
        "Lost lead": {"team_id": leads, "phone": "+7 912 345-67-89"},
        "Junk": {"team_id": leads},
        "Open deal": {"team_id": deals, "expected_revenue": 500},
        "Won deal": {"team_id": deals, **paid, "expected_revenue": 700},
        "Lost deal": {"team_id": deals},
        "Deferred deal": {"team_id": admin.ref("funnel_deferred"), **far_away()},
        "Wardrobe": {"team_id": funnel, "stage_id": stages[1], "city": "Perm"},
    }
    ids = {name: admin.create("crm.lead", name=name, **rest) for name, rest in values.items()}
    for name, stage in (("Open deal", "stage_deal_shipment"), ("Won deal", "stage_deal_won")):
        admin.call("crm.lead", "funnel_override_move", [ids[name]], admin.ref(stage), "Work of last year")
    for name, reason in (
        ("Lost lead", "reason_wrong_contacts"),
        ("Junk", "junk_test"),
        ("Lost deal", "reason_expensive"),
    ):
        answers = {"lost_reason_id": admin.ref(reason), "lost_comment": "Because"}
        admin.call("crm.lead", "action_set_lost", [ids[name]], **answers)
    return ids


def make_card(admin, funnel, lead):
    """Give the leads of a funnel a card and documents, and fill in one of them."""
    need = admin.create("funnel.option", name="Quiet", kind="key_need", team_ids=[(6, 0, [funnel])])
    field = admin.ref("field_crm_lead__key_need_ids")
    admin.create("funnel.section", name="Needs", team_ids=[(6, 0, [funnel])], line_ids=[(0, 0, {"field_id": field})])
    admin.write("crm.lead", lead, key_need_ids=[(6, 0, [need])], contract_number="12")
    kind = admin.create("funnel.document.kind", name="Sheet")
    file = admin.create("ir.attachment", name="sheet.txt", raw="x", res_model="crm.lead", res_id=lead)
    admin.create("funnel.document", lead_id=lead, kind_id=kind, attachment_id=file, note="First")


def test_removal_leaves_the_stock_records_alone(removal):
    assert read_all(removal.admin, removal.stock, STOCK_FIELDS) == removal.stock_before


def test_removal_keeps_the_leads_of_the_funnels(removal):
    rows = removal.admin.rows(
        "crm.lead", [("id", "in", list(removal.leads.values()))], "name", "type", "active", "won_status"
    )
    assert {row.pop("name"): tuple(row.values()) for row in rows} == {
        "Open lead": ("lead", True, "pending"),
        "Lost lead": ("lead", False, "lost"),
        "Junk": ("lead", False, "lost"),
        "Open deal": ("opportunity", True, "pending"),
        "Won deal": ("opportunity", True, "won"),
        "Lost deal": ("opportunity", False, "lost"),
        "Deferred deal": ("opportunity", True, "pending"),
        "Wardrobe": ("opportunity", True, "pending"),
    }


def test_removal_keeps_what_was_known_about_the_clients(removal):
    def value(name, field):
        return removal.admin.read("crm.lead", removal.leads[name], field)[field]

    assert value("Open lead", "source_id") == removal.source
    assert value("Lost lead", "phone") == "+7 912 345-67-89"
    assert (value("Open deal", "expected_revenue"), value("Won deal", "expected_revenue")) == (500, 700)
    reasons = removal.admin.rows("crm.lost.reason", [("id", "=", value("Lost deal", "lost_reason_id"))], "name")
    assert reasons == [{"name": "Expensive"}]


def test_no_lead_is_left_in_a_stage_that_its_team_does_not_have(removal):
    leads = removal.admin.rows("crm.lead", [("id", "in", list(removal.leads.values()))], "name", "team_id", "stage_id")
    stages = removal.admin.rows("crm.stage", [], "id", "team_ids")
    teams_of = {stage["id"]: stage["team_ids"] for stage in stages}
    for lead in leads:
        teams = teams_of[lead["stage_id"]]
        assert not teams or lead["team_id"] in teams, lead["name"]


def test_the_funnel_of_an_administrator_becomes_an_ordinary_team(removal):
    admin = removal.admin
    assert admin.read("crm.team", removal.funnel, "name", "active") == {"name": "Wardrobes", "active": True}
    stages = admin.rows("crm.stage", [("id", "in", removal.stages)], "name", "team_ids")
    assert stages == [{"name": name, "team_ids": [removal.funnel]} for name in ("Sketch", "Assembly")]
    wardrobe = admin.read("crm.lead", removal.leads["Wardrobe"], "team_id", "stage_id", "city")
    assert wardrobe == {"team_id": removal.funnel, "stage_id": removal.stages[1], "city": "Perm"}
    files = admin.rows("ir.attachment", [("res_model", "=", "crm.lead")], "name", "res_id")
    assert {"name": "sheet.txt", "res_id": removal.leads["Wardrobe"]} in files, "a document is a file of its lead"


def test_stages_of_the_presets_are_gone(removal):
    names = [row["name"] for row in removal.admin.rows("crm.stage", [], "name")]
    assert sorted(names) == ["Assembly", "New", "Proposition", "Qualified", "Showroom", "Sketch", "Won"]


#: Tables in which an addon leaves its traces; one row more than before is one trace. The table of constraints is not
#: among them: there Odoo keeps the foreign keys of every addon that was ever removed, its own addons included.
TECHNICAL_TABLES = (
    *("ir_act_server", "ir_act_window", "ir_act_window_view", "ir_act_client", "ir_asset", "ir_config_parameter"),
    *("ir_cron", "ir_filters", "ir_model", "ir_model_access", "ir_model_fields"),
    *("ir_model_fields_selection", "ir_model_inherit", "ir_model_relation", "ir_rule", "ir_ui_menu", "ir_ui_view"),
    *("mail_activity_type", "mail_message_subtype", "mail_template", "res_groups", "res_groups_implied_rel"),
    "res_groups_privilege",
)


def test_nothing_of_the_addon_is_left_in_the_database(removal):
    assert query(removal.live.name, f"SELECT model, name FROM ir_model_data WHERE module = '{ADDON}'") == []
    base = os.environ["FUNNEL_TEST_BASE"]
    now, once = read_schema(removal.live.name), read_schema(base)
    assert (now - once, once - now) == (set(), set())


@pytest.mark.parametrize("table", TECHNICAL_TABLES)
def test_no_trace_is_left(removal, table):
    now, once = (
        query(name, f"SELECT count(*) FROM {table}") for name in (removal.live.name, os.environ["FUNNEL_TEST_BASE"])
    )
    assert now == once


def test_the_web_client_still_opens_leads(removal):
    views = [[False, kind] for kind in ("list", "kanban", "form", "search", "pivot", "graph", "activity", "calendar")]
    answer = removal.admin.call("crm.lead", "get_views", views)
    arch = answer["views"]["form"]["arch"]
    assert 'name="stage_id"' in arch
    assert "funnel" not in arch
    menus = removal.admin.call("ir.ui.menu", "load_web_menus", [], False)
    assert [menu["name"] for menu in menus.values() if "unnel" in str(menu["name"])] == []


def test_leads_go_on_with_stock_rules(removal):
    admin, lead = removal.admin, removal.leads["Open lead"]
    admin.call("crm.lead", "convert_opportunity", [lead], False)
    admin.write("crm.lead", lead, stage_id=admin.ref("crm.stage_lead3"))
    admin.call("crm.lead", "action_set_lost", [lead])
    assert admin.read("crm.lead", lead, "won_status") == {"won_status": "lost"}


def test_removal_left_no_complaint_in_the_log(removal):
    assert removal.live.complaints() == []


def test_it_can_be_installed_again(removal):
    press_button(removal.admin, "button_immediate_install")
    lead = removal.admin.create("crm.lead", team_id=removal.admin.ref("funnel_leads"), contact_name="Ivan")
    assert removal.admin.read("crm.lead", lead, "name", "funnel_kind") == {"name": "Ivan", "funnel_kind": "lead"}
    assert removal.live.errors() == []


# ------------------------------------------------------------
# UPGRADE
# ------------------------------------------------------------

#: What belongs to the administrator and to the people: models and the fields that tell.
BELONGINGS = {
    "crm.team": (
        *("name", "sequence", "funnel_kind", "user_id", "deal_team_id", "hidden_field_ids", "stage_ids"),
        *("visit_role_id", "visit_duration", "chat_role_ids", "chat_template_id"),
    ),
    "crm.stage": ("name", "sequence", "is_won", "fold", "color", "team_ids", "is_irreversible"),
    "crm.lost.reason": ("name", "sequence", "category", "comment_required", "required_field_ids", "team_ids"),
    "funnel.requirement": ("stage_id", "moment", "kind", "field_ids", "any_field", "condition", "message", "active"),
    "funnel.task.template": (
        "name",
        "stage_id",
        "kind",
        "mandatory",
        "role_id",
        "done_condition",
        "repeats_with_date",
        "active",
    ),
    "funnel.reminder": (
        *("name", "stage_id", "deadline_amount", "deadline_unit", "deadline_working", "condition", "role_ids"),
        *("template_id", "repeat_amount", "active"),
    ),
    "funnel.option": ("name", "kind", "sequence", "active", "team_ids"),
    "funnel.case.type": ("name", "sequence", "active", "parent_id", "team_ids"),
    "funnel.section": ("name", "sequence", "active", "team_ids", "line_ids"),
    "funnel.section.line": ("section_id", "sequence", "field_id"),
    "funnel.document.kind": ("name", "sequence", "active", "team_ids"),
    "funnel.document": ("lead_id", "kind_id", "name", "version", "note", "user_id", "date"),
    "mail.template": ("name", "subject", "body_html"),
    "ir.cron": ("active", "interval_number", "interval_type"),
    "funnel.role": ("name", "sequence", "source", "active", "assignment_ids"),
    "funnel.task": ("lead_id", "template_id", "state", "user_id"),
    "funnel.preset": ("name", "code", "loaded_ids"),
    "utm.source": ("name", "label"),
    "utm.medium": ("name", "label"),
    "ir.ui.menu": ("name", "sequence", "parent_id", "action"),
    "ir.actions.act_window": ("name", "res_model", "domain", "context"),
    "res.groups": ("name", "sequence", "implied_ids"),
    "crm.lead": (
        *("name", "type", "team_id", "stage_id", "won_status", "lost_reason_id", "lost_comment", "write_date"),
        *("contract_amount", "contract_amount_manual", "received_amount", "received_amount_manual", "amount_due"),
        *("has_confirmed_orders", "accepted_order_id", "equipment", "equipment_price", "quotation_range_count"),
        *("prepayment_amount", "prepayment_missing", "ledger_state"),
    ),
    "funnel.move": ("lead_id", "kind", "from_stage_id", "to_stage_id", "user_id", "date", "reason"),
    "funnel.price.range": ("name", "sequence", "team_ids"),
}


def read_belongings(desk):
    """Return configuration and work, in English and in Russian."""
    belongings = {
        (model, lang): desk.rows(model, [], "id", *names, lang=lang)
        for model, names in BELONGINGS.items()
        for lang in ("en_US", "ru_RU")
    }
    for lang in ("en_US", "ru_RU"):
        for lead in belongings["crm.lead", lang]:
            if lead["has_confirmed_orders"]:
                del lead["write_date"]  # an upgrade that brings documents to deals computes what they say
    return belongings


def configure(admin):
    """Change the preset in every way that an administrator can."""
    admin.write("crm.stage", admin.ref("stage_lead_new"), name="Fresh lead", sequence=11)
    admin.call(
        "crm.stage", "write", [admin.ref("stage_lead_contact")], {"name": "Знакомство"}, context={"lang": "ru_RU"}
    )
    admin.write("crm.stage", admin.ref("stage_deal_contract"), sequence=15, is_irreversible=True)
    admin.call("crm.stage", "unlink", [admin.ref("stage_lead_no_answer")])
    phone_only = [(6, 0, [admin.ref("crm.field_crm_lead__phone")])]
    admin.write("funnel.requirement", admin.ref("requirement_qualification_reach"), field_ids=phone_only)
    admin.write("funnel.requirement", admin.ref("requirement_payment_complete"), message="Wait for the money")
    admin.call("funnel.requirement", "unlink", [admin.ref("requirement_qualification_need")])
    admin.call("crm.lost.reason", "unlink", [admin.ref("reason_no_talk")])
    admin.write("funnel.task.template", admin.ref("task_lead_new_analysis"), name="Look at it", mandatory=False)
    admin.call("funnel.task.template", "unlink", [admin.ref("task_lead_contact_collect")])
    admin.write("funnel.reminder", admin.ref("reminder_lead_new_unprocessed"), deadline_amount=4, name="Wake up")
    admin.call("funnel.reminder", "unlink", [admin.ref("reminder_lead_contact_due")])
    admin.write("mail.template", admin.ref("mail_template_new_lead"), subject="Hello")
    admin.call("funnel.role", "unlink", [admin.ref("role_marketing")])
    admin.create("funnel.role.assignment", role_id=admin.ref("role_logistics"), user_id=admin.user_id)
    admin.write("crm.lost.reason", admin.ref("reason_expensive"), comment_required=False, sequence=1)
    admin.write("crm.team", admin.ref("funnel_leads"), name="Requests", hidden_field_ids=[(5,)], sequence=300)
    measured = {"visit_role_id": admin.ref("role_logistics"), "visit_duration": 1.5}
    admin.write("crm.team", admin.ref("funnel_deals"), chat_role_ids=[(4, admin.ref("role_logistics"))], **measured)
    admin.write("utm.source", admin.ref("source_website"), label="Our site")
    admin.call("utm.source", "unlink", [admin.ref("source_youtube")])
    funnel, stages = make_funnel(admin)
    leads = make_funnel_leads(admin, funnel, stages)
    make_card(admin, funnel, leads["Wardrobe"])
    admin.create("funnel.price.range", name="Premium", team_ids=[(6, 0, [admin.ref("funnel_deals")])])
    make_deal_with_an_order(admin)


def make_deal_with_an_order(admin):
    """Make a deal for which somebody entered 40 and the client has ordered something for 250."""
    amounts = {"contract_amount": 40, "received_amount": 30}
    deal = admin.create("crm.lead", name="Ordered", team_id=admin.ref("funnel_deals"), **amounts)
    product = admin.create("product.product", name="Boiler", taxes_id=[(5,)])
    line = {"product_id": product, "product_uom_qty": 1, "price_unit": 250}
    client = admin.create("res.partner", name="Ivan")
    order = admin.create("sale.order", partner_id=client, opportunity_id=deal, order_line=[(0, 0, line)])
    admin.call("sale.order", "action_confirm", [order])


#: The database as it was when people could only enter the amounts of a deal.
BEFORE_DOCUMENTS = """
    UPDATE crm_lead SET contract_amount = contract_amount_manual, received_amount = received_amount_manual,
                        amount_due = contract_amount_manual - received_amount_manual;
    ALTER TABLE crm_lead
        DROP COLUMN contract_amount_manual, DROP COLUMN received_amount_manual, DROP COLUMN has_confirmed_orders,
        DROP COLUMN contract_amount_invoiced, DROP COLUMN received_amount_invoiced, DROP COLUMN has_posted_invoices,
        DROP COLUMN prepayment_amount, DROP COLUMN prepayment_missing, DROP COLUMN prepayment_amount_manual,
        DROP COLUMN prepayment_amount_invoiced, DROP COLUMN prepayment_due, DROP COLUMN accepted_order_id,
        DROP COLUMN equipment, DROP COLUMN equipment_price, DROP COLUMN quotation_range_count,
        DROP COLUMN equipment_manual, DROP COLUMN equipment_price_manual,
        DROP COLUMN ledger_state, DROP COLUMN ledger_difference, DROP COLUMN ledger_amount
"""


def get_ids(belongings, model):
    return {row["id"] for row in belongings[model, "en_US"]}


@pytest.fixture(scope="module")
def states(tmp_path_factory):
    """What the administrator found, made of it, had after an upgrade, and had after loading the preset again."""
    found = {}
    with database_copy("upgrade") as name:
        with running_server(name, tmp_path_factory.mktemp("before")) as live:
            admin = live.log_in("admin", "admin", lang="en_US")
            found["fresh"] = read_belongings(admin)
            configure(admin)
            found["changed"] = read_belongings(admin)
        with contextlib.closing(postgres.connect(name)) as connection, connection.cursor() as cursor:
            cursor.execute(BEFORE_DOCUMENTS)
        log_name = str(tmp_path_factory.mktemp("upgrade") / "upgrade")
        found["log"] = server.run_once(odoo_source.ensure_odoo(), name, "-u", ADDON, log_name=log_name)
        with running_server(name, tmp_path_factory.mktemp("after")) as live:
            admin = live.log_in("admin", "admin", lang="en_US")
            found["upgraded"] = read_belongings(admin)
            admin.call("funnel.preset", "action_load", [admin.ref("preset_core")])
            found["reloaded"] = read_belongings(admin)
    return found


def test_an_upgrade_leaves_no_complaint_in_the_log(states):
    assert server.warnings_in(states["log"]) == []
    assert any("Modules loaded" in line for line in states["log"])


@pytest.mark.parametrize("lang", ["en_US", "ru_RU"])
@pytest.mark.parametrize("model", BELONGINGS)
def test_an_upgrade_keeps_what_the_administrator_made(states, model, lang):
    assert states["upgraded"][model, lang] == states["changed"][model, lang]


def test_an_upgrade_keeps_what_was_entered_and_learns_what_documents_say(states):
    [deal] = [row for row in states["upgraded"]["crm.lead", "en_US"] if row["name"] == "Ordered"]
    assert (deal["contract_amount"], deal["contract_amount_manual"]) == (250, 40)
    assert (deal["received_amount"], deal["received_amount_manual"], deal["amount_due"]) == (30, 30, 220)
    assert (deal["equipment"], deal["equipment_price"], deal["has_confirmed_orders"]) == ("Boiler", 250, True)


@pytest.mark.parametrize("lang", ["en_US", "ru_RU"])
@pytest.mark.parametrize("model", BELONGINGS)
def test_loading_the_preset_again_changes_nothing(states, model, lang):
    assert states["reloaded"][model, lang] == states["upgraded"][model, lang]


@pytest.mark.parametrize(
    "model",
    [
        "crm.stage",
        "crm.lost.reason",
        "funnel.requirement",
        "funnel.task.template",
        "funnel.role",
        "funnel.reminder",
        "utm.source",
    ],
)
def test_what_was_deleted_stays_deleted(states, model):
    fresh, changed, reloaded = (get_ids(states[state], model) for state in ("fresh", "changed", "reloaded"))
    assert fresh - changed, "the administrator has deleted something"
    assert fresh - reloaded == fresh - changed
