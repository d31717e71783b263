"""From the first version, with the work of some months in it, to the addon as it is."""

import dataclasses
import os

import pytest

from toolchain import odoo_source, server

from . import first_version
from .live_server import Desk, LiveServer, database_copy, query, running_server
from .reminder_workers import environment, registry_of
from .schema import read_schema

ADDON = "sales_funnel_addon"

#: Everything that the first version knew, by model.
FIRST_FIELDS = {
    "crm.team": ("name", "sequence", "funnel_kind", "user_id", "deal_team_id", "manual_medium_id", "hidden_field_ids"),
    "crm.stage": ("name", "sequence", "is_won", "fold", "team_ids", "is_irreversible", "deferral_month"),
    "crm.lost.reason": ("name", "sequence", "category", "comment_required", "required_field_ids", "team_ids"),
    "funnel.requirement": (
        *("stage_id", "sequence", "moment", "kind", "field_ids", "any_field", "condition", "applies_to", "message"),
        "active",
    ),
    "funnel.preset": ("name", "code"),
    "utm.source": ("name", "label"),
    "utm.medium": ("name", "label"),
    "crm.lead": (
        *("name", "type", "active", "team_id", "stage_id", "user_id", "won_status", "probability", "lost_reason_id"),
        *(
            "lost_comment",
            "contract_amount",
            "received_amount",
            "amount_due",
            "expected_revenue",
            "phone",
            "email_from",
        ),
        *("contact_name", "source_id", "medium_id", "city", "create_date", "write_date", "date_closed"),
    ),
    "funnel.move": (
        *("lead_id", "kind", "from_stage_id", "to_stage_id", "from_team_id", "to_team_id", "user_id", "date"),
        *("hours_in_stage", "reason"),
    ),
}
#: What the administrator had deleted of the preset.
DELETED = ("stage_lead_no_answer", "requirement_qualification_need", "reason_no_talk")


def read_all(desk):
    """Return everything that the first version knew, by model, language and id."""
    return {
        (model, lang): {row["id"]: row for row in desk.rows(model, [], "id", *names, lang=lang)}
        for model, names in FIRST_FIELDS.items()
        for lang in ("en_US", "ru_RU")
    }


@dataclasses.dataclass
class Upgrade:
    """A database that was made by the first version and upgraded."""

    live: LiveServer
    admin: Desk
    leads: dict
    before: dict
    after: dict
    log: list

    def moves(self, lead, *names):
        """Return the values of the moves of a lead from the first to the last."""
        rows = self.admin.rows("funnel.move", [("lead_id", "=", self.leads[lead])], *names, order="date, id")
        return [tuple(row.values()) for row in rows]

    def ref(self, xml_id):
        return self.admin.ref(xml_id)

    def lead(self, name, *names):
        return tuple(self.admin.read("crm.lead", self.leads[name], *names).values())


@pytest.fixture(scope="module")
def upgrade(tmp_path_factory):
    first = first_version.unpack(tmp_path_factory.mktemp("first"))
    logs = tmp_path_factory.mktemp("logs")
    with database_copy("first", os.environ["FUNNEL_TEST_BASE"]) as name:
        server.run_once(first, name, "-i", ADDON, log_name=str(logs / "install"))
        with running_server(name, tmp_path_factory.mktemp("before"), source=first) as live:
            admin = live.log_in("admin", "admin", lang="en_US")
            leads = first_version.work(admin)
            before = read_all(admin)
        log = server.run_once(odoo_source.ensure_odoo(), name, "-u", ADDON, log_name=str(logs / "upgrade"))
        with running_server(name, tmp_path_factory.mktemp("after")) as live:
            admin = live.log_in("admin", "admin", lang="en_US")
            yield Upgrade(live, admin, leads, before, read_all(admin), log)


# ------------------------------------------------------------
# THE DATABASE
# ------------------------------------------------------------


def test_the_upgrade_leaves_no_complaint_in_the_log(upgrade):
    assert server.warnings_in(upgrade.log) == []
    assert any("Modules loaded" in line for line in upgrade.log)


def test_an_upgraded_database_is_made_like_a_new_one(upgrade):
    upgraded, fresh = read_schema(upgrade.live.name), read_schema(os.environ["FUNNEL_TEST_TEMPLATE"])
    assert (fresh - upgraded, upgraded - fresh) == (set(), set())


def test_an_upgraded_database_has_the_screens_and_rights_of_a_new_one(upgrade):
    statement = f"""SELECT model, name FROM ir_model_data
                     WHERE module = '{ADDON}' AND NOT noupdate AND (model LIKE 'ir.%' OR model LIKE 'res.groups%')"""
    upgraded, fresh = (set(query(name, statement)) for name in (upgrade.live.name, os.environ["FUNNEL_TEST_TEMPLATE"]))
    assert (fresh - upgraded, upgraded - fresh) == (set(), set())
    assert ("ir.ui.view", "crm_lead_view_form") in fresh


# ------------------------------------------------------------
# WHAT WAS THERE
# ------------------------------------------------------------


@pytest.mark.parametrize("lang", ["en_US", "ru_RU"])
@pytest.mark.parametrize("model", FIRST_FIELDS)
def test_everything_that_was_there_is_there_unchanged(upgrade, model, lang):
    before, after = upgrade.before[model, lang], upgrade.after[model, lang]
    assert before, "there was something"
    assert {number: after.get(number) for number in before} == before


@pytest.mark.parametrize("model", ["crm.lead", "funnel.move", "crm.team", "crm.stage"])
def test_nothing_is_made_up(upgrade, model):
    assert set(upgrade.after[model, "en_US"]) == set(upgrade.before[model, "en_US"])


def test_what_was_deleted_stays_deleted(upgrade):
    assert upgrade.admin.count("ir.model.data", ("module", "=", ADDON), ("name", "in", DELETED)) == 0


# ------------------------------------------------------------
# WHAT IS KNOWN SINCE
# ------------------------------------------------------------


@pytest.mark.parametrize(
    ("lead", "outcomes"),
    [
        ("Open", ["here"]),
        ("Lost", ["lost", False]),
        ("Restored", ["lost", False, "here"]),
        ("Converted", ["forward", "forward", "here"]),
        ("Moved", ["forward", "back", "here"]),
        ("Overridden", ["forward", "here"]),
        ("Won", ["won", "won"]),
        ("Lost deal", ["lost", False]),
        ("Deferred", ["deferred", "here"]),
        ("Wardrobe", ["back", "here"]),
    ],
)
def test_what_became_of_each_stay(upgrade, lead, outcomes):
    assert upgrade.moves(lead, "outcome") == [(outcome,) for outcome in outcomes]


@pytest.mark.parametrize(
    ("lead", "reason"),
    [
        ("Lost", "reason_no_request"),
        ("Junk", "junk_test"),
        ("Restored", "reason_wrong_contacts"),
        ("Lost deal", "reason_competitor"),
    ],
)
def test_why_leads_were_lost(upgrade, lead, reason):
    reasons = [found for kind, found in upgrade.moves(lead, "kind", "lost_reason_id") if kind == "lost"]
    assert reasons == [upgrade.ref(reason)]


def test_a_reason_that_was_renamed_since_is_known_by_the_lead(upgrade):
    [(_kind, reason, text)] = upgrade.moves("Lost for another reason", "kind", "lost_reason_id", "reason")[1:]
    assert (reason, text) == (upgrade.ref("reason_other"), "Other — Because")
    name = upgrade.admin.read("crm.lost.reason", reason, "name")["name"]
    assert name == "Something else"


def test_the_first_funnel_of_each_lead(upgrade):
    requests, deals = upgrade.ref("funnel_leads"), upgrade.ref("funnel_deals")
    assert upgrade.lead("Converted", "first_funnel_id", "team_id") == (requests, deals)
    assert upgrade.lead("Deferred", "first_funnel_id", "team_id") == (deals, upgrade.ref("funnel_deferred"))


def test_amounts_that_people_entered(upgrade):
    assert upgrade.lead("Moved", "contract_amount_manual", "received_amount_manual", "amount_due") == (40, 30, 10)


def test_a_deferred_deal_waits_for_its_month(upgrade):
    number = upgrade.leads["Deferred"]
    [date] = upgrade.lead("Deferred", "deferral_date")
    [(deferred_on,)] = upgrade.moves("Deferred", "date")[1:]
    month = upgrade.admin.read("crm.stage", upgrade.ref("stage_deferred_01"), "deferral_month")["deferral_month"]
    assert upgrade.lead("Deferred", "stage_id") == (upgrade.ref("stage_deferred_01"),)
    assert (int(date[5:7]), date >= deferred_on[:10]) == (month, True)
    domain = [("res_model", "=", "crm.lead"), ("res_id", "=", number)]
    assert upgrade.admin.rows("mail.activity", domain, "date_deadline") == [{"date_deadline": date}]


def test_funnels_go_on_to_defer_where_they_did(upgrade):
    funnels = upgrade.admin.rows("crm.team", [("funnel_kind", "=", "deal")], "name", "deferred_team_id")
    assert {row["name"]: row["deferred_team_id"] for row in funnels} == {
        "Deals": upgrade.ref("funnel_deferred"),
        "Wardrobes": False,
        "Everybody's": False,
    }


def test_clients_are_recognised_and_nobody_is_told_of_old_ones(upgrade):
    known = "+79123456789 ivan@example.com"
    assert upgrade.lead("Restored", "matched_keys", "client_date") == (known, False)
    assert upgrade.lead("Open", "matched_keys", "client_date") == (known, False)
    numbers = [upgrade.leads[name] for name in ("Open", "Restored", "Converted")]
    assert upgrade.admin.count("mail.activity", ("res_model", "=", "crm.lead"), ("res_id", "in", numbers)) == 0
    since = max(row["date"] for row in upgrade.before["funnel.move", "en_US"].values())
    assert upgrade.admin.count("mail.mail", ("create_date", ">", since)) == 0


REPEAT_CLIENTS = {
    "Before the contact": False,
    "After the contact": True,
    "Own contact": False,
    "Own contact again": True,
    "Own firm": False,
    "Colleague's contact": True,
    "Nobody's lead": False,
    "Number of a colleague": False,
    "Ours": False,
    "Theirs": False,
    "Everybody's": True,
    "Ours again": True,
    "For all": False,
    "For us": True,
    "Their contact for us": False,
    "Their contact for them": True,
    "Seen outside": True,
    "Waiting": True,
    "By address": False,
    "By address again": True,
    "Nameless": False,
    "Open": False,
    "Restored": True,
    "Converted": True,
}


@pytest.mark.parametrize(("lead", "is_repeat"), REPEAT_CLIENTS.items())
def test_who_was_a_client_before(upgrade, lead, is_repeat):
    assert upgrade.lead(lead, "is_repeat_client") == (is_repeat,)


def test_clients_are_marked_as_the_engine_would_mark_them_and_not_looked_at_again(upgrade):
    with registry_of(upgrade.live.name) as registry, environment(registry) as env:
        leads = env["crm.lead"].with_context(active_test=False).search([("team_id.funnel_kind", "!=", False)])
        histories = leads._get_client_histories()
        assert {lead.name: lead.is_repeat_client for lead in leads} == {
            lead.name: bool(histories[lead.id]) for lead in leads
        }
        assert all(set((lead.matched_keys or "").split()) == lead._get_all_keys() for lead in leads)
        leads._match_clients()
        env.flush_all()
        assert env["funnel.delivery"].search_count([]) == 0


# ------------------------------------------------------------
# GOING ON
# ------------------------------------------------------------


def test_work_goes_on(upgrade):
    admin, deal = upgrade.admin, upgrade.leads["Wardrobe"]
    [assembly] = admin.rows("crm.stage", [("name", "=", "Assembly")], "id")
    admin.write("crm.lead", deal, stage_id=assembly["id"])
    assert upgrade.moves("Wardrobe", "kind", "outcome")[-2:] == [("moved", "forward"), ("moved", "here")]
    assert upgrade.live.complaints() == []
